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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_every_code_point_makes_the_round_trip),
    cmocka_unit_test(test_lengths),
    cmocka_unit_test(test_invalid_sequences_are_refused),
    cmocka_unit_test(test_valid_texts),
    cmocka_unit_test(test_count_counts_code_points),
    cmocka_unit_test(test_cut_keeps_code_points_whole),
};
T_MAIN(tests)
