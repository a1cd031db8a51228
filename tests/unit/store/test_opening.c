/* Opening, closing, opening again, and a second process beside. */
#include "unit/store/conformance.h"

static void test_reopening_keeps_the_data(void **state)
{
    struct world *w = *state;
    struct object before, after;
    int64_t was;

    assert_ok(SAVE(w, .name = "a", .content = "content"), &w->err);
    assert_ok(new_workspace(w, "p", "one"), &w->err);
    before = FIND(w, .name = "a");
    was = revision(w);
    reopen(w);
    after = FIND(w, .name = "a");
    assert_int_equal(after.id, before.id);
    assert_bytes(after.uid, before.uid);
    assert_int_equal(after.create_time, before.create_time);
    assert_content(w, &after, "content");
    assert_int_equal(revision(w), was);
    assert_str(workspace(w, "p", w->workspace).name, "one");
    assert_ok(SAVE(w, .name = "b"), &w->err);
}

static void test_closing_commits_what_waits(void **state)
{
    enum { N = 150 };
    struct world *w = *state;
    struct saving s[N];
    char name[N][16];
    struct gate gate;
    int waiting = N;
    sem_t done;

    sem_init(&done, 0, 0);
    close_gate(w, &gate);
    for (int i = 0; i < N; i++) {
        snprintf(name[i], sizeof(name[i]), "j%d", i);
        saving_init(&s[i], &(struct what){ .name = name[i] });
        s[i].save.write.done = post;
        s[i].save.write.arg = &done;
        store_submit(w->store, &s[i].save.write);
    }
    open_gate(&gate);
    reopen(w);
    for (; sem_trywait(&done) == 0; waiting--)
        ;
    assert_int_equal(waiting, 0);
    for (int i = 0; i < N; i++) {
        assert_int_equal(s[i].save.write.rc, 0);
        saving_release(&s[i]);
    }
    assert_counts(w, "", N + 1, 0, 0, 0);
    gate_release(&gate);
    sem_destroy(&done);
}

static void test_a_second_process_may_open_it_beside(void **state)
{
    struct world *w = *state, beside = { .engine = w->engine };
    struct object old;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(w->engine->open(&beside.store, w->folder, false, &beside.err), &beside.err);
    assert_true(FIND(&beside, .name = "a").id > 0);
    assert_ok(new_workspace(&beside, "p", "one"), &beside.err);
    assert_str(workspace(w, "p", beside.workspace).name, "one");
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "new", .old = &old), &w->err);
    old = FIND(&beside, .name = "a");
    assert_content(&beside, &old, "new");
    store_close(beside.store);
    arena_release(&beside.arena);
    err_clear(&beside.err);
}

static void test_close_accepts_null(void **state)
{
    (void)state;
    store_close(NULL);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_reopening_keeps_the_data),
    cmocka_unit_test(test_closing_commits_what_waits),
    cmocka_unit_test(test_a_second_process_may_open_it_beside),
    cmocka_unit_test(test_close_accepts_null),
};
CONFORMANCE_MAIN(tests)
