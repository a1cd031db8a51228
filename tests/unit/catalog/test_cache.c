/*
 * The cache: its limit, who leaves first, and the attack on what it gives: threads
 * that save, delete, create again, and delete whole workspaces, while others export
 * with the cache and without, and compare whenever nothing was written in between.
 */
#include <dirent.h>
#include <pthread.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "catalog/catalog.h"
#include "unit/t.h"

static void key_of(int i, uint8_t key[SHA256_BYTES])
{
    sha256((struct str){ (const char *)&i, sizeof(i) }, key);
}

static void put(struct cache *c, int i, size_t n)
{
    struct buf bytes = BUF_INIT(16 * MIB);
    uint8_t key[SHA256_BYTES];
    struct shared *s;

    buf_reserve(&bytes, n);
    memset(bytes.ptr, i, n);
    bytes.len = n;
    s = shared_new(&bytes);
    key_of(i, key);
    cache_put(c, key, s);
    shared_release(s);
}

/* The size of what is kept as `i`; 0 when nothing is. */
static size_t look(struct cache *c, int i)
{
    uint8_t key[SHA256_BYTES];
    struct shared *s;
    size_t n;

    key_of(i, key);
    s = cache_get(c, key);
    n = s ? s->bytes.len : 0;
    shared_release(s);
    return n;
}

static void test_the_limit_holds(void **state)
{
    struct cache *c = cache_new(MIB);
    size_t bytes, entries;

    (void)state;
    for (int i = 0; i < 1000; i++) {
        put(c, i, (size_t)(i * 7919 % 50000) + 1);
        cache_usage(c, &bytes, &entries);
        assert_true(bytes <= MIB);
    }
    assert_true(bytes > MIB - 60000);
    put(c, 2000, MIB);
    assert_int_equal(look(c, 2000), 0);
    assert_int_equal(look(c, 999), 999 * 7919 % 50000 + 1);
    cache_free(c);
}

static void test_many_small_ones_count_with_what_keeping_them_takes(void **state)
{
    struct cache *c = cache_new(100000);
    size_t bytes, entries;

    (void)state;
    for (int i = 0; i < 10000; i++)
        put(c, i, 1);
    cache_usage(c, &bytes, &entries);
    assert_true(bytes <= 100000 && entries < 1100 && entries > 300);
    cache_free(c);
}

static void test_the_longest_unused_leaves_first(void **state)
{
    struct cache *c = cache_new(4000);

    (void)state;
    put(c, 1, 1000);
    put(c, 2, 1000);
    put(c, 3, 1000);
    assert_int_equal(look(c, 1), 1000);
    put(c, 4, 1000);
    assert_int_equal(look(c, 2), 0);
    assert_int_equal(look(c, 1), 1000);
    assert_int_equal(look(c, 3), 1000);
    assert_int_equal(look(c, 4), 1000);
    cache_free(c);
}

static void test_what_is_used_outlives_its_place(void **state)
{
    struct cache *c = cache_new(2000);
    uint8_t key[SHA256_BYTES];
    struct shared *s;

    (void)state;
    put(c, 1, 1000);
    key_of(1, key);
    s = cache_get(c, key);
    put(c, 2, 1500);
    assert_int_equal(look(c, 1), 0);
    cache_free(c);
    for (size_t i = 0; i < 1000; i++)
        assert_int_equal(s->bytes.ptr[i], 1);
    shared_release(s);
}

static void test_none_keeps_nothing(void **state)
{
    struct cache *c = cache_new(0);

    (void)state;
    put(c, 1, 1);
    assert_int_equal(look(c, 1), 0);
    put(NULL, 1, 1);
    assert_int_equal(look(NULL, 1), 0);
    cache_free(c);
}

/* ---- the attack ---- */

#define WRITERS 3
#define EXPORTERS 3
#define ATTACK_MS 2000
#define NAMES 4

struct world {
    char folder[64], path[96];
    struct store *store;
    struct cache *cache;
    int64_t until_ms;
    atomic_int compared, hits, wrong;
    pthread_mutex_t lock;
    char workspace[ID_HEX_BYTES]; /* the one that comes and goes */
};

struct worker {
    struct world *world;
    unsigned seed;
};

static struct catalog catalog_of(struct world *w, struct cache *cache)
{
    return (struct catalog){ .store = w->store,
                             .cache = cache,
                             .max_archive_bytes = 1UL << 40,
                             .max_archive_entries = 100000,
                             .max_unpacked_bytes = 1UL << 40 };
}

static struct place some_place(struct worker *me, char uid[ID_HEX_BYTES])
{
    struct place place = { .project = STR("p"), .user = STR("u"), .workspace = STR("") };

    pthread_mutex_lock(&me->world->lock);
    memcpy(uid, me->world->workspace, ID_HEX_BYTES);
    pthread_mutex_unlock(&me->world->lock);
    if (rand_r(&me->seed) % 2)
        place.workspace = str_of(uid);
    return place;
}

/* Saves what may be refused: a name in use, a workspace that is gone. */
static void save(struct catalog *c, const struct place *place, enum kind kind,
                 struct str key, const char *json)
{
    struct arena arena = ARENA_INIT;
    struct json_doc doc = { 0 };
    struct err err = ERR_INIT;
    struct save *s;

    if (json_read(&doc, str_of(json), JSON_MAX_VALUES, &err) == 0 &&
        catalog_save_prepare(c, place, kind, key, &doc, 0, &arena, &s, &err) == 0) {
        store_write(c->store, &s->write);
        catalog_save_release(s);
    }
    err_clear(&err);
    json_release(&doc);
    arena_release(&arena);
}

static void remove_one(struct catalog *c, const struct place *place, enum kind kind,
                       struct str key)
{
    struct removal r;

    removal_init(&r);
    r.project = place->project;
    r.workspace = place->workspace;
    r.kind = kind;
    r.key = key;
    r.scope = place->cluster;
    store_write(c->store, &r.write);
    err_clear(&r.write.err);
}

static void save_job(struct worker *me, struct catalog *c, const struct place *place)
{
    char json[600], name[16];
    int i = rand_r(&me->seed) % NAMES;
    bool update = rand_r(&me->seed) % 2;

    snprintf(name, sizeof(name), "j%d", i);
    snprintf(
        json, sizeof(json),
        "{\"name\":\"%s\",\"processType\":\"BATCH\",\"description\":\"%d\","
        "\"schedule\":{\"type\":\"EXECUTE_ONCE\"},\"nodes\":[{\"name\":\"n\",\"type\":"
        "\"Shell\",\"properties\":[{\"name\":\"scriptName\",\"value\":\"s%d\"}]},"
        "{\"name\":\"c\",\"type\":\"CDMJob\",\"properties\":[{\"name\":\"clusterName\","
        "\"value\":\"default\"},{\"name\":\"jobName\",\"value\":\"m\"}]}]}",
        name, rand_r(&me->seed) % 20, rand_r(&me->seed) % 2);
    save(c, place, KIND_JOB, update ? str_of(name) : STR_NONE, json);
    if (rand_r(&me->seed) % 4 == 0)
        remove_one(c, place, KIND_JOB, str_of(name));
}

static void save_script(struct worker *me, struct catalog *c, const struct place *place)
{
    char json[300], name[16];
    bool update = rand_r(&me->seed) % 2;

    snprintf(name, sizeof(name), "s%d", rand_r(&me->seed) % 2);
    snprintf(json, sizeof(json),
             "{\"name\":\"%s\",\"type\":\"Shell\",\"connectionName\":\"c\",\"content\":"
             "\"echo %d\"}",
             name, rand_r(&me->seed) % 5);
    save(c, place, KIND_SCRIPT, update ? str_of(name) : STR_NONE, json);
    if (rand_r(&me->seed) % 4 == 0)
        remove_one(c, place, KIND_SCRIPT, str_of(name));
}

static void save_cdm_job(struct worker *me, struct catalog *c)
{
    struct place place = { .project = STR("p"),
                           .workspace = cdm_workspace,
                           .cluster = STR("default"),
                           .user = STR("u") };
    char json[600];

    snprintf(json, sizeof(json),
             "{\"name\":\"m\",\"job_type\":\"NORMAL_JOB\",\"from-connector-name\":"
             "\"generic-jdbc-connector\",\"to-connector-name\":\"obs-connector\","
             "\"from-link-name\":\"a%d\",\"to-link-name\":\"b\",\"from-config-values\":"
             "{\"configs\":[]},\"to-config-values\":{\"configs\":[]},"
             "\"driver-config-values\":{\"configs\":[]}}",
             rand_r(&me->seed) % 5);
    save(c, &place, KIND_CDM_JOB, rand_r(&me->seed) % 2 ? STR("m") : STR_NONE, json);
    if (rand_r(&me->seed) % 3 == 0)
        remove_one(c, &place, KIND_CDM_JOB, STR("m"));
}

static void renew_workspace(struct world *w)
{
    struct workspace_delete gone;
    struct workspace_new fresh;

    workspace_delete_init(&gone);
    gone.project = STR("p");
    gone.name = STR("ws");
    gone.force = true;
    store_write(w->store, &gone.write);
    err_clear(&gone.write.err);
    workspace_new_init(&fresh);
    fresh.project = STR("p");
    fresh.name = STR("ws");
    if (store_write(w->store, &fresh.write) == 0) {
        pthread_mutex_lock(&w->lock);
        memcpy(w->workspace, fresh.uid, sizeof(w->workspace));
        pthread_mutex_unlock(&w->lock);
    }
    err_clear(&fresh.write.err);
}

static void *write_things(void *arg)
{
    struct worker *me = arg;
    struct catalog c = catalog_of(me->world, NULL);
    char uid[ID_HEX_BYTES];

    while (clock_ms() < me->world->until_ms) {
        struct place place = some_place(me, uid);
        int what = rand_r(&me->seed) % 40;

        if (what == 0)
            renew_workspace(me->world);
        else if (what < 5)
            save_cdm_job(me, &c);
        else if (what < 20)
            save_script(me, &c, &place);
        else
            save_job(me, &c, &place);
        usleep(500);
    }
    return NULL;
}

/* One export as api/ does it; NULL when it fails, as for a job that is not there. */
static struct shared *export_once(struct catalog *c, const struct place *place,
                                  const struct export_request *r, bool *hit)
{
    struct err err = ERR_INIT;
    struct export *e = NULL;
    struct shared *whole = NULL;
    int rc = 0;

    *hit = false;
    if (c->cache)
        rc = catalog_export_recall(c, place, r->digest, &e, &err);
    if (!rc && e) {
        rc = catalog_export_whole(e, &whole, &err);
        *hit = whole != NULL;
        catalog_export_free(e);
    }
    if (!rc && !whole && catalog_export_plan(c, place, r, &e, &err) == 0) {
        rc = catalog_export_whole(e, &whole, &err);
        catalog_export_free(e);
    }
    err_clear(&err);
    return whole;
}

static bool same(const struct shared *a, const struct shared *b)
{
    return (!a && !b) || (a && b && str_eq(buf_str(&a->bytes), buf_str(&b->bytes)));
}

static void compare_once(struct worker *me, struct catalog *with, struct catalog *without)
{
    const struct str names[] = { STR("j0"), STR("j1"), STR("j2"), STR("j3") };
    struct export_request r = { .names = names + rand_r(&me->seed) % (NAMES - 1),
                                .n = 1,
                                .depend = true };
    char uid[ID_HEX_BYTES];
    struct place place = some_place(me, uid);
    struct revisions before, after;
    struct shared *a, *b;
    struct err err = ERR_INIT;
    uint8_t digest[SHA256_BYTES];
    bool hit, no;

    r.n += (size_t)(rand_r(&me->seed) % 2);
    sha256((struct str){ (const char *)r.names, r.n * sizeof(*names) }, digest);
    r.digest = digest;
    if (store_revisions(me->world->store, place.project, place.workspace, &before, &err))
        abort();
    a = export_once(with, &place, &r, &hit);
    b = export_once(without, &place, &r, &no);
    if (store_revisions(me->world->store, place.project, place.workspace, &after, &err))
        abort();
    if (before.workspace && memcmp(&before, &after, sizeof(before)) == 0) {
        me->world->compared++;
        me->world->hits += hit;
        me->world->wrong += !same(a, b);
    }
    shared_release(a);
    shared_release(b);
}

static void *export_things(void *arg)
{
    struct worker *me = arg;
    struct catalog with = catalog_of(me->world, me->world->cache);
    struct catalog without = catalog_of(me->world, NULL);

    while (clock_ms() < me->world->until_ms)
        compare_once(me, &with, &without);
    return NULL;
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct store_options options = { .readers = EXPORTERS + 1,
                                     .sweep_age_ms = 86400000,
                                     .may_migrate = true };
    struct err err = ERR_INIT;

    snprintf(w->folder, sizeof(w->folder), "/tmp/test_cache.XXXXXX");
    if (!mkdtemp(w->folder))
        return -1;
    snprintf(w->path, sizeof(w->path), "%s/catalog.db", w->folder);
    options.path = w->path;
    pthread_mutex_init(&w->lock, NULL);
    w->cache = cache_new(MIB);
    *state = w;
    return store_open(&w->store, &options, &err);
}

static int tear_down(void **state)
{
    struct world *w = *state;
    DIR *folder;
    struct dirent *entry;
    char path[512];

    store_close(w->store);
    cache_free(w->cache);
    folder = opendir(w->folder);
    while (folder && (entry = readdir(folder))) {
        snprintf(path, sizeof(path), "%s/%s", w->folder, entry->d_name);
        unlink(path);
    }
    closedir(folder);
    rmdir(w->folder);
    free(w);
    return 0;
}

static void test_an_export_is_never_stale(void **state)
{
    struct world *w = *state;
    struct worker workers[WRITERS + EXPORTERS];
    pthread_t threads[COUNT_OF(workers)];

    renew_workspace(w);
    w->until_ms = clock_ms() + ATTACK_MS;
    for (size_t i = 0; i < COUNT_OF(workers); i++) {
        workers[i] = (struct worker){ w, (unsigned)i + 1 };
        pthread_create(&threads[i], NULL, i < WRITERS ? write_things : export_things,
                       &workers[i]);
    }
    for (size_t i = 0; i < COUNT_OF(workers); i++)
        pthread_join(threads[i], NULL);
    printf("# %d compared, %d of them hits\n", w->compared, w->hits);
    assert_int_equal(w->wrong, 0);
    assert_true(w->compared > 50);
    assert_true(w->hits > 5);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_the_limit_holds),
    cmocka_unit_test(test_many_small_ones_count_with_what_keeping_them_takes),
    cmocka_unit_test(test_the_longest_unused_leaves_first),
    cmocka_unit_test(test_what_is_used_outlives_its_place),
    cmocka_unit_test(test_none_keeps_nothing),
    cmocka_unit_test_setup_teardown(test_an_export_is_never_stale, set_up, tear_down),
};

T_MAIN(tests)
