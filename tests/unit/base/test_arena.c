#include "unit/t.h"

#include <stdalign.h>

#include "base/arena.h"

static void test_memory_is_zeroed_and_aligned(void **state)
{
    static const size_t sizes[] = { 1,  2,   3,    7,    8,    15,    16,
                                    17, 100, 4095, 4096, 4097, 100000 };
    struct arena a = ARENA_INIT;

    (void)state;
    for (int round = 0; round < 50; round++)
        for (size_t i = 0; i < COUNT_OF(sizes); i++) {
            unsigned char *p = arena_alloc(&a, sizes[i]);

            assert_non_null(p);
            assert_int_equal((uintptr_t)p % alignof(max_align_t), 0);
            for (size_t k = 0; k < sizes[i]; k++)
                assert_int_equal(p[k], 0);
            memset(p, 0xff, sizes[i]);
        }
    arena_release(&a);
}

static void test_pieces_do_not_overlap(void **state)
{
    struct arena a = ARENA_INIT;
    int *piece[2000];

    (void)state;
    for (int i = 0; i < 2000; i++) {
        piece[i] = arena_alloc(&a, sizeof(int));
        *piece[i] = i;
    }
    for (int i = 0; i < 2000; i++)
        assert_int_equal(*piece[i], i);
    arena_release(&a);
}

static void test_sizes_that_overflow_give_null(void **state)
{
    struct arena a = ARENA_INIT;

    (void)state;
    assert_null(arena_alloc(&a, SIZE_MAX));
    assert_null(arena_alloc(&a, SIZE_MAX - 20));
    assert_null(arena_array(&a, SIZE_MAX / 2, 3));
    assert_null(arena_array(&a, 3, SIZE_MAX / 2));
    assert_non_null(arena_array(&a, 0, 8));
    arena_release(&a);
}

static void test_str_is_copied_with_a_nul(void **state)
{
    struct arena a = ARENA_INIT;
    char text[] = "abc";
    struct str s = arena_str(&a, STR("x\0y")), copy = arena_str(&a, str_of(text));

    (void)state;
    text[0] = 'X';
    assert_bytes(s, STR("x\0y"));
    assert_string_equal(copy.p, "abc");
    assert_int_equal(copy.n, 3);
    s = arena_str(&a, (struct str){ NULL, 0 });
    assert_non_null(s.p);
    assert_int_equal(s.n, 0);
    arena_release(&a);
}

static void test_arena_can_be_used_again(void **state)
{
    struct arena a = ARENA_INIT;

    (void)state;
    arena_release(&a);
    assert_non_null(arena_alloc(&a, 10));
    arena_release(&a);
    assert_null(a.chunk);
    assert_non_null(arena_alloc(&a, 0));
    arena_release(&a);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_memory_is_zeroed_and_aligned),
    cmocka_unit_test(test_pieces_do_not_overlap),
    cmocka_unit_test(test_sizes_that_overflow_give_null),
    cmocka_unit_test(test_str_is_copied_with_a_nul),
    cmocka_unit_test(test_arena_can_be_used_again),
};
T_MAIN(tests)
