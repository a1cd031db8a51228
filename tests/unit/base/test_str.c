#include "unit/t.h"

#include <stdlib.h>

#include "base/arena.h"
#include "base/sort.h"
#include "base/str.h"

/* Texts, and lists of them. */

static void test_cut_takes_a_piece_and_its_mark(void **state)
{
    struct str rest = STR("a//b");

    (void)state;
    assert_bytes(str_cut(&rest, '/'), STR("a"));
    assert_bytes(rest, STR("/b"));
    assert_bytes(str_cut(&rest, '/'), STR(""));
    assert_bytes(str_cut(&rest, '/'), STR("b"));
    assert_int_equal(rest.n, 0);
    assert_int_equal(str_cut(&rest, '/').n, 0);
    rest = (struct str){ NULL, 0 };
    assert_int_equal(str_cut(&rest, '/').n, 0);
}

static void test_next_gives_every_piece_and_empty_ones_too(void **state)
{
    static const struct {
        struct str text;
        const char *pieces[4];
    } rows[] = {
        { STR(""), { "" } },           { STR("a"), { "a" } },
        { STR("a,b"), { "a", "b" } },  { STR("a,"), { "a", "" } },
        { STR(",,"), { "", "", "" } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str rest = rows[i].text, piece;
        size_t n = 0;

        t_row("%s", rows[i].text.p);
        for (; str_next(&rest, ',', &piece); n++) {
            assert_non_null(rows[i].pieces[n]);
            assert_bytes(piece, str_of(rows[i].pieces[n]));
            assert_int_equal(rest.p != NULL, rows[i].pieces[n + 1] != NULL);
        }
        assert_null(rows[i].pieces[n]);
    }
    t_rows_end();
}

static void test_loosely_same_texts_differ_in_case_and_marks(void **state)
{
    (void)state;
    assert_true(str_same_loosely(STR("Dry_Run-"), "dryRun", "-_"));
    assert_true(str_same_loosely(STR(""), "", "-_"));
    assert_true(str_same_loosely(STR("Spark SQL"), "sparksql", " -_"));
    assert_false(str_same_loosely(STR("Spark SQL"), "sparksql", "-_"));
    assert_false(str_same_loosely(STR("dryRu"), "dryRun", "-_"));
    assert_false(str_same_loosely(STR("dryRunn"), "dryRun", "-_"));
    assert_false(str_same_loosely(STR("dry\0Run"), "dryRun", "-_"));
}

static void test_sorted_lists_keep_one_of_equals(void **state)
{
    struct str names[] = { STR("b"), STR("a"), STR("b"), STR("c"), STR("a") };
    struct str key = STR("bb");
    size_t n = sort_unique(names, COUNT_OF(names), sizeof(*names), str_by_text);

    (void)state;
    assert_int_equal(n, 3);
    assert_bytes(names[0], STR("a"));
    assert_bytes(names[2], STR("c"));
    assert_int_equal(lower_bound(&key, names, n, sizeof(key), str_by_text), 2);
    assert_int_equal(lower_bound(&names[1], names, n, sizeof(key), str_by_text), 1);
    key = STR("d");
    assert_int_equal(lower_bound(&key, names, n, sizeof(key), str_by_text), 3);
    assert_int_equal(lower_bound(&key, NULL, 0, sizeof(key), str_by_text), 0);
    assert_int_equal(sort_unique(NULL, 0, sizeof(key), str_by_text), 0);
}

static void test_a_list_grows_in_an_arena(void **state)
{
    struct arena a = ARENA_INIT;
    size_t *items = NULL;

    (void)state;
    for (size_t n = 0; n < 1000; n++) {
        items = arena_grow(&a, items, n, sizeof(*items));
        assert_non_null(items);
        items[n] = n;
    }
    for (size_t n = 0; n < 1000; n++)
        assert_int_equal(items[n], n);
    arena_release(&a);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_cut_takes_a_piece_and_its_mark),
    cmocka_unit_test(test_next_gives_every_piece_and_empty_ones_too),
    cmocka_unit_test(test_loosely_same_texts_differ_in_case_and_marks),
    cmocka_unit_test(test_sorted_lists_keep_one_of_equals),
    cmocka_unit_test(test_a_list_grows_in_an_arena),
};
T_MAIN(tests)
