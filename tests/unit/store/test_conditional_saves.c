/* Updates and removals of what somebody else changed, and saves of which all hold or
 * none. */
#include "unit/store/conformance.h"

static void test_an_update_of_what_others_changed_is_busy(void **state)
{
    struct world *w = *state;
    struct object old, now;
    int64_t before;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "theirs", .old = &old), &w->err);
    before = revision(w);
    assert_fails(SAVE(w, .name = "a", .content = "ours", .old = &old), E_BUSY, &w->err);
    assert_int_equal(revision(w), before);
    now = FIND(w, .name = "a");
    assert_content(w, &now, "theirs");
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_fails(SAVE(w, .name = "a", .content = "ours", .old = &now), E_BUSY, &w->err);
    assert_ok(SAVE(w, .name = "a", .content = "theirs"),
              &w->err); /* another, of that name */
    assert_fails(SAVE(w, .name = "a", .content = "ours", .old = &now), E_BUSY, &w->err);
}

static void test_a_removal_of_what_others_changed_is_busy(void **state)
{
    struct world *w = *state;
    struct object old, now;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "theirs", .old = &old), &w->err);
    assert_fails(REMOVE(w, .name = "a", .old = &old), E_BUSY, &w->err);
    now = FIND(w, .name = "a");
    assert_content(w, &now, "theirs");
    assert_ok(REMOVE(w, .name = "a", .old = &now), &w->err);
    assert_fails(REMOVE(w, .name = "a", .old = &now), E_BUSY, &w->err);
}

static void test_an_object_is_updated_in_its_workspace_only(void **state)
{
    struct world *w = *state;
    struct object old;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "x", .project = "q"), &w->err);
    old = FIND(w, .name = "a");
    assert_fails(SAVE(w, .name = "a", .project = "q", .content = "new", .old = &old),
                 E_BUSY, &w->err);
    old = FIND(w, .name = "a");
    assert_content(w, &old, "a");
}

/* ---- several saves at once ---- */

static int save_several(struct world *w, const char *const *names, size_t n,
                        size_t *failed)
{
    struct saving s[4];
    struct save *list[4];
    struct save_all all;
    int rc;

    for (size_t i = 0; i < n; i++) {
        struct what what = { .name = names[i] };

        saving_init(&s[i], &what);
        list[i] = &s[i].save;
    }
    save_all_init(&all);
    all.saves = list;
    all.n = n;
    store_write(w->store, &all.write);
    rc = outcome(w, &all.write);
    *failed = all.failed;
    for (size_t i = 0; i < n; i++)
        saving_release(&s[i]);
    return rc;
}

static void test_several_saves_hold_or_none(void **state)
{
    static const char *const good[] = { "a", "b", "c" }, *const bad[] = { "d", "e", "b" };
    struct world *w = *state;
    size_t failed;

    assert_ok(save_several(w, good, 3, &failed), &w->err);
    assert_int_equal(workspace(w, "p", "").jobs, 3);
    assert_fails(save_several(w, bad, 3, &failed), E_EXISTS, &w->err);
    assert_int_equal(failed, 2);
    assert_int_equal(workspace(w, "p", "").jobs, 3);
    assert_int_equal(FIND(w, .name = "d").id, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_an_update_of_what_others_changed_is_busy),
    cmocka_unit_test(test_a_removal_of_what_others_changed_is_busy),
    cmocka_unit_test(test_an_object_is_updated_in_its_workspace_only),
    cmocka_unit_test(test_several_saves_hold_or_none),
};
CONFORMANCE_MAIN(tests)
