/*
 * What an export costs, counted (base/count.h): it prints, deflates, inflates
 * and parses nothing, its statements do not grow with the jobs, and its ETag is
 * known before any content is read.
 */
#include <dirent.h>
#include <sqlite3.h>
#include <unistd.h>
#include <zip.h>

#include "base/count.h"
#include "base/limits.h"
#include "catalog/catalog.h"
#include "unit/t.h"

#define JOBS EXPORT_MAX_JOBS

struct world {
    char folder[64], path[96];
    struct store *store;
    struct catalog catalog;
    struct place place;
    struct arena arena;
    struct err err;
    struct str names[JOBS];
};

static void save(struct world *w, enum kind kind, const char *json)
{
    struct save *s;
    struct json_doc doc;

    assert_ok(json_read(&doc, str_of(json), JSON_MAX_VALUES, &w->err), &w->err);
    assert_ok(catalog_save_prepare(&w->catalog, &w->place, kind, STR_NONE, &doc,
                                   &w->arena, &s, &w->err),
              &w->err);
    json_release(&doc);
    assert_int_equal(store_write(w->store, &s->write), 0);
    catalog_save_release(s);
}

static void save_job(struct world *w, int i, const char *script)
{
    char json[512], name[16];

    snprintf(name, sizeof(name), "j%03d", i);
    w->names[i] = arena_str(&w->arena, str_of(name));
    snprintf(
        json, sizeof(json),
        "{\"name\":\"%s\",\"processType\":\"BATCH\",\"schedule\":{\"type\":"
        "\"EXECUTE_ONCE\"},\"nodes\":[{\"name\":\"n\",\"type\":\"Shell\",\"properties\":"
        "[{\"name\":\"scriptName\",\"value\":\"%s\"}]}]}",
        name, script);
    save(w, KIND_JOB, json);
}

static void save_script(struct world *w, const char *name, size_t noise)
{
    struct buf json = BUF_INIT(8 * MIB);
    uint32_t x = 7;
    size_t start;

    buf_addf(
        &json,
        "{\"name\":\"%s\",\"type\":\"Shell\",\"connectionName\":\"c\",\"content\":\"",
        name);
    start = json.len;
    for (; noise; noise--, x = x * 1664525 + 1013904223)
        buf_addc(&json, (char)(' ' + (x >> 24) % 90)); /* hardly compresses */
    for (size_t i = start; i < json.len; i++)
        if (json.ptr[i] == '\\' || json.ptr[i] == '"')
            json.ptr[i] = 'x';
    buf_adds(&json, "\"}");
    save(w, KIND_SCRIPT, buf_cstr(&json));
    buf_release(&json);
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct store_options options = { .readers = 2,
                                     .sweep_age_ms = 86400000,
                                     .may_migrate = true };

    snprintf(w->folder, sizeof(w->folder), "/tmp/test_export.XXXXXX");
    if (!mkdtemp(w->folder))
        return -1;
    snprintf(w->path, sizeof(w->path), "%s/catalog.db", w->folder);
    options.path = w->path;
    w->place = (struct place){ STR("p"), STR(""), STR("local") };
    w->catalog = (struct catalog){ .max_archive_bytes = 1UL << 40,
                                   .max_archive_entries = 100000,
                                   .max_unpacked_bytes = 1UL << 40 };
    *state = w;
    if (store_open(&w->store, &options, &w->err))
        return -1;
    w->catalog.store = w->store;
    return 0;
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
    arena_release(&w->arena);
    err_clear(&w->err);
    free(w);
    return 0;
}

static void reset_counts(void)
{
    for (int i = 0; i < COUNTS; i++)
        atomic_store(&count_of[i], 0);
}

static struct export *plan(struct world *w, size_t jobs)
{
    struct export_request request = { .names = w->names, .n = jobs, .depend = true };
    struct export *e;

    assert_ok(catalog_export_plan(&w->catalog, &w->place, &request, &e, &w->err),
              &w->err);
    return e;
}

/* Exports the first jobs; gives the statements that it took. */
static long export(struct world *w, size_t jobs, struct buf *archive)
{
    struct export *e;
    struct stream *stream;
    uint64_t size;

    reset_counts();
    e = plan(w, jobs);
    size = e->size;
    stream = catalog_export_stream(e);
    assert_ok(stream_read_all(stream, archive, &w->err), &w->err);
    stream->free(stream);
    assert_int_equal(archive->len, size);
    assert_int_equal(count_of[COUNT_PRINT], 0);
    assert_int_equal(count_of[COUNT_DEFLATE], 0);
    assert_int_equal(count_of[COUNT_INFLATE], 0);
    assert_int_equal(count_of[COUNT_PARSE], 0);
    return count_of[COUNT_SQL];
}

static void test_statements_do_not_grow_with_the_jobs(void **state)
{
    struct world *w = *state;
    struct buf one = BUF_INIT(MIB), all = BUF_INIT(4 * MIB);
    long for_one;

    for (int i = 0; i < JOBS; i++) {
        char script[16];

        snprintf(script, sizeof(script), "s%d", i);
        save_script(w, script, 100);
        save_job(w, i, script);
    }
    for_one = export(w, 1, &one);
    assert_int_equal(export(w, JOBS, &all), for_one);
    assert_true(for_one <= 6);
    buf_release(&one);
    buf_release(&all);
}

/* The script, deflated, takes more than half a batch of 1 MiB. */
static void test_large_archives_take_one_statement_a_batch(void **state)
{
    struct world *w = *state;
    struct buf small = BUF_INIT(8 * MIB), large = BUF_INIT(64 * MIB);
    long base;

    save_script(w, "big", 1000000);
    for (int i = 0; i < 40; i++)
        save_job(w, i, "big");
    base = export(w, 2, &small);
    assert_true(small.len < ANSWER_BUFFER_MAX);
    assert_int_equal(base, 6);
    assert_int_equal(export(w, 40, &large), base - 1 + 40);
    assert_true(large.len > ANSWER_BUFFER_MAX);
    buf_release(&small);
    buf_release(&large);
}

static void empty_blobs(const char *path)
{
    sqlite3 *db;

    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_exec(db, "PRAGMA foreign_keys = OFF; DELETE FROM blob", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
}

static void test_the_etag_is_known_before_a_blob_is_read(void **state)
{
    struct world *w = *state;
    struct buf out = BUF_INIT(MIB);
    struct stream *stream;
    struct export *e;

    save_script(w, "s", 10);
    save_job(w, 0, "s");
    e = plan(w, 1);
    assert_int_equal(strlen(e->etag), 66);
    empty_blobs(w->path); /* nothing of the content has been looked at */
    stream = catalog_export_stream(e);
    assert_fails(stream_read_all(stream, &out, &w->err), E_INTERNAL, &w->err);
    stream->free(stream);
    buf_release(&out);
}

static void test_the_archive_opens(void **state)
{
    struct world *w = *state;
    struct buf out = BUF_INIT(MIB);
    zip_t *z;

    save_script(w, "s", 1000);
    save_job(w, 0, "s");
    export(w, 1, &out);
    z = zip_open_from_source(zip_source_buffer_create(out.ptr, out.len, 0, NULL),
                             ZIP_RDONLY | ZIP_CHECKCONS, NULL);
    assert_non_null(z);
    assert_int_equal(zip_get_num_entries(z, 0), 2);
    assert_str(str_of(zip_get_name(z, 0, 0)), "jobs/j000/j000.job");
    assert_str(str_of(zip_get_name(z, 1, 0)), "jobs/j000/s.script");
    zip_discard(z);
    buf_release(&out);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_statements_do_not_grow_with_the_jobs, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(test_large_archives_take_one_statement_a_batch,
                                    set_up, tear_down),
    cmocka_unit_test_setup_teardown(test_the_etag_is_known_before_a_blob_is_read, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(test_the_archive_opens, set_up, tear_down),
};
T_MAIN(tests)
