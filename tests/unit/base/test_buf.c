#include "unit/t.h"

static void test_nothing_is_allocated_before_the_first_append(void **state)
{
    struct buf b = BUF_INIT(100);

    (void)state;
    buf_add(&b, "", 0);
    buf_adds(&b, "");
    assert_null(b.ptr);
    assert_int_equal(b.cap, 0);
    assert_int_equal(b.bad, 0);
    buf_release(&b);
}

static void test_appends_join(void **state)
{
    struct buf b = BUF_INIT(100);

    (void)state;
    buf_add(&b, "ab\0c", 4);
    buf_addc(&b, 'd');
    buf_adds(&b, "ef");
    buf_addstr(&b, STR("gh"));
    buf_addf(&b, "%d-%s", 12, "i");
    assert_bytes(buf_str(&b), STR("ab\0cdefgh12-i"));
    assert_int_equal(b.bad, 0);
    buf_release(&b);
}

static void test_limit_is_hard(void **state)
{
    struct buf b = BUF_INIT(5);

    (void)state;
    buf_adds(&b, "abc");
    buf_adds(&b, "de");
    assert_int_equal(b.bad, 0);
    buf_addc(&b, 'f');
    assert_int_equal(b.bad, E_LIMIT);
    assert_str(buf_str(&b), "abcde");
    buf_release(&b);
}

static void test_what_passes_the_limit_is_dropped_whole_and_for_good(void **state)
{
    struct buf b = BUF_INIT(5);

    (void)state;
    buf_adds(&b, "abc");
    buf_adds(&b, "def");
    assert_int_equal(b.bad, E_LIMIT);
    buf_addc(&b, 'x'); /* would fit */
    buf_addf(&b, "%d", 1);
    assert_str(buf_str(&b), "abc");
    assert_null(buf_cstr(&b));
    buf_clear(&b);
    buf_adds(&b, "again");
    assert_str(buf_str(&b), "again");
    buf_release(&b);
}

static void test_limit_of_zero_takes_nothing(void **state)
{
    struct buf b = BUF_INIT(0);

    (void)state;
    assert_string_equal(buf_cstr(&b), "");
    buf_addc(&b, 'a');
    assert_int_equal(b.bad, E_LIMIT);
    buf_release(&b);
}

static void test_huge_requests_do_not_overflow(void **state)
{
    struct buf b = BUF_INIT(SIZE_MAX);
    struct buf small = BUF_INIT(10);

    (void)state;
    buf_adds(&small, "abc");
    buf_reserve(&small, SIZE_MAX);
    assert_int_equal(small.bad, E_LIMIT);
    buf_adds(&b, "abc");
    buf_reserve(&b, SIZE_MAX);
    assert_int_equal(b.bad, E_LIMIT);
    buf_release(&b);
    buf_release(&small);
}

static void test_reserve_takes_exactly_that(void **state)
{
    struct buf b = BUF_INIT(1000);

    (void)state;
    buf_reserve(&b, 77);
    assert_int_equal(b.cap, 77);
    buf_reserve(&b, 10);
    assert_int_equal(b.cap, 77);
    buf_reserve(&b, 1001);
    assert_int_equal(b.bad, E_LIMIT);
    buf_release(&b);
}

static void test_capacity_stays_within_the_limit(void **state)
{
    struct buf b = BUF_INIT(1000);

    (void)state;
    for (int i = 0; i < 1000; i++)
        buf_addc(&b, 'x');
    assert_int_equal(b.bad, 0);
    assert_int_equal(b.len, 1000);
    assert_int_equal(b.cap, 1000);
    buf_release(&b);
}

static void test_cstr_has_a_nul_that_is_not_counted(void **state)
{
    struct buf b = BUF_INIT(64);

    (void)state;
    for (int i = 0; i < 64; i++) { /* full: the NUL needs a byte of its own */
        buf_addc(&b, 'x');
        assert_int_equal(strlen(buf_cstr(&b)), i + 1);
        assert_int_equal(b.len, i + 1);
    }
    buf_addc(&b, 'x');
    assert_int_equal(b.bad, E_LIMIT);
    buf_release(&b);
}

static void test_clear_keeps_the_memory(void **state)
{
    struct buf b = BUF_INIT(1000);
    char *before;

    (void)state;
    buf_adds(&b, "abc");
    before = b.ptr;
    buf_clear(&b);
    buf_adds(&b, "de");
    assert_ptr_equal(b.ptr, before);
    assert_str(buf_str(&b), "de");
    buf_release(&b);
    assert_null(b.ptr);
    buf_adds(&b, "f");
    assert_str(buf_str(&b), "f");
    buf_release(&b);
}

static void test_detach_hands_the_memory_over(void **state)
{
    struct buf b = BUF_INIT(10);
    size_t n;
    char *p;

    (void)state;
    buf_adds(&b, "abc");
    p = buf_detach(&b, &n);
    assert_bytes(((struct str){ p, n }), STR("abc"));
    assert_null(b.ptr);
    assert_int_equal(b.max, 10);
    free(p);
    p = buf_detach(&b, &n);
    assert_null(p);
    assert_int_equal(n, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_nothing_is_allocated_before_the_first_append),
    cmocka_unit_test(test_appends_join),
    cmocka_unit_test(test_limit_is_hard),
    cmocka_unit_test(test_what_passes_the_limit_is_dropped_whole_and_for_good),
    cmocka_unit_test(test_limit_of_zero_takes_nothing),
    cmocka_unit_test(test_huge_requests_do_not_overflow),
    cmocka_unit_test(test_reserve_takes_exactly_that),
    cmocka_unit_test(test_capacity_stays_within_the_limit),
    cmocka_unit_test(test_cstr_has_a_nul_that_is_not_counted),
    cmocka_unit_test(test_clear_keeps_the_memory),
    cmocka_unit_test(test_detach_hands_the_memory_over),
};
T_MAIN(tests)
