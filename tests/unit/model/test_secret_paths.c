/* Paths of secrets: their parts, and which of them a document has values at. */
#include "base/limits.h"
#include "model/secrets.h"
#include "unit/t.h"

static void test_parts_are_read_as_they_were_written(void **state)
{
    static const struct {
        const char *parts[4], *path;
    } rows[] = {
        { { "a" }, "a" },
        { { "a", "b" }, "a.b" },
        { { "a.b" }, "a\\.b" },
        { { "a\nb", "c" }, "a\\nb.c" },
        { { "a\\nb", "c" }, "a\\\\nb.c" },
        { { "a\\", "b" }, "a\\\\.b" },
        { { "", "", "a" }, "\\0.\\0.a" },
        { { ".", "\n", "\\" }, "\\..\\n.\\\\" },
        { { "#0", "\\#0" }, "#0.\\\\#0" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf path = BUF_INIT(KIB), part = BUF_INIT(KIB);
        size_t n = 0;
        struct str rest;

        t_row("%zu", i);
        for (; n < 4 && rows[i].parts[n]; n++)
            secret_path_add(&path, str_of(rows[i].parts[n]));
        assert_str(buf_str(&path), rows[i].path);
        rest = buf_str(&path);
        for (size_t k = 0; k < n; k++) {
            assert_true(secret_path_next(&rest, &part));
            assert_str(buf_str(&part), rows[i].parts[k]);
        }
        assert_int_equal(secret_path_next(&rest, &part), false);
        buf_release(&path);
        buf_release(&part);
    }
    t_rows_end();
}

static void test_what_has_been_replaced(void **state)
{
    static const struct {
        const char *doc, *stored, *replaced;
    } rows[] = {
        { "{'a':1,'b':'x','c':{'d':true}}", "a\nb\nc.d\ne", "a\nb\nc.d\n" },
        { "{'a':'','b':null,'c':'*********'}", "a\nb\nc", "" },
        { "{'a.b':1,'c':{'d':1}}", "a.b\nc\\.d", "" },
        { "{'a.b':1,'c':{'d':1}}", "a\\.b\nc.d", "a\\.b\nc.d\n" },
        { "{'i':[{'name':'x.y','value':'v'},{'name':'z'},{'name':'n','value':''}]}",
          "i.x\\.y\ni.z\ni.n", "i.x\\.y\n" },
        { "{'i':[{'name':'x','value':'v'},{'name':'x','value':'w'},{'value':1},5]}",
          "i.x\\#1\ni.\\#2\ni.\\#3\ni.x\\#2", "i.x\\#1\ni.\\#2\ni.\\#3\n" },
        { "{'p':[{'name':'h','value':'x'}]}", "p.h.value", "p.h.value\n" },
        { "{'a':1}", "", "" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf json = BUF_INIT(KIB), out = BUF_INIT(KIB);
        struct err err = ERR_INIT;
        struct json_doc doc;

        t_row("%zu: %s", i, rows[i].doc);
        assert_ok(json_read(&doc, t_json(&json, rows[i].doc), 1000, &err), &err);
        assert_ok(secrets_replaced(&doc, str_of(rows[i].stored), &out, &err), &err);
        assert_str(buf_str(&out), rows[i].replaced);
        json_release(&doc);
        buf_release(&json);
        buf_release(&out);
    }
    t_rows_end();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_parts_are_read_as_they_were_written),
    cmocka_unit_test(test_what_has_been_replaced),
};
T_MAIN(tests)
