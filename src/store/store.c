#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "base/utf8.h"
#include "store/store_int.h"

static int open_readers(struct store *s, struct err *err)
{
    s->readers = calloc((size_t)s->options.readers, sizeof(*s->readers));
    if (!s->readers)
        return err_nomem(err);
    for (; s->n_readers < s->options.readers; s->n_readers++) {
        struct snapshot *one = &s->readers[s->n_readers];
        int rc = db_open(&one->db, s->options.path, MIGRATE_NOT, err);

        if (rc)
            return rc;
        one->store = s;
        one->next = s->pool;
        s->pool = one;
    }
    return 0;
}

static enum migration migration_of(const struct store_options *options)
{
    if (!options->may_migrate)
        return MIGRATE_NOT;
    return options->scratch ? MIGRATE : MIGRATE_COPIED;
}

int store_open(struct store **out, const struct store_options *options, struct err *err)
{
    struct store *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return err_nomem(err);
    s->options = *options;
    pthread_mutex_init(&s->pool_lock, NULL);
    pthread_cond_init(&s->pool_filled, NULL);
    rc = db_open(&s->db, options->path, migration_of(options), err);
    if (!rc) {
        db_set_without_sign_in(s->db, options->without_sign_in);
        rc = choose_key(s->db, options, err);
    }
    if (!rc)
        rc = open_readers(s, err);
    if (!rc)
        rc = audit_start(s, err);
    if (!rc)
        rc = writer_start(s, err);
    if (rc) {
        store_close(s);
        return rc;
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    writer_stop(s);
    for (int i = 0; i < s->n_readers; i++)
        db_close(s->readers[i].db);
    db_close(s->db);
    pthread_mutex_destroy(&s->pool_lock);
    pthread_cond_destroy(&s->pool_filled);
    free(s->readers);
    free(s);
}

/* ---- snapshots ---- */

void give_back(struct snapshot *one)
{
    struct store *s = one->store;

    metric_add(METRIC_READ_NS, clock_mono_ns() - one->since_ns);
    pthread_mutex_lock(&s->pool_lock);
    one->next = s->pool;
    s->pool = one;
    pthread_cond_signal(&s->pool_filled);
    pthread_mutex_unlock(&s->pool_lock);
}

struct snapshot *borrow(struct store *s)
{
    struct snapshot *one;

    pthread_mutex_lock(&s->pool_lock);
    while (!s->pool)
        pthread_cond_wait(&s->pool_filled, &s->pool_lock);
    one = s->pool;
    s->pool = one->next;
    pthread_mutex_unlock(&s->pool_lock);
    one->since_ns = clock_mono_ns();
    return one;
}

int store_snapshot(struct snapshot **out, struct store *s, struct err *err)
{
    struct snapshot *one = borrow(s);
    int rc = db_run(one->db, err, SQL_BEGIN_READ, "");
    if (rc) {
        give_back(one);
        return rc;
    }
    *out = one;
    return 0;
}

void snapshot_end(struct snapshot *one)
{
    struct err err = ERR_INIT;

    if (db_run(one->db, &err, SQL_COMMIT, ""))
        err_clear(&err); /* a read transaction has nothing to lose */
    give_back(one);
}

void read_workspace(struct query *q, struct workspace *w, struct arena *arena)
{
    *w = (struct workspace){
        .id = db_int(q, 0),
        .uid = arena_str(arena, db_text(q, 1)),
        .name = arena_str(arena, db_text(q, 2)),
        .revision = db_int(q, 3),
        .jobs = db_int(q, 4),
        .real_time_jobs = db_int(q, 5),
        .scripts = db_int(q, 6),
        .resources = db_int(q, 7),
    };
}

int exists(struct query *q, bool *found, struct err *err)
{
    int rc = db_next(q, err);

    *found = rc == 1;
    if (rc == 1)
        db_end(q);
    return rc < 0 ? rc : 0;
}

static const char cdm_mark[] = "cdm"; /* an address that no other text has */
const struct str cdm_workspace = { cdm_mark, 0 };

bool is_cdm_workspace(struct str uid)
{
    return uid.p == cdm_workspace.p;
}

static struct query *query_workspace(struct db *db, struct str project, struct str uid)
{
    if (uid.n)
        return db_query(db, SQL_WORKSPACE_BY_UID, "ss", project, uid);
    return db_query(db, SQL_WORKSPACE_BY_NAME, "ss", project,
                    is_cdm_workspace(uid) ? STR("") : STR("default"));
}

/* So many objects as nobody has: sums of them do not overflow. */
static bool counts_are_sound(const struct workspace *w)
{
    const int64_t counts[] = { w->jobs, w->real_time_jobs, w->scripts, w->resources };

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (counts[i] < 0 || counts[i] > INT32_MAX)
            return false;
    return w->real_time_jobs <= w->jobs;
}

int find_workspace(struct db *db, struct str project, struct str uid,
                   struct workspace *out, struct arena *arena, struct err *err)
{
    struct query *q = query_workspace(db, project, uid);
    int rc = db_next(q, err);
    struct buf text = BUF_INIT(256);
    bool known;

    *out = (struct workspace){ .uid = STR(""), .name = STR("default") };
    if (rc == 1) {
        read_workspace(q, out, arena);
        db_end(q);
        if (!counts_are_sound(out))
            return row_damaged("workspace", out->id, err);
        return out->uid.p && out->name.p ? 0 : err_nomem(err);
    }
    if (rc < 0)
        return rc;
    if (uid.n) {
        buf_addstr(&text, (struct str){ uid.p, uid.n < 128 ? uid.n : 128 });
        err_set(err, E_NOTFOUND, DLF_0819, DET_WORKSPACE, buf_cstr(&text));
        buf_release(&text);
        return E_NOTFOUND;
    }
    if (is_cdm_workspace(uid))
        return 0; /* it begins with its first write */
    rc = exists(db_query(db, SQL_PROJECT, "s", project), &known, err);
    if (!rc && known)
        return err_set(err, E_NOTFOUND, DLF_0819, DET_NO_DEFAULT);
    return rc;
}

int snapshot_workspace(struct snapshot *s, struct str project, struct str uid,
                       struct workspace *out, struct arena *arena, struct err *err)
{
    return find_workspace(s->db, project, uid, out, arena, err);
}

static int read_revisions(struct db *db, struct str project, struct str uid,
                          struct revisions *out, struct err *err)
{
    enum sql sql = uid.n ? SQL_REVISIONS_BY_UID : SQL_REVISIONS_BY_NAME;
    struct query *q = db_query(db, sql, "ss", project, uid.n ? uid : STR("default"));
    int rc = db_next(q, err);

    *out = (struct revisions){ 0 };
    if (rc != 1)
        return rc;
    *out = (struct revisions){ db_int(q, 0), db_int(q, 1), db_int(q, 2) };
    db_end(q);
    return 0;
}

int snapshot_revisions(struct snapshot *s, struct str project, struct str uid,
                       struct revisions *out, struct err *err)
{
    return read_revisions(s->db, project, uid, out, err);
}

int store_revisions(struct store *s, struct str project, struct str uid,
                    struct revisions *out, struct err *err)
{
    struct snapshot *one = borrow(s);
    int rc = read_revisions(one->db, project, uid, out, err);

    give_back(one);
    return rc;
}

int snapshot_workspaces(struct snapshot *s, struct str project,
                        void (*each)(void *arg, const struct workspace *w), void *arg,
                        struct err *err)
{
    struct query *q = db_query(s->db, SQL_WORKSPACE_LIST, "s", project);
    struct arena arena = ARENA_INIT;
    int rc;

    while ((rc = db_next(q, err)) == 1) {
        struct workspace w;

        read_workspace(q, &w, &arena);
        if (!w.uid.p || !w.name.p) {
            rc = err_nomem(err);
            break;
        }
        each(arg, &w);
    }
    db_end(q);
    arena_release(&arena);
    return rc;
}

/* ---- objects ---- */

int row_damaged_text(const char *table, struct str row, struct err *err)
{
    struct buf text = BUF_INIT(KIB);

    buf_addf(&text, "row %.*s of table %s is damaged", STR_ARG(utf8_cut(row, 200)),
             table);
    log_error("%s", buf_cstr(&text) ? text.ptr : "a row is damaged");
    err_set(err, E_INTERNAL, APIGW_0601, DET_TEXT, buf_cstr(&text));
    buf_release(&text);
    return E_INTERNAL;
}

int row_damaged(const char *table, int64_t row, struct err *err)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)row);
    return row_damaged_text(table, str_of(text), err);
}

int object_damaged(enum row_fault fault, const struct object *o, struct err *err)
{
    static const char *const tables[] = {
        [ROW_OBJECT] = "object",
        [ROW_BLOB] = "blob",
        [ROW_VERSION] = "version",
        [ROW_REF] = "ref, of blob",
    };

    if (!fault)
        return 0;
    return row_damaged(tables[fault],
                       fault == ROW_BLOB || fault == ROW_REF ? o->blob : o->id, err);
}

/* Reads what a blob says of its bytes; false when no definition has it. */
static bool read_blob(struct query *q, struct object *o, int raw_size, int sha256,
                      int stored_sha256)
{
    int64_t raw = db_int(q, raw_size), stored = db_int(q, raw_size + 2);
    struct str of_raw = db_text(q, sha256), of_stored = db_text(q, stored_sha256);

    if (raw < 0 || raw > (int64_t)DEFINITION_MAX || stored < 0 || stored > raw ||
        of_raw.n != SHA256_BYTES || of_stored.n != SHA256_BYTES)
        return false;
    o->raw_size = (uint32_t)raw;
    o->crc32 = (uint32_t)db_int(q, raw_size + 1);
    o->stored_size = (uint32_t)stored;
    memcpy(o->sha256, of_raw.p, SHA256_BYTES);
    memcpy(o->stored_sha256, of_stored.p, SHA256_BYTES);
    return true;
}

enum row_fault scan_object(struct query *q, struct object *o)
{
    enum row_fault fault = (enum row_fault)db_int(q, 23);

    *o = (struct object){
        .id = db_int(q, 0),
        .uid = db_text(q, 1),
        .facts = { .scope = db_text(q, 2),
                   .name = db_text(q, 3),
                   .location = db_text(q, 5),
                   .process_type = db_text(q, 6),
                   .directory = db_text(q, 7),
                   .owner = db_text(q, 8),
                   .priority = db_int(q, 9),
                   .single_node = db_int(q, 10) != 0,
                   .end_time = db_int(q, 11) },
        .blob = db_int(q, 4),
        .create_time = db_int(q, 12),
        .create_user = db_text(q, 13),
        .update_time = db_int(q, 14),
        .update_user = db_text(q, 15),
        .secret_paths = db_text(q, 21),
        .version = db_int(q, 22),
    };
    if (o->blob && !read_blob(q, o, 16, 20, 19) && !fault)
        fault = ROW_BLOB;
    return fault;
}

int read_object(struct query *q, struct object *o, struct err *err)
{
    return object_damaged(scan_object(q, o), o, err);
}

int keep_object(struct object *o, struct arena *arena, struct err *err)
{
    struct str *texts[] = { &o->uid,
                            &o->facts.scope,
                            &o->facts.name,
                            &o->facts.location,
                            &o->facts.process_type,
                            &o->facts.directory,
                            &o->facts.owner,
                            &o->create_user,
                            &o->update_user,
                            &o->secret_paths };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = arena_str(arena, *texts[i]);
        if (!texts[i]->p)
            return err_nomem(err);
    }
    return 0;
}

int find_object(struct db *db, enum sql sql, int64_t workspace, enum kind kind,
                struct str scope, struct str key, struct object *out, struct arena *arena,
                struct err *err)
{
    struct query *q = db_query(db, sql, "iiss", workspace, (int64_t)kind, key, scope);
    int rc = db_next(q, err);

    *out = (struct object){ 0 };
    if (rc != 1)
        return rc;
    rc = read_object(q, out, err);
    if (!rc)
        rc = keep_object(out, arena, err);
    db_end(q);
    return rc;
}

int snapshot_object(struct snapshot *s, int64_t workspace, enum kind kind,
                    struct str scope, struct str key, struct object *out,
                    struct arena *arena, struct err *err)
{
    enum sql sql = kind == KIND_RESOURCE ? SQL_OBJECT_BY_UID : SQL_OBJECT_BY_NAME;

    return find_object(s->db, sql, workspace, kind, scope, key, out, arena, err);
}

/* -1: the workspace does not count them. */
static int64_t counted(const struct workspace *w, const struct list_query *query)
{
    if (query->kind >= KIND_CONNECTION)
        return -1;
    if (query->kind == KIND_SCRIPT)
        return w->scripts;
    if (query->kind == KIND_RESOURCE)
        return w->resources;
    return str_is(query->process_type, "REAL_TIME") ? w->real_time_jobs
                                                    : w->jobs - w->real_time_jobs;
}

static int count_matches(struct snapshot *s, const struct workspace *w,
                         const struct list_query *query, int64_t *total, struct err *err)
{
    struct query *q;
    int rc;

    *total = counted(w, query);
    if (!query->name_part.n && *total >= 0)
        return 0;
    q = db_query(s->db, SQL_OBJECT_SEARCH_COUNT, "iiss", w->id, (int64_t)query->kind,
                 query->process_type, query->name_part);
    rc = db_next(q, err);
    if (rc == 1) {
        *total = db_int(q, 0);
        db_end(q);
    }
    return rc < 0 ? rc : 0;
}

/* What the workspace counts is what it has: a row that is damaged may be out of sight. */
static int check_length(const struct workspace *w, const struct list_query *query,
                        size_t n, int64_t total, struct err *err)
{
    int64_t left = total > query->offset ? total - query->offset : 0;

    if (query->name_part.n || counted(w, query) < 0 ||
        (int64_t)n == (left < query->limit ? left : query->limit))
        return 0;
    return row_damaged("workspace", w->id, err);
}

int snapshot_list(struct snapshot *s, const struct workspace *w,
                  const struct list_query *query, struct object *out, size_t *n,
                  int64_t *total, struct arena *arena, struct err *err)
{
    bool all = query->name_part.n == 0;
    struct query *q;
    int rc = count_matches(s, w, query, total, err);

    *n = 0;
    if (rc)
        return rc;
    q = db_query(s->db, all ? SQL_OBJECT_LIST : SQL_OBJECT_SEARCH,
                 all ? "iisii" : "iisiis", w->id, (int64_t)query->kind,
                 query->process_type, query->limit, query->offset, query->name_part);
    while (!rc && (rc = db_next(q, err)) == 1) {
        rc = read_object(q, &out[*n], err);
        if (!rc)
            rc = keep_object(&out[(*n)++], arena, err);
    }
    db_end(q);
    return rc ? rc : check_length(w, query, *n, *total, err);
}

int snapshot_all(struct snapshot *s, int64_t workspace, enum kind kind,
                 int (*each)(void *arg, const struct object *o, struct err *err),
                 void *arg, struct err *err)
{
    struct query *q = db_query(s->db, SQL_OBJECT_ALL, "ii", workspace, (int64_t)kind);
    struct object o;
    int rc = 0;

    while (!rc && (rc = db_next(q, err)) == 1) {
        rc = read_object(q, &o, err);
        if (!rc)
            rc = each(arg, &o, err);
    }
    db_end(q);
    return rc;
}

int snapshot_version(struct snapshot *s, int64_t number, struct object *o,
                     struct err *err)
{
    struct query *q = db_query(s->db, SQL_VERSION_OF, "ii", o->id, number);
    struct object version = { .id = 0 };
    enum row_fault fault;
    int rc = db_next(q, err);

    if (rc == 0)
        return err_set(err, E_NOTFOUND, API_OK, DET_NONE);
    if (rc < 0)
        return rc;
    o->blob = version.blob = db_int(q, 0);
    o->secret_paths = STR(""); /* those that are stored are of the saved definition */
    version.id = db_int(q, 6);
    fault = (enum row_fault)db_int(q, 7);
    if (!fault && !read_blob(q, o, 1, 4, 5))
        fault = ROW_BLOB;
    rc = object_damaged(fault, &version, err);
    db_end(q);
    return rc;
}

/* The row behind `after`, of objects or of their versions. */
static int next_row(struct snapshot *s, enum sql sql, int64_t after, struct object *out,
                    struct owner *owner, struct arena *arena, struct err *err)
{
    struct query *q = db_query(s->db, sql, "i", after);
    int rc = db_next(q, err);

    *out = (struct object){ 0 };
    if (rc != 1)
        return rc;
    owner->fault = scan_object(q, out);
    rc = keep_object(out, arena, err);
    owner->kind = (enum kind)db_int(q, OBJECT_COLUMNS);
    owner->project = arena_str(arena, db_text(q, OBJECT_COLUMNS + 1));
    owner->workspace = arena_str(arena, db_text(q, OBJECT_COLUMNS + 2));
    owner->workspace_name = arena_str(arena, db_text(q, OBJECT_COLUMNS + 3));
    owner->version = sql == SQL_VERSION_NEXT ? db_int(q, OBJECT_COLUMNS + 4) : 0;
    owner->number = sql == SQL_VERSION_NEXT ? db_int(q, OBJECT_COLUMNS + 5) : 0;
    if (sql == SQL_VERSION_NEXT && !owner->fault)
        owner->fault = (int)db_int(q, OBJECT_COLUMNS + 6);
    db_end(q);
    if (!rc && (!owner->project.p || !owner->workspace.p || !owner->workspace_name.p))
        rc = err_nomem(err);
    return rc;
}

int snapshot_next_object(struct snapshot *s, int64_t after, struct object *out,
                         struct owner *owner, struct arena *arena, struct err *err)
{
    return next_row(s, SQL_OBJECT_NEXT, after, out, owner, arena, err);
}

int snapshot_next_version(struct snapshot *s, int64_t after, struct object *out,
                          struct owner *owner, struct arena *arena, struct err *err)
{
    return next_row(s, SQL_VERSION_NEXT, after, out, owner, arena, err);
}

int store_other_format(struct store *s, bool *other, struct err *err)
{
    struct snapshot *one = borrow(s);
    bool marked = false;
    int rc = exists(db_query(one->db, SQL_FORMAT_MARK, "i", (int64_t)EXPORT_FORMAT),
                    &marked, err);

    give_back(one);
    *other = !marked;
    return rc;
}

static int run_format_mark(struct db *db, struct write *write, struct err *err)
{
    int rc = db_run(db, err, SQL_FORMAT_MARK_SET, "i", (int64_t)EXPORT_FORMAT);

    (void)write;
    return rc ? rc : db_run(db, err, SQL_EXPOSED_CLEAR, "");
}

void format_mark_init(struct format_mark *m)
{
    *m = (struct format_mark){ .write.run = run_format_mark };
}
