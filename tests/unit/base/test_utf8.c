#include "unit/t.h"

#include "base/utf8.h"

static bool is_scalar(uint32_t c)
{
    return c <= 0x10ffff && !(c >= 0xd800 && c <= 0xdfff);
}

static void test_every_code_point_makes_the_round_trip(void **state)
{
    uint32_t wrong = 0;

    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        uint32_t back = UINT32_MAX;
        char text[4];
        int n = utf8_encode(c, text);

        if (is_scalar(c))
            wrong += utf8_decode(text, (size_t)n, &back) != n || back != c;
        else
            wrong += utf8_decode(text, (size_t)n, &back) != 0;
    }
    assert_int_equal(wrong, 0);
}

static void test_lengths(void **state)
{
    static const struct {
        uint32_t code_point;
        const char *text;
    } rows[] = {
        { 0x24, "$" },
        { 0x7f, "\x7f" },
        { 0x80, "\xc2\x80" },
        { 0xe9, "é" },
        { 0x7ff, "\xdf\xbf" },
        { 0x800, "\xe0\xa0\x80" },
        { 0x4e00, "一" },
        { 0xd7ff, "\xed\x9f\xbf" },
        { 0xe000, "\xee\x80\x80" },
        { 0xffff, "\xef\xbf\xbf" },
        { 0x10000, "\xf0\x90\x80\x80" },
        { 0x1f600, "😀" },
        { 0x10ffff, "\xf4\x8f\xbf\xbf" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        char text[4];
        uint32_t c = 0;
        int n = utf8_encode(rows[i].code_point, text);

        assert_str(((struct str){ text, (size_t)n }), rows[i].text);
        assert_int_equal(utf8_decode(rows[i].text, strlen(rows[i].text), &c), n);
        assert_int_equal(c, rows[i].code_point);
    }
}

static const char *const invalid[] = {
    "\x80", /* a continuation alone */
    "\xbf",
    "\xc0\x80", /* overlong NUL */
    "\xc0\xaf", /* overlong / */
    "\xc1\xbf",
    "\xe0\x80\xaf",
    "\xe0\x9f\xbf", /* overlong U+07FF */
    "\xf0\x80\x80\xaf",
    "\xf0\x8f\xbf\xbf", /* overlong U+FFFF */
    "\xed\xa0\x80",     /* surrogates */
    "\xed\xbf\xbf",
    "\xed\xa0\xbd\xed\xb8\x80",
    "\xf4\x90\x80\x80", /* U+110000 */
    "\xf5\x80\x80\x80",
    "\xf8\x88\x80\x80\x80",
    "\xfe",
    "\xff",
    "\xc3", /* cut short */
    "\xe4\xb8",
    "\xf0\x9f\x98",
    "\xc3(", /* no continuation */
    "\xe4(\x80",
    "\xe4\xb8(",
    "\xf0\x9f\x98(",
};

static void test_invalid_sequences_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(invalid); i++) {
        struct buf b = BUF_INIT(100);
        uint32_t c;

        t_row("row %zu", i);
        assert_int_equal(utf8_decode(invalid[i], strlen(invalid[i]), &c), 0);
        buf_adds(&b, "ok é");
        buf_adds(&b, invalid[i]);
        assert_false(utf8_valid(buf_str(&b)));
        buf_adds(&b, "z");
        assert_false(utf8_valid(buf_str(&b)));
        buf_release(&b);
    }
    t_rows_end();
}

static void test_valid_texts(void **state)
{
    (void)state;
    assert_true(utf8_valid(STR("")));
    assert_true(utf8_valid((struct str){ NULL, 0 }));
    assert_true(utf8_valid(STR("a\0b")));
    assert_true(utf8_valid(STR("作业 é 😀")));
}

static void test_count_counts_code_points(void **state)
{
    (void)state;
    assert_int_equal(utf8_count(STR("")), 0);
    assert_int_equal(utf8_count(STR("abc")), 3);
    assert_int_equal(utf8_count(STR("作业")), 2);
    assert_int_equal(utf8_count(STR("aé作😀")), 4);
}

static void test_cut_keeps_code_points_whole(void **state)
{
    static const size_t whole[] = { 0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 10, 10 };
    struct str s = STR("aé作😀");

    (void)state;
    assert_int_equal(s.n, 10);
    for (size_t max = 0; max < COUNT_OF(whole); max++) {
        struct str cut = utf8_cut(s, max);

        t_row("max %zu", max);
        assert_int_equal(cut.n, whole[max]);
        assert_ptr_equal(cut.p, s.p);
    }
    t_rows_end();
}

static void test_what_a_terminal_takes_amiss_is_escaped(void **state)
{
    static const struct {
        struct str given;
        const char *visible, *quoted;
    } rows[] = {
        { STR(""), "", "\"\"" },
        { STR("a b~"), "a b~", "\"a b~\"" },
        { STR("作业 é 😀"), "作业 é 😀", "\"作业 é 😀\"" },
        { STR("\"\\"), "\"\\", "\"\\\"\\\\\"" },
        { STR("\n\x1b[2J\x7f"), "\\u000a\\u001b[2J\\u007f",
          "\"\\u000a\\u001b[2J\\u007f\"" },
        { STR("\0"), "\\u0000", "\"\\u0000\"" },
        { STR("\xc2\x9b"), "\\u009b", "\"\\u009b\"" },     /* C1: CSI */
        { STR("\xe2\x80\xae"), "\\u202e", "\"\\u202e\"" }, /* bidi */
        { STR("\xe2\x81\xa6"), "\\u2066", "\"\\u2066\"" }, /* bidi */
        { STR("\xe2\x80\xa8"), "\\u2028", "\"\\u2028\"" }, /* a line's end */
        { STR("\xe2\x80\x8b"), "\\u200b", "\"\\u200b\"" }, /* no width */
        { STR("\xef\xbb\xbf"), "\\ufeff", "\"\\ufeff\"" },
        { STR("\xef\xbf\xbf"), "\\uffff", "\"\\uffff\"" },                   /* none */
        { STR("\xf3\xa0\x80\x81"), "\\udb40\\udc01", "\"\\udb40\\udc01\"" }, /* a tag */
        { STR("\x80z"), "\\ufffdz", "\"\\ufffdz\"" },
        { STR("z\xe4\xbd"), "z\\ufffd\\ufffd", "\"z\\ufffd\\ufffd\"" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf visible = BUF_INIT(200), quoted = BUF_INIT(200);

        t_row("row %zu", i);
        utf8_add_visible(&visible, rows[i].given, 200);
        utf8_add_quoted(&quoted, rows[i].given, 200);
        buf_addc(&visible, '.'); /* never empty */
        assert_int_equal(visible.len - 1, strlen(rows[i].visible));
        assert_memory_equal(visible.ptr, rows[i].visible, visible.len - 1);
        assert_string_equal(buf_cstr(&quoted), rows[i].quoted);
        buf_release(&visible);
        buf_release(&quoted);
    }
    t_rows_end();
}

/* At each limit no more bytes, no half character and no half escape. */
static void test_a_visible_text_is_cut_with_a_mark(void **state)
{
    static const struct str given = STR("ab\n作\xe2\x80\xae yz");
    static const char whole[] = "\"ab\\u000a作\\u202e yz\"", mark[] = "\xe2\x80\xa6\"";

    (void)state;
    for (size_t max = 6; max <= sizeof(whole); max++) {
        struct buf b = BUF_INIT(200);
        size_t kept;

        t_row("max %zu", max);
        utf8_add_quoted(&b, given, max);
        assert_true(b.len <= max);
        if (max >= strlen(whole)) {
            assert_string_equal(buf_cstr(&b), whole);
        } else {
            kept = b.len - strlen(mark);
            assert_memory_equal(b.ptr, whole, kept);
            assert_memory_equal(b.ptr + kept, mark, strlen(mark));
            assert_true(utf8_valid(buf_str(&b)));
            assert_true(whole[kept] != 'u' && (whole[kept - 1] != '\\'));
        }
        buf_release(&b);
    }
    t_rows_end();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_every_code_point_makes_the_round_trip),
    cmocka_unit_test(test_lengths),
    cmocka_unit_test(test_invalid_sequences_are_refused),
    cmocka_unit_test(test_valid_texts),
    cmocka_unit_test(test_count_counts_code_points),
    cmocka_unit_test(test_cut_keeps_code_points_whole),
    cmocka_unit_test(test_what_a_terminal_takes_amiss_is_escaped),
    cmocka_unit_test(test_a_visible_text_is_cut_with_a_mark),
};
T_MAIN(tests)
