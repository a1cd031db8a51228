#include "unit/store/conformance.h"

#include <sqlite3.h>

#include "base/limits.h"

/* ---- SQLite ---- */

static int open_sqlite(struct store **out, const char *folder, bool may_migrate,
                       struct err *err)
{
    char path[100];
    struct seal_key key;
    struct store_options options = { .path = path,
                                     .readers = 4,
                                     .sweep_age_ms = 86400000,
                                     .may_migrate = may_migrate,
                                     .keys = &key,
                                     .n_keys = 1 };

    assert_true(seal_key_read(&key, STR("0123456789abcdef0123456789abcdef"
                                        "0123456789abcdef0123456789abcdef")));
    snprintf(path, sizeof(path), "%s/catalog.db", folder);
    return store_open(out, &options, err);
}

static void read_sealed_sqlite(const char *folder, const char *path, struct buf *out)
{
    char file[100];
    sqlite3_stmt *q;
    sqlite3 *db;

    snprintf(file, sizeof(file), "%s/catalog.db", folder);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT sealed FROM secret WHERE path = ?1", -1, &q, NULL),
        SQLITE_OK);
    sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    buf_add(out, sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0));
    sqlite3_finalize(q);
    sqlite3_close(db);
}

static const struct engine engines[] = {
    { "sqlite", open_sqlite, read_sealed_sqlite },
};

/* ---- what the tests share ---- */

void reopen(struct world *w)
{
    store_close(w->store);
    w->store = NULL;
    assert_ok(w->engine->open(&w->store, w->folder, true, &w->err), &w->err);
}

static void wait_at_gate(struct write *write)
{
    struct gate *g = write->arg;

    sem_post(&g->reached);
    sem_wait(&g->go);
}

void close_gate(struct world *w, struct gate *g)
{
    sem_init(&g->reached, 0, 0);
    sem_init(&g->go, 0, 0);
    saving_init(&g->first, &(struct what){ .name = "gate" });
    g->first.save.write.done = wait_at_gate;
    g->first.save.write.arg = g;
    store_submit(w->store, &g->first.save.write);
    sem_wait(&g->reached);
}

void open_gate(struct gate *g)
{
    sem_post(&g->go);
}

void gate_release(struct gate *g)
{
    saving_release(&g->first);
    sem_destroy(&g->reached);
    sem_destroy(&g->go);
}

/* ---- running ---- */

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    w->engine = *state;
    *state = w;
    if (!folder_make(w->folder))
        return -1;
    snprintf(w->path, sizeof(w->path), "%s/catalog.db", w->folder);
    return w->engine->open(&w->store, w->folder, true, &w->err);
}

static size_t add_tests(struct CMUnitTest *all, char (*names)[120], size_t n,
                        const struct engine *engine, const struct CMUnitTest *tests,
                        size_t n_tests)
{
    for (size_t i = 0; i < n_tests; i++, n++) {
        snprintf(names[n], sizeof(names[n]), "%s_%s", engine->name, tests[i].name);
        all[n] = (struct CMUnitTest){ names[n], tests[i].test_func, set_up,
                                      world_tear_down, (void *)engine };
    }
    return n;
}

int conformance_run(const struct CMUnitTest *tests, size_t n, const char *engine,
                    int argc, char **argv)
{
    static struct CMUnitTest all[100 * COUNT_OF(engines)];
    static char names[COUNT_OF(all)][120];
    size_t added = 0;

    assert_true(n <= 100);
    for (size_t e = 0; e < COUNT_OF(engines); e++)
        if (!engine || strcmp(engine, engines[e].name) == 0)
            added = add_tests(all, names, added, &engines[e], tests, n);
    return t_run(all, added, argc, argv);
}
