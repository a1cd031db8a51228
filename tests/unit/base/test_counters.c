#include "base/counters.h"

#include <pthread.h>

#include "base/limits.h"
#include "unit/t.h"

static void test_a_window_begins_with_the_first_event(void **state)
{
    struct counters *c = counters_new(1000, COUNTERS_FORGET);
    int64_t left;

    (void)state;
    assert_int_equal(counters_add(c, STR("a"), 0, 50, &left), 0);
    assert_int_equal(left, 1000);
    assert_int_equal(counters_add(c, STR("a"), 1, 100, NULL), 1);
    assert_int_equal(counters_add(c, STR("b"), 1, 300, NULL), 1);
    assert_int_equal(counters_add(c, STR("a"), 2, 1099, &left), 3);
    assert_int_equal(left, 1);
    assert_int_equal(counters_add(c, STR("a"), 0, 1100, NULL), 0);
    assert_int_equal(counters_add(c, STR("a"), 1, 1100, &left), 1);
    assert_int_equal(left, 1000);
    assert_int_equal(counters_add(c, STR("b"), 0, 1299, NULL), 1);
    assert_int_equal(counters_add(c, STR("b"), -1, 1299, NULL), 0);
    counters_free(c);
}

static void test_what_is_forgotten_begins_anew(void **state)
{
    struct counters *c = counters_new(1000, COUNTERS_FORGET);

    (void)state;
    counters_add(c, STR("a"), 5, 0, NULL);
    counters_add(c, STR("b"), 7, 0, NULL);
    counters_forget(c, STR("a"));
    counters_forget(c, STR("nobody"));
    assert_int_equal(counters_add(c, STR("a"), 0, 1, NULL), 0);
    assert_int_equal(counters_add(c, STR("b"), 0, 1, NULL), 7);
    counters_free(c);
}

/* Counts `n` keys once. */
static void count_many(struct counters *c, int n, int64_t now_ms)
{
    for (int i = 0; i < n; i++)
        counters_add(c, (struct str){ (const char *)&i, sizeof(i) }, 1, now_ms, NULL);
}

static void test_a_full_table_forgets_the_oldest(void **state)
{
    struct counters *c = counters_new(1000, COUNTERS_FORGET);

    (void)state;
    counters_add(c, STR("first"), 5, 0, NULL);
    counters_add(c, STR("second"), 5, 1, NULL);
    count_many(c, COUNTERS_MAX - 2, 2);
    assert_int_equal(counters_add(c, STR("first"), 0, 3, NULL), 5);
    assert_int_equal(counters_add(c, STR("new"), 1, 4, NULL), 1);
    assert_int_equal(counters_add(c, STR("first"), 0, 5, NULL), 0);
    assert_int_equal(counters_add(c, STR("second"), 0, 5, NULL), 5);
    counters_free(c);
}

static void test_a_full_table_refuses_new_keys_and_forgets_none(void **state)
{
    struct counters *c = counters_new(1000, COUNTERS_REFUSE);
    int64_t left;

    (void)state;
    counters_add(c, STR("first"), 5, 0, NULL);
    count_many(c, 2 * COUNTERS_MAX, 400);
    assert_int_equal(counters_add(c, STR("new"), 1, 700, &left), INT64_MAX);
    assert_int_equal(left, 300); /* then there is room */
    assert_int_equal(counters_add(c, STR("new"), 0, 700, NULL), 0);
    assert_int_equal(counters_add(c, STR("new"), -1, 700, NULL), 0);
    assert_int_equal(counters_add(c, STR("first"), 1, 700, NULL), 6);
    assert_int_equal(counters_add(c, STR("new"), 1, 1000, NULL), 1);
    assert_int_equal(counters_add(c, STR("newer"), 1, 1000, NULL), INT64_MAX);
    /* What is taken back leaves room at once. */
    assert_int_equal(counters_add(c, STR("new"), -1, 1000, NULL), 0);
    assert_int_equal(counters_add(c, STR("newer"), 1, 1000, NULL), 1);
    counters_forget(c, STR("newer"));
    assert_int_equal(counters_add(c, STR("newest"), 1, 1000, NULL), 1);
    /* All windows end. */
    count_many(c, COUNTERS_MAX, 2000);
    assert_int_equal(counters_add(c, STR("newest"), 1, 2000, NULL), INT64_MAX);
    counters_free(c);
}

static void test_a_window_without_an_end(void **state)
{
    struct counters *c = counters_new(COUNTERS_NO_END, COUNTERS_REFUSE);

    (void)state;
    counters_add(c, STR("a"), 2, 0, NULL);
    assert_int_equal(counters_add(c, STR("a"), -1, INT64_MAX / 8, NULL), 1);
    assert_int_equal(counters_add(c, STR("a"), -1, INT64_MAX / 8, NULL), 0);
    assert_int_equal(counters_add(c, STR("a"), -1, INT64_MAX / 8, NULL), 0);
    assert_int_equal(counters_add(c, STR("a"), 1, INT64_MAX / 8, NULL), 1);
    counters_free(c);
}

static void *count_alone(void *counters)
{
    for (int i = 0; i < 10000; i++)
        counters_add(counters, STR("shared"), 1, i / 1000, NULL);
    count_many(counters, 10000, 10);
    counters_forget(counters, STR("nobody"));
    return NULL;
}

static void test_counters_are_safe_from_any_thread(void **state)
{
    struct counters *c = counters_new(1000000, COUNTERS_REFUSE);
    pthread_t thread[4];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(thread); i++)
        pthread_create(&thread[i], NULL, count_alone, c);
    for (size_t i = 0; i < COUNT_OF(thread); i++)
        pthread_join(thread[i], NULL);
    assert_int_equal(counters_add(c, STR("shared"), 0, 20, NULL), 40000);
    counters_free(c);
}

/* A count that is taken back to 0 leaves, and its window with it. */
static void test_what_is_taken_back_begins_anew(void **state)
{
    struct counters *c = counters_new(1000, COUNTERS_FORGET);
    int64_t left;

    (void)state;
    counters_add(c, STR("a"), 2, 0, NULL);
    assert_int_equal(counters_add(c, STR("a"), -2, 100, NULL), 0);
    assert_int_equal(counters_add(c, STR("a"), 1, 500, &left), 1);
    assert_int_equal(left, 1000);
    assert_int_equal(counters_add(c, STR("a"), 0, 1499, NULL), 1);
    assert_int_equal(counters_add(c, STR("a"), 0, 1500, NULL), 0);
    counters_free(c);
}

/* Keys are bytes: what stands behind a NUL counts. */
static void test_keys_are_told_apart_by_all_their_bytes(void **state)
{
    struct counters *c = counters_new(1000, COUNTERS_FORGET);

    (void)state;
    counters_add(c, (struct str){ "a\0b", 3 }, 1, 0, NULL);
    assert_int_equal(counters_add(c, STR("a"), 0, 0, NULL), 0);
    assert_int_equal(counters_add(c, (struct str){ "a\0c", 3 }, 0, 0, NULL), 0);
    assert_int_equal(counters_add(c, STR(""), 3, 0, NULL), 3);
    assert_int_equal(counters_add(c, (struct str){ "a\0b", 3 }, 0, 0, NULL), 1);
    counters_free(c);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_a_window_begins_with_the_first_event),
    cmocka_unit_test(test_what_is_forgotten_begins_anew),
    cmocka_unit_test(test_a_full_table_forgets_the_oldest),
    cmocka_unit_test(test_a_full_table_refuses_new_keys_and_forgets_none),
    cmocka_unit_test(test_a_window_without_an_end),
    cmocka_unit_test(test_counters_are_safe_from_any_thread),
    cmocka_unit_test(test_what_is_taken_back_begins_anew),
    cmocka_unit_test(test_keys_are_told_apart_by_all_their_bytes),
};
T_MAIN(tests)
