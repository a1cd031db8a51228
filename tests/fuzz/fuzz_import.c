/*
 * From the bytes of an archive to the plan of its import, in an empty catalogue.  The
 * input is an archive, or, where it does not begin as one, its files: a name up to the
 * end of the line, then the content up to the byte 1, and so on.  The plan is JSON that
 * is read again, its counts are those of its objects, and nothing is written.
 */
#include "base/limits.h"
#include "api/import_body.h"
#include "fuzz/archive.h"
#include "fuzz/fuzz.h"
#include "store/tasks.h"

#define FILES_MAX 16

static struct catalog catalog;
static struct import_options body;

/* It goes on without a name. */
static void remove_file(const char *path)
{
    static const char *const endings[] = { "", "-wal", "-shm" };
    char name[80];

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        snprintf(name, sizeof(name), "%s%s", path, endings[i]);
        unlink(name);
    }
}

/* What a request would ask for: all that an import can change. */
static void read_body(struct arena *arena)
{
    static const char text[] =
        "{\"path\":\"obs://b/k\",\"sameNamePolicy\":\"OVERWRITE\",\"dryRun\":true,"
        "\"executeUser\":\"u\",\"params\":{\"p\":\"1\"},"
        "\"jobsParam\":[{\"name\":\"j\",\"params\":{\"p\":\"2\"}}],"
        "\"mapping\":{\"connections\":{\"c\":\"d\"},\"clusters\":{\"c\":\"d\"},"
        "\"queues\":{\"c\":\"d\"},\"databases\":{\"c\":\"d\"},\"streams\":{\"c\":\"d\"},"
        "\"directories\":{\"/\":\"/x\",\"/a\":\"/b\"}}}";
    struct err err = ERR_INIT;
    struct json_doc doc;

    MUST(json_read(&doc, str_of(text), 1000, &err) == 0);
    MUST(import_body_read(&body, &doc, arena, &err) == 0);
    json_release(&doc);
}

static void open_once(void)
{
    static struct arena arena;
    static struct seal_key key;
    static char folder[] = "/tmp/fuzz_import.XXXXXX";
    static char path[64];
    struct store_options options = { .path = path,
                                     .readers = 1,
                                     .sweep_age_ms = 86400000,
                                     .may_migrate = true,
                                     .scratch = true,
                                     .keys = &key,
                                     .n_keys = 1 };
    struct err err = ERR_INIT;

    if (catalog.store)
        return;
    seal_key_new(&key);
    MUST(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/db", folder);
    MUST(store_open(&catalog.store, &options, &err) == 0);
    remove_file(path);
    MUST(rmdir(folder) == 0);
    catalog.max_jobs = catalog.max_scripts = 5;
    catalog.max_archive_bytes = catalog.max_unpacked_bytes = 1UL << 20;
    catalog.max_archive_entries = 50;
    read_body(&arena);
}

/* The next file of the input, which is left behind it. */
static struct file next_file(struct str *rest)
{
    const char *end = memchr(rest->p, 1, rest->n), *line;
    struct str all = { rest->p, end ? (size_t)(end - rest->p) : rest->n };
    struct file f = { all, STR("") };

    *rest = str_from(*rest, all.n + (end ? 1 : 0));
    line = all.n ? memchr(all.p, '\n', all.n) : NULL;
    if (line) {
        f.name.n = (size_t)(line - all.p);
        f.content = str_from(all, f.name.n + 1);
    }
    return f;
}

static void make_archive(struct str input, struct buf *out)
{
    struct file files[FILES_MAX];
    size_t n = 0;

    while (input.n && n < FILES_MAX) {
        files[n] = next_file(&input);
        n += files[n].name.n <= 65535;
    }
    archive_of(files, n, out);
}

static void check_json(struct str text)
{
    struct err err = ERR_INIT;
    struct json_doc doc;
    uint32_t counts, objects;
    int64_t total = 0, one;

    MUST(json_read(&doc, text, JSON_STORED_MAX_VALUES, &err) == 0);
    counts = json_member(&doc, 0, "counts");
    objects = json_member(&doc, 0, "objects");
    JSON_EACH (i, &doc, counts) {
        MUST(json_int(&doc, i, &one));
        total += one;
    }
    MUST(total == (int64_t)doc.value[objects].len);
    json_release(&doc);
}

static void plan(int fd)
{
    struct import_request request = { .place = { .project = STR("p"),
                                                 .workspace = STR(""),
                                                 .user = STR("u"),
                                                 .cluster = STR("") },
                                      .kind = TASK_IMPORT_JOBS,
                                      .options = &body };
    struct buf json = BUF_INIT(64 * MIB);
    struct import *im = NULL;
    struct err err = ERR_INIT;
    int rc = import_read(&im, &catalog, &request, fd, &err);

    MUST(rc == 0 || rc == E_INVALID || rc == E_LIMIT);
    if (!rc) {
        MUST(import_plan(im, LANG_EN, &json, &err) == 0);
        check_json(buf_str(&json));
    }
    import_free(im);
    err_clear(&err);
    buf_release(&json);
}

static void check_the_file(int fd)
{
    struct buf json = BUF_INIT(64 * MIB);
    struct err err = ERR_INIT;
    struct json_doc doc;
    int rc = check_file(&catalog, fd, NULL, LANG_ZH, &json, &err);

    MUST(rc == 0 || rc == E_INVALID || rc == E_LIMIT);
    if (!rc) {
        MUST(json_read(&doc, buf_str(&json), JSON_STORED_MAX_VALUES, &err) == 0);
        json_release(&doc);
    }
    err_clear(&err);
    buf_release(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str input = { (const char *)data, n };
    struct buf made = BUF_INIT(4 * MIB);
    int fd;

    open_once();
    if (!str_starts(input, "PK"))
        make_archive(input, &made);
    fd = file_of(made.len ? buf_str(&made) : input);
    MUST(fd >= 0);
    plan(fd);
    check_the_file(fd);
    close(fd);
    buf_release(&made);
    return 0;
}
