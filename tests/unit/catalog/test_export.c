/*
 * What an export holds, and what it costs, counted (base/count.h): it prints,
 * deflates, inflates and parses nothing, its statements do not grow with the
 * jobs, and its ETag is known before any content is read.  And what use cases
 * cost in a full workspace: as much as in a small one.
 */
#include <sqlite3.h>
#include <zip.h>

#include "base/count.h"
#include "base/limits.h"
#include "unit/world.h"

#define JOBS EXPORT_MAX_JOBS

static struct str job_names[JOBS];

static void save(struct world *w, enum kind kind, const char *json)
{
    assert_ok(save_json(&w->catalog, &w->place, kind, STR_NONE, json, &w->err), &w->err);
}

static void save_job(struct world *w, int i, const char *script)
{
    char json[512], name[16];

    snprintf(name, sizeof(name), "j%03d", i);
    job_names[i] = arena_str(&w->arena, str_of(name));
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

static void reset_counts(void)
{
    for (int i = 0; i < COUNTS; i++)
        atomic_store(&count_of[i], 0);
}

static struct export *plan(struct world *w, size_t jobs)
{
    struct export_request request = { .names = job_names, .n = jobs, .depend = true };
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
    assert_true(for_one <= 7);
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
    assert_int_equal(base, 7);
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

static void test_the_digest_is_known_before_a_blob_is_read(void **state)
{
    struct world *w = *state;
    struct buf out = BUF_INIT(MIB);
    const uint8_t none[SHA256_BYTES] = { 0 };
    struct stream *stream;
    struct export *e;

    save_script(w, "s", 10);
    save_job(w, 0, "s");
    e = plan(w, 1);
    assert_memory_not_equal(e->digest, none, sizeof(none));
    empty_blobs(w->path); /* nothing of the content has been looked at */
    stream = catalog_export_stream(e);
    assert_fails(stream_read_all(stream, &out, &w->err), E_INTERNAL, &w->err);
    stream->free(stream);
    buf_release(&out);
}

/* ---- what an archive holds ---- */

#define SCRIPT "{'name':'%s','type':'Shell','content':'%s','connectionName':'c'}"
#define RESOURCE "{'name':'%s','type':'jar','location':'%s','directory':'%s'}"

/* Saves what a format with ' for " says. */
__attribute__((format(printf, 3, 4))) static void save_as(struct world *w, enum kind kind,
                                                          const char *format, ...)
{
    struct buf json = BUF_INIT(MIB);
    char text[2000];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    t_json(&json, text);
    save(w, kind, buf_cstr(&json));
    buf_release(&json);
}

/* A job with a node for each of "property=value property=value ...". */
static void save_job_of(struct world *w, int i, const char *properties)
{
    struct buf nodes = BUF_INIT(MIB);
    char name[16];
    int n = 0;

    snprintf(name, sizeof(name), "j%03d", i);
    job_names[i] = arena_str(&w->arena, str_of(name));
    for (const char *p = properties; *p; n++) {
        int len = (int)strcspn(p, " "), key = (int)strcspn(p, "=");

        buf_addf(
            &nodes,
            "%s{'name':'n%d','type':'t','properties':[{'name':'%.*s','value':'%.*s'}]}",
            n ? "," : "", n, key, p, len - key - 1, p + key + 1);
        p += len + (p[len] == ' ');
    }
    save_as(w, KIND_JOB,
            "{'name':'%s','processType':'BATCH','schedule':{'type':'EXECUTE_ONCE'},"
            "'nodes':[%s]}",
            name, nodes.len ? buf_cstr(&nodes) : "");
    buf_release(&nodes);
}

static zip_t *open_archive(const struct buf *archive)
{
    zip_t *z = zip_open_from_source(
        zip_source_buffer_create(archive->ptr, archive->len, 0, NULL),
        ZIP_RDONLY | ZIP_CHECKCONS, NULL);

    assert_non_null(z);
    return z;
}

/* Its names, one a line; every content is read, and has its CRC. */
static void list_archive(const struct buf *archive, struct buf *names)
{
    zip_t *z = open_archive(archive);
    static char piece[65536];

    for (zip_uint64_t i = 0; i < (zip_uint64_t)zip_get_num_entries(z, 0); i++) {
        zip_file_t *f = zip_fopen_index(z, i, 0);
        zip_int64_t n;

        assert_non_null(f);
        while ((n = zip_fread(f, piece, sizeof(piece))) > 0)
            ;
        assert_int_equal(n, 0);
        assert_int_equal(zip_fclose(f), 0);
        buf_addf(names, "%s\n", zip_get_name(z, i, 0));
    }
    zip_discard(z);
}

static void assert_listed(const struct buf *archive, const char *want)
{
    struct buf names = BUF_INIT(MIB);

    list_archive(archive, &names);
    assert_str(buf_str(&names), want);
    buf_release(&names);
}

static void assert_entry(const struct buf *archive, const char *name, struct str want)
{
    zip_t *z = open_archive(archive);
    zip_file_t *f = zip_fopen(z, name, 0);
    char content[10000];
    zip_int64_t n;

    assert_non_null(f);
    n = zip_fread(f, content, sizeof(content));
    assert_bytes(((struct str){ content, (size_t)n }), want);
    assert_int_equal(zip_fclose(f), 0);
    zip_discard(z);
}

static void test_entries_are_the_stored_forms(void **state)
{
    struct world *w = *state;
    struct buf out = BUF_INIT(MIB);

    save_job_of(w, 0, "scriptName=s resourcePath=r");
    save_as(w, KIND_SCRIPT,
            "{'name':'s','type':'FlinkSQL','content':'\\u4f5c\\n','x':1.50}");
    save_as(w, KIND_RESOURCE, RESOURCE, "r", "obs://b/k", "/d/");
    export(w, 1, &out);
    assert_listed(&out, "jobs/j000/j000.job\njobs/j000/r.resource\njobs/j000/s.script\n");
    assert_entry(&out, "jobs/j000/s.script",
                 STR("{\n  \"name\": \"s\",\n  \"type\": \"FlinkSQL\",\n"
                     "  \"content\": \"作\\n\",\n  \"x\": 1.50\n}\n"));
    assert_entry(&out, "jobs/j000/r.resource",
                 STR("{\n  \"name\": \"r\",\n  \"type\": \"jar\",\n"
                     "  \"location\": \"obs://b/k\",\n  \"directory\": \"/d/\"\n}\n"));
    buf_release(&out);
}

/* Resources of one name, by their directories; one that is named twice. */
static void test_resources_of_one_name_are_numbered(void **state)
{
    struct world *w = *state;
    struct buf out = BUF_INIT(MIB);
    struct export *e;

    save_as(w, KIND_RESOURCE, RESOURCE, "r", "obs://b/2", "/b");
    save_as(w, KIND_RESOURCE, RESOURCE, "r", "obs://b/3", "/c/");
    save_as(w, KIND_RESOURCE, RESOURCE, "r", "obs://b/1", "/a");
    save_as(w, KIND_RESOURCE, RESOURCE, "q", "obs://b/1", "/a");
    save_job_of(w, 0, "resourcePath=r resourcePath=obs://b/1 resourcePath=obs://b/none");
    export(w, 1, &out);
    assert_listed(&out, "jobs/j000/j000.job\njobs/j000/q.resource\njobs/j000/r.resource\n"
                        "jobs/j000/r~2.resource\njobs/j000/r~3.resource\n");
    assert_entry(&out, "jobs/j000/r~3.resource",
                 STR("{\n  \"name\": \"r\",\n  \"type\": \"jar\",\n"
                     "  \"location\": \"obs://b/3\",\n  \"directory\": \"/c/\"\n}\n"));
    e = plan(w, 1);
    assert_int_equal(e->count[KIND_JOB], 1);
    assert_int_equal(e->count[KIND_SCRIPT], 0);
    assert_int_equal(e->count[KIND_RESOURCE], 4);
    assert_int_equal(e->missing, 0); /* a plain file is not a dependency */
    catalog_export_free(e);
    buf_release(&out);
}

static void assert_missing(const struct export *e, size_t i, enum kind kind,
                           const char *name, const char *job)
{
    assert_true(i < e->n_shown);
    assert_int_equal(e->shown[i].kind, kind);
    assert_str(e->shown[i].name, name);
    assert_str(e->shown[i].job, job);
}

static void test_what_is_missing_is_listed(void **state)
{
    struct world *w = *state;
    struct export_request request = { .names = job_names, .n = 2, .depend = true };
    struct export *e;

    save_job_of(w, 0, "resourcePath=gone scriptName=held scriptName=/a/作 scriptName=b");
    save_job_of(w, 1, "scriptName=b");
    save_as(w, KIND_SCRIPT, SCRIPT, "held", "");
    e = plan(w, 2);
    assert_int_equal(e->missing, 4);
    assert_missing(e, 0, KIND_SCRIPT, "/a/作", "j000");
    assert_missing(e, 1, KIND_SCRIPT, "b", "j000");
    assert_missing(e, 2, KIND_RESOURCE, "gone", "j000");
    assert_missing(e, 3, KIND_SCRIPT, "b", "j001");
    assert_int_equal(e->count[KIND_JOB] + e->count[KIND_SCRIPT] + e->count[KIND_RESOURCE],
                     3);
    catalog_export_free(e);
    request.fail_missing = true;
    assert_fails(catalog_export_plan(&w->catalog, &w->place, &request, &e, &w->err),
                 E_NOTFOUND, &w->err);
    assert_int_equal(w->err.api, DLF_6201);
    assert_string_equal(
        w->err.arg[0],
        "script//a/作@j000, script/b@j000, resource/gone@j000, script/b@j001");
    request.depend = false; /* then nothing is one */
    assert_ok(catalog_export_plan(&w->catalog, &w->place, &request, &e, &w->err),
              &w->err);
    assert_int_equal(e->missing, 0);
    catalog_export_free(e);
}

static void test_every_unknown_job_is_named(void **state)
{
    struct world *w = *state;
    const struct str names[] = { STR("x"), STR("j000"), STR("作") };
    struct export_request request = { .names = names, .n = 3, .depend = true };
    struct export *e;

    save_job_of(w, 0, "");
    assert_fails(catalog_export_plan(&w->catalog, &w->place, &request, &e, &w->err),
                 E_NOTFOUND, &w->err);
    assert_int_equal(w->err.api, DLF_0100);
    assert_string_equal(w->err.arg[1], "x, 作");
    request = (struct export_request){ .names = &names[1], .n = 1, .submitted = true };
    assert_fails(catalog_export_plan(&w->catalog, &w->place, &request, &e, &w->err),
                 E_NOTFOUND, &w->err);
    assert_int_equal(w->err.api, DLF_0100);
    assert_int_equal(w->err.detail, DET_NEVER_SUBMITTED);
}

/* ---- large archives ---- */

/* The statements that the contents of an archive take: one for so many entries
 * as fit in a batch, one for each part of a larger one. */
static long batches_of(const struct buf *archive)
{
    zip_t *z = open_archive(archive);
    uint64_t filled = 0;
    long batches = 0;
    zip_stat_t s;

    for (zip_uint64_t i = 0; i < (zip_uint64_t)zip_get_num_entries(z, 0); i++) {
        assert_int_equal(zip_stat_index(z, i, 0, &s), 0);
        if (s.comp_size > BLOB_BATCH_MAX) {
            batches += (long)((s.comp_size + BLOB_BATCH_MAX - 1) / BLOB_BATCH_MAX);
            filled = 0;
        } else if (filled && filled + s.comp_size <= BLOB_BATCH_MAX) {
            filled += s.comp_size;
        } else {
            batches++;
            filled = s.comp_size;
        }
    }
    zip_discard(z);
    return batches;
}

static void test_large_and_small_entries_go_together(void **state)
{
    struct world *w = *state;
    struct buf out = BUF_INIT(64 * MIB), names = BUF_INIT(MIB);
    struct export *e;
    long planned, all;
    int lines = 0;

    save_script(w, "huge", 3000000);
    for (int i = 0; i < 5; i++) {
        char name[2] = { (char)('a' + i * 6),
                         0 }; /* a and g before huge, the rest behind */

        save_script(w, name, 400000);
        name[0]++;
        save_script(w, name, 100);
    }
    for (int i = 0; i < 3; i++)
        save_job_of(w, i,
                    "scriptName=a scriptName=b scriptName=g scriptName=h scriptName=m "
                    "scriptName=n scriptName=s scriptName=t scriptName=y scriptName=z "
                    "scriptName=huge");
    reset_counts();
    e = plan(w, 3);
    planned = count_of[COUNT_SQL];
    assert_int_equal(e->count[KIND_SCRIPT], 33);
    catalog_export_free(e);
    all = export(w, 3, &out);
    assert_true(out.len > ANSWER_BUFFER_MAX);
    assert_int_equal(all, planned + batches_of(&out));
    list_archive(&out, &names); /* each with its CRC */
    for (size_t i = 0; i < names.len; i++)
        lines += names.ptr[i] == '\n';
    assert_int_equal(lines, 36);
    buf_release(&out);
    buf_release(&names);
}

/* ---- the digest ---- */

static void digest_of(struct world *w, struct export_request request,
                      uint8_t digest[SHA256_BYTES])
{
    struct export *e;

    assert_ok(catalog_export_plan(&w->catalog, &w->place, &request, &e, &w->err),
              &w->err);
    memcpy(digest, e->digest, SHA256_BYTES);
    catalog_export_free(e);
}

static void test_the_digest_says_what_the_archive_holds(void **state)
{
    struct world *w = *state;
    const struct str turned[] = { STR("j001"), STR("j000") };
    struct export_request both = { .names = job_names, .n = 2, .depend = true };
    struct export_request one = both, without = both, order = both;
    uint8_t digest[6][SHA256_BYTES];

    save_job_of(w, 0, "scriptName=s");
    save_job_of(w, 1, "");
    save_as(w, KIND_SCRIPT, SCRIPT, "s", "1");
    one.n = 1;
    without.depend = false;
    order.names = turned;
    digest_of(w, both, digest[0]);
    digest_of(w, one, digest[1]);
    digest_of(w, without, digest[2]);
    digest_of(w, order, digest[3]);
    one.layout = EXPORT_SINGLE; /* the same contents under other names */
    digest_of(w, one, digest[4]);
    for (int i = 0; i < 5; i++)
        for (int k = 0; k < i; k++)
            assert_memory_not_equal(digest[i], digest[k], SHA256_BYTES);
    save_as(w, KIND_SCRIPT, SCRIPT, "other", "2"); /* nothing of this archive */
    digest_of(w, both, digest[5]);
    assert_memory_equal(digest[5], digest[0], SHA256_BYTES);
}

/* ---- limits: all exact, and known before the first byte ---- */

static int planned_rc(struct world *w, size_t n)
{
    struct export_request request = { .names = job_names, .n = n, .depend = true };
    struct export *e;
    int rc = catalog_export_plan(&w->catalog, &w->place, &request, &e, &w->err);

    if (rc == 0)
        catalog_export_free(e);
    else
        assert_int_equal(w->err.api, DLF_3051);
    err_clear(&w->err);
    return rc;
}

static void test_limits_of_an_archive_are_exact(void **state)
{
    struct world *w = *state;
    struct buf out = BUF_INIT(MIB);
    uint64_t unpacked = 0;
    zip_stat_t s;
    zip_t *z;

    save_job_of(w, 0, "scriptName=s");
    save_as(w, KIND_SCRIPT, SCRIPT, "s", "1");
    export(w, 1, &out);
    z = open_archive(&out);
    for (zip_uint64_t i = 0; i < 2; i++) {
        assert_int_equal(zip_stat_index(z, i, 0, &s), 0);
        unpacked += s.size;
    }
    zip_discard(z);
    w->catalog.max_archive_bytes = out.len;
    w->catalog.max_archive_entries = 2;
    w->catalog.max_unpacked_bytes = unpacked;
    assert_int_equal(planned_rc(w, 1), 0);
    w->catalog.max_archive_bytes--;
    assert_int_equal(planned_rc(w, 1), E_LIMIT);
    w->catalog.max_archive_bytes++;
    w->catalog.max_archive_entries--;
    assert_int_equal(planned_rc(w, 1), E_LIMIT);
    w->catalog.max_archive_entries++;
    w->catalog.max_unpacked_bytes--;
    assert_int_equal(planned_rc(w, 1), E_LIMIT);
    buf_release(&out);
}

/* What is missing counts as an entry: it bounds the plan itself. */
static void test_missing_dependencies_count_towards_the_entries(void **state)
{
    struct world *w = *state;

    save_job_of(w, 0, "scriptName=gone scriptName=lost");
    w->catalog.max_archive_entries = 3;
    assert_int_equal(planned_rc(w, 1), 0);
    w->catalog.max_archive_entries = 2;
    assert_int_equal(planned_rc(w, 1), E_LIMIT);
}

/* ---- a full workspace ---- */

/* Jobs `from` to `to`, each with a script, a resource by its name and one by its
 * location, and waiting for the job before it. */
static void fill(struct world *w, int from, int to)
{
    for (int i = from; i < to; i++) {
        char before[16] = "";

        if (i)
            snprintf(before, sizeof(before), "'j%05d'", i - 1);
        save_as(w, KIND_SCRIPT,
                "{'name':'s%05d','type':'Shell','content':'%d','connectionName':'c'}", i,
                i);
        save_as(w, KIND_RESOURCE,
                "{'name':'r%05d','type':'jar','location':'obs://libs/n%05d.jar'}", i, i);
        save_as(w, KIND_RESOURCE,
                "{'name':'l%05d','type':'jar','location':'obs://libs/l%05d.jar'}", i, i);
        save_as(
            w, KIND_JOB,
            "{'name':'j%05d','processType':'BATCH','schedule':{'type':'CRON','cron':"
            "{'startTime':'2024-03-01T00:00:00Z','expression':'0 0 1 * * ?',"
            "'dependJobs':{'jobs':[%s]}}},'nodes':[{'name':'n','type':'MRSSpark',"
            "'properties':[{'name':'scriptName','value':'s%05d'},"
            "{'name':'resourcePath','value':'r%05d'}]},{'name':'m','type':'MRSSpark',"
            "'properties':[{'name':'resourcePath','value':'obs://libs/l%05d.jar'}]}]}",
            i, before, i, i, i);
    }
}

static void list_first(struct world *w, enum kind kind)
{
    struct list_request query = {
        .query = { .kind = kind,
                   .process_type = kind == KIND_JOB ? STR("BATCH") : STR(""),
                   .limit = LIST_MAX_LIMIT },
        .tail = ""
    };
    struct buf json = BUF_INIT(MIB);
    struct stream *rows;
    uint64_t size;

    assert_ok(
        catalog_list(&w->catalog, &w->place, &query, &w->arena, &rows, &size, &w->err),
        &w->err);
    assert_ok(stream_read_all(rows, &json, &w->err), &w->err);
    rows->free(rows);
    buf_release(&json);
}

static void show_one(struct world *w, enum kind kind, const char *key)
{
    struct buf json = BUF_INIT(MIB);
    uint8_t digest[SHA256_BYTES];

    assert_ok(catalog_show(&w->catalog, &w->place, kind, str_of(key), SHOW_SAVED,
                           kind == KIND_JOB, &json, digest, &w->err),
              &w->err);
    buf_release(&json);
}

static void list_jobs(struct world *w)
{
    list_first(w, KIND_JOB);
}

static void list_scripts(struct world *w)
{
    list_first(w, KIND_SCRIPT);
}

static void show_a_job(struct world *w)
{
    show_one(w, KIND_JOB, "j00050");
}

static void show_a_script(struct world *w)
{
    show_one(w, KIND_SCRIPT, "s00050");
}

static void save_a_script(struct world *w)
{
    static int turn;
    struct json_doc doc;
    struct save *s;
    char json[40];

    snprintf(json, sizeof(json), "{\"content\":\"turn %d\"}", turn++);
    assert_ok(json_read(&doc, str_of(json), 10, &w->err), &w->err);
    assert_ok(catalog_save_prepare(&w->catalog, &w->place, KIND_SCRIPT, STR("s00050"),
                                   &doc, 0, &w->arena, &s, &w->err),
              &w->err);
    json_release(&doc);
    assert_int_equal(store_write(w->store, &s->write), 0);
    catalog_save_release(s);
}

static void create_and_delete(struct world *w)
{
    struct removal *removal;

    save_as(w, KIND_SCRIPT, SCRIPT, "one_more", "select 1;");
    assert_ok(catalog_remove_prepare(&w->catalog, &w->place, KIND_SCRIPT, STR("one_more"),
                                     false, &w->arena, &removal, &w->err),
              &w->err);
    assert_int_equal(store_write(w->store, &removal->write), 0);
}

static void export_all(struct world *w)
{
    struct buf out = BUF_INIT(4 * MIB);

    for (int i = 0; i < JOBS; i++) {
        char name[16];

        snprintf(name, sizeof(name), "j%05d", i);
        job_names[i] = arena_str(&w->arena, str_of(name));
    }
    export(w, JOBS, &out);
    buf_release(&out);
}

static void test_a_full_workspace_costs_no_more(void **state)
{
    static const struct {
        const char *name;
        void (*run)(struct world *w);
    } uses[] = {
        { "list jobs", list_jobs },         { "list scripts", list_scripts },
        { "show a job", show_a_job },       { "show a script", show_a_script },
        { "save a script", save_a_script }, { "create and delete", create_and_delete },
        { "export", export_all },
    };
    enum { USES = sizeof(uses) / sizeof(uses[0]), SMALL = 100, FULL = 1500 };
    struct world *w = *state;
    long small[USES];

    fill(w, 0, SMALL);
    for (int i = 0; i < USES; i++) {
        reset_counts();
        uses[i].run(w);
        small[i] = count_of[COUNT_SQL_STEPS];
        assert_true(small[i] > 0);
    }
    fill(w, SMALL, FULL);
    for (int i = 0; i < USES; i++) {
        reset_counts();
        uses[i].run(w);
        if (count_of[COUNT_SQL_STEPS] > small[i] * 11 / 10)
            fail_msg("%s: %ld steps, and %ld with %d objects", uses[i].name, small[i],
                     (long)count_of[COUNT_SQL_STEPS], FULL);
    }
}

static const struct CMUnitTest tests[] = {
    WITH_WORLD(test_statements_do_not_grow_with_the_jobs),
    WITH_WORLD(test_large_archives_take_one_statement_a_batch),
    WITH_WORLD(test_the_digest_is_known_before_a_blob_is_read),
    WITH_WORLD(test_entries_are_the_stored_forms),
    WITH_WORLD(test_resources_of_one_name_are_numbered),
    WITH_WORLD(test_what_is_missing_is_listed),
    WITH_WORLD(test_every_unknown_job_is_named),
    WITH_WORLD(test_large_and_small_entries_go_together),
    WITH_WORLD(test_the_digest_says_what_the_archive_holds),
    WITH_WORLD(test_limits_of_an_archive_are_exact),
    WITH_WORLD(test_missing_dependencies_count_towards_the_entries),
    WITH_WORLD(test_a_full_workspace_costs_no_more),
};
T_MAIN(tests)
