/*
 * The writer's own sweep comes every SWEEP_EVERY_S, whether anybody writes or
 * not.  For the store of this test a second of the clock is half a millisecond:
 * the linker gives it the two functions below instead of the C library's.
 */
#include "unit/t.h"

#include <dirent.h>
#include <pthread.h>
#include <time.h>
#include <unistd.h>

#include "archive/deflate.h"
#include "base/limits.h"
#include "store/store.h"

#define FASTER 2000
#define SECOND INT64_C(1000000000)

int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);
int __real_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m,
                                  const struct timespec *until);
int __wrap_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m,
                                  const struct timespec *until);

static int64_t began; /* on the real clock, ns */

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

int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
    int64_t is = real_ns(CLOCK_REALTIME);

    (void)id; /* both clocks are one here, and only go forward */
    *t = of_ns(began + (is - began) * FASTER);
    return 0;
}

int __wrap_pthread_cond_timedwait(pthread_cond_t *c, pthread_mutex_t *m,
                                  const struct timespec *until)
{
    int64_t fast = until->tv_sec * SECOND + until->tv_nsec;
    struct timespec slow = of_ns(began + (fast - began) / FASTER);

    return __real_pthread_cond_timedwait(c, m, &slow);
}

/* ---- the store, in short ---- */

struct world {
    char folder[64], path[96];
    struct store *store;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct store_options options = { .readers = 1,
                                     .sweep_age_ms = 1,
                                     .may_migrate = true };
    struct err err = ERR_INIT;

    began = real_ns(CLOCK_REALTIME);
    snprintf(w->folder, sizeof(w->folder), "/tmp/test_sweep.XXXXXX");
    if (!mkdtemp(w->folder))
        return -1;
    snprintf(w->path, sizeof(w->path), "%s/catalog.db", w->folder);
    options.path = w->path;
    *state = w;
    return store_open(&w->store, &options, &err);
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
    save_init(&s);
    s.project = STR("p");
    s.kind = KIND_JOB;
    s.facts = &facts;
    s.blob = &blob;
    assert_int_equal(store_write(w->store, &s.write), 0);
    buf_release(&blob.stored);
}

/* Creates and deletes a job; gives the blob that nobody names any more. */
static int64_t orphan(struct world *w)
{
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct workspace in;
    struct snapshot *s;
    struct removal r;
    struct object o;

    create(w, "gone");
    assert_ok(store_snapshot(&s, w->store, &err), &err);
    assert_ok(snapshot_workspace(s, STR("p"), STR(""), &in, &arena, &err), &err);
    assert_ok(snapshot_object(s, in.id, KIND_JOB, STR(""), STR("gone"), &o, &arena, &err),
              &err);
    snapshot_end(s);
    arena_release(&arena);
    removal_init(&r);
    r.project = STR("p");
    r.kind = KIND_JOB;
    r.key = STR("gone");
    assert_int_equal(store_write(w->store, &r.write), 0);
    return o.blob;
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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_an_idle_store_sweeps, set_up, tear_down),
    cmocka_unit_test_setup_teardown(test_a_busy_store_sweeps_too, set_up, tear_down),
};
T_MAIN(tests)
