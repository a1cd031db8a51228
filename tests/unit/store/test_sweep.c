/*
 * The writer's own sweep comes every SWEEP_EVERY_S, whether anybody writes or not, and
 * takes no blob before its age, whatever happens to the wall clock.  For the store of
 * this test a second is half a millisecond, and its wall clock jumps: the linker gives it
 * the two functions below instead of the C library's.
 */
#include "base/hash.h"
#include "model/definition.h"
#include "store/blobs.h"
#include "store/objects.h"
#include "store/save.h"
#include "store/workspaces.h"
#include "unit/t.h"

#include <dirent.h>
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "archive/deflate.h"
#include "base/limits.h"
#include "store/store.h"

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

/* ---- the store, in short ---- */

struct world {
    char folder[64], path[96];
    struct store *store;
};

static struct store *open_store(struct world *w, int64_t sweep_age_ms)
{
    struct store_options options = {
        .path = w->path, .readers = 1, .sweep_age_ms = sweep_age_ms, .may_migrate = true
    };
    struct err err = ERR_INIT;
    struct store *store = NULL;

    assert_ok(store_open(&store, &options, &err), &err);
    return store;
}

static int set_up_with(void **state, int64_t sweep_age_ms)
{
    struct world *w = calloc(1, sizeof(*w));

    began = real_ns(CLOCK_MONOTONIC);
    atomic_store(&wall_is_ahead, 20000 * DAY);
    snprintf(w->folder, sizeof(w->folder), "/tmp/test_sweep.XXXXXX");
    if (!mkdtemp(w->folder))
        return -1;
    snprintf(w->path, sizeof(w->path), "%s/catalog.db", w->folder);
    *state = w;
    w->store = open_store(w, sweep_age_ms);
    return 0;
}

static int set_up(void **state)
{
    return set_up_with(state, 1);
}

static int set_up_aging(void **state)
{
    return set_up_with(state, AGE_S * 1000);
}

static int tear_down(void **state)
{
    struct world *w = *state;
    DIR *folder = opendir(w->folder);
    struct dirent *entry;
    char path[512];

    store_close(w->store);
    while (folder && (entry = readdir(folder))) {
        snprintf(path, sizeof(path), "%s/%s", w->folder, entry->d_name);
        unlink(path);
    }
    closedir(folder);
    rmdir(w->folder);
    free(w);
    return 0;
}

static void create(struct world *w, const char *name)
{
    struct str content = str_of(name);
    struct facts facts = { .name = content, .process_type = STR("BATCH") };
    struct new_blob blob = { .raw_size = (uint32_t)content.n };
    struct err err = ERR_INIT;
    struct save s;

    sha256(content, blob.sha256);
    assert_ok(deflate_make(&blob.stored, content, &err), &err);
    sha256(buf_str(&blob.stored), blob.stored_sha256);
    save_init(&s);
    s.project = STR("p");
    s.kind = KIND_JOB;
    s.facts = &facts;
    s.blob = &blob;
    assert_int_equal(store_write(w->store, &s.write), 0);
    buf_release(&blob.stored);
}

static int64_t blob_of(struct world *w, const char *name)
{
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct workspace in;
    struct snapshot *s;
    struct object o;

    assert_ok(store_snapshot(&s, w->store, &err), &err);
    assert_ok(snapshot_workspace(s, STR("p"), STR(""), &in, &arena, &err), &err);
    assert_ok(
        snapshot_object(s, in.id, KIND_JOB, STR(""), str_of(name), &o, &arena, &err),
        &err);
    snapshot_end(s);
    arena_release(&arena);
    return o.blob;
}

static void remove_job(struct store *store, const char *name)
{
    struct removal r;

    removal_init(&r);
    r.project = STR("p");
    r.kind = KIND_JOB;
    r.key = str_of(name);
    assert_int_equal(store_write(store, &r.write), 0);
}

/* Creates and deletes a job; gives the blob that nobody names any more. */
static int64_t orphan(struct world *w)
{
    int64_t blob;

    create(w, "gone");
    blob = blob_of(w, "gone");
    remove_job(w->store, "gone");
    return blob;
}

static bool is_held(struct world *w, int64_t blob)
{
    struct buf out = BUF_INIT(MIB);
    struct err err = ERR_INIT;
    bool held = store_blobs(w->store, &blob, 1, &out, &err) == 0;

    err_clear(&err);
    buf_release(&out);
    return held;
}

static void wait_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

static void test_an_idle_store_sweeps(void **state)
{
    struct world *w = *state;
    int64_t blob = orphan(w);

    for (int i = 0; i < 200 && is_held(w, blob); i++)
        wait_ms(20);
    assert_false(is_held(w, blob));
}

/* A write every 40 s of the store's clock, for more than an hour. */
static void test_a_busy_store_sweeps_too(void **state)
{
    struct world *w = *state;
    int64_t blob = orphan(w);
    char name[16];

    for (int i = 0; i < 100 && is_held(w, blob); i++) {
        snprintf(name, sizeof(name), "busy%d", i);
        create(w, name);
        wait_ms(20);
    }
    assert_false(is_held(w, blob));
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
        remove_job(w->store, name);
        held = is_held(w, blob);
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
    struct world *w = *state;
    struct store *admin;
    int64_t since, blob;

    create(w, "gone");
    blob = blob_of(w, "gone");
    atomic_fetch_sub(&wall_is_ahead, 30 * DAY);
    since = fast_ns();
    admin = open_store(w, SWEEP_NEVER);
    remove_job(admin, "gone");
    store_close(admin);
    assert_outlives_its_age(w, blob, since);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_a_jump_forward_ages_no_blob, set_up_aging,
                                    tear_down),
    cmocka_unit_test_setup_teardown(test_a_jump_back_ages_no_blob_and_keeps_none,
                                    set_up_aging, tear_down),
    cmocka_unit_test_setup_teardown(test_another_process_ages_no_blob, set_up_aging,
                                    tear_down),

    cmocka_unit_test_setup_teardown(test_an_idle_store_sweeps, set_up, tear_down),
    cmocka_unit_test_setup_teardown(test_a_busy_store_sweeps_too, set_up, tear_down),
};
T_MAIN(tests)
