#include "unit/t.h"

#include "archive/deflate.h"
#include "base/limits.h"

enum content { EMPTY, ONE_BYTE, SHORT_TEXT, LONG_TEXT, ZEROS, NOISE, CONTENTS };

static void content_of(struct buf *b, enum content c)
{
    uint32_t x = 1;

    buf_clear(b);
    if (c == ONE_BYTE)
        buf_addc(b, 'x');
    else if (c == SHORT_TEXT)
        buf_adds(b, "{\n  \"name\": \"j\"\n}\n");
    else if (c == LONG_TEXT)
        for (int i = 0; i < 20000; i++)
            buf_addf(b, "\"node %d\": \"作业\",\n", i);
    else if (c == ZEROS)
        for (int i = 0; i < 100000; i++)
            buf_addc(b, 0);
    else if (c == NOISE)
        for (int i = 0; i < 100000; i++, x = x * 1664525 + 1013904223)
            buf_addc(b, (char)(x >> 24));
}

static void test_content_makes_the_round_trip(void **state)
{
    struct buf raw = BUF_INIT(2 * MIB);

    (void)state;
    for (enum content c = EMPTY; c < CONTENTS; c++) {
        struct buf stored = BUF_INIT(0), back = BUF_INIT(2 * MIB);
        struct err err = ERR_INIT;

        t_row("content %d", (int)c);
        content_of(&raw, c);
        assert_ok(deflate_make(&stored, buf_str(&raw), &err), &err);
        assert_int_equal(stored.len <= raw.len, true);
        buf_adds(&back, "before");
        assert_ok(deflate_undo(&back, buf_str(&stored), raw.len, &err), &err);
        assert_int_equal(back.len, 6 + raw.len);
        assert_int_equal(raw.len && memcmp(back.ptr + 6, raw.ptr, raw.len), 0);
        buf_release(&stored);
        buf_release(&back);
    }
    t_rows_end();
    buf_release(&raw);
}

static void test_what_does_not_shrink_is_stored_as_it_is(void **state)
{
    static const bool shrinks[] = {
        [EMPTY] = false,    [ONE_BYTE] = false, [SHORT_TEXT] = true,
        [LONG_TEXT] = true, [ZEROS] = true,     [NOISE] = false
    };
    struct buf raw = BUF_INIT(2 * MIB);

    (void)state;
    for (enum content c = EMPTY; c < CONTENTS; c++) {
        struct buf stored = BUF_INIT(0);
        struct err err = ERR_INIT;

        t_row("content %d", (int)c);
        content_of(&raw, c);
        assert_ok(deflate_make(&stored, buf_str(&raw), &err), &err);
        if (c != SHORT_TEXT) /* the library may or may not find a byte there */
            assert_int_equal(stored.len < raw.len, shrinks[c]);
        if (stored.len == raw.len)
            assert_bytes(buf_str(&stored), buf_str(&raw));
        buf_release(&stored);
    }
    t_rows_end();
    buf_release(&raw);
}

/* None comes out deflated and as large as it was: it would be taken as stored. */
static void test_short_contents_of_every_length(void **state)
{
    struct buf raw = BUF_INIT(MIB);
    uint32_t x = 3;

    (void)state;
    for (int i = 0; i < 600; i++, x = x * 1664525 + 1013904223) {
        struct buf stored = BUF_INIT(0), back = BUF_INIT(MIB);
        struct err err = ERR_INIT;

        buf_addc(&raw, (char)('a' + (x >> 24) % (i < 300 ? 26 : 3)));
        assert_ok(deflate_make(&stored, buf_str(&raw), &err), &err);
        assert_ok(deflate_undo(&back, buf_str(&stored), raw.len, &err), &err);
        assert_bytes(buf_str(&back), buf_str(&raw));
        buf_release(&stored);
        buf_release(&back);
    }
    buf_release(&raw);
}

static void test_same_content_gives_same_bytes(void **state)
{
    struct buf raw = BUF_INIT(2 * MIB), one = BUF_INIT(0), two = BUF_INIT(0);
    struct err err = ERR_INIT;

    (void)state;
    content_of(&raw, LONG_TEXT);
    assert_ok(deflate_make(&one, buf_str(&raw), &err), &err);
    assert_ok(deflate_make(&two, buf_str(&raw), &err), &err);
    assert_bytes(buf_str(&one), buf_str(&two));
    buf_release(&raw);
    buf_release(&one);
    buf_release(&two);
}

static void test_damage_is_seen(void **state)
{
    struct buf raw = BUF_INIT(2 * MIB), stored = BUF_INIT(0);
    struct err err = ERR_INIT;

    (void)state;
    content_of(&raw, LONG_TEXT);
    assert_ok(deflate_make(&stored, buf_str(&raw), &err), &err);
    for (int i = 0; i < 4; i++) {
        struct str piece = buf_str(&stored);
        struct buf back = BUF_INIT(2 * MIB);
        size_t size = i == 0 ? raw.len + 1 : i == 1 ? raw.len - 1 : raw.len;

        t_row("damage %d", i);
        piece.n = i == 2 ? piece.n / 2 : i == 3 ? 1 : piece.n;
        assert_fails(deflate_undo(&back, piece, size, &err), E_INTERNAL, &err);
        err_clear(&err);
        buf_release(&back);
    }
    t_rows_end();
    buf_release(&raw);
    buf_release(&stored);
}

static void test_the_limit_of_the_buffer_holds(void **state)
{
    struct buf raw = BUF_INIT(2 * MIB), stored = BUF_INIT(0), small = BUF_INIT(1000);
    struct err err = ERR_INIT;

    (void)state;
    content_of(&raw, ZEROS);
    assert_ok(deflate_make(&stored, buf_str(&raw), &err), &err);
    assert_fails(deflate_undo(&small, buf_str(&stored), raw.len, &err), E_NOMEM, &err);
    err_clear(&err);
    buf_release(&raw);
    buf_release(&stored);
    buf_release(&small);
}

static void test_crc32_is_that_of_zip(void **state)
{
    (void)state;
    assert_int_equal(deflate_crc32(STR("123456789")), 0xcbf43926);
    assert_int_equal(deflate_crc32(STR("")), 0);
    assert_int_equal(deflate_crc32((struct str){ NULL, 0 }), 0);
    assert_int_equal(deflate_crc32(STR("The quick brown fox jumps over the lazy dog")),
                     0x414fa339);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_content_makes_the_round_trip),
    cmocka_unit_test(test_what_does_not_shrink_is_stored_as_it_is),
    cmocka_unit_test(test_short_contents_of_every_length),
    cmocka_unit_test(test_same_content_gives_same_bytes),
    cmocka_unit_test(test_damage_is_seen),
    cmocka_unit_test(test_the_limit_of_the_buffer_holds),
    cmocka_unit_test(test_crc32_is_that_of_zip),
};
T_MAIN(tests)
