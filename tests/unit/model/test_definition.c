#include "unit/t.h"

#include "base/clock.h"
#include "base/limits.h"
#include "model/definition.h"

/*
 * Definitions of the three kinds: what is refused with which code, what is
 * stored of a body, what an update makes of both, what is shown, and what is
 * referenced.  JSON is written with ' for ", stored forms without white space;
 * one test compares the stored bytes themselves.
 */
static void read_json(struct json_doc *doc, struct str text)
{
    struct err err = ERR_INIT;

    assert_ok(json_read(doc, text, JSON_STORED_MAX_VALUES, &err), &err);
}

static int make(struct definition *d, enum kind kind, struct str body, struct str stored,
                struct arena *arena, struct err *err)
{
    struct stored old = { .id = 7, .text = stored };
    struct json_doc doc;
    int rc;

    read_json(&doc, body);
    rc = definition_make(d, kind, &doc, NULL, stored.p ? &old : NULL, arena, err);
    json_release(&doc);
    return rc;
}

static void compact(struct buf *out, struct str text)
{
    struct jw jw = JW_INIT(out, false);
    struct json_doc doc;

    buf_clear(out);
    read_json(&doc, text);
    jw_value(&jw, STR_NONE, &doc, 0);
    json_release(&doc);
}

/* A definition made anew of its own stored form is the same, to the byte. */
static void assert_idempotent(enum kind kind, const struct definition *d)
{
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct definition again;

    assert_ok(make(&again, kind, buf_str(&d->text), STR_NONE, &arena, &err), &err);
    assert_bytes(buf_str(&again.text), buf_str(&d->text));
    definition_release(&again);
    arena_release(&arena);
}

/* The stored form of `body`, on top of `stored` (NULL: created), is `want`. */
static void assert_stored(enum kind kind, const char *body, const char *stored,
                          const char *want)
{
    struct buf b = BUF_INIT(MIB), s = BUF_INIT(MIB), w = BUF_INIT(MIB),
               is = BUF_INIT(MIB);
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct definition d;

    t_row("%s", body);
    assert_ok(make(&d, kind, t_json(&b, body), stored ? t_json(&s, stored) : STR_NONE,
                   &arena, &err),
              &err);
    compact(&is, buf_str(&d.text));
    assert_bytes(buf_str(&is), t_json(&w, want));
    assert_idempotent(kind, &d);
    t_rows_end();
    definition_release(&d);
    arena_release(&arena);
    buf_release(&b);
    buf_release(&s);
    buf_release(&w);
    buf_release(&is);
}

/* It is refused: code and sentence. */
static void assert_refused(enum kind kind, const char *body, const char *stored,
                           const char *want)
{
    struct buf b = BUF_INIT(MIB), s = BUF_INIT(MIB), is = BUF_INIT(MIB);
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct definition d;
    int rc;

    t_row("%s", body);
    rc = make(&d, kind, t_json(&b, body), stored ? t_json(&s, stored) : STR_NONE, &arena,
              &err);
    assert_int_equal(rc, E_INVALID);
    assert_null(d.text.ptr);
    buf_addf(&is, "%s ", error_row(err.api)->code);
    error_detail(&err, LANG_EN, &is);
    assert_str(buf_str(&is), want);
    t_rows_end();
    err_clear(&err);
    arena_release(&arena);
    buf_release(&b);
    buf_release(&s);
    buf_release(&is);
}

#define JOB "'name':'j','schedule':{'type':'EXECUTE_ONCE'},'processType':'BATCH'"
#define SCRIPT "'name':'s','type':'Shell','content':'ls','connectionName':'c'"
#define RESOURCE "'name':'r','type':'jar','location':'obs://b/k'"

/* ---- the stored form ---- */

static void test_stored_bytes_of_a_job(void **state)
{
    static const char body[] =
        "{\"name\":\"j\", \"x\":[0.1,120.10 , 1E5,12345678901234567890,-0],\"e\":{},"
        "\"schedule\":{\"type\":\"EXECUTE_ONCE\",\"\\u4f5c\":\"\\/\\u000a\\u001f\"},"
        "\"processType\":\"BATCH\",\"nodes\":[{\"type\":\"T\",\"name\":\"n\","
        "\"retryTimes\":0,\"y\":null}]}";
    static const char stored[] = "{\n"
                                 "  \"name\": \"j\",\n"
                                 "  \"x\": [\n"
                                 "    0.1,\n"
                                 "    120.10,\n"
                                 "    1E5,\n"
                                 "    12345678901234567890,\n"
                                 "    -0\n"
                                 "  ],\n"
                                 "  \"e\": {},\n"
                                 "  \"schedule\": {\n"
                                 "    \"type\": \"EXECUTE_ONCE\",\n"
                                 "    \"作\": \"/\\n\\u001f\"\n"
                                 "  },\n"
                                 "  \"processType\": \"BATCH\",\n"
                                 "  \"nodes\": [\n"
                                 "    {\n"
                                 "      \"type\": \"T\",\n"
                                 "      \"name\": \"n\",\n"
                                 "      \"retryTimes\": 0,\n"
                                 "      \"y\": null,\n"
                                 "      \"maxExecutionTime\": 60,\n"
                                 "      \"retryInterval\": 120\n"
                                 "    }\n"
                                 "  ]\n"
                                 "}\n";
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct definition d;

    (void)state;
    assert_ok(make(&d, KIND_JOB, str_of(body), STR_NONE, &arena, &err), &err);
    assert_str(buf_str(&d.text), stored);
    assert_idempotent(KIND_JOB, &d);
    definition_release(&d);
    arena_release(&arena);
}

/* clang-format off */
static const struct {
    enum kind kind;
    const char *body, *stored;
} created[] = {
    /* Jobs: nodes are added, at the end. */
    { KIND_JOB, "{" JOB "}", "{" JOB ",'nodes':[]}" },
    { KIND_JOB, "{'nodes':[]," JOB "}", "{'nodes':[]," JOB "}" },
    { KIND_JOB, "{'nodes':null," JOB "}", "{" JOB ",'nodes':[]}" },
    /* The server's own members are dropped at the top, only there. */
    { KIND_JOB, "{'id':1,'createTime':2,'createUser':'u','lastUpdateUser':'u','lastUpdateTime':3,"
      "'status':'x','targetStatus':'SAVED','approvers':[{'approverName':'a'}],"
      "'downstreamJobs':[1]," JOB ",'nodes':[],'deep':{'id':1,'status':'x'}}",
      "{" JOB ",'nodes':[],'deep':{'id':1,'status':'x'}}" },
    { KIND_JOB, "{" JOB ",'nodes':[],'basicConfig':{'owner':'o','executeUser':'e','id':1}}",
      "{" JOB ",'nodes':[],'basicConfig':{'owner':'o','executeUser':'e','id':1}}" },
    /* Unknown members and their order stay, nulls of unknown members too. */
    { KIND_JOB, "{'z':1,'a':null," JOB ",'b':[null,{'name':null}],'nodes':[]}",
      "{'z':1,'a':null," JOB ",'b':[null,{'name':null}],'nodes':[]}" },
    { KIND_JOB, "{" JOB ",'description':null,'logPath':null,'nodes':[]}", "{" JOB ",'nodes':[]}" },
    /* Aliases get their canonical name where they stand. */
    { KIND_JOB, "{'jobType':'REAL_TIME','name':'j','schedule':{'type':'CRON'},'nodes':[]}",
      "{'processType':'REAL_TIME','name':'j','schedule':{'type':'CRON'},'nodes':[]}" },
    { KIND_JOB, "{'jobType':'REAL_TIME'," JOB ",'nodes':[]}", "{" JOB ",'nodes':[]}" },
    { KIND_JOB, "{'jobType':'BATCH','processType':null,'name':'j',"
      "'schedule':{'type':'EVENT'},'nodes':[]}",
      "{'processType':'BATCH','name':'j','schedule':{'type':'EVENT'},'nodes':[]}" },
    { KIND_JOB, "{" JOB ",'nodes':[],'params':[{'paramType':'constants','name':'p','value':''},"
      "{'name':'q','value':'','type':'variable','paramType':'constants'}]}",
      "{" JOB ",'nodes':[],'params':[{'type':'constants','name':'p','value':''},"
      "{'name':'q','value':'','type':'variable'}]}" },
    /* The documented defaults of a node, in this order; nothing else. */
    { KIND_JOB, "{" JOB ",'nodes':[{'name':'n','type':'t'}]}",
      "{" JOB ",'nodes':[{'name':'n','type':'t','maxExecutionTime':60,'retryTimes':0,"
      "'retryInterval':120}]}" },
    { KIND_JOB, "{" JOB ",'nodes':[{'retryTimes':5,'name':'n','type':'t','retryInterval':null}]}",
      "{" JOB ",'nodes':[{'retryTimes':5,'name':'n','type':'t','maxExecutionTime':60,"
      "'retryInterval':120}]}" },
    /* dependJobs of the schedule's cron; not of a node's cronTrigger. */
    { KIND_JOB, "{'name':'j','processType':'BATCH','nodes':[],'schedule':{'type':'CRON','cron':"
      "{'startTime':'2024-03-01T00:00:00+08','expression':'0 0 0 * * ?','endTime':null}}}",
      "{'name':'j','processType':'BATCH','nodes':[],'schedule':{'type':'CRON','cron':"
      "{'startTime':'2024-03-01T00:00:00+08','expression':'0 0 0 * * ?',"
      "'dependJobs':{'jobs':[]}}}}" },
    { KIND_JOB, "{'name':'j','processType':'BATCH','nodes':[],'schedule':{'type':'CRON','cron':"
      "{'dependJobs':{},'startTime':'2024-03-01T00:00:00Z','expression':'0 0 0 * * ?'}}}",
      "{'name':'j','processType':'BATCH','nodes':[],'schedule':{'type':'CRON','cron':"
      "{'dependJobs':{},'startTime':'2024-03-01T00:00:00Z','expression':'0 0 0 * * ?'}}}" },
    { KIND_JOB, "{'name':'j','processType':'REAL_TIME','schedule':{'type':'EVENT','event':"
      "{'eventType':'KAFKA'}},'nodes':[{'name':'n','type':'t','retryTimes':0,"
      "'maxExecutionTime':5,'retryInterval':5,'cronTrigger':{'startTime':"
      "'2024-03-01T00:00:00Z','expression':'0 0 0 * * ?'}}]}",
      "{'name':'j','processType':'REAL_TIME','schedule':{'type':'EVENT','event':"
      "{'eventType':'KAFKA'}},'nodes':[{'name':'n','type':'t','retryTimes':0,"
      "'maxExecutionTime':5,'retryInterval':5,'cronTrigger':{'startTime':"
      "'2024-03-01T00:00:00Z','expression':'0 0 0 * * ?'}}]}" },
    { KIND_JOB, "{" JOB ",'nodes':[{'name':'n','type':'t','retryTimes':0,'maxExecutionTime':5,"
      "'retryInterval':5,'properties':[{'name':'p','value':{'a':1.50}},{'name':'q','x':null}],"
      "'location':{'x':'1','y':0.0}}]}",
      "{" JOB ",'nodes':[{'name':'n','type':'t','retryTimes':0,'maxExecutionTime':5,"
      "'retryInterval':5,'properties':[{'name':'p','value':{'a':1.50}},{'name':'q','x':null}],"
      "'location':{'x':'1','y':0.0}}]}" },
    /* Scripts: database and currentDatabase. */
    { KIND_SCRIPT, "{" SCRIPT "}", "{" SCRIPT "}" },
    { KIND_SCRIPT, "{'database':'d'," SCRIPT "}", "{'database':'d'," SCRIPT ",'currentDatabase':'d'}" },
    { KIND_SCRIPT, "{'currentDatabase':'d'," SCRIPT "}",
      "{'currentDatabase':'d'," SCRIPT ",'database':'d'}" },
    { KIND_SCRIPT, "{'currentDatabase':'e'," SCRIPT ",'database':'d'}",
      "{'currentDatabase':'e'," SCRIPT ",'database':'d'}" },
    { KIND_SCRIPT, "{'currentDatabase':null," SCRIPT ",'database':'d'}",
      "{" SCRIPT ",'database':'d','currentDatabase':'d'}" },
    { KIND_SCRIPT, "{'currentDatabase':null," SCRIPT ",'database':null}", "{" SCRIPT "}" },
    { KIND_SCRIPT, "{'id':'x','version':1,'createUser':'u','owner':'o','autoAcquireLock':true,"
      "'targetStatus':'SUBMITTED','approvers':[]," SCRIPT ",'u':null}", "{" SCRIPT ",'u':null}" },
    { KIND_SCRIPT, "{'name':'f','type':'FlinkSQL','content':''}",
      "{'name':'f','type':'FlinkSQL','content':''}" },
    /* Resources. */
    { KIND_RESOURCE, "{" RESOURCE "}", "{" RESOURCE "}" },
    { KIND_RESOURCE, "{'id':1,'resourceId':2,'jobRelation':[]," RESOURCE ",'desc':null}",
      "{" RESOURCE "}" },
    { KIND_RESOURCE, "{'depend_packages':[{'type':'jar','location':'obs://b/x'}]," RESOURCE "}",
      "{'dependPackages':[{'type':'jar','location':'obs://b/x'}]," RESOURCE "}" },
    { KIND_RESOURCE, "{'depend_packages':[{'type':'jar','location':'obs://b/x'}]," RESOURCE
      ",'dependPackages':[]}", "{" RESOURCE ",'dependPackages':[]}" },
    { KIND_RESOURCE, "{" RESOURCE ",'dependFiles':['a'],'directory':'/d/'}",
      "{" RESOURCE ",'dependFiles':['a'],'directory':'/d/'}" },
};

static const struct {
    enum kind kind;
    const char *old, *body, *stored;
} updated[] = {
    /* A job: the body's members, then the kept ones in their stored order. */
    { KIND_JOB, "{'logPath':'obs://l','directory':'/d','x':1,'basicConfig':{'owner':'o'},"
      "'description':'d','nodes':[]," JOB "}",
      "{'processType':'REAL_TIME','y':2,'schedule':{'type':'CRON'}}",
      "{'processType':'REAL_TIME','y':2,'schedule':{'type':'CRON'},'logPath':'obs://l',"
      "'directory':'/d','basicConfig':{'owner':'o'},'name':'j','nodes':[]}" },
    { KIND_JOB, "{'logPath':'obs://l','directory':'/d'," JOB ",'nodes':[]}",
      "{'directory':'/e'," JOB ",'nodes':[],'basicConfig':{}}",
      "{'directory':'/e'," JOB ",'nodes':[],'basicConfig':{},'logPath':'obs://l'}" },
    { KIND_JOB, "{'directory':'/d'," JOB ",'nodes':[]}", "{'directory':null," JOB ",'nodes':[]}",
      "{" JOB ",'nodes':[],'directory':'/d'}" },
    { KIND_JOB, "{" JOB ",'nodes':[]}", "{'id':7,'jobType':'BATCH','name':'j',"
      "'schedule':{'type':'EVENT'},'nodes':[]}",
      "{'processType':'BATCH','name':'j','schedule':{'type':'EVENT'},'nodes':[]}" },
    /* A script: known members replaced where they stand, new ones appended. */
    { KIND_SCRIPT, "{" SCRIPT ",'u':{'a':1},'description':'d'}", "{'content':'pwd'}",
      "{'name':'s','type':'Shell','content':'pwd','connectionName':'c','u':{'a':1},"
      "'description':'d'}" },
    { KIND_SCRIPT, "{" SCRIPT ",'u':1}", "{'v':2,'u':3,'connectionName':'k','description':''}",
      "{'name':'s','type':'Shell','content':'ls','connectionName':'k','u':3,'v':2,"
      "'description':''}" },
    { KIND_SCRIPT, "{" SCRIPT ",'directory':'/d'}", "{'directory':null,'content':'x',"
      "'name':'s','type':'Shell'}",
      "{'name':'s','type':'Shell','content':'x','connectionName':'c','directory':'/d'}" },
    { KIND_SCRIPT, "{" SCRIPT "}", "{}", "{" SCRIPT "}" },
    { KIND_SCRIPT, "{'database':'d'," SCRIPT ",'currentDatabase':'d'}", "{'database':'e'}",
      "{'database':'e'," SCRIPT ",'currentDatabase':'e'}" },
    { KIND_SCRIPT, "{'database':'d'," SCRIPT ",'currentDatabase':'x'}", "{'content':'y'}",
      "{'database':'d','name':'s','type':'Shell','content':'y','connectionName':'c',"
      "'currentDatabase':'d'}" },
    { KIND_SCRIPT, "{'database':'d'," SCRIPT ",'currentDatabase':'d'}", "{'currentDatabase':'x'}",
      "{'database':'d'," SCRIPT ",'currentDatabase':'x'}" },
    { KIND_SCRIPT, "{" SCRIPT "}", "{'database':'d'}",
      "{" SCRIPT ",'database':'d','currentDatabase':'d'}" },
    /* A resource: its directory stays; the dependencies that are sent hold. */
    { KIND_RESOURCE, "{" RESOURCE ",'directory':'/d'}", "{'name':'q','directory':'/e','z':1}",
      "{'name':'q','type':'jar','location':'obs://b/k','directory':'/d','z':1}" },
    { KIND_RESOURCE, "{" RESOURCE "}", "{'directory':'/e'}", "{" RESOURCE "}" },
    { KIND_RESOURCE, "{" RESOURCE ",'dependFiles':['a']}",
      "{'dependPackages':[{'type':'jar','location':'obs://b/x'}]}",
      "{" RESOURCE ",'dependPackages':[{'type':'jar','location':'obs://b/x'}]}" },
    { KIND_RESOURCE, "{" RESOURCE ",'dependPackages':[{'type':'jar','location':'obs://b/x'}]}",
      "{'dependFiles':['a']}", "{" RESOURCE ",'dependFiles':['a']}" },
    { KIND_RESOURCE, "{" RESOURCE ",'dependFiles':['a']}", "{'desc':'d'}",
      "{" RESOURCE ",'dependFiles':['a'],'desc':'d'}" },
    { KIND_RESOURCE, "{" RESOURCE ",'dependFiles':['a']}",
      "{'dependFiles':['b'],'depend_packages':[]}",
      "{" RESOURCE ",'dependFiles':['b'],'dependPackages':[]}" },
};

static const struct {
    enum kind kind;
    const char *body, *old, *error; /* old NULL: created */
} faults[] = {
    { KIND_JOB, "{}", NULL, "DLF.3004 name: required" },
    { KIND_JOB, "{'name':''}", NULL, "DLF.3004 name: must not be empty" },
    { KIND_JOB, "{'name':'a b'}", NULL, "DLF.3018 name: 1 to 128 letters, digits, Chinese "
      "characters and _.- expected" },
    { KIND_JOB, "{'name':'..'}", NULL, "DLF.3018 name: . and .. are not allowed" },
    { KIND_JOB, "{'name':1}", NULL, "DLF.3051 name: string expected, number given" },
    { KIND_JOB, "{'name':'j'}", NULL, "DLF.3025 schedule: required" },
    { KIND_JOB, "{'name':'j','schedule':[]}", NULL, "DLF.3025 schedule: object expected, array given" },
    { KIND_JOB, "{'name':'j','schedule':{}}", NULL, "DLF.3025 schedule.type: required" },
    { KIND_JOB, "{'name':'j','schedule':{'type':'X'}}", NULL,
      "DLF.3025 schedule.type: one of EXECUTE_ONCE, CRON, EVENT expected, X given" },
    { KIND_JOB, "{'name':'j','schedule':{'type':'EXECUTE_ONCE','cron':{}}}", NULL,
      "DLF.3025 schedule.cron.startTime: required" },
    { KIND_JOB, "{'name':'j','schedule':{'type':'CRON','cron':{'startTime':'now',"
      "'expression':'0 0 0 * * ?'}}}", NULL,
      "DLF.3025 schedule.cron.startTime: a time such as 2024-03-01T00:00:00+08 expected" },
    { KIND_JOB, "{'name':'j','schedule':{'type':'CRON','cron':{'startTime':'2024-03-01T00:00:00+08',"
      "'endTime':'2024-02-29T23:59:59+08','expression':'0 0 0 * * ?'}}}", NULL,
      "DLF.3025 schedule.cron.endTime: earlier than startTime" },
    { KIND_JOB, "{'name':'j','schedule':{'type':'CRON','cron':{'startTime':'2024-03-01T00:00:00+08',"
      "'expression':'0 0 0 * *'}}}", NULL,
      "DLF.3025 schedule.cron.expression: six fields expected, 5 given" },
    { KIND_JOB, "{'name':'j','schedule':{'type':'CRON','cron':{'startTime':'2024-03-01T00:00:00+08',"
      "'expression':'0 61 0 * * ?'}}}", NULL,
      "DLF.3025 schedule.cron.expression: minute: 61 is not allowed there" },
    { KIND_JOB, "{'name':'j','schedule':{'type':'CRON','cron':{'startTime':'2024-03-01T00:00:00+08',"
      "'expression':'0 1, 0 * * ?'}}}", NULL,
      "DLF.3025 schedule.cron.expression: minute: \"\" is not allowed there" },
    { KIND_JOB, "{'name':'j','schedule':{'type':'CRON','cron':{'startTime':'2024-03-01T00:00:00+08',"
      "'expression':'0 0 0 * * ?','dependJobs':{'jobs':['a',1]}}}}", NULL,
      "DLF.3025 schedule.cron.dependJobs.jobs[1]: string expected, number given" },
    { KIND_JOB, "{'name':'j','schedule':{'type':'EVENT','event':{'eventType':'DIS'}}}", NULL,
      "DLF.3025 schedule.event.channel: required" },
    { KIND_JOB, "{'name':'j','schedule':{'type':'EVENT','event':{'eventType':'OBS','concurrent':129}}}",
      NULL, "DLF.3025 schedule.event.concurrent: 1 to 128, 129 given" },
    { KIND_JOB, "{'name':'j','schedule':{'type':'CRON'}}", NULL, "DLF.3051 processType: required" },
    { KIND_JOB, "{'name':'j','schedule':{'type':'CRON'},'jobType':'X'}", NULL,
      "DLF.3051 jobType: one of REAL_TIME, BATCH expected, X given" },
    { KIND_JOB, "{" JOB ",'nodes':{}}", NULL, "DLF.3051 nodes: array expected, object given" },
    { KIND_JOB, "{" JOB ",'nodes':[{'type':'t'}]}", NULL, "DLF.3051 nodes[0].name: required" },
    { KIND_JOB, "{" JOB ",'nodes':[{'name':'n'}]}", NULL, "DLF.3051 nodes[0].type: required" },
    { KIND_JOB, "{" JOB ",'nodes':[{'name':'a/<b>','type':''}]}", NULL,
      "DLF.3051 nodes[0].type: must not be empty" },
    { KIND_JOB, "{" JOB ",'nodes':[{'name':'n','type':'t','retryTimes':6}]}", NULL,
      "DLF.3051 nodes[0].retryTimes: 0 to 5, 6 given" },
    { KIND_JOB, "{" JOB ",'nodes':[{'name':'n','type':'t','location':{'x':'a'}}]}", NULL,
      "DLF.3051 nodes[0].location.x: number expected, string given" },
    { KIND_JOB, "{" JOB ",'nodes':[{'name':'n','type':'t','cronTrigger':[]}]}", NULL,
      "DLF.3025 nodes[0].cronTrigger: object expected, array given" },
    { KIND_JOB, "{" JOB ",'nodes':[{'name':'n','type':'t','cronTrigger':{'startTime':"
      "'2024-03-01T00:00:00Z','expression':'0 0 0 * * ?','dependJobs':[{},1]}}]}", NULL,
      "DLF.3025 nodes[0].cronTrigger.dependJobs[1]: object expected, number given" },
    { KIND_JOB, "{" JOB ",'nodes':[{'name':'n','type':'t'},{'name':'n','type':'t'}]}", NULL,
      "DLF.3051 nodes[1].name: the name n stands twice" },
    { KIND_JOB, "{" JOB ",'nodes':[{'name':'n','type':'t','preNodeName':['m']}]}", NULL,
      "DLF.3051 nodes[0].preNodeName[0]: no other node is named m" },
    { KIND_JOB, "{" JOB ",'params':[{'name':'p'}]}", NULL, "DLF.3051 params[0].value: required" },
    { KIND_JOB, "{" JOB ",'basicConfig':{'priority':3}}", NULL,
      "DLF.3051 basicConfig.priority: 0 to 2, 3 given" },
    { KIND_JOB, "{" JOB ",'basicConfig':{'instanceTimeout':4}}", NULL,
      "DLF.3051 basicConfig.instanceTimeout: 0 or 5 to 1440, 4 given" },
    { KIND_JOB, "{" JOB ",'logPath':'/tmp'}", NULL, "DLF.0803 logPath: obs://bucket[/dir] expected" },
    { KIND_JOB, "{" JOB ",'directory':'tmp'}", NULL, "DLF.3051 directory: a path such as /a/b "
      "expected, at most 10 levels of 1 to 64 letters, digits, Chinese characters, - and _" },
    { KIND_JOB, "{" JOB ",'targetStatus':'GONE'}", NULL,
      "DLF.3051 targetStatus: one of SAVED, SUBMITTED, PRODUCTION expected, GONE given" },
    { KIND_JOB, "{" JOB ",'approvers':[{}]}", NULL, "DLF.3051 approvers[0].approverName: required" },
    { KIND_JOB, "{'name':'k','schedule':{'type':'CRON'},'processType':'BATCH'}",
      "{" JOB ",'nodes':[]}", "DLF.3051 name: j is stored, k given" },
    { KIND_JOB, "{'id':8," JOB "}", "{" JOB ",'nodes':[]}", "DLF.3051 id: not the id of this job" },
    { KIND_JOB, "{'name':'j'}", "{" JOB ",'nodes':[]}", "DLF.3025 schedule: required" },
    { KIND_SCRIPT, "{}", NULL, "DLF.3051 name: required" },
    { KIND_SCRIPT, "{'name':'.'}", NULL, "DLF.3051 name: . and .. are not allowed" },
    { KIND_SCRIPT, "{'name':'s','content':'x'}", NULL, "DLF.6247 type: required" },
    { KIND_SCRIPT, "{'name':'s','type':''}", NULL, "DLF.6247 type: must not be empty" },
    { KIND_SCRIPT, "{'name':'s','type':'Perl'}", NULL, "DLF.0201 type: one of DLISQL, RDSSQL, "
      "SparkSQL, HiveSQL, DWSSQL, PRESTO, ClickHouseSQL, HetuEngineSQL, ImpalaSQL, Shell, PYTHON, "
      "Spark Python, SparkPython, FlinkSQL expected, Perl given" },
    { KIND_SCRIPT, "{'name':'s','type':'Shell'}", NULL, "DLF.0201 content: required" },
    { KIND_SCRIPT, "{'name':'s','type':'Shell','content':''}", NULL, "DLF.0201 connectionName: required" },
    { KIND_SCRIPT, "{" SCRIPT ",'configuration':[]}", NULL,
      "DLF.3051 configuration: object expected, array given" },
    { KIND_SCRIPT, "{'name':'t'}", "{" SCRIPT "}", "DLF.0203 name: s is stored, t given" },
    { KIND_SCRIPT, "{'type':'PYTHON'}", "{" SCRIPT "}", "DLF.0203 type: Shell is stored, PYTHON given" },
    { KIND_SCRIPT, "{'connectionName':''}", "{" SCRIPT "}", "DLF.0203 connectionName: required" },
    { KIND_SCRIPT, "{'content':1}", "{" SCRIPT "}", "DLF.3051 content: string expected, number given" },
    { KIND_RESOURCE, "{}", NULL, "DLF.3051 name: required" },
    { KIND_RESOURCE, "{'name':'a.b'}", NULL,
      "DLF.3051 name: 1 to 32 letters, digits, Chinese characters and _- expected" },
    { KIND_RESOURCE, "{'name':'r'}", NULL, "DLF.6263 type: required" },
    { KIND_RESOURCE, "{'name':'r','type':'exe'}", NULL,
      "DLF.6263 type: one of archive, file, jar, pyFile expected, exe given" },
    { KIND_RESOURCE, "{'name':'r','type':'jar'}", NULL, "DLF.6264 location: required" },
    { KIND_RESOURCE, "{'name':'r','type':'jar','location':'/k'}", NULL,
      "DLF.6264 location: obs://bucket/key, hdfs://path expected" },
    { KIND_RESOURCE, "{" RESOURCE ",'dependFiles':[1]}", NULL,
      "DLF.3051 dependFiles[0]: string expected, number given" },
    { KIND_RESOURCE, "{" RESOURCE ",'dependPackages':[{'type':'jar'}]}", NULL,
      "DLF.3051 dependPackages[0].location: required" },
    { KIND_RESOURCE, "{" RESOURCE ",'depend_packages':[{'type':'x','location':'obs://b'}]}", NULL,
      "DLF.3051 depend_packages[0].type: one of file, jar, pyFile expected, x given" },
    { KIND_RESOURCE, "{'type':'file'}", "{" RESOURCE "}", "DLF.6263 type: jar is stored, file given" },
};

static const struct {
    enum kind kind;
    const char *stored, *shown;
} shows[] = {
    { KIND_JOB, "{" JOB ",'nodes':[]}", "{" JOB ",'nodes':[],'params':[],'directory':'/',"
      "'version':'1.0','resources':[],'emptyRunningJob':'0','singleNodeJobFlag':false,"
      "'description':''}" },
    { KIND_JOB, "{'emptyRunningJob':'1','singleNodeJobFlag':true,'resources':[1],'version':'9',"
      "'params':[{'name':'p','value':'v'}],'directory':'/d/','description':'x','u':1.50," JOB
      ",'nodes':[],'basicConfig':{}}",
      "{'emptyRunningJob':'1','singleNodeJobFlag':true,'resources':[1],'version':'9',"
      "'params':[{'name':'p','value':'v','type':'variable'}],'directory':'/d/','description':'x',"
      "'u':1.50," JOB ",'nodes':[],'basicConfig':{'priority':0,'instanceTimeout':60,'tags':[]}}" },
    { KIND_SCRIPT, "{" SCRIPT "}", "{" SCRIPT ",'directory':'/','database':'','queueName':'',"
      "'configuration':{},'description':''}" },
    { KIND_RESOURCE, "{" RESOURCE "}", "{" RESOURCE ",'dependFiles':[],'dependPackages':[],"
      "'desc':'','directory':'/'}" },
    { KIND_RESOURCE, "{'dependFiles':['a']," RESOURCE "}", "{'dependFiles':['a']," RESOURCE
      ",'dependPackages':[],'desc':'','directory':'/'}" },
    /* Packages win: the files are their locations. */
    { KIND_RESOURCE, "{'dependFiles':['a'],'dependPackages':[{'type':'jar','location':'obs://b/x'},"
      "{'type':'file','location':'hdfs://y'}]," RESOURCE "}",
      "{'dependPackages':[{'type':'jar','location':'obs://b/x'},{'type':'file','location':"
      "'hdfs://y'}]," RESOURCE ",'dependFiles':['obs://b/x','hdfs://y'],'desc':'',"
      "'directory':'/'}" },
};
/* clang-format on */

static void test_what_is_stored_of_a_body(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(created); i++)
        assert_stored(created[i].kind, created[i].body, NULL, created[i].stored);
}

static void test_what_an_update_makes_of_both(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(updated); i++)
        assert_stored(updated[i].kind, updated[i].body, updated[i].old,
                      updated[i].stored);
}

static void test_faults_have_their_code_and_say_where(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faults); i++)
        assert_refused(faults[i].kind, faults[i].body, faults[i].old, faults[i].error);
}

static void test_show_adds_the_documented_defaults(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(shows); i++) {
        struct buf text = BUF_INIT(MIB), out = BUF_INIT(MIB), want = BUF_INIT(MIB);
        struct jw jw = JW_INIT(&out, false);
        struct err err = ERR_INIT;

        t_row("%s", shows[i].stored);
        jw_object(&jw, STR_NONE);
        assert_ok(definition_show(&jw, shows[i].kind, t_json(&text, shows[i].stored),
                                  STR(""), &err),
                  &err);
        jw_end(&jw, '}');
        assert_bytes(buf_str(&out), t_json(&want, shows[i].shown));
        buf_release(&text);
        buf_release(&out);
        buf_release(&want);
    }
    t_rows_end();
}

/* ---- limits ---- */

static void add_repeated(struct buf *b, const char *text, size_t times)
{
    for (size_t i = 0; i < times; i++)
        buf_adds(b, text);
}

static int script_rc(size_t content_bytes, size_t description)
{
    struct buf body = BUF_INIT(12 * MIB);
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct definition d;
    int rc;

    buf_adds(&body, "{\"name\":\"s\",\"type\":\"FlinkSQL\",\"content\":\"");
    add_repeated(&body, "\\n", content_bytes); /* counted without its escapes */
    buf_adds(&body, "\",\"description\":\"");
    add_repeated(&body, "作", description);
    buf_adds(&body, "\"}");
    rc = make(&d, KIND_SCRIPT, buf_str(&body), STR_NONE, &arena, &err);
    definition_release(&d);
    err_clear(&err);
    arena_release(&arena);
    buf_release(&body);
    return rc;
}

static void test_limits_of_a_script(void **state)
{
    (void)state;
    assert_int_equal(script_rc(SCRIPT_CONTENT_MAX_BYTES, DESCRIPTION_MAX), 0);
    assert_int_equal(script_rc(SCRIPT_CONTENT_MAX_BYTES + 1, 0), E_INVALID);
    assert_int_equal(script_rc(0, DESCRIPTION_MAX + 1), E_INVALID);
}

static void test_a_form_that_grows_too_large_is_refused(void **state)
{
    struct buf body = BUF_INIT(12 * MIB);
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct definition d;

    (void)state;
    buf_adds(&body, "{\"name\":\"s\",\"type\":\"FlinkSQL\",\"content\":\"\",\"x\":");
    add_repeated(&body, "[", 60);
    add_repeated(&body, "0,", 300000); /* 122 blanks each */
    buf_adds(&body, "0");
    add_repeated(&body, "]", 60);
    buf_adds(&body, "}");
    assert_fails(make(&d, KIND_SCRIPT, buf_str(&body), STR_NONE, &arena, &err), E_INVALID,
                 &err);
    assert_int_equal(err.api, DLF_3051);
    assert_int_equal(err.detail, DET_FORM_TOO_LARGE);
    err_clear(&err);
    arena_release(&arena);
    buf_release(&body);
}

static void add_members(struct buf *b, const char *prefix, int n)
{
    for (int i = 0; i < n; i++)
        buf_addf(b, ",\"%s%d\":1", prefix, i);
}

/* The CPU time of an update of a script that has `n` unknown members by one that has `n`
 * others. */
static clock_t time_update(int n)
{
    static const char script[] = "{\"name\":\"s\",\"type\":\"FlinkSQL\",\"content\":\"\"";
    struct buf body = BUF_INIT(12 * MIB), old = BUF_INIT(12 * MIB);
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct definition d;
    clock_t start;

    buf_adds(&body, script);
    buf_adds(&old, script);
    add_members(&body, "new", n);
    add_members(&old, "old", n);
    buf_adds(&body, "}");
    buf_adds(&old, "}");
    start = clock();
    assert_ok(make(&d, KIND_SCRIPT, buf_str(&body), buf_str(&old), &arena, &err), &err);
    start = clock() - start;
    definition_release(&d);
    arena_release(&arena);
    buf_release(&body);
    buf_release(&old);
    return start;
}

/* As many unknown members as a body can hold must not cost their square. */
static void test_many_members_cost_no_square(void **state)
{
    (void)state;
    assert_no_square(time_update(60000), time_update(6000), 10);
}

/* ---- facts, references, dependencies ---- */

static void test_facts_of_a_job(void **state)
{
    static const char body[] =
        "{'name':'j','processType':'REAL_TIME','directory':'/d/','singleNodeJobFlag':true,"
        "'basicConfig':{'owner':'o','priority':2},'schedule':{'type':'CRON','cron':{'startTime':"
        "'2024-03-01T00:00:00Z','endTime':'2024-03-01T08:00:00+08','expression':"
        "'0 0 0 * * ?'}}}";
    struct arena arena = ARENA_INIT;
    struct buf json = BUF_INIT(KIB);
    struct err err = ERR_INIT;
    struct definition d;

    (void)state;
    assert_ok(make(&d, KIND_JOB, t_json(&json, body), STR_NONE, &arena, &err), &err);
    buf_release(&json); /* facts are in the arena */
    assert_str(d.facts.name, "j");
    assert_str(d.facts.scope, "");
    assert_str(d.facts.directory, "/d/");
    assert_str(d.facts.process_type, "REAL_TIME");
    assert_str(d.facts.owner, "o");
    assert_int_equal(d.facts.priority, 2);
    assert_int_equal(d.facts.end_time, 1709251200000);
    assert_true(d.facts.single_node);
    definition_release(&d);
    arena_release(&arena);
}

static void test_facts_that_nothing_was_said_about(void **state)
{
    struct arena arena = ARENA_INIT;
    struct buf json = BUF_INIT(KIB);
    struct err err = ERR_INIT;
    struct definition d;

    (void)state;
    assert_ok(make(&d, KIND_JOB, t_json(&json, "{" JOB "}"), STR_NONE, &arena, &err),
              &err);
    assert_str(d.facts.directory, "/");
    assert_str(d.facts.owner, "");
    assert_int_equal(d.facts.priority, 0);
    assert_int_equal(d.facts.end_time, 0);
    assert_false(d.facts.single_node);
    assert_int_equal(d.n_refs, 0);
    assert_int_equal(d.n_depends, 0);
    definition_release(&d);
    buf_release(&json);
    arena_release(&arena);
}

static void test_facts_of_a_resource(void **state)
{
    static const struct {
        const char *directory, *scope, *as_sent;
    } rows[] = {
        { "", "/", "/" },
        { ",'directory':''", "/", "/" },
        { ",'directory':'/'", "/", "/" },
        { ",'directory':'/a/b'", "/a/b", "/a/b" },
        { ",'directory':'/a/b/'", "/a/b", "/a/b/" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf body = BUF_INIT(KIB), json = BUF_INIT(KIB);
        struct arena arena = ARENA_INIT;
        struct err err = ERR_INIT;
        struct definition d;

        buf_addf(&body, "{" RESOURCE "%s}", rows[i].directory);
        assert_ok(make(&d, KIND_RESOURCE, t_json(&json, buf_cstr(&body)), STR_NONE,
                       &arena, &err),
                  &err);
        assert_str(d.facts.scope, rows[i].scope);
        assert_str(d.facts.directory, rows[i].as_sent);
        assert_str(d.facts.location, "obs://b/k");
        definition_release(&d);
        arena_release(&arena);
        buf_release(&body);
        buf_release(&json);
    }
}

/* clang-format off */
static const struct {
    const char *type, *properties, *refs; /* kind scope|name, in order */
} references[] = {
    { "DLISQL", "", "" },
    { "DLISQL", "scriptName=s", "script |s" },
    { "any type", "scriptName=s", "script |s" },
    { "DLISQL", "scriptName=", "" },
    { "DLISQL", "scriptName=a;scriptName=b", "script |b" }, /* the last one */
    { "DLISQL", "scriptName=a;scriptName=", "" },
    { "DLISQL", "scriptName=#{s}", "" },
    { "DLISQL", "scriptName=a_${s}", "" },
    { "DLISQL", "scriptName=a_$s", "script |a_$s" },
    { "DLISQL", "scriptName=/folder/sub/s", "script /folder/sub/|s" },
    { "DLISQL", "scriptName=folder/s", "script folder/|s" },
    { "DLISQL", "scriptName=/s", "script /|s" },
    { "DLISQL", "scriptName=s/", "script |s/" }, /* nothing behind it */
    { "DLISQL", "scriptName=/", "script |/" },
    { "DLISQL", "scriptname=s", "" },
    { "DLISQL", "scriptName=s;statementOrScript=SCRIPT", "script |s" },
    { "DLISQL", "scriptName=s;statementOrScript=STATEMENT", "" },
    { "DLISQL", "statementOrScript=Statement;scriptName=s", "" },
    { "DLISQL", "scriptName=s;statementOrScript=statements", "script |s" },
    { "MRSSpark", "resourcePath=r", "resource |r" },
    { "anything", "resourcePath=r;scriptName=s", "script |s,resource |r" },
    { "MRSSpark", "resourcePath=r;statementOrScript=STATEMENT", "resource |r" },
    { "MRSSpark", "resourcePath=obs://b/k.jar", "location |obs://b/k.jar" },
    { "MRSSpark", "resourcePath=hdfs:///k.jar", "location |hdfs:///k.jar" },
    { "MRSSpark", "resourcePath=obs://b/${day}/k.jar", "" },
    { "MRSSpark", "resourcePath=", "" },
    { "MRSSpark", "jobName=x;clusterName=c", "" }, /* an MRS job, no CDM job */
    { "CDMJob", "jobName=x;clusterName=c", "cdm c|x" },
    { "CDM Job", "jobName=x;clusterName=c", "cdm c|x" },
    { "cdm-job", "jobName=x;clusterName=c", "cdm c|x" },
    { "CDM_JOB", "jobName=x;clusterName=c", "cdm c|x" },
    { "CDMJobs", "jobName=x;clusterName=c", "" },
    { "CDMJo", "jobName=x;clusterName=c", "" },
    { "CDMJob", "jobName=x", "" },
    { "CDMJob", "clusterName=c", "" },
    { "CDMJob", "jobName=${x};clusterName=c", "" },
    { "CDMJob", "jobName=x;clusterName=#{c}", "" },
    { "CDMJob", "jobName=x;clusterName=c2,c1", "cdm c1|x,cdm c2|x" },
    { "CDMJob", "jobName=x;clusterName=c,c", "cdm c|x" },
    { "CDMJob", "jobName=x/y;clusterName=c d", "cdm c d|x/y" },
};
/* clang-format on */

static void node_of(struct buf *json, const char *name, const char *type,
                    const char *properties)
{
    buf_addf(json, "{\"name\":\"%s\",\"type\":\"%s\",\"properties\":[", name, type);
    for (const char *p = properties; *p;) {
        size_t n = strcspn(p, ";"), key = strcspn(p, "=");

        buf_addf(json, "%s{\"name\":\"%.*s\",\"value\":\"%.*s\"}",
                 p == properties ? "" : ",", (int)key, p, (int)(n - key - 1),
                 p + key + 1);
        p += n + (p[n] == ';');
    }
    buf_adds(json, "]}");
}

static void list_refs(struct buf *out, const struct definition *d)
{
    static const char *const kind[] = { [REF_SCRIPT] = "script",
                                        [REF_RESOURCE] = "resource",
                                        [REF_LOCATION] = "location",
                                        [REF_CDM] = "cdm",
                                        [REF_JOB] = "job" };

    for (size_t i = 0; i < d->n_refs; i++) {
        buf_addf(out, "%s%s ", i ? "," : "", kind[d->refs[i].kind]);
        buf_addstr(out, d->refs[i].scope);
        buf_addc(out, '|');
        buf_addstr(out, d->refs[i].name);
    }
}

static void assert_refs(struct str body, const char *want)
{
    struct arena arena = ARENA_INIT;
    struct buf is = BUF_INIT(MIB);
    struct err err = ERR_INIT;
    struct definition d;

    assert_ok(make(&d, KIND_JOB, body, STR_NONE, &arena, &err), &err);
    list_refs(&is, &d);
    assert_str(buf_str(&is), want);
    definition_release(&d);
    arena_release(&arena);
    buf_release(&is);
}

static void test_references_of_a_node(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(references); i++) {
        struct buf body = BUF_INIT(10 * KIB), head = BUF_INIT(KIB);

        t_row("%s %s", references[i].type, references[i].properties);
        buf_addstr(&body, t_json(&head, "{" JOB ",'nodes':["));
        node_of(&body, "n", references[i].type, references[i].properties);
        buf_adds(&body, "]}");
        assert_refs(buf_str(&body), references[i].refs);
        buf_release(&body);
        buf_release(&head);
    }
    t_rows_end();
}

static void test_only_strings_are_references(void **state)
{
    static const char *const values[] = { "1", "null", "true", "['s']", "{'s':'s'}" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(values); i++) {
        struct buf body = BUF_INIT(KIB), json = BUF_INIT(KIB);

        buf_addf(&body,
                 "{" JOB ",'nodes':[{'name':'n','type':'t','properties':[{'name':"
                 "'scriptName','value':%s},{'name':'scriptName'}]}]}",
                 values[i]);
        assert_refs(t_json(&json, buf_cstr(&body)), "");
        buf_release(&body);
        buf_release(&json);
    }
}

static void test_references_of_a_job_are_sorted_and_none_twice(void **state)
{
    struct buf body = BUF_INIT(10 * KIB), head = BUF_INIT(KIB);

    (void)state;
    buf_addstr(&body, t_json(&head, "{" JOB ",'nodes':["));
    node_of(&body, "1", "t", "scriptName=b;resourcePath=r");
    buf_addc(&body, ',');
    node_of(&body, "2", "t", "scriptName=a;resourcePath=obs://b/k");
    buf_addc(&body, ',');
    node_of(&body, "3", "t", "scriptName=/x/b");
    buf_addc(&body, ',');
    node_of(&body, "4", "CDMJob", "jobName=b;clusterName=c");
    buf_adds(&body, "]}");
    assert_refs(buf_str(&body),
                "script |a,script |b,resource |r,location |obs://b/k,cdm c|b");
    buf_release(&body);
    buf_release(&head);
}

static void test_jobs_that_are_waited_for(void **state)
{
    static const char body[] =
        "{'name':'j','processType':'REAL_TIME','schedule':{'type':'CRON','cron':{'startTime':"
        "'2024-03-01T00:00:00Z','expression':'0 0 0 * * ?','dependJobs':{'jobs':['z','a','z']}}},"
        "'nodes':[{'name':'n','type':'t','cronTrigger':{'startTime':'2024-03-01T00:00:00Z',"
        "'expression':'0 0 0 * * ?','dependJobs':[{'jobs':['m','a']},{},{'jobs':['k']}]}},"
        "{'name':'o','type':'t','cronTrigger':{'startTime':'2024-03-01T00:00:00Z',"
        "'expression':'0 0 0 * * ?','dependJobs':{'jobs':['o']}}}]}";
    static const char *const want[] = { "a", "k", "m", "o", "z" };
    struct arena arena = ARENA_INIT;
    struct buf json = BUF_INIT(10 * KIB), refs = BUF_INIT(KIB);
    struct err err = ERR_INIT;
    const struct str *names;
    struct definition d;
    size_t n;

    (void)state;
    assert_ok(make(&d, KIND_JOB, t_json(&json, body), STR_NONE, &arena, &err), &err);
    assert_ok(definition_depends(buf_str(&d.text), &arena, &names, &n, &err), &err);
    assert_int_equal(d.n_depends, COUNT_OF(want));
    assert_int_equal(n, COUNT_OF(want));
    for (size_t i = 0; i < n; i++) {
        assert_str(d.depends[i], want[i]);
        assert_str(names[i], want[i]);
    }
    list_refs(&refs, &d);
    assert_str(buf_str(&refs), "job |a,job |k,job |m,job |o,job |z");
    definition_release(&d);
    arena_release(&arena);
    buf_release(&json);
    buf_release(&refs);
}

static void test_approvers_of_a_delete(void **state)
{
    static const struct {
        const char *body;
        int rc;
    } rows[] = {
        { "{}", 0 },
        { "{'approvers':null}", 0 },
        { "{'approvers':[],'x':1}", 0 },
        { "{'approvers':[{'approverName':'a','x':1}]}", 0 },
        { "{'approvers':{}}", E_INVALID },
        { "{'approvers':['a']}", E_INVALID },
        { "{'approvers':[{}]}", E_INVALID },
        { "{'approvers':[{'approverName':1}]}", E_INVALID },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf json = BUF_INIT(KIB);
        struct err err = ERR_INIT;
        struct json_doc doc;

        read_json(&doc, t_json(&json, rows[i].body));
        assert_int_equal(definition_check_approvers(&doc, &err), rows[i].rc);
        assert_int_equal(err.api, rows[i].rc ? DLF_3051 : API_OK);
        err_clear(&err);
        json_release(&doc);
        buf_release(&json);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_stored_bytes_of_a_job),
    cmocka_unit_test(test_what_is_stored_of_a_body),
    cmocka_unit_test(test_what_an_update_makes_of_both),
    cmocka_unit_test(test_faults_have_their_code_and_say_where),
    cmocka_unit_test(test_show_adds_the_documented_defaults),
    cmocka_unit_test(test_limits_of_a_script),
    cmocka_unit_test(test_a_form_that_grows_too_large_is_refused),
    cmocka_unit_test(test_many_members_cost_no_square),
    cmocka_unit_test(test_facts_of_a_job),
    cmocka_unit_test(test_facts_that_nothing_was_said_about),
    cmocka_unit_test(test_facts_of_a_resource),
    cmocka_unit_test(test_references_of_a_node),
    cmocka_unit_test(test_only_strings_are_references),
    cmocka_unit_test(test_references_of_a_job_are_sorted_and_none_twice),
    cmocka_unit_test(test_jobs_that_are_waited_for),
    cmocka_unit_test(test_approvers_of_a_delete),
};
T_MAIN(tests)
