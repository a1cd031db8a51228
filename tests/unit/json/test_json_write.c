#include "unit/t.h"

#include "base/limits.h"
#include "json/json.h"

static void print(struct buf *out, struct str text, bool pretty)
{
    struct err err = ERR_INIT;
    struct jw jw = JW_INIT(out, pretty);
    struct json_doc doc;

    assert_ok(json_read(&doc, text, JSON_MAX_VALUES, &err), &err);
    jw_value(&jw, STR_NONE, &doc, 0);
    json_release(&doc);
    assert_int_equal(out->bad, 0);
}

/* clang-format off */
static const struct {
    const char *text, *compact, *pretty; /* NULL: as `text` */
} rows[] = {
    { "null", NULL, NULL },
    { " true ", "true", "true" },
    { "-0.0E+00", NULL, NULL },
    { "{ }", "{}", "{}" },
    { "[\n]", "[]", "[]" },
    { "[ 1 ]", "[1]", "[\n  1\n]" },
    { "{\"a\" : 1}", "{\"a\":1}", "{\n  \"a\": 1\n}" },
    { "{\"\":{}}", NULL, "{\n  \"\": {}\n}" },
    { "{\"b\":1,\"a\":2}", NULL, "{\n  \"b\": 1,\n  \"a\": 2\n}" },
    { "[[],[[]],{},{\"a\":[]}]", NULL,
      "[\n  [],\n  [\n    []\n  ],\n  {},\n  {\n    \"a\": []\n  }\n]" },
    { "[0.1, 120.10, 1E5, 12345678901234567890, -0]", "[0.1,120.10,1E5,12345678901234567890,-0]",
      "[\n  0.1,\n  120.10,\n  1E5,\n  12345678901234567890,\n  -0\n]" },
    /* The fewest escapes: only these. */
    { "\"\\\"\\\\\\b\\f\\n\\r\\t\"", NULL, NULL },
    { "\"\\u0001\\u000b\\u000e\\u001f\"", NULL, NULL },
    { "\"\\u000B\\u001F\"", "\"\\u000b\\u001f\"", "\"\\u000b\\u001f\"" },
    { "\"\\u0008\\u000c\\u000a\\u000d\\u0009\"", "\"\\b\\f\\n\\r\\t\"", "\"\\b\\f\\n\\r\\t\"" },
    { "\"\\/\\u002f\\u007f\\u0020\"", "\"//\x7f \"", "\"//\x7f \"" },
    { "\"\\u00e9\\u4f5c\\ud83d\\ude00\\u2028\"", "\"é作😀\xe2\x80\xa8\"", "\"é作😀\xe2\x80\xa8\"" },
    { "\"\\u0026\\u003c\\u003e\\u0027\"", "\"&<>'\"", "\"&<>'\"" },
    { "{\"a\\nb\\u0041\":1}", "{\"a\\nbA\":1}", "{\n  \"a\\nbA\": 1\n}" },
    { "\"x\\u0001y\\\"\"", NULL, NULL },
};
/* clang-format on */

static void test_print_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf compact = BUF_INIT(1000), pretty = BUF_INIT(1000);

        t_row("%s", rows[i].text);
        print(&compact, str_of(rows[i].text), false);
        print(&pretty, str_of(rows[i].text), true);
        assert_str(buf_str(&compact), rows[i].compact ? rows[i].compact : rows[i].text);
        assert_str(buf_str(&pretty), rows[i].pretty ? rows[i].pretty : rows[i].text);
        buf_release(&compact);
        buf_release(&pretty);
    }
    t_rows_end();
}

static void test_printing_is_idempotent(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (int pretty = 0; pretty < 2; pretty++) {
            struct buf once = BUF_INIT(1000), twice = BUF_INIT(1000),
                       mixed = BUF_INIT(1000);

            t_row("%s", rows[i].text);
            print(&once, str_of(rows[i].text), pretty);
            print(&twice, buf_str(&once), pretty);
            assert_bytes(buf_str(&twice), buf_str(&once));
            buf_clear(&twice);
            print(&mixed, buf_str(&once), !pretty);
            print(&twice, buf_str(&mixed), pretty);
            assert_bytes(buf_str(&twice), buf_str(&once));
            buf_release(&once);
            buf_release(&twice);
            buf_release(&mixed);
        }
    t_rows_end();
}

static void test_every_control_character_is_escaped(void **state)
{
    (void)state;
    for (int c = 1; c < 0x20; c++) {
        struct buf out = BUF_INIT(100);
        struct jw jw = JW_INIT(&out, false);
        char byte = (char)c, want[12];
        const char *letter = strchr("\bb\tt\nn\ff\rr", c);

        if (letter)
            snprintf(want, sizeof(want), "\"\\%c\"", letter[1]);
        else
            snprintf(want, sizeof(want), "\"\\u%04x\"", c);
        jw_string(&jw, STR_NONE, (struct str){ &byte, 1 });
        assert_str(buf_str(&out), want);
        buf_release(&out);
    }
}

static void test_the_writer_by_hand(void **state)
{
    struct buf pretty = BUF_INIT(1000), compact = BUF_INIT(1000);

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct jw jw = JW_INIT(i ? &compact : &pretty, i == 0);

        jw_object(&jw, STR_NONE);
        jw_string(&jw, STR("name"), STR("作业 \"1\""));
        jw_int(&jw, STR("min"), INT64_MIN);
        jw_int(&jw, STR("max"), INT64_MAX);
        jw_bool(&jw, STR("yes"), true);
        jw_bool(&jw, STR("no"), false);
        jw_array(&jw, STR("list"));
        jw_int(&jw, STR_NONE, 0);
        jw_object(&jw, STR_NONE);
        jw_end(&jw, '}');
        jw_array(&jw, STR_NONE);
        jw_end(&jw, ']');
        jw_end(&jw, ']');
        jw_literal(&jw, STR("table"), "{\"jobs\":[]}");
        jw_string(&jw, STR(""), STR(""));
        jw_end(&jw, '}');
        assert_int_equal(jw.depth, 0);
    }
    assert_str(buf_str(&pretty), "{\n"
                                 "  \"name\": \"作业 \\\"1\\\"\",\n"
                                 "  \"min\": -9223372036854775808,\n"
                                 "  \"max\": 9223372036854775807,\n"
                                 "  \"yes\": true,\n"
                                 "  \"no\": false,\n"
                                 "  \"list\": [\n"
                                 "    0,\n"
                                 "    {},\n"
                                 "    []\n"
                                 "  ],\n"
                                 "  \"table\": {\n"
                                 "    \"jobs\": []\n"
                                 "  },\n"
                                 "  \"\": \"\"\n"
                                 "}");
    assert_str(buf_str(&compact),
               "{\"name\":\"作业 \\\"1\\\"\",\"min\":-9223372036854775808,"
               "\"max\":9223372036854775807,\"yes\":true,\"no\":false,"
               "\"list\":[0,{},[]],\"table\":{\"jobs\":[]},\"\":\"\"}");
    buf_release(&pretty);
    buf_release(&compact);
}

static void test_the_deepest_text_is_indented_right(void **state)
{
    struct buf text = BUF_INIT(1000), pretty = BUF_INIT(100000);
    const char *line;

    (void)state;
    for (int i = 0; i < JSON_MAX_DEPTH; i++)
        buf_addc(&text, '[');
    buf_addc(&text, '1');
    for (int i = 0; i < JSON_MAX_DEPTH; i++)
        buf_addc(&text, ']');
    print(&pretty, buf_str(&text), true);
    line = buf_cstr(&pretty);
    for (int i = 0; i <= 2 * JSON_MAX_DEPTH; i++) {
        int depth = i <= JSON_MAX_DEPTH ? i : 2 * JSON_MAX_DEPTH - i;

        assert_int_equal(strspn(line, " "), 2 * depth);
        line = strchrnul(line, '\n') + 1;
    }
    buf_release(&text);
    buf_release(&pretty);
}

static void test_limit_of_the_buffer_holds(void **state)
{
    struct err err = ERR_INIT;
    struct buf out = BUF_INIT(20);
    struct jw jw = JW_INIT(&out, true);
    struct json_doc doc;

    (void)state;
    assert_ok(json_read(&doc, STR("{\"a\":[1,2,3,4,5,6,7,8,9]}"), 20, &err), &err);
    jw_value(&jw, STR_NONE, &doc, 0);
    assert_int_equal(out.bad, E_LIMIT);
    assert_true(out.len <= 20);
    json_release(&doc);
    buf_release(&out);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_print_table),
    cmocka_unit_test(test_printing_is_idempotent),
    cmocka_unit_test(test_every_control_character_is_escaped),
    cmocka_unit_test(test_the_writer_by_hand),
    cmocka_unit_test(test_the_deepest_text_is_indented_right),
    cmocka_unit_test(test_limit_of_the_buffer_holds),
};
T_MAIN(tests)
