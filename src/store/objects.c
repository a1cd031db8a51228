#include "store/objects.h"

#include "base/limits.h"
#include "store/damage.h"
#include "store/store_int.h"

/* Rows of objects, and the objects of a workspace. */

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
bool read_content(struct query *q, struct object *o, int raw_size, int sha256,
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
    enum row_fault fault = (enum row_fault)db_int(q, OBJECT_FAULT);

    *o = (struct object){
        .id = db_int(q, OBJECT_ID),
        .uid = db_text(q, OBJECT_UID),
        .facts = { .scope = db_text(q, OBJECT_SCOPE),
                   .name = db_text(q, OBJECT_NAME),
                   .location = db_text(q, OBJECT_LOCATION),
                   .process_type = db_text(q, OBJECT_PROCESS_TYPE),
                   .directory = db_text(q, OBJECT_DIRECTORY),
                   .owner = db_text(q, OBJECT_OWNER),
                   .priority = db_int(q, OBJECT_PRIORITY),
                   .single_node = db_int(q, OBJECT_SINGLE_NODE) != 0,
                   .end_time = db_int(q, OBJECT_END_TIME) },
        .blob = db_int(q, OBJECT_BLOB),
        .create_time = db_int(q, OBJECT_CREATE_TIME),
        .create_user = db_text(q, OBJECT_CREATE_USER),
        .update_time = db_int(q, OBJECT_UPDATE_TIME),
        .update_user = db_text(q, OBJECT_UPDATE_USER),
        .secret_paths = db_text(q, OBJECT_SECRET_PATHS),
        .version = db_int(q, OBJECT_VERSION),
    };
    if (o->blob &&
        !read_content(q, o, OBJECT_RAW_SIZE, OBJECT_SHA256, OBJECT_STORED_SHA256) &&
        !fault)
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
    if (query->kind == KIND_SCRIPT)
        return w->scripts;
    if (query->kind == KIND_RESOURCE)
        return w->resources;
    if (query->kind != KIND_JOB)
        return -1;
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

int snapshot_held(struct snapshot *s, int64_t workspace, enum kind kind, struct str scope,
                  struct str name, struct object *out, struct arena *arena,
                  struct err *err)
{
    return find_object(s->db, SQL_OBJECT_BY_NAME, workspace, kind, scope, name, out,
                       arena, err);
}

int snapshot_has_resource(struct snapshot *s, int64_t workspace, struct str name,
                          bool *has, struct err *err)
{
    return db_exists(db_query(s->db, SQL_RESOURCE_NAMED, "is", workspace, name), has,
                     err);
}

int snapshot_has_dli(struct snapshot *s, int64_t workspace, bool *has, struct err *err)
{
    return db_exists(db_query(s->db, SQL_DLI_HELD, "i", workspace), has, err);
}
