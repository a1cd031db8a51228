/*
 * Allocations that fail, counted down: of every use case each allocation is made to fail
 * once, the first, the second, and so on, until none is left to fail.  What reports
 * success has the result of the run in which none fails; what fails says E_NOMEM, leaves
 * the catalogue as it was, and leaks nothing (the build with AddressSanitizer sees to
 * that); then the same succeeds.
 *
 * Our own allocations are all made to fail, those of the database's engine in turns, of
 * which DLF_ALL=1 takes each.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <libdeflate.h>
#include <nettle/hmac.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <time.h>

#include "api/call.h"
#include "api/path.h"
#include "auth/auth.h"
#include "auth/credentials.h"
#include "auth/refusal.h"
#include "auth/password.h"
#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "api/import_body.h"
#include "import/import.h"
#include "tasks/tasks.h"
#include "fuzz/archive.h"
#include "obs/obs.h"
#include "sign/sigv4.h"
#include "store/check.h"
#include "store/clusters.h"
#include "store/keys.h"
#include "store/tasks.h"
#include "unit/world.h"

static atomic_long left = -1; /* allocations that still succeed; negative: all do */
static atomic_bool engines;   /* of the database's engine; else ours */
static atomic_bool struck;

static bool fails_in(bool in_engine)
{
    long now;

    if (left < 0 || in_engine != engines)
        return false;
    now = atomic_fetch_sub(&left, 1);
    if (now == 0)
        struck = true;
    return now == 0;
}

static bool fails(void)
{
    return fails_in(false);
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

/* The hash of a password takes its memory by itself. */
char *__real_crypt_rn(const char *text, const char *setting, void *data, int size);
char *__wrap_crypt_rn(const char *text, const char *setting, void *data, int size);

char *__wrap_crypt_rn(const char *text, const char *setting, void *data, int size)
{
    return fails() ? NULL : __real_crypt_rn(text, setting, data, size);
}

static sqlite3_mem_methods engine;

static void *engine_malloc(int n)
{
    return fails_in(true) ? NULL : engine.xMalloc(n);
}

static void *engine_realloc(void *p, int n)
{
    return fails_in(true) ? NULL : engine.xRealloc(p, n);
}

static void *deflate_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

/* From here on all succeed; gives how many were left. */
static long pause_failing(void)
{
    return atomic_exchange(&left, -1);
}

static sqlite3 *beside; /* a look at the database, beside the store */
static struct place cdm;

/* Before the engine's first use. */
static void count_engine(void)
{
    sqlite3_mem_methods counted;

    if (engine.xMalloc)
        return;
    sqlite3_config(SQLITE_CONFIG_GETMALLOC, &engine);
    counted = engine;
    counted.xMalloc = engine_malloc;
    counted.xRealloc = engine_realloc;
    sqlite3_config(SQLITE_CONFIG_MALLOC, &counted);
    sqlite3_config(SQLITE_CONFIG_LOOKASIDE, 0, 0);
    libdeflate_set_memory_allocator(deflate_malloc, free);
}

/* The writer's first sweep is over when it takes the second write. */
static int wait_for_sweep(struct store *s)
{
    struct sweep one;
    int rc = 0;

    for (int i = 0; !rc && i < 2; i++) {
        sweep_init(&one);
        rc = store_write(s, &one.write);
    }
    return rc;
}

static struct seal_key world_key;

static int set_up(void **state)
{
    struct store_options options = { WORLD_OPTIONS, .keys = &world_key, .n_keys = 1 };
    struct world *w = calloc(1, sizeof(*w));

    left = -1;
    count_engine();
    seal_key_new(&world_key);
    *state = w;
    if (world_open(w, options) || wait_for_sweep(w->store) ||
        sqlite3_open(w->path, &beside))
        return -1;
    cdm = (struct place){ .project = STR("p"),
                          .workspace = cdm_workspace,
                          .cluster = STR("default"),
                          .user = STR("u") };
    w->catalog.cache = cache_new(MIB);
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;

    left = -1;
    sqlite3_close(beside);
    cache_free(w->catalog.cache);
    return world_tear_down(state);
}

/* ---- what is done ---- */

struct job {
    struct world *world;
    enum kind kind;
    const char *json, *key; /* key: an update; %d is the turn */
    int turn;
    struct export_request request;
    struct buf got; /* what came out, as text */
    /* What a failure leaves as it was: all, or objects and what they have; NULL: nothing
     * is written. */
    const char *const *keeps;
};

/* Adds to what came out; no allocation fails in it. */
__attribute__((format(printf, 2, 3))) static void note(struct job *j, const char *format,
                                                       ...)
{
    long armed = pause_failing();
    char *text = NULL;
    va_list list;

    va_start(list, format);
    assert_true(vasprintf(&text, format, list) >= 0);
    va_end(list);
    buf_adds(&j->got, text);
    buf_addc(&j->got, '\n');
    free(text);
    left = armed;
}

static void note_str(struct job *j, struct str s)
{
    long armed = pause_failing();

    buf_addstr(&j->got, s);
    buf_addc(&j->got, '\n');
    left = armed;
}

/* ---- the database, seen from beside ---- */

/* Appends all rows that a statement gives, each value as SQL would write it. */
static void dump_rows(const char *sql, struct buf *out)
{
    sqlite3_stmt *s = NULL;

    assert_int_equal(sqlite3_prepare_v2(beside, sql, -1, &s, NULL), SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        for (int i = 0; i < sqlite3_column_count(s); i++) {
            int type = sqlite3_column_type(s, i);

            buf_addc(out, (char)('0' + type));
            buf_add(out, sqlite3_column_blob(s, i), (size_t)sqlite3_column_bytes(s, i));
            buf_addc(out, '|');
        }
        buf_addc(out, '\n');
    }
    sqlite3_finalize(s);
}

/* All tables, as the schema names them. */
static const char *const whole[] = { NULL };

/* What is in use: what an import leaves staged is the sweep's, and its task has ended. */
static const char *const in_use[] = {
    "SELECT * FROM project",
    "SELECT * FROM workspace",
    "SELECT * FROM cluster",
    "SELECT * FROM object",
    "SELECT * FROM version",
    "SELECT * FROM secret",
    "SELECT * FROM blob WHERE id IN (SELECT blob FROM object UNION SELECT blob FROM version)",
    "SELECT * FROM ref WHERE blob IN (SELECT blob FROM object UNION SELECT blob FROM version)",
    NULL,
};

static void dump(const char *const *sql, struct buf *out)
{
    sqlite3_stmt *s = NULL;
    char one[200];

    for (; *sql; sql++)
        dump_rows(*sql, out);
    if (sql != whole)
        return;
    assert_int_equal(
        sqlite3_prepare_v2(beside, "SELECT name FROM sqlite_schema WHERE type = 'table'",
                           -1, &s, NULL),
        SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        snprintf(one, sizeof(one), "SELECT * FROM \"%s\"", sqlite3_column_text(s, 0));
        dump_rows(one, out);
    }
    sqlite3_finalize(s);
}

/* Notes the objects of the condition: facts, definition, what it names, secrets. */
static void note_objects(struct job *j, const char *condition, const char *name)
{
    static const char columns[] =
        "SELECT b.raw_size, b.stored, o.kind, o.scope, o.name, o.location, o.process_type, "
        "o.directory, o.owner, o.priority, o.single_node, o.end_time, o.create_user, "
        "o.update_user, o.secret_paths, b.stored_size = length(b.stored), "
        "o.blob IS o.submitted, (SELECT group_concat(kind || scope || name) FROM (SELECT * "
        "FROM ref WHERE blob = o.blob ORDER BY kind, scope, name)), (SELECT "
        "group_concat(path || length(sealed)) FROM (SELECT * FROM secret WHERE object = o.id "
        "ORDER BY path)), (SELECT count(*) = w.jobs FROM object x WHERE x.workspace = w.id "
        "AND x.kind = 1), b.orphaned_at IS NULL FROM object o JOIN blob b ON b.id = o.blob "
        "JOIN workspace w ON w.id = o.workspace WHERE ";
    struct err err = ERR_INIT;
    long armed = pause_failing();
    struct buf sql = BUF_INIT(8 * KIB);
    sqlite3_stmt *s = NULL;

    buf_addf(&sql, "%s%s ORDER BY o.kind, o.name", columns, condition);
    assert_int_equal(sqlite3_prepare_v2(beside, buf_cstr(&sql), -1, &s, NULL), SQLITE_OK);
    sqlite3_bind_text(s, 1, name, -1, SQLITE_STATIC);
    while (j->got.max && sqlite3_step(s) == SQLITE_ROW) {
        struct str stored = { sqlite3_column_blob(s, 1),
                              (size_t)sqlite3_column_bytes(s, 1) };

        assert_ok(deflate_undo(&j->got, stored, (size_t)sqlite3_column_int(s, 0), &err),
                  &err);
        for (int i = 2; i < sqlite3_column_count(s); i++)
            note(j, "%s", (const char *)sqlite3_column_text(s, i));
    }
    sqlite3_finalize(s);
    buf_release(&sql);
    left = armed;
}

/* ---- what differs from turn to turn ---- */

/* The length of a value that is another one each time: of an id, or of a time. */
static size_t changing(struct str s)
{
    static const char *const keys[] = { "\"id\":", "\"resourceId\":", "\"taskId\":" };
    size_t n = 0;

    for (size_t i = 0; i < COUNT_OF(keys); i++)
        if (str_starts(s, keys[i])) {
            for (n = strlen(keys[i]); n < s.n && s.p[n] != ',' && s.p[n] != '}';)
                n++;
            return n;
        }
    while (n < s.n && isdigit((unsigned char)s.p[n]))
        n++;
    if (n == 13) /* ms since 1970 */
        return n;
    return s.n > 6 && s.p[0] == 'q' && s.p[6] == 'q' && isdigit((unsigned char)s.p[1])
               ? 7
               : 0;
}

static void make_even(struct buf *b)
{
    struct buf out = BUF_INIT(b->max);
    struct str s = buf_str(b);

    while (s.n) {
        size_t n = changing(s);

        if (n)
            buf_addc(&out, '~');
        else
            buf_addc(&out, s.p[0]);
        s = str_from(s, n ? n : 1);
    }
    buf_release(b);
    *b = out;
}

static struct place *place_of(struct job *j)
{
    return j->kind >= KIND_LINK ? &cdm : &j->world->place;
}

static int save(struct job *j, struct err *err)
{
    char json[1000];
    char turn[20];
    int rc;

    snprintf(turn, sizeof(turn), "%%q%05dq%%", j->turn);
    snprintf(json, sizeof(json), j->json, j->turn);
    rc = save_json(&j->world->catalog, place_of(j), j->kind, str_of(j->key), json, err);
    if (!rc)
        note_objects(j, j->key ? "o.name = ?1" : "o.name LIKE ?1",
                     j->key ? j->key : turn);
    return rc;
}

static int parse(struct job *j, struct err *err)
{
    struct json_doc doc = { 0 };
    struct buf again = BUF_INIT(MIB);
    struct jw jw = JW_INIT(&again, true);
    int rc = json_read(&doc, str_of(j->json), JSON_MAX_VALUES, err);

    if (!rc)
        jw_value(&jw, STR_NONE, &doc, 0);
    if (!rc && again.bad)
        rc = err_nomem(err);
    if (!rc)
        note_str(j, buf_str(&again));
    buf_release(&again);
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

    if (!rc)
        rc = query_get(STR("a=b+c&d=%20"), "d", &value, &fresh, err);
    if (!rc)
        rc = query_list(STR("name=b+c&name=%20"), "name", many, 2, &n, &arena, err);
    if (!rc)
        note(j, "%.*s %zu %.*s %.*s", STR_ARG(value), n, STR_ARG(many[0]),
             STR_ARG(many[1]));
    for (int i = 0; !rc && i < path.n; i++)
        note_str(j, path.segment[i]);
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
        note_str(j, buf_str(&canonical));
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
    struct domain_begin begin;
    char id[ID_HEX_BYTES], name[24];
    int rc = password_hash(STR("hunter22"), &hash, err);

    in.key.sealed = BUF_INIT(0);
    domain_begin_init(&begin);
    begin.user.domain_id = STR("did");
    begin.user.domain = STR("d");
    begin.user.id = STR(ACCOUNT);
    begin.user.name = STR("u");
    begin.user.password = buf_str(&hash);
    begin.user.is_admin = true;
    if (j->turn >= 0) { /* one more, of another name */
        id_hex(id);
        snprintf(name, sizeof(name), "u%d", j->turn);
        begin.user.id = str_of(id);
        begin.user.name = str_of(name);
    }
    if (!rc)
        rc = access_key_new(&in.key, store_key(in.auth.store), begin.user.id, &begin.key,
                            err);
    if (!rc && store_write(in.auth.store, &begin.write)) {
        rc = begin.write.rc;
        *err = begin.write.err;
    }
    buf_release(&in.key.sealed);
    buf_release(&hash);
    return rc;
}

static int issue_token(struct job *j, struct err *err)
{
    struct token_issue issue;
    struct new_token token;

    (void)j;
    token_issue_init(&issue);
    issue.proof = PROOF_ACCESS_KEY;
    issue.shown = str_of(in.key.id);
    issue.account = STR(ACCOUNT);
    issue.project = STR("p");
    issue.methods = STR("[]");
    token_new(&token, 60000, INT64_MAX, &issue);
    if (store_write(in.auth.store, &issue.write))
        *err = issue.write.err;
    else
        in.token = token;
    return issue.write.rc;
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

static void note_principal(struct job *j, const struct principal *who)
{
    assert_whole(&who->account);
    note(j, "%d %.*s %.*s %.*s %.*s %lld %lld", who->account.is_admin,
         STR_ARG(who->account.password), STR_ARG(who->project),
         STR_ARG(who->project_name), STR_ARG(who->credential), (long long)who->issued_ms,
         (long long)who->expires_ms);
}

static int check_token(struct job *j, struct err *err)
{
    struct arena arena = ARENA_INIT;
    struct principal who;
    int rc = auth_token(&in.auth, str_of(in.token.text), &arena, &who, err);

    if (!rc) {
        note_principal(j, &who);
        assert_str(who.project, "p");
        assert_str(who.methods, "[]");
    }
    arena_release(&arena);
    return rc;
}

/* How many failures are counted. */
static int64_t counted(const struct login *l, struct str key)
{
    return counters_add(in.auth.counters[l->table], key, 0, clock_mono_ns() / 1000000,
                        NULL);
}

/* What fails is no guess. */
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
    if (!rc)
        assert_whole(&l.account);
    assert_int_equal(counted(&l, l.counted), 0);
    assert_int_equal(counted(&l, l.counted_here), 0);
    arena_release(&arena);
    return rc;
}

static void authorization(const char *signature, struct buf *out)
{
    buf_clear(out);
    buf_addf(out, "SDK-HMAC-SHA256 Access=%s, SignedHeaders=x-sdk-date, Signature=%s",
             in.key.id, signature);
}

/* The signature of the canonical request, which a wrong one shows with | for line feeds.
 */
static void sign(const struct sign_request *r, struct buf *canonical,
                 char hex[SHA256_HEX_BYTES])
{
    struct str secret = str_of(in.key.secret), date = r->headers[0].value;
    struct hmac_sha256_ctx mac;
    uint8_t made[SHA256_BYTES];

    for (size_t i = 0; i < canonical->len; i++)
        canonical->ptr[i] = canonical->ptr[i] == '|' ? '\n' : canonical->ptr[i];
    sha256_hex(buf_str(canonical), hex);
    hmac_sha256_set_key(&mac, secret.n, (const uint8_t *)secret.p);
    hmac_sha256_update(&mac, 16, (const uint8_t *)"SDK-HMAC-SHA256\n");
    hmac_sha256_update(&mac, date.n, (const uint8_t *)date.p);
    hmac_sha256_update(&mac, 1, (const uint8_t *)"\n");
    hmac_sha256_update(&mac, 64, (const uint8_t *)hex);
    hmac_sha256_digest(&mac, sizeof(made), made);
    hex_encode(made, sizeof(made), hex);
    hex[SHA256_HEX_BYTES - 1] = '\0';
}

/* Signs a request; before allocations count. */
static void make_authorization(const struct sign_request *r, struct buf *text)
{
    struct buf canonical = BUF_INIT(SIGN_SHOWN_MAX);
    char hex[SHA256_HEX_BYTES];
    struct err err = ERR_INIT;
    struct sign_claim claim;
    long armed = pause_failing();

    snprintf(hex, sizeof(hex), "%064d", 0);
    authorization(hex, text);
    assert_ok(sign_parse(&claim, buf_str(text), &err), &err);
    assert_int_equal(sign_check(&claim, r, str_of(in.key.secret), &canonical, &err),
                     E_DENIED);
    err_clear(&err);
    sign(r, &canonical, hex);
    authorization(hex, text);
    buf_release(&canonical);
    left = armed;
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

    gmtime_r(&now, &tm);
    strftime(moment, sizeof(moment), "%Y%m%dT%H%M%SZ", &tm);
    date.value = str_of(moment);
    make_authorization(&r, &text);
    rc =
        auth_signer(&in.auth, buf_str(&text), &r, STR("192.0.2.3"), &arena, &signer, err);
    if (!rc)
        rc = auth_signature(&in.auth, &signer, &r, &who, err);
    if (!rc)
        note_principal(j, &who);
    buf_release(&text);
    arena_release(&arena);
    return rc;
}

/* The administrator may; a key that does not exist may not. */
static int permit(struct job *j, struct err *err)
{
    struct principal who = { .credential = str_of(j->key ? "nobody" : in.key.id) };
    struct authority a = auth_authority(&who, STR("p"), STR(""), ROLE_VIEWER);
    struct rights rights;
    struct revisions revisions;
    int rc = refusal_judge(in.auth.store, &a, &rights, &revisions, err);

    if (rc == E_DENIED) {
        note(j, "denied: %d", err->api);
        err_clear(err);
        rc = 0;
    }
    return rc;
}

static int show(struct job *j, struct err *err)
{
    struct buf json = BUF_INIT(MIB);
    uint8_t digest[SHA256_BYTES];
    char etag[ETAG_BYTES];
    int rc = catalog_show(&j->world->catalog, place_of(j), j->kind, str_of(j->key),
                          j->turn < 0 ? SHOW_SUBMITTED : SHOW_SAVED, j->kind == KIND_JOB,
                          &json, digest, err);

    if (!rc && json.bad) /* the caller's to see */
        rc = err_nomem(err);
    etag_make(digest, etag);
    if (!rc)
        note(j, "%.*s %.*s", ETAG_BYTES, etag, STR_ARG(buf_str(&json)));
    buf_release(&json);
    return rc;
}

static struct str list_of(enum kind kind)
{
    if (kind == KIND_CDM_JOB)
        return STR("default/NORMAL_JOB");
    return kind == KIND_JOB ? STR("BATCH") : STR("");
}

static int list(struct job *j, struct err *err)
{
    struct list_request r = { .tail = "",
                              .query = { .kind = j->kind,
                                         .process_type = list_of(j->kind),
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
    if (!rc)
        note(j, "%llu %.*s", (unsigned long long)hint, STR_ARG(buf_str(&json)));
    buf_release(&json);
    arena_release(&arena);
    return rc;
}

/* All of them, and one by its id. */
static int clusters(struct job *j, struct err *err)
{
    struct catalog *c = &j->world->catalog;
    struct arena arena = ARENA_INIT;
    struct cluster *all, *one;
    char uid[ID_UUID_BYTES];
    size_t n, found;
    int rc = catalog_clusters(c, &j->world->place, STR_NONE, &arena, &all, &n, err);

    default_cluster_uid(STR("p"), uid);
    if (!rc)
        rc =
            catalog_clusters(c, &j->world->place, str_of(uid), &arena, &one, &found, err);
    for (size_t i = 0; !rc && i < n; i++)
        note(j, "%.*s %.*s", STR_ARG(all[i].uid), STR_ARG(all[i].name));
    if (!rc)
        note(j, "%zu %.*s", found, STR_ARG(one->name));
    arena_release(&arena);
    return rc;
}

static void note_workspace(void *arg, const struct workspace *w)
{
    note(arg, "%.*s %.*s %lld", STR_ARG(w->uid), STR_ARG(w->name), (long long)w->jobs);
}

static int workspaces(struct job *j, struct err *err)
{
    struct snapshot *s;
    int rc = store_snapshot(&s, j->world->store, err);

    if (!rc) {
        rc = snapshot_workspaces(s, STR("p"), note_workspace, j, err);
        snapshot_end(s);
    }
    return rc;
}

static void note_export(struct job *j, const struct export *e)
{
    char etag[ETAG_BYTES];

    etag_make(e->digest, etag);
    note(j, "%llu %s missing %zu", (unsigned long long)e->size, etag, e->missing);
    for (size_t i = 0; i < e->n_shown; i++)
        note(j, "%d %.*s@%.*s", e->shown[i].kind, STR_ARG(e->shown[i].name),
             STR_ARG(e->shown[i].job));
    for (size_t i = 0; i < KINDS; i++)
        note(j, "%zu", e->count[i]);
}

/* As the API does: what is remembered, else a plan. */
static int export(struct job *j, struct err *err)
{
    struct shared *whole_archive = NULL;
    struct export *e = NULL;
    static const uint8_t digest[SHA256_BYTES] = { 1 };
    int rc = catalog_export_recall(&j->world->catalog, place_of(j), digest, &e, err);

    j->request.digest = digest;
    if (!rc && !e)
        rc = catalog_export_plan(&j->world->catalog, place_of(j), &j->request, &e, err);
    if (!rc)
        rc = catalog_export_whole(e, &whole_archive, err);
    if (!rc && whole_archive) {
        note_export(j, e);
        note_str(j, buf_str(&whole_archive->bytes));
    }
    if (!rc && !whole_archive) { /* the plan is remembered, the archive is not */
        catalog_export_free(e);
        rc = catalog_export_plan(&j->world->catalog, place_of(j), &j->request, &e, err);
        rc = rc ? rc : catalog_export_whole(e, &whole_archive, err);
        if (!rc) {
            note_export(j, e);
            note_str(j, buf_str(&whole_archive->bytes));
        }
    }
    shared_release(whole_archive);
    if (e)
        catalog_export_free(e);
    return rc;
}

static int export_streamed(struct job *j, struct err *err)
{
    struct buf bytes = BUF_INIT(MIB);
    struct stream *s;
    struct export *e;
    int rc = catalog_export_plan(&j->world->catalog, place_of(j), &j->request, &e, err);

    if (!rc) {
        note_export(j, e);
        s = catalog_export_stream(e);
        rc = stream_read_all(s, &bytes, err);
        s->free(s);
    }
    if (!rc)
        note_str(j, buf_str(&bytes));
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
        "{\"name\":\"c\",\"type\":\"HOST\",\"description\":\"q%05dq\",\"config\":{\"ip\":\"i\","
        "\"port\":\"1\",\"userName\":\"u\",\"password\":\"p\",\"kmsKey\":\"k\","
        "\"agentName\":\"a\"}}",
        "{\"jobs\":[{\"name\":\"m\",\"description\":\"q%05dq\"," CDM_JOB "}]}",
        "{\"name\":\"r\",\"type\":\"jar\",\"location\":\"obs://b/r.jar\",\"desc\":\"q%05dq\"}",
        "{\"name\":\"s\",\"type\":\"Shell\",\"connectionName\":\"c\",\"content\":\"q%05dq\"}",
        "{\"name\":\"imported\",\"processType\":\"BATCH\",\"description\":\"q%05dq\","
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

static int read_import_body(const char *json, struct import_options *body,
                            struct arena *arena, struct err *err)
{
    struct json_doc doc = { 0 };
    int rc = json_read(&doc, str_of(json), JSON_MAX_VALUES, err);

    if (!rc)
        rc = import_body_read(body, &doc, arena, err);
    json_release(&doc);
    return rc;
}

static char last_task[ID_HEX_BYTES];

static int shown_task(struct job *j, struct err *err)
{
    struct buf json = BUF_INIT(MIB);
    int rc = task_show(&j->world->catalog, &j->world->place, str_of(last_task), LANG_EN,
                       &json, err);

    if (!rc)
        note_str(j, buf_str(&json));
    buf_release(&json);
    return rc;
}

static int begin_task(struct catalog *c, const struct place *place,
                      char uid[ID_HEX_BYTES], int64_t *task, struct err *err)
{
    struct task_new new;
    int rc;

    id_hex(uid);
    task_new_init(&new);
    new.write.audit = STR("line");
    new.project = place->project;
    new.workspace = place->workspace;
    new.path = STR("obs://b/k");
    new.kind = TASK_IMPORT_JOBS;
    new.uid = str_of(uid);
    rc = store_write(c->store, &new.write);
    *task = new.id;
    return rc ? err_move(&new.write.err, err) : 0;
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
        rc = begin_task(c, &j->world->place, uid, &task, err);
    if (!rc && !dry)
        rc = import_run(im, task, err);
    if (!rc && !dry) {
        pause_failing(); /* all is written */
        snprintf(last_task, sizeof(last_task), "%s", uid);
        rc = task_show(c, &j->world->place, str_of(uid), LANG_ZH, &json, err);
    }
    if (!rc && (json.bad || str_has(buf_str(&json), "\"message\":\"内存不足\"")))
        rc = err_nomem(err); /* or the task has failed, and says that */
    if (!rc)
        note_str(j, buf_str(&json));
    if (!rc && !dry)
        note_objects(j, "o.name IN ('c', 'd', 'm', 'r', 's', 'imported')", NULL);
    buf_release(&json);
    return rc;
}

static int import(struct job *j, struct err *err)
{
    struct arena arena = ARENA_INIT;
    struct import_options body = { .dry_run = false };
    struct import_request request = { .place = j->world->place,
                                      .kind = TASK_IMPORT_JOBS,
                                      .options = &body };
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

    if (!rc && json.bad)
        rc = err_nomem(err);
    if (!rc)
        note_str(j, buf_str(&json));
    buf_release(&json);
    close(fd);
    return rc;
}

typedef int run_fn(struct job *j, struct err *err);

/* Runs it; what came out is in j->got. */
static int run_once(struct job *j, run_fn *run, struct err *err)
{
    static int turn;
    int rc;

    buf_release(&j->got);
    j->got = BUF_INIT(16 * MIB);
    if (j->turn >= 0)
        j->turn = turn = (turn + 1) % 100000;
    rc = run(j, err);
    left = -1;
    make_even(&j->got);
    return rc;
}

static void forget_exports(struct job *j)
{
    cache_free(j->world->catalog.cache);
    j->world->catalog.cache = cache_new(MIB);
}

/* One run in which the allocation `n` fails; false when there is none. */
static bool run_failing(struct job *j, run_fn *run, int n, bool in_engine,
                        const struct buf *want)
{
    struct buf before = BUF_INIT(64 * MIB), after = BUF_INIT(64 * MIB);
    struct err err = ERR_INIT;
    bool was_struck;
    int rc;

    if (j->keeps)
        dump(j->keeps, &before);
    forget_exports(j);
    struck = false;
    engines = in_engine;
    left = n;
    rc = run_once(j, run, &err);
    was_struck = struck;
    if (!was_struck)
        assert_ok(rc, &err);
    if (rc)
        assert_int_equal(rc, E_NOMEM);
    else /* some are spared: a cache's entry, a page of the engine's */
        assert_bytes(buf_str(&j->got), buf_str(want));
    if (rc && j->keeps) {
        dump(j->keeps, &after);
        assert_bytes(buf_str(&after), buf_str(&before));
    }
    err_clear(&err);
    if (j->request.digest) { /* nothing wrong is remembered */
        assert_ok(run_once(j, run, &err), &err);
        assert_bytes(buf_str(&j->got), buf_str(want));
    }
    buf_release(&before);
    buf_release(&after);
    return was_struck;
}

/* Each allocation fails once; gives how many of ours there were. */
static int count_down(const char *name, struct job *j, run_fn *run)
{
    int steps[] = { 1, getenv("DLF_ALL") ? 1 : 5 }, n[2];
    struct buf want = BUF_INIT(16 * MIB);
    struct err err = ERR_INIT;

    for (int i = 0; i < 2; i++) { /* what is there from now on is there in each run */
        forget_exports(j);
        assert_ok(run_once(j, run, &err), &err);
    }
    buf_addstr(&want, buf_str(&j->got));
    for (int i = 0; i < 2; i++) {
        for (n[i] = 0;; n[i] += steps[i]) {
            t_row("%s, %s allocation %d", name, i ? "the engine's" : "our", n[i]);
            if (!run_failing(j, run, n[i], i == 1, &want))
                break;
        }
    }
    t_rows_end();
    buf_release(&want);
    buf_release(&j->got);
    printf("# %s: %d allocations, %d of the engine\n", name, n[0], n[1]);
    return n[0];
}

static const struct {
    const char *name, *key;
    enum kind kind;
    const char *json;
} saves[] = {
    /* clang-format off */
    { "create a script", NULL, KIND_SCRIPT, "{\"name\":\"sq%05dq\",\"type\":\"Shell\",\"connectionName\":\"c\",\"content\":\"echo\"}" },
    { "update a script", "s", KIND_SCRIPT, "{\"name\":\"s\",\"type\":\"Shell\",\"connectionName\":\"c\",\"content\":\"echo q%05dq\"}" },
    { "create a job", NULL, KIND_JOB, "{\"name\":\"jq%05dq\",\"processType\":\"BATCH\",\"schedule\":{\"type\":\"EXECUTE_ONCE\"}," NODES "}" },
    { "update a job", "j", KIND_JOB, "{\"name\":\"j\",\"processType\":\"BATCH\",\"description\":\"q%05dq\",\"schedule\":{\"type\":\"EXECUTE_ONCE\"}," NODES "}" },
    { "submit a job", "j", KIND_JOB, "{\"name\":\"j\",\"processType\":\"BATCH\",\"targetStatus\":\"SUBMITTED\",\"description\":\"sq%05dq\",\"schedule\":{\"type\":\"EXECUTE_ONCE\"}," NODES "}" },
    { "create a resource", NULL, KIND_RESOURCE, "{\"name\":\"rq%05dq\",\"type\":\"jar\",\"location\":\"obs://b/r.jar\"}" },
    { "create a connection", NULL, KIND_CONNECTION, "{\"name\":\"cq%05dq\",\"type\":\"DWS\",\"config\":{\"clusterName\":\"c\",\"sslEnable\":true,\"userName\":\"u\",\"password\":\"p\",\"kmsKey\":\"k\",\"agentName\":\"a\"}}" },
    { "create a link", NULL, KIND_LINK, "{\"name\":\"lq%05dq\",\"connector-name\":\"generic-jdbc-connector\",\"link-config-values\":{\"configs\":[{\"name\":\"linkConfig\",\"inputs\":[{\"name\":\"linkConfig.host\",\"value\":\"h\"},{\"name\":\"linkConfig.password\",\"value\":\"p\"}]}],\"extended-configs\":{\"name\":\"x.extendedFields\",\"value\":\"eyJwYXNzd29yZCI6InA5IiwiaG9zdCI6ImgifQ==\"}}}" },
    { "create a CDM job", NULL, KIND_CDM_JOB, "{\"name\":\"mq%05dq\"," CDM_JOB "}" },
    { "update a CDM job", "m", KIND_CDM_JOB, "{\"name\":\"m\",\"description\":\"q%05dq\"," CDM_JOB "}" },
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

    if (!rc)
        note_str(j, buf_str(&out));
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
    struct job j = { .world = *state, .keeps = whole };
    struct err err = ERR_INIT;

    in.auth = (struct auth){ .store = j.world->store };
    assert_ok(auth_open(&in.auth, &err), &err);
    assert_true(count_down("account", &j, make_account) > 2);
    j.turn = -1;
    assert_ok(make_account(&j, &err), &err);
    assert_int_equal(sqlite3_exec(beside,
                                  "INSERT INTO project (id, created, domain) VALUES "
                                  "('p', 1, 'did')",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    assert_true(count_down("counters and workers", &j, auth_begin) > 4);
    count_down("token", &j, issue_token); /* all of it is the engine's */
    assert_true(count_down("look at a token", &j, check_token) > 0);
    assert_true(count_down("password", &j, log_in) > 3);
    j.key = in.key.id;
    assert_true(count_down("secret key", &j, log_in) > 2);
    assert_true(count_down("signer", &j, check_signer) > 5);
    count_down("no permit", &j, permit);
    j.key = NULL;
    count_down("permit", &j, permit);
    auth_close(&in.auth);
}

static void test_saves(void **state)
{
    make_old(*state);
    for (size_t i = 0; i < COUNT_OF(saves); i++) {
        struct job j = { .world = *state,
                         .kind = saves[i].kind,
                         .json = saves[i].json,
                         .key = saves[i].key,
                         .keeps = whole };

        assert_true(count_down(saves[i].name, &j, save) > 8);
    }
}

static void say_nothing(const char *text)
{
    (void)text;
}

static int check(struct job *j, struct err *err)
{
    struct store_report report;
    int rc =
        store_check(j->world->path, &world_key, 1, &report, say_nothing, NULL, NULL, err);

    if (rc)
        return rc;
    assert_int_equal(report.damaged, 0);
    note(j, "%lld blobs, %lld dangling", (long long)report.blobs,
         (long long)report.dangling);
    return 0;
}

/* What could not be looked at for want of memory is not damaged. */
static void test_check(void **state)
{
    struct job j = { .world = *state };

    make_old(*state);
    assert_true(count_down("check", &j, check) > 5);
}

static void test_shows(void **state)
{
    struct job j = { .world = *state, .kind = KIND_JOB, .key = "j" };
    struct err err = ERR_INIT;

    make_old(*state);
    assert_true(count_down("show a job", &j, show) > 5);
    j.json = saves[4].json; /* which submits it */
    assert_ok(save(&j, &err), &err);
    j.turn = -1;
    assert_true(count_down("show a version", &j, show) > 5);
    j.turn = 0;
    assert_true(count_down("list jobs", &j, list) > 2);
    j.kind = KIND_SCRIPT;
    j.key = "s";
    assert_true(count_down("show a script", &j, show) > 5);
    assert_true(count_down("list scripts", &j, list) > 5);
    j.kind = KIND_CDM_JOB;
    j.key = "m";
    assert_true(count_down("show a CDM job", &j, show) > 5);
    assert_true(count_down("list CDM jobs", &j, list) > 3);
    assert_true(count_down("clusters", &j, clusters) > 0);
    assert_true(count_down("workspaces", &j, workspaces) > 0);
    buf_release(&j.got);
}

static void test_exports(void **state)
{
    const struct str names[] = { STR("j") };
    struct job j = { .world = *state,
                     .kind = KIND_JOB,
                     .key = "j",
                     .request = { .names = names, .n = 1, .depend = true } };
    struct job submits = j, connects = j;
    struct err err = ERR_INIT;

    make_old(*state);
    submits.json = saves[4].json;
    assert_ok(save(&submits, &err), &err);
    connects.kind = KIND_CONNECTION;
    connects.json = saves[6].json;
    connects.key = NULL;
    assert_ok(save(&connects, &err), &err);
    assert_true(count_down("export, streamed", &j, export_streamed) > 10);
    assert_true(count_down("export", &j, export) > 10);
    j.request.submitted = true;
    assert_true(count_down("export of what was submitted", &j, export_streamed) > 10);
    j.request.submitted = false;
    j.request.layout = EXPORT_SINGLE;
    assert_true(count_down("single export", &j, export_streamed) > 10);
    j.request = (struct export_request){ .layout = EXPORT_CONNECTIONS };
    assert_true(count_down("connections", &j, export_streamed) > 5);
    buf_release(&submits.got);
    buf_release(&connects.got);
}

#define EDITS                                                                            \
    "\"path\":\"obs://b/k\",\"sameNamePolicy\":\"OVERWRITE\",\"executeUser\":\"u\","     \
    "\"params\":{\"p\":\"1\"},\"mapping\":{\"connections\":{\"c\":\"d\"},"               \
    "\"clusters\":{\"c\":\"e\"},\"directories\":{\"/\":\"/d\"}}"

static void test_plans(void **state)
{
    struct job j = { .world = *state, .keeps = in_use };

    j.json = "{\"dryRun\":true," EDITS "}";
    assert_true(count_down("plan of an import", &j, import) > 50);
    assert_true(count_down("check-file", &j, check_an_archive) > 10);
}

static void test_imports(void **state)
{
    struct job j = { .world = *state, .keeps = in_use };

    j.json = "{" EDITS "}";
    assert_true(count_down("import", &j, import) > 50);
    assert_true(count_down("show a task", &j, shown_task) > 3);
}

static void test_sound_parts(void **state)
{
    struct job j = { .world = *state, .keeps = in_use };

    j.json = "{\"onError\":\"continue\"," EDITS "}";
    assert_true(count_down("import of what is sound", &j, import) > 50);
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
    struct piece_stream s = { { .next = next_piece }, false };
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

/* ---- answers ---- */

/* What the server answers to GET /metrics; nothing when it closed the connection. */
static void ask(int port, struct buf *answer)
{
    static const char request[] =
        "GET /metrics HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n";
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons((uint16_t)port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char bytes[8192];
    ssize_t n;

    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    assert_int_equal(write(fd, request, sizeof(request) - 1), sizeof(request) - 1);
    while ((n = read(fd, bytes, sizeof(bytes))) > 0) {
        long armed = pause_failing();

        buf_add(answer, bytes, (size_t)n);
        left = armed;
    }
    close(fd);
}

static struct str body_of(const struct buf *answer)
{
    const char *at = answer->len ? memmem(answer->ptr, answer->len, "\r\n\r\n", 4) : NULL;

    return at ? str_from(buf_str(answer), (size_t)(at + 4 - answer->ptr)) : STR_NONE;
}

/* The lines of a page: the numbers behind the names change. */
static size_t lines_of(struct str s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == '\n';
    return n;
}

/* The whole page, or 503 without any, or no answer at all. */
static void test_no_answer_is_cut(void **state)
{
    struct http_options options = { .name = "metrics-listen",
                                    .listen = "127.0.0.1:0",
                                    .threads = 1,
                                    .max_connections = 10,
                                    .header_timeout_s = 60,
                                    .transfer_timeout_s = 60,
                                    .allow_origin = "",
                                    .tls_cert = "",
                                    .tls_key = "",
                                    .max_body_memory = MIB,
                                    .app = api_metrics_app() };
    struct http_server *server = NULL;
    struct buf answer = BUF_INIT(MIB);
    size_t lines, refused = 0;
    struct err err = ERR_INIT;

    (void)state;
    assert_ok(http_start(&server, &options, &err), &err);
    ask(http_port(server), &answer);
    assert_true(str_starts(buf_str(&answer), "HTTP/1.1 200"));
    lines = lines_of(body_of(&answer));
    assert_true(lines > 50);
    for (int n = 0;; n++) {
        t_row("allocation %d", n);
        buf_clear(&answer);
        struck = engines = false;
        left = n;
        ask(http_port(server), &answer);
        left = -1;
        if (str_starts(buf_str(&answer), "HTTP/1.1 200"))
            assert_int_equal(lines_of(body_of(&answer)), lines);
        else if (answer.len) {
            assert_true(str_starts(buf_str(&answer), "HTTP/1.1 503"));
            assert_int_equal(body_of(&answer).n, 0);
            refused++;
        }
        if (!struck)
            break;
    }
    assert_true(str_starts(buf_str(&answer), "HTTP/1.1 200"));
    printf("# %zu answers were refused\n", refused);
    assert_true(refused > 5);
    t_rows_end();
    buf_release(&answer);
    http_stop(server);
}

#define IN_WORLD(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* tests/meson.build runs some of them by themselves, so that none takes long. */
static const struct CMUnitTest tests[] = {
    IN_WORLD(test_parses),  IN_WORLD(test_signatures),  IN_WORLD(test_saves),
    IN_WORLD(test_shows),   IN_WORLD(test_exports),     IN_WORLD(test_plans),
    IN_WORLD(test_imports), IN_WORLD(test_sound_parts), IN_WORLD(test_check),
    IN_WORLD(test_sign_in), IN_WORLD(test_objects),     IN_WORLD(test_no_answer_is_cut),
};

T_MAIN(tests)
