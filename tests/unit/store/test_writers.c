/* Many threads write and read at once. */
#include <pthread.h>

#include "base/limits.h"
#include "unit/store/conformance.h"

enum { THREADS = 8, EACH = 50 };

struct worker {
    struct world *w;
    pthread_t thread;
    int number, ok, exists, busy, limit, other;
    int64_t quota;
    const char *name; /* NULL: names of its own */
    const struct object *old;
};

static void count_rc(struct worker *k, int rc)
{
    k->ok += rc == 0;
    k->exists += rc == E_EXISTS;
    k->busy += rc == E_BUSY;
    k->limit += rc == E_LIMIT;
    k->other += rc && rc != E_EXISTS && rc != E_BUSY && rc != E_LIMIT;
}

static void *work(void *arg)
{
    struct worker *k = arg;

    for (int i = 0; i < EACH; i++) {
        char name[32], content[32];
        struct saving s;

        snprintf(name, sizeof(name), "t%d-%d", k->number, i);
        snprintf(content, sizeof(content), "c%d-%d", k->number, i);
        saving_init(&s, &(struct what){ .name = k->name ? k->name : name,
                                        .content = content,
                                        .quota = k->quota,
                                        .old = k->old });
        count_rc(k, store_write(k->w->store, &s.save.write));
        saving_release(&s);
    }
    return NULL;
}

static struct worker run_workers(struct world *w, struct worker each)
{
    struct worker k[THREADS], sum = { 0 };

    for (int i = 0; i < THREADS; i++) {
        k[i] = each;
        k[i].w = w;
        k[i].number = i;
        if (pthread_create(&k[i].thread, NULL, work, &k[i]))
            abort();
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(k[i].thread, NULL);
        sum.ok += k[i].ok;
        sum.exists += k[i].exists;
        sum.busy += k[i].busy;
        sum.limit += k[i].limit;
        sum.other += k[i].other;
    }
    return sum;
}

static void test_eight_threads_write_at_once(void **state)
{
    struct world *w = *state;
    struct worker sum = run_workers(w, (struct worker){ 0 });

    assert_int_equal(sum.ok, THREADS * EACH);
    assert_counts(w, "", THREADS * EACH, 0, 0, 0);
    for (int t = 0; t < THREADS; t++)
        for (int i = 0; i < EACH; i += 7) {
            char name[32], content[32];
            struct object o;

            snprintf(name, sizeof(name), "t%d-%d", t, i);
            snprintf(content, sizeof(content), "c%d-%d", t, i);
            o = FIND(w, .name = name);
            assert_content(w, &o, content);
        }
}

static void test_of_many_with_one_name_one_succeeds(void **state)
{
    struct world *w = *state;
    struct worker sum = run_workers(w, (struct worker){ .name = "same" });

    assert_int_equal(sum.ok, 1);
    assert_int_equal(sum.exists, THREADS * EACH - 1);
    assert_counts(w, "", 1, 0, 0, 0);
}

static void test_of_many_updates_of_one_state_one_succeeds(void **state)
{
    struct world *w = *state;
    struct object old;
    struct worker sum;

    assert_ok(SAVE(w, .name = "same"), &w->err);
    old = FIND(w, .name = "same");
    sum = run_workers(w, (struct worker){ .name = "same", .old = &old });
    assert_int_equal(sum.ok, 1);
    assert_int_equal(sum.busy, THREADS * EACH - 1);
}

static void test_the_quota_holds_for_many_at_once(void **state)
{
    struct world *w = *state;
    struct worker sum = run_workers(w, (struct worker){ .quota = 33 });

    assert_int_equal(sum.ok, 33);
    assert_int_equal(sum.limit, THREADS * EACH - 33);
    assert_counts(w, "", 33, 0, 0, 0);
}

static void *read_often(void *arg)
{
    struct worker *k = arg;

    for (int i = 0; i < 200; i++) {
        struct arena arena = ARENA_INIT;
        struct err err = ERR_INIT;
        struct workspace is;
        struct snapshot *s;
        int rc = store_snapshot(&s, k->w->store, &err);

        if (!rc)
            rc = snapshot_workspace(s, STR("p"), STR(""), &is, &arena, &err);
        if (!rc)
            snapshot_end(s);
        count_rc(k, rc);
        arena_release(&arena);
        err_clear(&err);
    }
    return NULL;
}

/* More readers than connections wait for each other; writes go on. */
static void test_many_readers_share_the_connections(void **state)
{
    struct worker k[3 * THREADS] = { 0 };
    struct world *w = *state;
    struct worker sum;

    for (int i = 0; i < 3 * THREADS; i++) {
        k[i].w = w;
        if (pthread_create(&k[i].thread, NULL, read_often, &k[i]))
            abort();
    }
    sum = run_workers(w, (struct worker){ 0 });
    for (int i = 0; i < 3 * THREADS; i++) {
        pthread_join(k[i].thread, NULL);
        assert_int_equal(k[i].ok, 200);
    }
    assert_int_equal(sum.ok, THREADS * EACH);
}

/* What waits while the writer is held is committed together: each holds or
 * fails by itself. */
static void test_writes_of_one_commit_do_not_share_their_fate(void **state)
{
    static const struct what each[] = {
        { .name = "a" },
        { .name = "a", .content = "taken" },
        { .name = "b", .workspace = "0123456789abcdef0123456789abcdef" },
        { .name = "c", .quota = 1 },
        { .name = "d" },
        { .name = "a", .kind = KIND_SCRIPT },
    };
    static const int want[] = { 0, E_EXISTS, E_NOTFOUND, E_LIMIT, 0, 0 };
    struct saving s[COUNT_OF(each)];
    struct world *w = *state;
    struct gate gate;
    sem_t done;

    sem_init(&done, 0, 0);
    close_gate(w, &gate);
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        saving_init(&s[i], &each[i]);
        s[i].save.write.done = post;
        s[i].save.write.arg = &done;
        store_submit(w->store, &s[i].save.write);
    }
    open_gate(&gate);
    for (size_t i = 0; i < COUNT_OF(each); i++)
        sem_wait(&done);
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        t_row("%zu", i);
        assert_int_equal(s[i].save.write.rc, want[i]);
        assert_int_equal(s[i].save.write.err.ec, want[i]);
        saving_release(&s[i]);
    }
    t_rows_end();
    assert_counts(w, "", 3, 0, 1, 0); /* gate, a, d; the script */
    assert_int_equal(FIND(w, .name = "c").id, 0);
    assert_int_equal(sweep(w, LATER), 0); /* no blob of a failed one */
    gate_release(&gate);
    sem_destroy(&done);
}

static void test_more_writes_than_one_commit_takes(void **state)
{
    struct world *w = *state;

    create_jobs(w, 3 * WRITES_A_COMMIT + 1);
    assert_counts(w, "", 3 * WRITES_A_COMMIT + 1, 0, 0, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_eight_threads_write_at_once),
    cmocka_unit_test(test_of_many_with_one_name_one_succeeds),
    cmocka_unit_test(test_of_many_updates_of_one_state_one_succeeds),
    cmocka_unit_test(test_the_quota_holds_for_many_at_once),
    cmocka_unit_test(test_many_readers_share_the_connections),
    cmocka_unit_test(test_writes_of_one_commit_do_not_share_their_fate),
    cmocka_unit_test(test_more_writes_than_one_commit_takes),
};
CONFORMANCE_MAIN(tests)
