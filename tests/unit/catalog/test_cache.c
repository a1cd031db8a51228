/*
 * The cache: its limit, who leaves first, and the attack on what it gives: threads
 * that save, delete, create again, and delete whole workspaces, while others export
 * with the cache and without, and compare whenever nothing was written in between.
 */
#include <pthread.h>
#include <unistd.h>

#include "base/limits.h"
#include "unit/world.h"

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
static size_t kept_size(struct cache *c, int i)
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
    assert_int_equal(kept_size(c, 2000), 0);
    assert_int_equal(kept_size(c, 999), 999 * 7919 % 50000 + 1);
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
    assert_int_equal(kept_size(c, 1), 1000);
    put(c, 4, 1000);
    assert_int_equal(kept_size(c, 2), 0);
    assert_int_equal(kept_size(c, 1), 1000);
    assert_int_equal(kept_size(c, 3), 1000);
    assert_int_equal(kept_size(c, 4), 1000);
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
    assert_int_equal(kept_size(c, 1), 0);
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
    assert_int_equal(kept_size(c, 1), 0);
    put(NULL, 1, 1);
    assert_int_equal(kept_size(NULL, 1), 0);
    cache_free(c);
}

/* ---- the attack ---- */

#define WRITERS 3
#define EXPORTERS 3
#define COMPARED_ENOUGH 500 /* and */
#define HITS_ENOUGH 50
#define NAMES 4

struct attack {
    struct world world;
    struct cache *cache;
    atomic_int compared, hits, wrong;
    pthread_mutex_t lock;
    char workspace[ID_HEX_BYTES]; /* the one that comes and goes */
};

struct worker {
    struct attack *attack;
    unsigned seed;
};

/* Whether it has gone on for long enough. */
static bool is_over(struct attack *a)
{
    return a->compared >= COMPARED_ENOUGH && a->hits >= HITS_ENOUGH;
}

static struct place some_place(struct worker *me, char uid[ID_HEX_BYTES])
{
    struct place place = { .project = STR("p"), .user = STR("u"), .workspace = STR("") };

    pthread_mutex_lock(&me->attack->lock);
    memcpy(uid, me->attack->workspace, ID_HEX_BYTES);
    pthread_mutex_unlock(&me->attack->lock);
    if (rand_r(&me->seed) % 2)
        place.workspace = str_of(uid);
    return place;
}

/* Saves what may be refused: a name in use, a workspace that is gone. */
static void save(struct catalog *c, const struct place *place, enum kind kind,
                 struct str key, const char *json)
{
    struct err err = ERR_INIT;

    if (save_json(c, place, kind, key, json, &err))
        err_clear(&err);
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

static void renew_workspace(struct attack *a)
{
    struct workspace_delete gone;
    struct workspace_new fresh;

    workspace_delete_init(&gone);
    gone.project = STR("p");
    gone.name = STR("ws");
    gone.force = true;
    store_write(a->world.store, &gone.write);
    err_clear(&gone.write.err);
    workspace_new_init(&fresh);
    fresh.project = STR("p");
    fresh.name = STR("ws");
    if (store_write(a->world.store, &fresh.write) == 0) {
        pthread_mutex_lock(&a->lock);
        memcpy(a->workspace, fresh.uid, sizeof(a->workspace));
        pthread_mutex_unlock(&a->lock);
    }
    err_clear(&fresh.write.err);
}

static void *write_things(void *arg)
{
    struct worker *me = arg;
    struct catalog c = me->attack->world.catalog;
    char uid[ID_HEX_BYTES];

    while (!is_over(me->attack)) {
        struct place place = some_place(me, uid);
        int what = rand_r(&me->seed) % 40;

        if (what == 0)
            renew_workspace(me->attack);
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
    if (store_revisions(me->attack->world.store, place.project, place.workspace, &before,
                        &err))
        abort();
    a = export_once(with, &place, &r, &hit);
    b = export_once(without, &place, &r, &no);
    if (store_revisions(me->attack->world.store, place.project, place.workspace, &after,
                        &err))
        abort();
    if (before.workspace && memcmp(&before, &after, sizeof(before)) == 0) {
        me->attack->compared++;
        me->attack->hits += hit;
        me->attack->wrong += !same(a, b);
    }
    shared_release(a);
    shared_release(b);
}

static void *export_things(void *arg)
{
    struct worker *me = arg;
    struct catalog without = me->attack->world.catalog, with = without;

    with.cache = me->attack->cache;
    while (!is_over(me->attack))
        compare_once(me, &with, &without);
    return NULL;
}

static void test_an_export_is_never_stale(void **state)
{
    struct attack a = { .cache = cache_new(MIB) };
    struct worker workers[WRITERS + EXPORTERS];
    pthread_t threads[COUNT_OF(workers)];

    (void)state;
    assert_int_equal(world_open(&a.world, (struct store_options){ WORLD_OPTIONS }), 0);
    pthread_mutex_init(&a.lock, NULL);
    renew_workspace(&a);
    for (size_t i = 0; i < COUNT_OF(workers); i++) {
        workers[i] = (struct worker){ &a, (unsigned)i + 1 };
        pthread_create(&threads[i], NULL, i < WRITERS ? write_things : export_things,
                       &workers[i]);
    }
    for (size_t i = 0; i < COUNT_OF(workers); i++)
        pthread_join(threads[i], NULL);
    printf("# %d compared, %d of them hits\n", a.compared, a.hits);
    assert_int_equal(a.wrong, 0);
    cache_free(a.cache);
    world_close(&a.world);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_the_limit_holds),
    cmocka_unit_test(test_many_small_ones_count_with_what_keeping_them_takes),
    cmocka_unit_test(test_the_longest_unused_leaves_first),
    cmocka_unit_test(test_what_is_used_outlives_its_place),
    cmocka_unit_test(test_none_keeps_nothing),
    cmocka_unit_test(test_an_export_is_never_stale),
};

T_MAIN(tests)
