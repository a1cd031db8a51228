/* Snapshots see one moment; lists are read of one. */
#include "base/limits.h"
#include "unit/store/conformance.h"

static void test_a_snapshot_does_not_see_later_writes(void **state)
{
    struct world *w = *state;
    struct workspace before;
    struct object old, seen;
    struct snapshot *s;

    assert_ok(SAVE(w, .name = "a", .content = "old"), &w->err);
    assert_ok(SAVE(w, .name = "b"), &w->err);
    s = look(w);
    before = workspace_in(w, s, "p", "");
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "new", .old = &old), &w->err);
    assert_ok(REMOVE(w, .name = "b"), &w->err);
    assert_ok(SAVE(w, .name = "c"), &w->err);
    seen = object_in(w, s, before.id, KIND_JOB, "a");
    assert_int_equal(seen.blob, old.blob);
    assert_true(object_in(w, s, before.id, KIND_JOB, "b").id > 0);
    assert_int_equal(object_in(w, s, before.id, KIND_JOB, "c").id, 0);
    assert_int_equal(workspace_in(w, s, "p", "").revision, before.revision);
    assert_int_equal(workspace_in(w, s, "p", "").jobs, 2);
    snapshot_end(s);
    assert_int_equal(FIND(w, .name = "b").id, 0);
    assert_int_not_equal(revision(w), before.revision);
}

static void test_snapshots_stand_beside_each_other(void **state)
{
    struct world *w = *state;
    struct snapshot *first, *second;
    struct workspace is;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    first = look(w);
    is = workspace_in(w, first, "p", "");
    assert_ok(SAVE(w, .name = "b"), &w->err);
    second = look(w);
    assert_true(object_in(w, second, is.id, KIND_JOB, "b").id > 0);
    assert_int_equal(object_in(w, first, is.id, KIND_JOB, "b").id, 0);
    snapshot_end(first);
    assert_true(object_in(w, second, is.id, KIND_JOB, "b").id > 0);
    snapshot_end(second);
}

/* The names of a list, and its total: "b a (2)". */
static void assert_list(struct world *w, struct list_query query, const char *want)
{
    struct snapshot *s = look(w);
    struct workspace in = workspace_in(w, s, "p", "");
    struct buf names = BUF_INIT(10 * KIB);
    struct object list[100];
    int64_t total;
    size_t n;

    assert_ok(snapshot_list(s, &in, &query, list, &n, &total, &w->arena, &w->err),
              &w->err);
    snapshot_end(s);
    for (size_t i = 0; i < n; i++)
        buf_addf(&names, "%.*s ", STR_ARG(list[i].facts.name));
    buf_addf(&names, "(%" PRId64 ")", total);
    assert_str(buf_str(&names), want);
    buf_release(&names);
}

#define JOBS .kind = KIND_JOB, .process_type = STR("BATCH")
#define LIST(w, want, ...) assert_list(w, (struct list_query){ __VA_ARGS__ }, want)

static void save_in_turn(struct world *w, const char *const *names, enum kind kind)
{
    for (; *names; names++) {
        assert_ok(SAVE(w, .name = *names, .kind = kind), &w->err);
        next_ms();
    }
}

static void test_lists_are_newest_first(void **state)
{
    static const char *const names[] = { "c", "a", "d", "b", NULL };
    struct world *w = *state;
    struct object old;

    save_in_turn(w, names, KIND_JOB);
    LIST(w, "b d a c (4)", JOBS, .limit = 10);
    old = FIND(w, .name = "a"); /* an update does not move it */
    assert_ok(SAVE(w, .name = "a", .content = "new", .old = &old), &w->err);
    LIST(w, "b d a c (4)", JOBS, .limit = 10);
}

static void test_what_is_of_one_moment_is_listed_by_name(void **state)
{
    struct list_query query = { JOBS, .limit = 100 };
    struct world *w = *state;
    struct object list[100];
    struct workspace in;
    struct snapshot *s;
    int64_t total;
    size_t n;

    create_jobs(w, 100);
    s = look(w);
    in = workspace_in(w, s, "p", "");
    assert_ok(snapshot_list(s, &in, &query, list, &n, &total, &w->arena, &w->err),
              &w->err);
    snapshot_end(s);
    assert_int_equal(n, 100);
    for (size_t i = 1; i < n; i++) {
        const struct object *a = &list[i - 1], *b = &list[i];

        assert_true(a->create_time > b->create_time ||
                    (a->create_time == b->create_time &&
                     str_cmp(a->facts.name, b->facts.name) < 0));
    }
}

static void test_lists_come_in_pages(void **state)
{
    static const char *const names[] = { "e", "d", "c", "b", "a", NULL };
    struct world *w = *state;

    save_in_turn(w, names, KIND_JOB);
    LIST(w, "a b (5)", JOBS, .limit = 2);
    LIST(w, "c d (5)", JOBS, .limit = 2, .offset = 2);
    LIST(w, "e (5)", JOBS, .limit = 2, .offset = 4);
    LIST(w, "(5)", JOBS, .limit = 2, .offset = 5);
    LIST(w, "(5)", JOBS, .limit = 2, .offset = INT64_MAX);
    LIST(w, "a (5)", JOBS, .limit = 1);
}

static void test_lists_are_of_one_kind_and_process_type(void **state)
{
    struct world *w = *state;

    assert_ok(SAVE(w, .name = "b"), &w->err);
    assert_ok(SAVE(w, .name = "r", .process_type = "REAL_TIME"), &w->err);
    assert_ok(SAVE(w, .name = "s", .kind = KIND_SCRIPT), &w->err);
    assert_ok(SAVE(w, .name = "x", .kind = KIND_RESOURCE), &w->err);
    assert_ok(SAVE(w, .name = "other", .project = "q"), &w->err);
    LIST(w, "b (1)", JOBS, .limit = 10);
    LIST(w, "r (1)", .kind = KIND_JOB, .process_type = STR("REAL_TIME"), .limit = 10);
    LIST(w, "s (1)", .kind = KIND_SCRIPT, .limit = 10);
    LIST(w, "x (1)", .kind = KIND_RESOURCE, .limit = 10);
}

static void test_lists_are_searched_by_a_part_of_the_name(void **state)
{
    static const char *const names[] = { "50_off",  "50xoff",  "作业一",
                                         "Nightly", "nightly", NULL };
    struct world *w = *state;

    save_in_turn(w, names, KIND_SCRIPT);
    LIST(w, "nightly (1)", .kind = KIND_SCRIPT, .limit = 10, .name_part = STR("nig"));
    LIST(w, "nightly Nightly (2)", .kind = KIND_SCRIPT, .limit = 10,
         .name_part = STR("ight"));
    LIST(w, "50_off (1)", .kind = KIND_SCRIPT, .limit = 10,
         .name_part = STR("_")); /* no wildcard */
    LIST(w, "(0)", .kind = KIND_SCRIPT, .limit = 10, .name_part = STR("%"));
    LIST(w, "(0)", .kind = KIND_SCRIPT, .limit = 10, .name_part = STR("' OR 1=1 --"));
    LIST(w, "作业一 (1)", .kind = KIND_SCRIPT, .limit = 10, .name_part = STR("业"));
    LIST(w, "50xoff (2)", .kind = KIND_SCRIPT, .limit = 1, .name_part = STR("off"));
    LIST(w, "50_off (2)", .kind = KIND_SCRIPT, .limit = 1, .offset = 1,
         .name_part = STR("off"));
    LIST(w, "(0)", .kind = KIND_RESOURCE, .limit = 10, .name_part = STR("off"));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_a_snapshot_does_not_see_later_writes),
    cmocka_unit_test(test_snapshots_stand_beside_each_other),
    cmocka_unit_test(test_lists_are_newest_first),
    cmocka_unit_test(test_what_is_of_one_moment_is_listed_by_name),
    cmocka_unit_test(test_lists_come_in_pages),
    cmocka_unit_test(test_lists_are_of_one_kind_and_process_type),
    cmocka_unit_test(test_lists_are_searched_by_a_part_of_the_name),
};
CONFORMANCE_MAIN(tests)
