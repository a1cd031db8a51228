#include "unit/t.h"

#include "base/percent.h"

static void test_all_but_the_unreserved_is_encoded(void **state)
{
    static const char unreserved[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
        "0123456789-._~";

    (void)state;
    for (int c = 0; c < 256; c++) {
        struct buf b = BUF_INIT(10);
        char byte = (char)c, want[4];

        percent_encode(&b, (struct str){ &byte, 1 });
        if (c && strchr(unreserved, c))
            snprintf(want, sizeof(want), "%c", c);
        else
            snprintf(want, sizeof(want), "%%%02X", c);
        assert_str(buf_str(&b), want);
        buf_release(&b);
    }
}

static void test_encoding_and_decoding_give_the_same(void **state)
{
    struct buf all = BUF_INIT(256), text = BUF_INIT(1000), back = BUF_INIT(256);

    (void)state;
    for (int c = 0; c < 256; c++)
        buf_addc(&all, (char)c);
    percent_encode(&text, buf_str(&all));
    assert_true(percent_decode(&back, buf_str(&text)));
    assert_bytes(buf_str(&back), buf_str(&all));
    buf_release(&all);
    buf_release(&text);
    buf_release(&back);
}

static const struct {
    const char *text, *plain; /* NULL: refused */
} rows[] = {
    { "", "" },
    { "abc", "abc" },
    { "a+b", "a+b" }, /* no form of a query */
    { "a%20b", "a b" },
    { "a%2Fb", "a/b" },
    { "a%2fb", "a/b" },
    { "%252F", "%2F" }, /* once */
    { "%E4%BD%9C%E4%B8%9A", "作业" },
    { "作业", "作业" },
    { "%41%4a%4A%7e", "AJJ~" },
    { "%", NULL },
    { "a%", NULL },
    { "a%2", NULL },
    { "%2G", NULL },
    { "%G2", NULL },
    { "%%20", NULL },
    { "% 20", NULL },
    { "%-1", NULL },
    { "%@A", NULL }, /* next to A */
    { "%`a", NULL },
    { "%/0", NULL },
    { "%:0", NULL },
    { "%u1234", NULL },
};

static void test_decoding_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf b = BUF_INIT(100);
        bool ok = percent_decode(&b, str_of(rows[i].text));

        t_row("%s", rows[i].text);
        assert_int_equal(ok, rows[i].plain != NULL);
        if (ok)
            assert_str(buf_str(&b), rows[i].plain);
        buf_release(&b);
    }
    t_rows_end();
}

static void test_a_piece_that_ends_inside_an_escape_is_not_read_past(void **state)
{
    struct buf b = BUF_INIT(100);

    (void)state;
    assert_false(percent_decode(&b, (struct str){ "%41", 2 }));
    assert_false(percent_decode(&b, (struct str){ "%41", 1 }));
    buf_release(&b);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_all_but_the_unreserved_is_encoded),
    cmocka_unit_test(test_encoding_and_decoding_give_the_same),
    cmocka_unit_test(test_decoding_table),
    cmocka_unit_test(test_a_piece_that_ends_inside_an_escape_is_not_read_past),
};
T_MAIN(tests)
