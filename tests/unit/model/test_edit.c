#include "unit/t.h"

#include "base/limits.h"
#include "api/import_body.h"

/* What an import changes of a definition: the members of a request's body, and the
 * definition before and after, with ' for ".  NULL: nothing is changed. */
static const struct {
    const char *name;
    enum kind kind;
    const char *body, *before, *after;
} rows[] = {
    /* clang-format off */
    { "nothing to change", KIND_JOB, "", "{'name':'j','params':[{'name':'a','value':'1'}]}", NULL },
    { "a parameter of all", KIND_JOB, "'params':{'a':'2'}",
      "{'name':'j','params':[{'name':'a','value':'1'},{'name':'b','value':'1'}]}",
      "{'name':'j','params':[{'name':'a','value':'2'},{'name':'b','value':'1'}]}" },
    { "a parameter of one job wins", KIND_JOB, "'params':{'a':'2'},'jobsParam':[{'name':'j','params':{'a':'3'}}]",
      "{'name':'j','params':[{'name':'a'}]}", "{'name':'j','params':[{'name':'a','value':'3'}]}" },
    { "a parameter of another job", KIND_JOB, "'jobsParam':[{'name':'k','params':{'a':'3'}}]",
      "{'name':'j','params':[{'name':'a','value':'1'}]}", NULL },
    { "a value that is no text", KIND_JOB, "'params':{'a':'\\u4f5c'}",
      "{'name':'j','params':[{'name':'a','value':{'b':[1]}},7]}",
      "{'name':'j','params':[{'name':'a','value':'\u4f5c'},7]}" },
    { "params that are none", KIND_JOB, "'params':{'a':'2'}", "{'name':'j','params':{'a':1}}", NULL },
    { "the user, added", KIND_JOB, "'executeUser':'u'", "{'name':'j'}",
      "{'name':'j','basicConfig':{'executeUser':'u'}}" },
    { "the user, in place of null", KIND_JOB, "'executeUser':'u'", "{'basicConfig':null,'name':'j'}",
      "{'basicConfig':{'executeUser':'u'},'name':'j'}" },
    { "the user, below", KIND_JOB, "'executeUser':'u'", "{'basicConfig':{'owner':'o'}}",
      "{'basicConfig':{'owner':'o','executeUser':'u'}}" },
    { "the user, replaced", KIND_JOB, "'executeUser':'u'", "{'basicConfig':{'executeUser':1.50,'x':1.50}}",
      "{'basicConfig':{'executeUser':'u','x':1.50}}" },
    { "a user of nobody", KIND_JOB, "'executeUser':''", "{'name':'j'}", NULL },
    { "basicConfig that is none", KIND_JOB, "'executeUser':'u'", "{'basicConfig':[]}", NULL },
    { "scripts have no user", KIND_SCRIPT, "'executeUser':'u','params':{'a':'1'}", "{'name':'j'}", NULL },
    { "each property of that name", KIND_JOB, "'mapping':{'connections':{'a':'b'}}",
      "{'nodes':[{'type':'X','properties':[{'name':'connectionName','value':'a'},{'name':'other','value':'a'},"
      "{'name':'connectionName','value':'a'}]}]}",
      "{'nodes':[{'type':'X','properties':[{'name':'connectionName','value':'b'},{'name':'other','value':'a'},"
      "{'name':'connectionName','value':'b'}]}]}" },
    { "expressions stay", KIND_JOB, "'mapping':{'connections':{'${a}':'b','#{a}':'b'}}",
      "{'nodes':[{'properties':[{'name':'connectionName','value':'${a}'},{'name':'connectionName','value':'#{a}'}]}]}",
      NULL },
    { "a type by another spelling", KIND_JOB, "'mapping':{'clusters':{'a':'b'}}",
      "{'nodes':[{'type':'cdm_JOB','properties':[{'name':'clusterName','value':'a,x, a'}]}]}",
      "{'nodes':[{'type':'cdm_JOB','properties':[{'name':'clusterName','value':'b,x, b'}]}]}" },
    { "nodes that are none", KIND_JOB, "'mapping':{'connections':{'a':'b'}}",
      "{'nodes':[1,{'properties':{}},{'properties':[2,{'name':'connectionName','value':3}]}]}", NULL },
    { "a directory", KIND_SCRIPT, "'mapping':{'directories':{'/a':'/b'}}", "{'directory':'/a'}", "{'directory':'/b'}" },
    { "a directory above", KIND_SCRIPT, "'mapping':{'directories':{'/a/':'/b/'}}", "{'directory':'/a/c/d/'}",
      "{'directory':'/b/c/d'}" },
    { "the longest", KIND_SCRIPT, "'mapping':{'directories':{'/a':'/b','/a/c':'/'}}", "{'directory':'/a/c/d'}",
      "{'directory':'/d'}" },
    { "to the root", KIND_SCRIPT, "'mapping':{'directories':{'/a':'/'}}", "{'directory':'/a'}", "{'directory':'/'}" },
    { "not a part of a name", KIND_SCRIPT, "'mapping':{'directories':{'/a':'/b'}}", "{'directory':'/ab'}", NULL },
    { "from the root", KIND_SCRIPT, "'mapping':{'directories':{'/':'/b'}}", "{'directory':'/a'}", "{'directory':'/b/a'}" },
    { "no directory is the root", KIND_SCRIPT, "'mapping':{'directories':{'/':'/b'}}", "{'name':'s'}",
      "{'name':'s','directory':'/b'}" },
    { "an empty directory is the root", KIND_SCRIPT, "'mapping':{'directories':{'/':'/b'}}", "{'directory':''}",
      "{'directory':'/b'}" },
    { "a slash at the end alone is no change", KIND_SCRIPT, "'mapping':{'directories':{'/b':'/c'}}",
      "{'directory':'/a/'}", NULL },
    { "a connection of its type", KIND_CONNECTION, "'resources':[{'name':'a','type':'DWS_CLUSTER','replace':'b'}]",
      "{'connectionType':'DWS','config':{'clusterName':'a','agentName':'a'}}",
      "{'connectionType':'DWS','config':{'clusterName':'b','agentName':'a'}}" },
    { "a connection of another type", KIND_CONNECTION, "'resources':[{'name':'a','type':'DWS_CLUSTER','replace':'b'}]",
      "{'type':'HIVE','config':{'clusterName':'a'}}", NULL },
    { "a resource without another name", KIND_SCRIPT, "'resources':[{'name':'a','type':'DWS_CONNECTION'}]",
      "{'connectionName':'a'}", NULL },
    { "a job's parameters are no keys of a connection", KIND_CONNECTION,
      "'params':{'ip':'2'},'jobsParam':[{'name':'c','params':{'ip':'2'}}]",
      "{'name':'c','type':'DWS','config':{'ip':'1'}}", NULL },
    { "a type that a job's parameters do not have", KIND_JOB,
      "'jobsParam':[{'name':'j','type':'x','params':{'a':'2'}}]",
      "{'name':'j','params':[{'name':'a','value':'1'}]}", "{'name':'j','params':[{'name':'a','value':'2'}]}" },
    { "CDM jobs stay", KIND_CDM_JOB, "'mapping':{'clusters':{'a':'b'}}", "{'clusterName':'a'}", NULL },
    /* clang-format on */
};

static void quote(struct buf *out, const char *text)
{
    for (; *text; text++)
        buf_addc(out, *text == '\'' ? '"' : *text);
}

static void read_body(struct import_options *body, bool connections, const char *members,
                      struct arena *arena)
{
    struct buf text = BUF_INIT(4 * KIB);
    struct err err = ERR_INIT;
    struct json_doc doc;

    quote(&text, "{'path':'obs://bucket/key'");
    if (*members)
        buf_addc(&text, ',');
    quote(&text, members);
    buf_addc(&text, '}');
    assert_ok(json_read(&doc, buf_str(&text), 1000, &err), &err);
    if (connections)
        assert_ok(import_body_read_connections(body, &doc, arena, &err), &err);
    else
        assert_ok(import_body_read(body, &doc, arena, &err), &err);
    json_release(&doc);
    buf_release(&text);
}

static void assert_edited(const struct import_options *body, enum kind kind,
                          const char *before, const char *after, struct arena *arena)
{
    struct buf text = BUF_INIT(4 * KIB), is = BUF_INIT(4 * KIB), want = BUF_INIT(4 * KIB);
    struct err err = ERR_INIT;
    struct json_doc doc;
    bool changed;

    quote(&text, before);
    quote(&want, after ? after : "");
    assert_ok(json_read(&doc, buf_str(&text), 1000, &err), &err);
    assert_ok(edits_apply(&body->edits, kind, &doc, 0, &is, &changed, arena, &err), &err);
    assert_int_equal(changed, after != NULL);
    assert_str(buf_str(&is), buf_cstr(&want));
    json_release(&doc);
    buf_release(&text);
    buf_release(&is);
    buf_release(&want);
}

static void test_edits(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct arena arena = ARENA_INIT;
        struct import_options body;

        t_row("%s", rows[i].name);
        read_body(&body, false, rows[i].body, &arena);
        assert_edited(&body, rows[i].kind, rows[i].before, rows[i].after, &arena);
        arena_release(&arena);
    }
    t_rows_end();
}

/* Keys of connections, which an import of connections may change. */
static void test_keys_of_connections(void **state)
{
    struct arena arena = ARENA_INIT;
    struct import_options body;

    (void)state;
    read_body(
        &body, true,
        "'params':[{'name':'c','type':'DWS','params':{'ip':'2','port':'3','a':'4'}}]",
        &arena);
    assert_edited(&body, KIND_CONNECTION, "{'name':'c','type':'DWS','config':{'ip':1}}",
                  "{'name':'c','type':'DWS','config':{'ip':'2','a':'4','port':'3'}}",
                  &arena);
    assert_edited(&body, KIND_CONNECTION, "{'name':'c','type':'DWS'}",
                  "{'name':'c','type':'DWS','config':{'a':'4','ip':'2','port':'3'}}",
                  &arena);
    assert_edited(&body, KIND_CONNECTION, "{'config':null,'name':'c','type':'DWS'}",
                  "{'config':{'a':'4','ip':'2','port':'3'},'name':'c','type':'DWS'}",
                  &arena);
    assert_edited(&body, KIND_CONNECTION, "{'name':'c','type':'RDS'}", NULL, &arena);
    assert_edited(&body, KIND_CONNECTION, "{'name':'d','type':'DWS'}", NULL, &arena);
    arena_release(&arena);
}

/* Keys for one of two types do not hide those for the other. */
static void test_keys_by_type(void **state)
{
    struct arena arena = ARENA_INIT;
    struct import_options body;

    (void)state;
    read_body(&body, true,
              "'params':[{'name':'c','connectionType':'DWS','params':{'ip':'2'}},"
              "{'name':'c','type':'RDS','params':{'ip':'3'}},"
              "{'name':'b','type':'RDS','params':{'ip':'4'}},"
              "{'name':'c','type':'RDS','params':{'ip':'5','a':'6'}}]",
              &arena);
    assert_edited(&body, KIND_CONNECTION, "{'name':'c','type':'DWS','config':{'ip':'1'}}",
                  "{'name':'c','type':'DWS','config':{'ip':'2'}}", &arena);
    assert_edited(&body, KIND_CONNECTION, "{'name':'c','type':'RDS','config':{'ip':'1'}}",
                  "{'name':'c','type':'RDS','config':{'ip':'5','a':'6'}}", &arena);
    arena_release(&arena);
}

struct names {
    struct buf text;
};

static void add_name(void *arg, struct str name)
{
    struct names *n = arg;

    buf_addf(&n->text, "%.*s ", STR_ARG(name));
}

static void test_connections_that_are_named(void **state)
{
    static const char job[] =
        "{\"nodes\":[{\"type\":\"a\",\"properties\":[{\"name\":\"connectionName\","
        "\"value\":\"one\"},{\"name\":\"Data Warehouse\",\"value\":\"two\"},"
        "{\"name\":\"connectionName\",\"value\":\"${three}\"},"
        "{\"name\":\"connectionName\",\"value\":\"\"}]}]}";
    struct names names = { BUF_INIT(KIB) };
    struct err err = ERR_INIT;
    struct json_doc doc;

    (void)state;
    assert_ok(json_read(&doc, STR(job), 1000, &err), &err);
    definition_connections(KIND_JOB, &doc, 0, add_name, &names);
    definition_connections(KIND_RESOURCE, &doc, 0, add_name, &names);
    assert_str(buf_str(&names.text), "one two ");
    json_release(&doc);
    buf_release(&names.text);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_edits),
    cmocka_unit_test(test_keys_of_connections),
    cmocka_unit_test(test_keys_by_type),
    cmocka_unit_test(test_connections_that_are_named),
};
T_MAIN(tests)
