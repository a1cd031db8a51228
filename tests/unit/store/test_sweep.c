/*
 * The writer's own sweep comes every SWEEP_EVERY_S, whether anybody writes or not, and
 * takes no blob before its age, whatever happens to the wall clock.  For the store of
 * this test a second is half a millisecond, and its wall clock jumps: the linker gives it
 * the two functions below instead of the C library's.
 */
#include "unit/world.h"

#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#define FASTER 2000
#define SECOND INT64_C(1000000000)
#define DAY (86400 * SECOND)
#define AGE_S 1200 /* of a blob, in the tests of jumps */

int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);
int __real_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m,
                                  const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m,
                                  const struct timespec *until);

static int64_t began;                 /* on the real monotonic clock, ns */
static _Atomic int64_t wall_is_ahead; /* of the monotonic clock, ns */

static int64_t real_ns(clockid_t id)
{
    struct timespec t;

    __real_clock_gettime(id, &t);
    return t.tv_sec * SECOND + t.tv_nsec;
}

static struct timespec of_ns(int64_t ns)
{
    return (struct timespec){ .tv_sec = ns / SECOND, .tv_nsec = ns % SECOND };
}

static int64_t fast_ns(void)
{
    return began + (real_ns(CLOCK_MONOTONIC) - began) * FASTER;
}

int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
    *t = of_ns(fast_ns() + (id == CLOCK_REALTIME ? atomic_load(&wall_is_ahead) : 0));
    return 0;
}

int __wrap_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m,
                                  const struct timespec *until)
{
    int64_t left = until->tv_sec < INT64_MAX / SECOND
                       ? until->tv_sec * SECOND + until->tv_nsec - fast_ns()
                       : DAY * 1000;
    struct timespec slow = of_ns(real_ns(CLOCK_MONOTONIC) + left / FASTER);

    return __real_pthread_cond_timedwait(c, m, &slow);
}

static int set_up_with(void **state, int64_t sweep_age_ms)
{
    struct world *w = calloc(1, sizeof(*w));

    began = real_ns(CLOCK_MONOTONIC);
    atomic_store(&wall_is_ahead, 20000 * DAY);
    *state = w;
    return world_open(w, (struct store_options){ .readers = 1,
                                                 .sweep_age_ms = sweep_age_ms,
                                                 .may_migrate = true });
}

static int set_up(void **state)
{
    return set_up_with(state, 1);
}

static int set_up_aging(void **state)
{
    return set_up_with(state, AGE_S * 1000);
}

static void create(struct world *w, const char *name)
{
    assert_ok(SAVE(w, .name = name), &w->err);
}

/* Creates and deletes a job; gives the blob that nobody names any more. */
static int64_t orphan(struct world *w)
{
    int64_t blob;

    create(w, "gone");
    blob = FIND(w, .name = "gone").blob;
    assert_ok(REMOVE(w, .name = "gone"), &w->err);
    return blob;
}

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

static void test_an_idle_store_sweeps(void **state)
{
    struct world *w = *state;
    int64_t blob = orphan(w);

    for (int i = 0; i < 200 && blob_is_held(w, blob); i++)
        wait_ms(20);
    assert_false(blob_is_held(w, blob));
}

/* A write every 40 s of the store's clock, for more than an hour. */
static void test_a_busy_store_sweeps_too(void **state)
{
    struct world *w = *state;
    int64_t blob = orphan(w);
    char name[16];

    for (int i = 0; i < 100 && blob_is_held(w, blob); i++) {
        snprintf(name, sizeof(name), "busy%d", i);
        create(w, name);
        wait_ms(20);
    }
    assert_false(blob_is_held(w, blob));
}

/* ---- the wall clock jumps ---- */

/* Wakes the writer again and again until the blob is gone, which is not before its age.
 * `since` is on the fast clock, before the blob lost its user. */
static void assert_outlives_its_age(struct world *w, int64_t blob, int64_t since)
{
    char name[16];

    for (int i = 0; i < 3000; i++) {
        bool held;

        snprintf(name, sizeof(name), "wake%d", i % 2);
        create(w, name);
        assert_ok(REMOVE(w, .name = name), &w->err);
        held = blob_is_held(w, blob);
        if (!held) {
            assert_true(fast_ns() - since >= AGE_S * SECOND);
            return;
        }
        wait_ms(5);
    }
    fail_msg("the blob is never swept");
}

static void test_a_jump_forward_ages_no_blob(void **state)
{
    struct world *w = *state;
    int64_t since = fast_ns(), blob = orphan(w);

    atomic_fetch_add(&wall_is_ahead, 30 * DAY);
    assert_outlives_its_age(w, blob, since);
}

static void test_a_jump_back_ages_no_blob_and_keeps_none(void **state)
{
    struct world *w = *state;
    int64_t since = fast_ns(), before = orphan(w), after;

    atomic_fetch_sub(&wall_is_ahead, 30 * DAY);
    assert_outlives_its_age(w, before, since);
    since = fast_ns();
    after = orphan(w);
    assert_outlives_its_age(w, after, since);
}

/* `dlfd admin` deletes what a server is sending, and reads a wall clock that was set back
 * since the server began. */
static void test_another_process_ages_no_blob(void **state)
{
    struct store_options options = { .readers = 1, .sweep_age_ms = SWEEP_NEVER };
    struct world *w = *state, admin = *w;
    int64_t since, blob;

    create(w, "gone");
    blob = FIND(w, .name = "gone").blob;
    atomic_fetch_sub(&wall_is_ahead, 30 * DAY);
    since = fast_ns();
    options.path = w->path;
    assert_ok(store_open(&admin.store, &options, &admin.err), &admin.err);
    assert_ok(REMOVE(&admin, .name = "gone"), &admin.err);
    store_close(admin.store);
    assert_outlives_its_age(w, blob, since);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_a_jump_forward_ages_no_blob, set_up_aging,
                                    world_tear_down),
    cmocka_unit_test_setup_teardown(test_a_jump_back_ages_no_blob_and_keeps_none,
                                    set_up_aging, world_tear_down),
    cmocka_unit_test_setup_teardown(test_another_process_ages_no_blob, set_up_aging,
                                    world_tear_down),

    cmocka_unit_test_setup_teardown(test_an_idle_store_sweeps, set_up, world_tear_down),
    cmocka_unit_test_setup_teardown(test_a_busy_store_sweeps_too, set_up,
                                    world_tear_down),
};
T_MAIN(tests)
