/*
 * Allocations that fail, counted down: of parse, save, show, list and export each is
 * made to fail once, the first, the second, and so on, until none is left to fail.
 * Every failure says E_NOMEM, leaves nothing half done, and leaks nothing (the build
 * with AddressSanitizer sees to that); then the same succeeds.
 */
#include <dirent.h>
#include <libdeflate.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "api/path.h"
#include "auth/auth.h"
#include "auth/credentials.h"
#include "auth/password.h"
#include "base/limits.h"
#include "catalog/import.h"
#include "fuzz/archive.h"
#include "obs/obs.h"
#include "sign/sigv4.h"
#include "unit/t.h"

static atomic_long left = -1; /* allocations that still succeed; negative: all do */
static atomic_bool struck;

static bool fails(void)
{
    long now;

    if (left < 0)
        return false;
    now = atomic_fetch_sub(&left, 1);
    if (now == 0)
        struck = true;
    return now == 0;
}

/* One failure a run: what comes behind it succeeds. */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__real_reallocarray(void *p, size_t n, size_t size);
char *__real_strdup(const char *text);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
void *__wrap_reallocarray(void *p, size_t n, size_t size);
char *__wrap_strdup(const char *text);

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

void *__wrap_reallocarray(void *p, size_t n, size_t size)
{
    return fails() ? NULL : __real_reallocarray(p, n, size);
}

char *__wrap_strdup(const char *text)
{
    return fails() ? NULL : __real_strdup(text);
}

static sqlite3_mem_methods engine;

static void *engine_malloc(int n)
{
    return fails() ? NULL : engine.xMalloc(n);
}

static void *engine_realloc(void *p, int n)
{
    return fails() ? NULL : engine.xRealloc(p, n);
}

static void *deflate_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

struct world {
    char folder[64], path[96];
    struct store *store;
    struct catalog catalog;
    struct place place, cdm;
};

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    static struct seal_key key;
    struct store_options options = { .readers = 2,
                                     .sweep_age_ms = 86400000,
                                     .may_migrate = true,
                                     .keys = &key,
                                     .n_keys = 1 };
    sqlite3_mem_methods counted;
    struct err err = ERR_INIT;

    left = -1;
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &engine);
    counted = engine;
    counted.xMalloc = engine_malloc;
    counted.xRealloc = engine_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &counted);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
    libdeflate_set_memory_allocator(deflate_malloc, free);
    seal_key_new(&key);
    snprintf(w->folder, sizeof(w->folder), "/tmp/test_nomem.XXXXXX");
    if (!mkdtemp(w->folder))
        return -1;
    snprintf(w->path, sizeof(w->path), "%s/catalog.db", w->folder);
    options.path = w->path;
    *state = w;
    if (store_open(&w->store, &options, &err))
        return -1;
    usleep(200000); /* the writer's first sweep is over */
    w->place =
        (struct place){ .project = STR("p"), .workspace = STR(""), .user = STR("u") };
    w->cdm = (struct place){ .project = STR("p"),
                             .workspace = cdm_workspace,
                             .cluster = STR("default"),
                             .user = STR("u") };
    w->catalog = (struct catalog){ .store = w->store,
                                   .cache = cache_new(MIB),
                                   .max_archive_bytes = 1UL << 40,
                                   .max_archive_entries = 100000,
                                   .max_unpacked_bytes = 1UL << 40 };
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    DIR *folder;
    struct dirent *entry;
    char path[512];

    left = -1;
    store_close(w->store);
    cache_free(w->catalog.cache);
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

/* ---- what is done ---- */

struct job {
    struct world *world;
    enum kind kind;
    const char *json, *key; /* key: an update; %d of a name is the turn */
    int turn;
    struct export_request request;
};

static struct place *place_of(struct job *j)
{
    return j->kind >= KIND_LINK ? &j->world->cdm : &j->world->place;
}

static int save(struct job *j, struct err *err)
{
    char json[1000];
    struct arena arena = ARENA_INIT;
    struct json_doc doc = { 0 };
    struct save *s = NULL;
    int rc;

    snprintf(json, sizeof(json), j->json, j->turn);
    rc = json_read(&doc, str_of(json), JSON_MAX_VALUES, err);

    if (!rc)
        rc = catalog_save_prepare(&j->world->catalog, place_of(j), j->kind,
                                  str_of(j->key), &doc, 0, &arena, &s, err);
    if (!rc) {
        store_write(j->world->store, &s->write);
        rc = catalog_save_result(s, err);
        catalog_save_release(s);
    }
    json_release(&doc);
    arena_release(&arena);
    return rc;
}

static int parse(struct job *j, struct err *err)
{
    struct json_doc doc = { 0 };
    int rc = json_read(&doc, str_of(j->json), JSON_MAX_VALUES, err);

    json_release(&doc);
    return rc;
}

static int split(struct job *j, struct err *err)
{
    struct arena arena = ARENA_INIT, fresh = ARENA_INIT;
    struct str value, many[2];
    struct path path;
    size_t n;
    int rc = path_split(&path, STR("/v1/p%20q/jobs/%E4%BD%9C"), &arena, err);

    (void)j;
    if (!rc)
        rc = query_get(STR("a=b+c&d=%20"), "d", &value, &fresh, err);
    if (!rc)
        rc = query_list(STR("name=b+c&name=%20"), "name", many, 2, &n, &arena, err);
    arena_release(&fresh);
    arena_release(&arena);
    return rc;
}

/* Of the form that `key` names; refused, so that all of it is made. */
static int check_signature(struct job *j, struct err *err)
{
    static const struct sign_header date = { STR("X-Sdk-Date"), STR("20240229T000000Z") };
    struct sign_request r = { STR("POST"), STR("/a"), STR("a=b&c"), STR(""), &date, 1 };
    struct buf text = BUF_INIT(MIB), canonical = BUF_INIT(SIGN_SHOWN_MAX);
    struct sign_claim claim;
    int rc;

    buf_addf(&text, "%s, SignedHeaders=x-sdk-date, Signature=%064d", j->key, 0);
    rc = text.bad ? err_nomem(err) : sign_parse(&claim, buf_str(&text), err);
    if (!rc)
        rc = sign_check(&claim, &r, STR("secret"), &canonical, err);
    if (rc == E_DENIED) {
        err_clear(err);
        rc = 0;
    }
    buf_release(&text);
    buf_release(&canonical);
    return rc;
}

/* ---- sign-in ---- */

#define ACCOUNT "0123456789abcdef0123456789abcdef"

/* The account of the tests, its access key, and the last token of it. */
static struct {
    struct auth auth;
    struct new_key key;
    struct new_token token;
} in;

static int auth_begin(struct job *j, struct err *err)
{
    struct auth a = { .store = j->world->store };
    int rc = auth_open(&a, err);

    auth_close(&a); /* also after a failure, as the server does */
    return rc;
}

static int make_account(struct job *j, struct err *err)
{
    struct buf hash = BUF_INIT(KIB);
    struct account_change change;
    char id[ID_HEX_BYTES], name[24];
    struct str domain[] = { STR("did"), STR("d") };
    struct str account[] = { STR(ACCOUNT), STR("d"), STR("u"), STR("") };
    int rc = password_hash(STR("hunter22"), &hash, err);

    in.key.sealed = BUF_INIT(0);
    account[3] = buf_str(&hash);
    if (j->turn >= 0) { /* one more, of another name */
        id_hex(id);
        snprintf(name, sizeof(name), "u%d", j->turn);
        account[0] = str_of(id);
        account[2] = str_of(name);
    }
    account_change_init(&change);
    change_add(&change, STEP_DOMAIN_ADD, domain, 2, 1, 0);
    change_add(&change, STEP_ACCOUNT_ADD, account, 4, 1, 1);
    if (!rc)
        rc = access_key_new(&in.key, store_key(in.auth.store), account[0], &change, err);
    if (!rc && store_write(in.auth.store, &change.write)) {
        rc = change.write.rc;
        *err = change.write.err;
    }
    buf_release(&in.key.sealed);
    buf_release(&hash);
    return rc;
}

static int issue_token(struct job *j, struct err *err)
{
    struct account_change change;

    (void)j;
    account_change_init(&change);
    token_new(&in.token, STR(ACCOUNT), STR("p"), STR("[]"), 60000, INT64_MAX, &change);
    if (store_write(in.auth.store, &change.write))
        *err = change.write.err;
    return change.write.rc;
}

/* An account is never half of one. */
static void assert_whole(const struct account *a)
{
    assert_str(a->id, ACCOUNT);
    assert_str(a->name, "u");
    assert_str(a->domain, "did");
    assert_str(a->domain_name, "d");
    assert_true(a->password.n > 0);
}

static int check_token(struct job *j, struct err *err)
{
    struct arena arena = ARENA_INIT;
    struct principal who;
    int rc = auth_token(&in.auth, str_of(in.token.text), &arena, &who, err);

    (void)j;
    if (!rc) {
        assert_whole(&who.account);
        assert_str(who.project, "p");
        assert_str(who.methods, "[]");
    }
    arena_release(&arena);
    return rc;
}

/* The hash itself says no when it has no memory, as of another password. */
static int log_in(struct job *j, struct err *err)
{
    struct login l = { .who = { STR(""), STR("u"), STR(""), STR("d") },
                       .access_key = j->key ? str_of(j->key) : STR(""),
                       .secret = j->key ? str_of(in.key.secret) : STR("hunter22"),
                       .peer = STR("192.0.2.1") };
    struct arena arena = ARENA_INIT;
    int rc = auth_login_begin(&in.auth, &l, &arena, err);

    if (!rc) {
        auth_login_check(&in.auth, &l);
        rc = auth_login_end(&in.auth, &l, err);
    }
    if (rc == E_LIMIT || (rc == E_DENIED && struck))
        rc = E_NOMEM; /* of this turn, or of several before it */
    if (!rc)
        assert_whole(&l.account);
    counters_forget(in.auth.failures, l.counted);
    counters_forget(in.auth.failures, l.counted_here);
    arena_release(&arena);
    return rc;
}

static int check_signer(struct job *j, struct err *err)
{
    char moment[20];
    time_t now = time(NULL);
    struct tm tm;
    struct sign_header date = { STR("X-Sdk-Date"), STR_NONE };
    struct sign_request r = { STR("GET"), STR("/a"), STR(""), STR(""), &date, 1 };
    struct buf text = BUF_INIT(KIB);
    struct arena arena = ARENA_INIT;
    struct signer signer;
    struct principal who;
    int rc;

    (void)j;
    gmtime_r(&now, &tm);
    strftime(moment, sizeof(moment), "%Y%m%dT%H%M%SZ", &tm);
    date.value = str_of(moment);
    buf_addf(&text,
             "SDK-HMAC-SHA256 Access=%s, SignedHeaders=x-sdk-date, Signature=%064d",
             in.key.id, 0);
    rc = text.bad ? err_nomem(err)
                  : auth_signer(&in.auth, buf_str(&text), &r, STR("192.0.2.3"), &arena,
                                &signer, err);
    if (!rc)
        rc = auth_signature(&in.auth, &signer, &r, &who, err);
    if (rc == E_DENIED) { /* what is wrong with it took memory, too */
        counters_forget(in.auth.failures, signer.peer);
        err_clear(err);
        rc = 0;
    }
    buf_release(&text);
    arena_release(&arena);
    return rc;
}

static int permit(struct job *j, struct err *err)
{
    struct principal who = { .account = { .id = STR(ACCOUNT), .domain = STR("did") } };
    int rc = auth_permit(&in.auth, &who, STR("p"), STR(""), ROLE_VIEWER, err);

    (void)j;
    if (rc == E_DENIED) {
        err_clear(err);
        rc = 0;
    }
    return rc;
}

static int show(struct job *j, struct err *err)
{
    struct buf json = BUF_INIT(MIB);
    char etag[ETAG_BYTES];
    int rc = catalog_show(&j->world->catalog, place_of(j), j->kind, str_of(j->key),
                          SHOW_SAVED, j->kind == KIND_JOB, &json, etag, err);

    if (!rc && json.bad) /* the caller's to see */
        rc = err_nomem(err);
    buf_release(&json);
    return rc;
}

static int list(struct job *j, struct err *err)
{
    struct list_request r = { .tail = "",
                              .query = { .kind = j->kind,
                                         .process_type = STR(""),
                                         .name_part = STR(""),
                                         .limit = 10 } };
    struct arena arena = ARENA_INIT;
    struct buf json = BUF_INIT(MIB);
    struct stream *s;
    uint64_t hint;
    int rc = catalog_list(&j->world->catalog, place_of(j), &r, &arena, &s, &hint, err);

    if (!rc) {
        rc = stream_read_all(s, &json, err);
        s->free(s);
    }
    buf_release(&json);
    arena_release(&arena);
    return rc;
}

static int export(struct job *j, struct err *err)
{
    struct shared *whole = NULL;
    struct export *e = NULL;
    static const uint8_t digest[SHA256_BYTES] = { 1 };
    int rc = catalog_export_recall(&j->world->catalog, place_of(j), digest, &e, err);

    if (e)
        catalog_export_free(e);
    j->request.digest = digest;
    if (!rc)
        rc = catalog_export_plan(&j->world->catalog, place_of(j), &j->request, &e, err);
    if (!rc) {
        rc = catalog_export_whole(e, &whole, err);
        shared_release(whole);
        catalog_export_free(e);
    }
    return rc;
}

static int export_streamed(struct job *j, struct err *err)
{
    struct buf bytes = BUF_INIT(MIB);
    struct stream *s;
    struct export *e;
    int rc = catalog_export_plan(&j->world->catalog, place_of(j), &j->request, &e, err);

    if (!rc) {
        s = catalog_export_stream(e);
        rc = stream_read_all(s, &bytes, err);
        s->free(s);
    }
    buf_release(&bytes);
    return rc;
}

#define NODES                                                                            \
    "\"nodes\":[{\"name\":\"n\",\"type\":\"Shell\",\"properties\":[{\"name\":"           \
    "\"scriptName\",\"value\":\"s\"},{\"name\":\"password\",\"value\":\"x\","            \
    "\"value_is_sensitive\":true}]},{\"name\":\"m\",\"type\":\"Shell\",\"properties\":"  \
    "[{\"name\":\"scriptName\",\"value\":\"gone\"}]}]"

#define CDM_JOB                                                                          \
    "\"job_type\":\"NORMAL_JOB\",\"from-connector-name\":\"generic-jdbc-connector\","    \
    "\"to-connector-name\":\"obs-connector\",\"from-link-name\":\"l\","                  \
    "\"to-link-name\":\"obs\",\"from-config-values\":{\"configs\":[]},"                  \
    "\"to-config-values\":{\"configs\":[]},\"driver-config-values\":{\"configs\":[]}"

/* ---- imports ---- */

/* An archive with one of each kind, `key` in what differs from the turn before. */
static void make_archive(struct job *j, struct buf *out)
{
    char text[5][1000];
    struct file files[] = { { STR("c.conn"), STR_NONE },
                            { STR("cdms/c/m.json"), STR_NONE },
                            { STR("r.resource"), STR_NONE },
                            { STR("s.script"), STR_NONE },
                            { STR("j.job"), STR_NONE } };
    static const char *const formats[] = {
        "{\"name\":\"c\",\"type\":\"HOST\",\"description\":\"%d\",\"config\":{\"ip\":\"i\","
        "\"port\":\"1\",\"userName\":\"u\",\"password\":\"p\",\"kmsKey\":\"k\","
        "\"agentName\":\"a\"}}",
        "{\"jobs\":[{\"name\":\"m\",\"description\":\"%d\"," CDM_JOB "}]}",
        "{\"name\":\"r\",\"type\":\"jar\",\"location\":\"obs://b/r.jar\",\"desc\":\"%d\"}",
        "{\"name\":\"s\",\"type\":\"Shell\",\"connectionName\":\"c\",\"content\":\"%d\"}",
        "{\"name\":\"imported\",\"processType\":\"BATCH\",\"description\":\"%d\","
        "\"params\":[{\"name\":\"p\"}],\"schedule\":{\"type\":\"EXECUTE_ONCE\"}," NODES
        "}",
    };

    for (size_t i = 0; i < COUNT_OF(files); i++) {
        snprintf(text[i], sizeof(text[i]), formats[i], j->turn);
        files[i].content = str_of(text[i]);
    }
    archive_of(files, COUNT_OF(files), out);
}

/* It is made before the allocations count. */
static int open_archive(struct job *j)
{
    struct buf bytes = BUF_INIT(MIB);
    long armed = left;
    int fd;

    left = -1;
    make_archive(j, &bytes);
    fd = file_of(buf_str(&bytes));
    buf_release(&bytes);
    left = armed;
    return fd;
}

static int read_import_body(const char *json, struct import_body *body,
                            struct arena *arena, struct err *err)
{
    struct json_doc doc = { 0 };
    int rc = json_read(&doc, str_of(json), JSON_MAX_VALUES, err);

    if (!rc)
        rc = import_body_read(body, &doc, arena, err);
    json_release(&doc);
    return rc;
}

/* A dry run prints its plan; another one writes, and shows its task. */
static int end_import(struct job *j, struct import *im, bool dry, struct err *err)
{
    struct catalog *c = &j->world->catalog;
    struct buf json = BUF_INIT(MIB);
    char uid[ID_HEX_BYTES];
    int64_t task;
    int rc;

    if (dry)
        rc = import_plan(im, LANG_EN, &json, err);
    else
        rc = task_begin(c, &j->world->place, TASK_IMPORT_JOBS, STR("obs://b/k"), &task,
                        uid, err);
    if (!rc && !dry)
        rc = import_run(im, task, err);
    if (!rc && !dry)
        rc = task_show(c, &j->world->place, str_of(uid), LANG_ZH, &json, err);
    buf_release(&json);
    return rc;
}

static int import(struct job *j, struct err *err)
{
    struct arena arena = ARENA_INIT;
    struct import_body body = { .dry_run = false };
    struct import_request request = { .place = j->world->place,
                                      .kind = TASK_IMPORT_JOBS,
                                      .body = &body,
                                      .may_connect = true,
                                      .may_migrate = true };
    struct import *im = NULL;
    int fd = open_archive(j), rc;

    rc = read_import_body(j->json, &body, &arena, err);
    if (!rc)
        rc = import_read(&im, &j->world->catalog, &request, fd, err);
    if (!rc)
        rc = end_import(j, im, body.dry_run, err);
    import_free(im);
    arena_release(&arena);
    close(fd);
    return rc;
}

static int check_an_archive(struct job *j, struct err *err)
{
    struct buf json = BUF_INIT(MIB);
    int fd = open_archive(j);
    int rc = check_file(&j->world->catalog, fd, NULL, LANG_EN, &json, err);

    buf_release(&json);
    close(fd);
    return rc;
}

/* Each allocation fails once; gives how many there were. */
static int count_down(const char *name, struct job *j,
                      int (*run)(struct job *j, struct err *err))
{
    int n = 0, rc;

    for (;; n++) {
        struct err err = ERR_INIT;

        j->turn = n;
        struck = false;
        left = n;
        rc = run(j, &err);
        left = -1;
        t_row("%s, allocation %d", name, n);
        if (!struck) {
            assert_ok(rc, &err);
            break;
        }
        if (rc) /* some are spared: a cache's entry, a page of the engine's */
            assert_int_equal(rc, E_NOMEM);
        err_clear(&err);
    }
    t_rows_end();
    printf("# %s: %d allocations\n", name, n);
    return n;
}

static const struct {
    const char *name, *key;
    enum kind kind;
    const char *json;
} saves[] = {
    /* clang-format off */
    { "create a script", NULL, KIND_SCRIPT, "{\"name\":\"s%d\",\"type\":\"Shell\",\"connectionName\":\"c\",\"content\":\"echo\"}" },
    { "update a script", "s", KIND_SCRIPT, "{\"name\":\"s\",\"type\":\"Shell\",\"connectionName\":\"c\",\"content\":\"echo %d\"}" },
    { "create a job", NULL, KIND_JOB, "{\"name\":\"j%d\",\"processType\":\"BATCH\",\"schedule\":{\"type\":\"EXECUTE_ONCE\"}," NODES "}" },
    { "update a job", "j", KIND_JOB, "{\"name\":\"j\",\"processType\":\"BATCH\",\"description\":\"%d\",\"schedule\":{\"type\":\"EXECUTE_ONCE\"}," NODES "}" },
    { "submit a job", "j", KIND_JOB, "{\"name\":\"j\",\"processType\":\"BATCH\",\"targetStatus\":\"SUBMITTED\",\"description\":\"s%d\",\"schedule\":{\"type\":\"EXECUTE_ONCE\"}," NODES "}" },
    { "create a resource", NULL, KIND_RESOURCE, "{\"name\":\"r%d\",\"type\":\"jar\",\"location\":\"obs://b/r.jar\"}" },
    { "create a connection", NULL, KIND_CONNECTION, "{\"name\":\"c%d\",\"type\":\"DWS\",\"config\":{\"clusterName\":\"c\",\"sslEnable\":true,\"userName\":\"u\",\"password\":\"p\",\"kmsKey\":\"k\",\"agentName\":\"a\"}}" },
    { "create a link", NULL, KIND_LINK, "{\"name\":\"l%d\",\"connector-name\":\"generic-jdbc-connector\",\"link-config-values\":{\"configs\":[{\"name\":\"linkConfig\",\"inputs\":[{\"name\":\"linkConfig.host\",\"value\":\"h\"},{\"name\":\"linkConfig.password\",\"value\":\"p\"}]}]}}" },
    { "create a CDM job", NULL, KIND_CDM_JOB, "{\"name\":\"m%d\"," CDM_JOB "}" },
    { "update a CDM job", "m", KIND_CDM_JOB, "{\"name\":\"m\",\"description\":\"%d\"," CDM_JOB "}" },
    /* clang-format on */
};

/* What is updated and read. */
static void make_old(struct world *w)
{
    struct job j = { .world = w, .kind = KIND_SCRIPT, .json = saves[1].json };
    struct err err = ERR_INIT;

    assert_ok(save(&j, &err), &err);
    j.kind = KIND_JOB;
    j.json = saves[3].json;
    assert_ok(save(&j, &err), &err);
    j.kind = KIND_CDM_JOB;
    j.json = saves[COUNT_OF(saves) - 1].json;
    assert_ok(save(&j, &err), &err);
}

static void test_parses(void **state)
{
    struct buf json = BUF_INIT(MIB);
    struct job j = { .world = *state };

    buf_adds(&json, "{\"a\":\"\\u4f5c\\n\"");
    for (int i = 0; i < 200; i++)
        buf_addf(&json, ",\"m%d\":[%d,\"\\t\"]", i, i);
    buf_addc(&json, '}');
    j.json = buf_cstr(&json);
    assert_true(count_down("parse", &j, parse) > 5);
    assert_true(count_down("path and query", &j, split) > 3);
    buf_release(&json);
}

static int make_signature(struct job *j, struct err *err)
{
    struct sign_header header = { STR("X-Amz-Date"), STR("20240229T235959Z") };
    struct sign_request r = {
        STR("GET"), STR("/b/k"), STR("b=1&a=2"), STR(""), &header, 1
    };
    struct sigv4_key key = { STR("AK"), STR("SK"), STR("region"), STR("s3") };
    struct buf out = BUF_INIT(KIB);
    int rc = sigv4_sign(&key, &r, &out, err);

    (void)j;
    buf_release(&out);
    return rc;
}

static void test_signatures(void **state)
{
    struct job j = { .world = *state, .key = "SDK-HMAC-SHA256 Access=AK" };

    assert_true(count_down("signature", &j, check_signature) > 8);
    j.key = "SDK-HMAC-SHA256 Credential=AK/20240229///sdk_request";
    assert_true(count_down("scoped signature", &j, check_signature) > 10);
    j.key = "V11-HMAC-SHA256 Credential=AK/20240229/region-1/dlf";
    assert_true(count_down("derived signature", &j, check_signature) > 8);
    assert_true(count_down("a signature for S3", &j, make_signature) > 8);
}

static void test_sign_in(void **state)
{
    struct job j = { .world = *state, .turn = -1 };
    struct err err = ERR_INIT;

    in.auth = (struct auth){ .store = j.world->store };
    assert_ok(auth_open(&in.auth, &err), &err);
    count_down("account", &j, make_account);
    j.turn = -1;
    assert_ok(make_account(&j, &err), &err);
    assert_true(count_down("counters and workers", &j, auth_begin) > 4);
    assert_true(count_down("token", &j, issue_token) > 1);
    assert_true(count_down("look at a token", &j, check_token) > 1);
    assert_true(count_down("password", &j, log_in) > 3);
    j.key = in.key.id;
    assert_true(count_down("secret key", &j, log_in) > 3);
    assert_true(count_down("signer", &j, check_signer) > 5);
    assert_true(count_down("permit", &j, permit) > 1);
    auth_close(&in.auth);
}

static void test_saves(void **state)
{
    make_old(*state);
    for (size_t i = 0; i < COUNT_OF(saves); i++) {
        struct job j = { .world = *state,
                         .kind = saves[i].kind,
                         .json = saves[i].json,
                         .key = saves[i].key };

        assert_true(count_down(saves[i].name, &j, save) > 10);
    }
}

static void test_reads(void **state)
{
    const struct str names[] = { STR("j") };
    struct job j = { .world = *state,
                     .kind = KIND_JOB,
                     .key = "j",
                     .request = { .names = names, .n = 1, .depend = true } };

    assert_true(count_down("show a job", &j, show) > 5);
    assert_true(count_down("export, streamed", &j, export_streamed) > 10);
    assert_true(count_down("export", &j, export) > 10);
    j.request.submitted = true;
    assert_true(count_down("export of what was submitted", &j, export_streamed) > 10);
    j.request.submitted = false;
    j.request.layout = EXPORT_SINGLE;
    assert_true(count_down("single export", &j, export_streamed) > 10);
    j.request = (struct export_request){ .layout = EXPORT_CONNECTIONS };
    assert_true(count_down("connections", &j, export_streamed) > 5);
    j.kind = KIND_SCRIPT;
    j.key = "s";
    assert_true(count_down("show a script", &j, show) > 5);
    assert_true(count_down("list scripts", &j, list) > 5);
    j.kind = KIND_CDM_JOB;
    j.key = "m";
    assert_true(count_down("show a CDM job", &j, show) > 5);
    assert_true(count_down("list CDM jobs", &j, list) > 5);
}

#define EDITS                                                                            \
    "\"path\":\"obs://b/k\",\"sameNamePolicy\":\"OVERWRITE\",\"executeUser\":\"u\","     \
    "\"params\":{\"p\":\"1\"},\"mapping\":{\"connections\":{\"c\":\"d\"},"               \
    "\"clusters\":{\"c\":\"e\"},\"directories\":{\"/\":\"/d\"}}"

static void test_imports(void **state)
{
    struct job j = { .world = *state };

    j.json = "{\"dryRun\":true," EDITS "}";
    assert_true(count_down("plan of an import", &j, import) > 50);
    j.json = "{" EDITS "}";
    assert_true(count_down("import", &j, import) > 50);
    j.json = "{\"onError\":\"continue\"," EDITS "}";
    assert_true(count_down("import of what is sound", &j, import) > 50);
    assert_true(count_down("check-file", &j, check_an_archive) > 10);
}

/* One piece, then the end. */
struct piece_stream {
    struct stream stream;
    bool done;
};

static int next_piece(struct stream *stream, struct buf *piece, struct err *err)
{
    struct piece_stream *s = (struct piece_stream *)stream;

    (void)err;
    if (!s->done)
        buf_adds(piece, "content");
    s->done = true;
    return 0;
}

/* Opens, puts, and reads what was put. */
static int use_objects(struct job *j, struct err *err)
{
    struct obs_options options = { .folder = j->key };
    struct piece_stream s = { { next_piece, NULL }, false };
    struct obs_path path = { STR("abc"), STR("a/b") };
    struct buf out = BUF_INIT(KIB);
    struct obs *o = NULL;
    int rc = obs_open(&o, &options, err);

    if (!rc && obs_bucket_find(o, path.bucket, err)) {
        err_clear(err);
        rc = obs_bucket_create(o, path.bucket, err);
    }
    if (!rc)
        rc = obs_put(o, &path, &s.stream, err);
    if (!rc)
        rc = obs_read(o, &path, &out, err);
    if (!rc)
        assert_str(buf_str(&out), "content");
    buf_release(&out);
    obs_close(o);
    return rc;
}

static void test_objects(void **state)
{
    struct world *w = *state;
    struct buf folder = BUF_INIT(KIB);
    struct job j = { .world = w };

    buf_addf(&folder, "%s/obs", w->folder);
    j.key = buf_cstr(&folder);
    assert_true(count_down("objects", &j, use_objects) > 2);
    buf_release(&folder);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_parses),  cmocka_unit_test(test_signatures),
    cmocka_unit_test(test_saves),   cmocka_unit_test(test_reads),
    cmocka_unit_test(test_imports), cmocka_unit_test(test_sign_in),
    cmocka_unit_test(test_objects),
};

int main(void)
{
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
