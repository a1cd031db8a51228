#include "unit/t.h"

#include "base/limits.h"
#include "api/export_body.h"

/* Bodies of the exports, with ' for ".  The rows are in the order in which rules are
 * checked. */
static const struct {
    const char *body, *error; /* NULL: accepted */
} batches[] = {
    { "{'jobList':['a']}", NULL },
    { "{'jobList':['a'],'unknown':{'x':1}}", NULL },
    { "{'jobList':['a'],'exportDepend':null,'obsPath':null,'exportStatus':null,"
      "'missingDepend':null}",
      NULL },
    /* 8 to 13 */
    { "{}", "DLF.3051 jobList: required" },
    { "{'jobList':null}", "DLF.3051 jobList: required" },
    { "{'joblist':['a']}", "DLF.3051 jobList: required" },
    { "{'jobList':'a'}", "DLF.3051 jobList: array expected, string given" },
    { "{'jobList':{'a':1}}", "DLF.3051 jobList: array expected, object given" },
    { "{'jobList':1}", "DLF.3051 jobList: array expected, number given" },
    { "{'jobList':[]}", "DLF.3051 jobList: at least 1 names, 0 given" },
    { "{'jobList':['a',1]}", "DLF.3051 jobList[1]: string expected, number given" },
    { "{'jobList':[null]}", "DLF.3051 jobList[0]: string expected, null given" },
    { "{'jobList':['a',['b']]}", "DLF.3051 jobList[1]: string expected, array given" },
    { "{'jobList':['a b',true]}", "DLF.3051 jobList[1]: string expected, boolean given" },
    { "{'jobList':['a','']}", "DLF.3051 jobList[1]: 1 to 128 letters, digits, Chinese "
                              "characters and _.- expected" },
    { "{'jobList':['a/b']}", "DLF.3051 jobList[0]: 1 to 128 letters, digits, Chinese "
                             "characters and _.- expected" },
    { "{'jobList':['..']}", "DLF.3051 jobList[0]: . and .. are not allowed" },
    /* 14 to 16 */
    { "{'jobList':['a'],'exportDepend':'true'}",
      "DLF.3051 exportDepend: boolean expected, string given" },
    { "{'jobList':['a'],'exportDepend':1}",
      "DLF.3051 exportDepend: boolean expected, number given" },
    { "{'jobList':['a'],'obsPath':1}",
      "DLF.3051 obsPath: string expected, number given" },
    { "{'jobList':['a'],'exportStatus':'develop'}",
      "DLF.3051 exportStatus: one of DEVELOP, SUBMIT expected, develop given" },
    { "{'jobList':['a'],'missingDepend':true}",
      "DLF.3051 missingDepend: string expected, boolean given" },
    { "{'jobList':['a'],'missingDepend':'ignore'}",
      "DLF.3051 missingDepend: one of report, fail expected, ignore given" },
    { "{'jobList':['a'],'obsPath':''}",
      "DLF.0803 obsPath: obs://bucket/folder expected" },
    { "{'jobList':['a'],'obsPath':'hdfs://b/k'}",
      "DLF.0803 obsPath: obs://bucket/folder expected" },
    { "{'jobList':['a'],'obsPath':'/tmp'}",
      "DLF.0803 obsPath: obs://bucket/folder expected" },
    /* In this order. */
    { "{'exportDepend':1,'jobList':[1]}",
      "DLF.3051 jobList[0]: string expected, number given" },
    { "{'obsPath':'x','missingDepend':'x','jobList':['a']}",
      "DLF.3051 missingDepend: one of report, fail expected, x given" },
};

/* Reads a body; NULL for none. */
static int read_body(struct export_body *out, bool batch, struct str body,
                     struct arena *arena, struct err *err)
{
    struct json_doc doc;
    int rc;

    if (!body.p)
        return export_body_read(out, NULL, arena, err);
    assert_ok(json_read(&doc, body, 10000, err), err);
    rc = batch ? export_body_read_batch(out, &doc, arena, err)
               : export_body_read(out, &doc, arena, err);
    json_release(&doc);
    return rc;
}

static void assert_judged(bool batch, const char *body, const char *want)
{
    struct buf json = BUF_INIT(KIB), is = BUF_INIT(KIB);
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct export_body out;

    t_row("%s", body);
    if (read_body(&out, batch, t_json(&json, body), &arena, &err)) {
        assert_int_equal(err.ec, E_INVALID);
        buf_addf(&is, "%s ", error_row(err.api)->code);
        error_detail(&err, LANG_EN, &is);
    }
    assert_str(buf_str(&is), want ? want : "");
    t_rows_end();
    err_clear(&err);
    arena_release(&arena);
    buf_release(&json);
    buf_release(&is);
}

static void test_bodies_of_a_batch(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(batches); i++)
        assert_judged(true, batches[i].body, batches[i].error);
}

static void test_bodies_of_a_single_export(void **state)
{
    (void)state;
    assert_judged(false, "{}", NULL);
    assert_judged(false, "{'jobList':1,'x':[]}", NULL); /* not a member of this one */
    assert_judged(false, "{'exportDepend':'no'}",
                  "DLF.3051 exportDepend: boolean expected, string given");
    assert_judged(false, "{'obsPath':'b'}",
                  "DLF.0803 obsPath: obs://bucket/folder expected");
    assert_judged(false, "{'exportStatus':'X'}",
                  "DLF.3051 exportStatus: one of DEVELOP, SUBMIT expected, X given");
}

/* `n` names j0, j1, ...; with `same`, all are j0. */
static int read_names(struct export_body *out, int n, bool same, struct arena *arena)
{
    struct buf json = BUF_INIT(100 * KIB);
    struct err err = ERR_INIT;
    int rc;

    buf_adds(&json, "{\"jobList\":[");
    for (int i = 0; i < n; i++)
        buf_addf(&json, "%s\"j%d\"", i ? "," : "", same ? 0 : i);
    buf_adds(&json, "]}");
    rc = read_body(out, true, buf_str(&json), arena, &err);
    assert_int_equal(err.detail, rc ? DET_MAX_ITEMS : DET_NONE);
    err_clear(&err);
    buf_release(&json);
    return rc;
}

static void test_a_hundred_names_are_counted_before_repetitions_go(void **state)
{
    struct arena arena = ARENA_INIT;
    struct export_body out;

    (void)state;
    assert_int_equal(read_names(&out, EXPORT_MAX_JOBS, false, &arena), 0);
    assert_int_equal(out.n, EXPORT_MAX_JOBS);
    assert_str(out.names[99], "j99");
    assert_int_equal(read_names(&out, EXPORT_MAX_JOBS + 1, false, &arena), E_INVALID);
    assert_int_equal(read_names(&out, EXPORT_MAX_JOBS, true, &arena), 0);
    assert_int_equal(out.n, 1);
    assert_int_equal(read_names(&out, EXPORT_MAX_JOBS + 1, true, &arena), E_INVALID);
    arena_release(&arena);
}

static void test_a_repeated_name_stays_at_its_first_place(void **state)
{
    struct arena arena = ARENA_INIT;
    struct buf json = BUF_INIT(KIB);
    struct err err = ERR_INIT;
    struct export_body out;

    (void)state;
    assert_ok(read_body(&out, true,
                        t_json(&json, "{'jobList':['b','a','b','A','作','a','作']}"),
                        &arena, &err),
              &err);
    buf_release(&json); /* the names are in the arena */
    assert_int_equal(out.n, 4);
    assert_str(out.names[0], "b");
    assert_str(out.names[1], "a");
    assert_str(out.names[2], "A");
    assert_str(out.names[3], "作");
    arena_release(&arena);
}

static void test_defaults(void **state)
{
    static const char *const bodies[] = { NULL, "{}",
                                          "{'exportDepend':null,'exportStatus':"
                                          "'DEVELOP','missingDepend':'report'}" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bodies); i++) {
        struct arena arena = ARENA_INIT;
        struct buf json = BUF_INIT(KIB);
        struct err err = ERR_INIT;
        struct export_body out;

        assert_ok(read_body(&out, false, bodies[i] ? t_json(&json, bodies[i]) : STR_NONE,
                            &arena, &err),
                  &err);
        assert_true(out.depend);
        assert_false(out.submitted);
        assert_false(out.fail_missing);
        assert_int_equal(out.obs_path.n, 0);
        arena_release(&arena);
        buf_release(&json);
    }
}

static void test_what_is_asked_for_is_read(void **state)
{
    struct arena arena = ARENA_INIT;
    struct buf json = BUF_INIT(KIB);
    struct err err = ERR_INIT;
    struct export_body out;

    (void)state;
    assert_ok(read_body(&out, true,
                        t_json(&json, "{'exportDepend':false,'exportStatus':'SUBMIT',"
                                      "'missingDepend':'fail','obsPath':'obs://b/d/',"
                                      "'jobList':['a']}"),
                        &arena, &err),
              &err);
    buf_release(&json);
    assert_false(out.depend);
    assert_true(out.submitted);
    assert_true(out.fail_missing);
    assert_str(out.obs_path, "obs://b/d/");
    arena_release(&arena);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_bodies_of_a_batch),
    cmocka_unit_test(test_bodies_of_a_single_export),
    cmocka_unit_test(test_a_hundred_names_are_counted_before_repetitions_go),
    cmocka_unit_test(test_a_repeated_name_stays_at_its_first_place),
    cmocka_unit_test(test_defaults),
    cmocka_unit_test(test_what_is_asked_for_is_read),
};
T_MAIN(tests)
