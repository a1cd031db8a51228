#include "unit/t.h"

#include "base/limits.h"
#include "json/json.h"

/* clang-format off */
static const char *const accepted[] = {
    "null", "true", "false", "0", "-0", "1", "-1", "10", "1.5", "0.0", "-0.0", "1e5", "1E5",
    "1e+5", "1e-5", "1.25E-300", "1e999999", "12345678901234567890123456789012345678901234567890",
    "\"\"", "\"a\"", "\"\xc2\x80\"", "\"作业 😀\"", "\"\x7f\"", "[]", "{}", "[[]]", "[{}]",
    " [ 1 , 2 ] ", "\t\r\n{\t\"a\"\r:\n1 }\n", "[1,2,3]", "{\"a\":1,\"b\":2}", "{\"\":1}",
    "[\"a\",{\"b\":[null,true,false]},1]", "{\"a\":1,\"A\":1}", "{\"a\":{\"a\":{\"a\":1}}}",
    "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"", "\"\\u0001\\u00e9\\u4F5c\\uD83D\\uDE00\"",
    "\"\\uffff\"", "\"\\ud7ff\\ue000\"", "\"\\udbff\\udfff\"",
};

static const struct {
    const char *text;
    int detail;
    const char *path, *more; /* the second text of the detail */
} refused[] = {
    { "", DET_SYNTAX, "body", "value" },
    { " \n", DET_SYNTAX, "body", "value" },
    { "nul", DET_SYNTAX, "body", "value" },
    { "NULL", DET_SYNTAX, "body", "value" },
    { "True", DET_SYNTAX, "body", "value" },
    { "nullx", DET_TRAILING, "body", "4" },
    { "NaN", DET_SYNTAX, "body", "value" },
    { "Infinity", DET_SYNTAX, "body", "value" },
    { "-Infinity", DET_SYNTAX, "body", "value" },
    { "+1", DET_SYNTAX, "body", "value" },
    { "-", DET_SYNTAX, "body", "value" },
    { ".5", DET_SYNTAX, "body", "value" },
    { "1.", DET_SYNTAX, "body", "value" },
    { "1.e5", DET_SYNTAX, "body", "value" },
    { "1e", DET_SYNTAX, "body", "value" },
    { "1e+", DET_SYNTAX, "body", "value" },
    { "-a", DET_SYNTAX, "body", "value" },
    { "01", DET_TRAILING, "body", "1" },
    { "-01", DET_TRAILING, "body", "2" },
    { "0x10", DET_TRAILING, "body", "1" },
    { "1_000", DET_TRAILING, "body", "1" },
    { "1 2", DET_TRAILING, "body", "2" },
    { "{} {}", DET_TRAILING, "body", "3" },
    { "{}x", DET_TRAILING, "body", "2" },
    { "[1]]", DET_TRAILING, "body", "3" },
    { "'a'", DET_SYNTAX, "body", "value" },
    { "\"a", DET_SYNTAX, "body", "\"" },
    { "\"a\\\"", DET_SYNTAX, "body", "\"" },
    { "[", DET_SYNTAX, "body", "value" },
    { "]", DET_SYNTAX, "body", "value" },
    { "[1", DET_SYNTAX, "[0]", ", or ]" },
    { "[1,", DET_SYNTAX, "[0]", "value" },
    { "[1,]", DET_SYNTAX, "[1]", "value" },
    { "[,1]", DET_SYNTAX, "[0]", "value" },
    { "[1 2]", DET_SYNTAX, "[0]", ", or ]" },
    { "[1;2]", DET_SYNTAX, "[0]", ", or ]" },
    { "[1}", DET_SYNTAX, "[0]", ", or ]" },
    { "[01]", DET_SYNTAX, "[0]", ", or ]" },
    { "{", DET_SYNTAX, "body", "\"" },
    { "{a:1}", DET_SYNTAX, "body", "\"" },
    { "{1:1}", DET_SYNTAX, "body", "\"" },
    { "{'a':1}", DET_SYNTAX, "body", "\"" },
    { "{\"a\"", DET_SYNTAX, "body", ":" },
    { "{\"a\" 1}", DET_SYNTAX, "body", ":" },
    { "{\"a\":", DET_SYNTAX, "body", "value" },
    { "{\"a\":}", DET_SYNTAX, "a", "value" },
    { "{\"a\":1", DET_SYNTAX, "a", ", or }" },
    { "{\"a\":1,", DET_SYNTAX, "a", "\"" },
    { "{\"a\":1,}", DET_SYNTAX, "a", "\"" },
    { "{\"a\":1 \"b\":2}", DET_SYNTAX, "a", ", or }" },
    { "{\"a\":1]", DET_SYNTAX, "a", ", or }" },
    { "{,}", DET_SYNTAX, "body", "\"" },
    { "/* c */ 1", DET_SYNTAX, "body", "value" },
    { "1 // c", DET_TRAILING, "body", "2" },
    { "\xef\xbb\xbf{}", DET_BYTE_ORDER_MARK, "body", "0" },
    { "\xff\xfe{", DET_BYTE_ORDER_MARK, "body", "0" },
    { "\xc2\xa0{}", DET_SYNTAX, "body", "value" }, /* a blank, but not JSON's */
    { "\v1", DET_SYNTAX, "body", "value" },
    { "\f1", DET_SYNTAX, "body", "value" },
    { "{\"nodes\":[{\"name\":\"a\"},{\"x\":tru}]}", DET_SYNTAX, "nodes[1].x", "value" },
    /* Strings. */
    { "\"\n\"", DET_CONTROL, "body", "1" },
    { "\"a\tb\"", DET_CONTROL, "body", "2" },
    { "\"\x1f\"", DET_CONTROL, "body", "1" },
    { "[\"\\n\",\"\x01\"]", DET_CONTROL, "[1]", "7" },
    { "\"\xff\"", DET_BAD_UTF8, "body", "1" },
    { "\"\xc0\x80\"", DET_BAD_UTF8, "body", "1" },
    { "\"\xed\xa0\x80\"", DET_BAD_UTF8, "body", "1" },
    { "\"\xf4\x90\x80\x80\"", DET_BAD_UTF8, "body", "1" },
    { "\"\xe4\xbd\"", DET_BAD_UTF8, "body", "1" },
    { "\"\\n\xff\"", DET_BAD_UTF8, "body", "3" },
    { "{\"a\":\"\xff\"}", DET_BAD_UTF8, "a", "6" },
    { "{\"\xff\":1}", DET_BAD_UTF8, "body", "2" },
    { "{\"b\":1,\"\xff\":1}", DET_BAD_UTF8, "b", "8" },
    { "\"\\a\"", DET_BAD_ESCAPE, "body", "1" },
    { "\"\\'\"", DET_BAD_ESCAPE, "body", "1" },
    { "\"\\0\"", DET_BAD_ESCAPE, "body", "1" },
    { "\"\\x41\"", DET_BAD_ESCAPE, "body", "1" },
    { "\"\\U0041\"", DET_BAD_ESCAPE, "body", "1" },
    { "\"\\", DET_BAD_ESCAPE, "body", "1" },
    { "\"\\u\"", DET_BAD_ESCAPE, "body", "3" },
    { "\"\\u12\"", DET_BAD_ESCAPE, "body", "5" },
    { "\"\\u123", DET_BAD_ESCAPE, "body", "6" },
    { "\"\\u12g4\"", DET_BAD_ESCAPE, "body", "5" },
    { "\"\\u 123\"", DET_BAD_ESCAPE, "body", "3" },
    { "\"\\u+123\"", DET_BAD_ESCAPE, "body", "3" },
    { "\"\\u0000\"", DET_NUL, "body", "7" },
    { "\"a\\u0000b\"", DET_NUL, "body", "8" },
    { "{\"a\\u0000\":1}", DET_NUL, "body", "9" },
    { "\"\\ud800\"", DET_BAD_ESCAPE, "body", "7" },
    { "\"\\ud800x\"", DET_BAD_ESCAPE, "body", "7" },
    { "\"\\ud800\\n\"", DET_BAD_ESCAPE, "body", "7" },
    { "\"\\ud800\\u0041\"", DET_BAD_ESCAPE, "body", "13" },
    { "\"\\ud800\\ud800\"", DET_BAD_ESCAPE, "body", "13" },
    { "\"\\ud800\\ue000\"", DET_BAD_ESCAPE, "body", "13" },
    { "\"\\udc00\"", DET_BAD_ESCAPE, "body", "7" },
    { "\"\\ude00\\ud83d\"", DET_BAD_ESCAPE, "body", "7" },
    /* No member twice. */
    { "{\"a\":1,\"a\":1}", DET_DUPLICATE, "a", NULL },
    { "{\"a\":1,\"b\":{},\"a\":[]}", DET_DUPLICATE, "a", NULL },
    { "{\"a\":1,\"\\u0061\":1}", DET_DUPLICATE, "a", NULL },
    { "{\"\":1,\"\":1}", DET_DUPLICATE, "", NULL },
    { "{\"x\":[{\"y\":{\"a\":1,\"a\":2}}]}", DET_DUPLICATE, "x[0].y.a", NULL },
    { "{\"作\":1,\"\\u4f5c\":1}", DET_DUPLICATE, "作", NULL },
};
/* clang-format on */

static void test_accepted(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(accepted); i++) {
        struct err err = ERR_INIT;
        struct json_doc doc;

        t_row("%s", accepted[i]);
        assert_ok(json_read(&doc, str_of(accepted[i]), 1000, &err), &err);
        assert_int_equal(doc.value[0].next, doc.count);
        json_release(&doc);
    }
    t_rows_end();
}

static void test_refused_with_the_detail_and_the_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct err err = ERR_INIT;
        struct json_doc doc;

        t_row("%s", refused[i].text);
        assert_fails(json_read(&doc, str_of(refused[i].text), 1000, &err), E_INVALID,
                     &err);
        json_release(&doc);
        assert_int_equal(err.ec, E_INVALID);
        assert_int_equal(err.api, DLF_3051);
        assert_int_equal(err.detail, refused[i].detail);
        assert_str(str_of(err.arg[0]), refused[i].path);
        if (refused[i].more)
            assert_str(str_of(err.arg[1]), refused[i].more);
        err_clear(&err);
    }
    t_rows_end();
}

static int read_rc(struct str text, uint32_t max_values, int *detail)
{
    struct err err = ERR_INIT;
    struct json_doc doc;
    int rc = json_read(&doc, text, max_values, &err);

    *detail = err.detail;
    json_release(&doc);
    err_clear(&err);
    return rc;
}

static void test_no_text_is_refused(void **state)
{
    int detail;

    (void)state;
    assert_int_equal(read_rc((struct str){ NULL, 0 }, 10, &detail), E_INVALID);
    assert_int_equal(detail, DET_SYNTAX);
}

static void test_a_raw_nul_is_refused(void **state)
{
    int detail;

    (void)state;
    assert_int_equal(read_rc(STR("\"a\0b\""), 10, &detail), E_INVALID);
    assert_int_equal(detail, DET_NUL);
    assert_int_equal(read_rc(STR("{\"a\0\":1}"), 10, &detail), E_INVALID);
    assert_int_equal(detail, DET_NUL);
    assert_int_equal(read_rc(STR("1\0"), 10, &detail), E_INVALID);
    assert_int_equal(detail, DET_TRAILING);
    assert_int_equal(read_rc(STR("\0"), 10, &detail), E_INVALID);
    assert_int_equal(detail, DET_SYNTAX);
    assert_int_equal(read_rc(STR("\"\\\0\""), 10, &detail), E_INVALID);
    assert_int_equal(detail, DET_BAD_ESCAPE);
}

/* Nothing behind the text's end is looked at: each beginning is refused. */
static void test_every_beginning_of_a_text_is_refused(void **state)
{
    struct str whole =
        STR("{\"a\":[1.5e+3,\"\\ud83d\\ude00\",true,null],\"é\":{\"b\":-0}}");
    int detail;

    (void)state;
    assert_int_equal(read_rc(whole, 100, &detail), 0);
    for (size_t n = 0; n < whole.n; n++) {
        char *piece = malloc(n + 1); /* exactly n bytes for the sanitizer */

        memcpy(piece, whole.p, n);
        piece = realloc(piece, n ? n : 1);
        assert_int_equal(read_rc((struct str){ piece, n }, 100, &detail), E_INVALID);
        free(piece);
    }
}

static void nest(struct buf *b, int depth, const char *open, const char *inner,
                 const char *close)
{
    buf_clear(b);
    for (int i = 0; i < depth; i++)
        buf_adds(b, open);
    buf_adds(b, inner);
    for (int i = 0; i < depth; i++)
        buf_adds(b, close);
}

static void test_depth_limit_is_exact(void **state)
{
    struct buf b = BUF_INIT(1000000);
    int detail;

    (void)state;
    nest(&b, JSON_MAX_DEPTH, "[", "1", "]");
    assert_int_equal(read_rc(buf_str(&b), 1000, &detail), 0);
    nest(&b, JSON_MAX_DEPTH + 1, "[", "", "]");
    assert_int_equal(read_rc(buf_str(&b), 1000, &detail), E_INVALID);
    assert_int_equal(detail, DET_TOO_DEEP);
    nest(&b, JSON_MAX_DEPTH, "{\"a\":", "1", "}");
    assert_int_equal(read_rc(buf_str(&b), 1000, &detail), 0);
    nest(&b, JSON_MAX_DEPTH + 1, "{\"a\":", "1", "}");
    assert_int_equal(read_rc(buf_str(&b), 1000, &detail), E_INVALID);
    assert_int_equal(detail, DET_TOO_DEEP);
    nest(&b, 100000, "[", "", ""); /* never deeper than the limit */
    assert_int_equal(read_rc(buf_str(&b), 1000000, &detail), E_INVALID);
    assert_int_equal(detail, DET_TOO_DEEP);
    buf_release(&b);
}

static void test_siblings_do_not_count_as_depth(void **state)
{
    struct buf b = BUF_INIT(100000);
    int detail;

    (void)state;
    buf_addc(&b, '[');
    for (int i = 0; i < 500; i++)
        buf_adds(&b, i % 2 ? ",[]" : i ? ",{}" : "1");
    buf_addc(&b, ']');
    assert_int_equal(read_rc(buf_str(&b), 1000, &detail), 0);
    buf_release(&b);
}

static void test_value_limit_is_exact(void **state)
{
    int detail;

    (void)state;
    assert_int_equal(read_rc(STR("1"), 1, &detail), 0);
    assert_int_equal(read_rc(STR("[]"), 1, &detail), 0);
    assert_int_equal(read_rc(STR("[1]"), 1, &detail), E_INVALID);
    assert_int_equal(detail, DET_TOO_MANY_VALUES);
    assert_int_equal(read_rc(STR("[1,2]"), 3, &detail), 0);
    assert_int_equal(read_rc(STR("[1,2,3]"), 3, &detail), E_INVALID);
    assert_int_equal(detail, DET_TOO_MANY_VALUES);
    assert_int_equal(read_rc(STR("{\"a\":[],\"b\":{}}"), 3, &detail),
                     0); /* names: none */
    assert_int_equal(read_rc(STR("{\"a\":[],\"b\":{}}"), 2, &detail), E_INVALID);
    assert_int_equal(read_rc(STR("1"), 0, &detail), E_INVALID);
}

static void test_a_million_values(void **state)
{
    struct buf b = BUF_INIT(4 * MIB);
    int detail;

    (void)state;
    buf_addc(&b, '[');
    for (int i = 0; i < JSON_MAX_VALUES - 1; i++)
        buf_adds(&b, i ? ",1" : "1");
    buf_addc(&b, ']');
    assert_int_equal(read_rc(buf_str(&b), JSON_MAX_VALUES, &detail), 0);
    b.len--;
    buf_adds(&b, ",1]");
    assert_int_equal(read_rc(buf_str(&b), JSON_MAX_VALUES, &detail), E_INVALID);
    assert_int_equal(detail, DET_TOO_MANY_VALUES);
    buf_release(&b);
}

/* An object of `n` members k0, k1, ...; and one more: k<twice>, its k escaped. */
static void object_of(struct buf *b, int n, int twice)
{
    buf_clear(b);
    buf_addc(b, '{');
    for (int i = 0; i < n; i++)
        buf_addf(b, "%s\"k%d\":%d", i ? "," : "", i, i);
    if (twice >= 0)
        buf_addf(b, ",\"\\u006b%d\":0", twice);
    buf_addc(b, '}');
}

static void test_duplicates_among_few_and_many_members(void **state)
{
    static const int sizes[] = { 2, 7, 8, 9, 10, 100, 1000 };
    struct buf b = BUF_INIT(MIB);
    char path[20];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(sizes); i++) {
        int at[] = { 0, 1, sizes[i] / 2, sizes[i] - 1 };

        for (size_t k = 0; k < COUNT_OF(at); k++) {
            struct err err = ERR_INIT;
            struct json_doc doc;

            t_row("%d of %d", at[k], sizes[i]);
            object_of(&b, sizes[i], at[k]);
            assert_fails(json_read(&doc, buf_str(&b), 10000, &err), E_INVALID, &err);
            json_release(&doc);
            assert_int_equal(err.detail, DET_DUPLICATE);
            snprintf(path, sizeof(path), "k%d", at[k]);
            assert_str(str_of(err.arg[0]), path);
            err_clear(&err);
        }
    }
    t_rows_end();
    buf_release(&b);
}

static void test_many_different_members_are_fine(void **state)
{
    struct buf b = BUF_INIT(8 * MIB);
    int detail;

    (void)state;
    for (int n = 0; n < 20; n++) {
        object_of(&b, n, -1);
        assert_int_equal(read_rc(buf_str(&b), 1000, &detail), 0);
    }
    object_of(&b, 300000, -1);
    assert_int_equal(read_rc(buf_str(&b), JSON_MAX_VALUES, &detail), 0);
    buf_release(&b);
}

/* clang-format off */
static const struct {
    const char *text, *plain;
} strings[] = {
    { "\"\"", "" },
    { "\"a\"", "a" },
    { "\"\\\"\\\\\\/\"", "\"\\/" },
    { "\"\\b\\f\\n\\r\\t\"", "\b\f\n\r\t" },
    { "\"\\u0001\\u001f\\u007f\"", "\x01\x1f\x7f" },
    { "\"\\u0041\\u00e9\\u4f5c\"", "Aé作" },
    { "\"\\u00E9\\u4F5C\"", "é作" },
    { "\"\\ud83d\\ude00\"", "😀" },
    { "\"\\uD83D\\uDE00!\"", "😀!" },
    { "\"\\ud800\\udc00\"", "\xf0\x90\x80\x80" },
    { "\"\\udbff\\udfff\"", "\xf4\x8f\xbf\xbf" },
    { "\"\\uffff\"", "\xef\xbf\xbf" },
    { "\"a\\nb\"", "a\nb" },
    { "\"作\\n业\\n\"", "作\n业\n" },
    { "\"\\n\\n\\n\"", "\n\n\n" },
    { "\"\\\\u0041\"", "\\u0041" },
};
/* clang-format on */

static void test_strings_lose_quotes_and_escapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(strings); i++) {
        struct err err = ERR_INIT;
        struct json_doc doc;
        struct buf member = BUF_INIT(1000);

        t_row("%s", strings[i].text);
        assert_ok(json_read(&doc, str_of(strings[i].text), 1, &err), &err);
        assert_str(json_text(&doc, 0), strings[i].plain);
        json_release(&doc);

        buf_addf(&member, "{%s: [%s, 1], \"z\": \"\\n\"}", strings[i].text,
                 strings[i].text);
        assert_ok(json_read(&doc, buf_str(&member), 5, &err), &err);
        assert_str(json_key(&doc, 1), strings[i].plain);
        assert_str(json_text(&doc, 2), strings[i].plain);
        assert_str(json_text(&doc, 3), "1");
        assert_str(json_key(&doc, 4), "z");
        assert_str(json_text(&doc, 4), "\n");
        json_release(&doc);
        buf_release(&member);
    }
    t_rows_end();
}

static void test_values_know_what_is_below_them(void **state)
{
    struct str text = STR("{\"a\":[1,[2,3],{}],\"b\":\"x\",\"c\":{\"d\":null}}");
    static const uint32_t next[] = { 10, 7, 3, 6, 5, 6, 7, 8, 10, 10 };
    static const uint32_t below[] = { 3, 3, 0, 2, 0, 0, 0, 0, 1, 0 };
    struct err err = ERR_INIT;
    struct json_doc doc;
    uint32_t n = 0;

    (void)state;
    assert_ok(json_read(&doc, text, 10, &err), &err);
    assert_int_equal(doc.count, 10);
    for (uint32_t i = 0; i < 10; i++) {
        t_row("%u", i);
        assert_int_equal(json_next(&doc, i), next[i]);
        if (json_type(&doc, i) >= JSON_ARRAY)
            assert_int_equal(doc.value[i].len, below[i]);
    }
    t_rows_end();
    JSON_EACH (i, &doc, 0)
        assert_int_equal(json_key(&doc, i).p[0], 'a' + (int)n++);
    assert_int_equal(n, 3);
    assert_true(doc.value[1].keyed);
    assert_false(doc.value[2].keyed);
    json_release(&doc);
}

static void test_members_are_found(void **state)
{
    struct str text =
        STR("{\"a\":{\"b\":1},\"b\":\"two\",\"\":\"\",\"n\":5,\"\\u4f5c\":\"\\n\"}");
    struct err err = ERR_INIT;
    struct json_doc doc;

    (void)state;
    assert_ok(json_read(&doc, text, 10, &err), &err);
    assert_int_equal(json_member(&doc, 0, "a"), 1);
    assert_int_equal(json_member(&doc, 1, "b"), 2);
    assert_int_equal(json_member(&doc, 0, "b"), 3);
    assert_int_equal(json_member(&doc, 0, ""), 4);
    assert_int_equal(json_member(&doc, 0, "作"), 6);
    assert_int_equal(json_member(&doc, 0, "c"), 0);
    assert_int_equal(json_member(&doc, 3, "a"), 0); /* no object */
    assert_str(json_member_text(&doc, 0, "b"), "two");
    assert_str(json_member_text(&doc, 0, "作"), "\n");
    assert_non_null(json_member_text(&doc, 0, "").p);
    assert_null(json_member_text(&doc, 0, "n").p);
    assert_null(json_member_text(&doc, 0, "c").p);
    assert_null(json_member_text(&doc, 5, "c").p);
    json_release(&doc);
}

static void test_number_texts_are_kept(void **state)
{
    static const char *const numbers[] = { "0.1", "120.10", "1E5", "12345678901234567890",
                                           "-0",  "1e-0",   "0e0", "-12.50E+003" };
    struct err err = ERR_INIT;
    struct buf text = BUF_INIT(1000);
    struct json_doc doc;

    (void)state;
    buf_addc(&text, '[');
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        buf_addf(&text, "%s%s", i ? ", " : "", numbers[i]);
    buf_addc(&text, ']');
    assert_ok(json_read(&doc, buf_str(&text), 100, &err), &err);
    for (uint32_t i = 0; i < COUNT_OF(numbers); i++)
        assert_str(json_text(&doc, i + 1), numbers[i]);
    json_release(&doc);
    buf_release(&text);
}

/* clang-format off */
static const struct {
    const char *text;
    bool is;
    int64_t number;
} integers[] = {
    { "0", true, 0 }, { "-0", true, 0 }, { "1", true, 1 }, { "-1", true, -1 },
    { "9223372036854775807", true, INT64_MAX },
    { "-9223372036854775808", true, INT64_MIN },
    { "9223372036854775808", false, 0 },
    { "-9223372036854775809", false, 0 },
    { "12345678901234567890123456789", false, 0 },
    { "1.0", false, 0 }, { "1e3", false, 0 }, { "1E0", false, 0 }, { "0.5", false, 0 },
    { "\"1\"", false, 0 }, { "\"\"", false, 0 }, { "true", false, 0 }, { "null", false, 0 },
    { "[1]", false, 0 }, { "{}", false, 0 },
};

static const struct {
    const char *text;
    uint32_t at;
    const char *path;
} paths[] = {
    { "[]", 0, "body" },
    { "[1]", 1, "[0]" },
    { "[[],[1,2]]", 4, "[1][1]" },
    { "{\"a\":1}", 1, "a" },
    { "{\"nodes\":[{},{},{},{\"type\":\"x\",\"name\":1}]}", 7, "nodes[3].name" },
    { "{\"a\":{\"b\":{\"c\":[{\"d\":1}]}}}", 5, "a.b.c[0].d" },
    { "{\"a\":[1,2],\"b\":3}", 4, "b" },
    { "{\"\\u4f5c\":{\"\\n\":1}}", 2, "作.\n" },
};
/* clang-format on */

static void test_integers(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(integers); i++) {
        struct err err = ERR_INIT;
        struct json_doc doc;
        int64_t v = 0;

        t_row("%s", integers[i].text);
        assert_ok(json_read(&doc, str_of(integers[i].text), 5, &err), &err);
        assert_int_equal(json_int(&doc, 0, &v), integers[i].is);
        if (integers[i].is)
            assert_int_equal(v, integers[i].number);
        json_release(&doc);
    }
    t_rows_end();
}

static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct err err = ERR_INIT;
        struct buf path = BUF_INIT(1000);
        struct json_doc doc;

        t_row("%s", paths[i].text);
        assert_ok(json_read(&doc, str_of(paths[i].text), 100, &err), &err);
        json_path(&doc, paths[i].at, &path);
        assert_str(buf_str(&path), paths[i].path);
        json_release(&doc);
        buf_release(&path);
    }
    t_rows_end();
}

static void test_long_paths_are_cut_within_their_limit(void **state)
{
    struct buf text = BUF_INIT(MIB);
    struct err err = ERR_INIT;
    struct json_doc doc;

    (void)state;
    for (int depth = 0; depth < JSON_MAX_DEPTH - 1; depth++) {
        buf_adds(&text, "{\"");
        for (int i = 0; i < 100; i++)
            buf_adds(&text, "作");
        buf_adds(&text, "\":");
    }
    buf_adds(&text, "{\"x\":1,\"x\":2}"); /* the path of the fault */
    assert_fails(json_read(&doc, buf_str(&text), 100, &err), E_INVALID, &err);
    assert_int_equal(err.detail, DET_DUPLICATE);
    assert_true(strlen(err.arg[0]) >= JSON_PATH_MAX);
    assert_true(strlen(err.arg[0]) <= JSON_PATH_MAX + JSON_PATH_KEY_MAX + 1);
    assert_memory_equal(err.arg[0], "作", 3);
    json_release(&doc);
    err_clear(&err);
    buf_release(&text);
}

static void test_release_of_a_failed_reading(void **state)
{
    struct err err = ERR_INIT;
    struct json_doc doc;

    (void)state;
    assert_fails(json_read(&doc, STR("{\"a\\n\":[1,2,\"\\t\","), 100, &err), E_INVALID,
                 &err);
    err_clear(&err);
    json_release(&doc);
    json_release(&doc);
    assert_null(doc.value);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_accepted),
    cmocka_unit_test(test_refused_with_the_detail_and_the_path),
    cmocka_unit_test(test_no_text_is_refused),
    cmocka_unit_test(test_a_raw_nul_is_refused),
    cmocka_unit_test(test_every_beginning_of_a_text_is_refused),
    cmocka_unit_test(test_depth_limit_is_exact),
    cmocka_unit_test(test_siblings_do_not_count_as_depth),
    cmocka_unit_test(test_value_limit_is_exact),
    cmocka_unit_test(test_a_million_values),
    cmocka_unit_test(test_duplicates_among_few_and_many_members),
    cmocka_unit_test(test_many_different_members_are_fine),
    cmocka_unit_test(test_strings_lose_quotes_and_escapes),
    cmocka_unit_test(test_values_know_what_is_below_them),
    cmocka_unit_test(test_members_are_found),
    cmocka_unit_test(test_number_texts_are_kept),
    cmocka_unit_test(test_integers),
    cmocka_unit_test(test_paths),
    cmocka_unit_test(test_long_paths_are_cut_within_their_limit),
    cmocka_unit_test(test_release_of_a_failed_reading),
};
T_MAIN(tests)
