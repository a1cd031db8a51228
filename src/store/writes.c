#include "store/store_int.h"

#include "base/clock.h"
#include "base/limits.h"

/* The writes of store.h: what each does inside its transaction. */

static int add_workspace(struct db *db, struct str project, struct str name,
                         char uid[ID_HEX_BYTES], struct err *err)
{
    id_hex(uid);
    return db_run(db, err, SQL_WORKSPACE_ADD, "sssii", str_of(uid), project, name,
                  id_random(), clock_ms());
}

/* Without sign-in the project's row and its default workspace are written at its first
 * write.  Where there are accounts only `dlfd admin project create` makes projects: one
 * that was deleted while a write was under way stays deleted. */
int add_project(struct db *db, struct str project, struct err *err)
{
    char uid[ID_HEX_BYTES];
    bool known;
    int rc = exists(db_query(db, SQL_PROJECT, "s", project), &known, err);

    if (rc || known)
        return rc;
    rc = db_run(db, err, SQL_PROJECT_ADD, "sii", project, clock_ms(),
                (int64_t)db_without_sign_in(db));
    if (rc)
        return rc;
    if (db_changes(db) == 0)
        return err_set(err, E_DENIED, APIGW_0306, DET_OTHER_PROJECT);
    return add_workspace(db, project, STR("default"), uid, err);
}

/* Finds the workspace of a write, or begins it.  Writers queued at BEGIN. */
int open_workspace(struct db *db, struct str project, struct str uid, struct changes *out,
                   struct arena *arena, struct err *err)
{
    struct workspace *w = &out->w;
    char cdm_uid[ID_HEX_BYTES];
    int rc;

    *out = (struct changes){ .changed = false };
    rc = find_workspace(db, project, uid, w, arena, err);
    if (!rc && !w->id) {
        rc = add_project(db, project, err);
        if (!rc && is_cdm_workspace(uid))
            rc = add_workspace(db, project, STR(""), cdm_uid, err);
        if (!rc)
            rc = find_workspace(db, project, uid, w, arena, err);
    }
    return rc;
}

/* Counts `by` objects more of a kind. */
static void change_workspace(struct changes *c, enum kind kind, int64_t by,
                             int64_t real_time_by)
{
    c->jobs += kind == KIND_JOB ? by : 0;
    c->real_time_jobs += real_time_by;
    c->scripts += kind == KIND_SCRIPT ? by : 0;
    c->resources += kind == KIND_RESOURCE ? by : 0;
    c->changed = true;
}

int close_workspace(struct db *db, const struct changes *c, struct err *err)
{
    if (!c->changed)
        return 0;
    return db_run(db, err, SQL_WORKSPACE_CHANGE, "iiiiii", c->w.id, id_random(), c->jobs,
                  c->real_time_jobs, c->scripts, c->resources);
}

/* ---- save ---- */

static int add_refs(struct db *db, const struct new_blob *b, int64_t blob,
                    struct err *err)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < b->n_refs; i++)
        rc = db_run(db, err, SQL_REF_ADD, "iiss", blob, (int64_t)b->refs[i].kind,
                    b->refs[i].scope, b->refs[i].name);
    return rc;
}

static int add_blob(struct db *db, const struct new_blob *b, int64_t *id, struct err *err)
{
    int rc = db_run(db, err, SQL_BLOB_ADD, "biiiibb",
                    (struct str){ (const char *)b->sha256, SHA256_BYTES },
                    (int64_t)EXPORT_FORMAT, (int64_t)b->raw_size, (int64_t)b->crc32,
                    (int64_t)b->stored.len,
                    (struct str){ (const char *)b->stored_sha256, SHA256_BYTES },
                    buf_str(&b->stored));

    *id = db_last_id(db);
    return rc ? rc : add_refs(db, b, *id, err);
}

static int add_refs_again(struct db *db, const struct new_blob *b, int64_t blob,
                          struct err *err)
{
    int rc = db_run(db, err, SQL_REF_CLEAR, "i", blob);

    return rc ? rc : add_refs(db, b, blob, err);
}

int find_blob(struct db *db, enum sql sql, const uint8_t sha256[SHA256_BYTES],
              int64_t *id, struct err *err)
{
    struct query *q =
        db_query(db, sql, "bi", (struct str){ (const char *)sha256, SHA256_BYTES },
                 (int64_t)EXPORT_FORMAT);
    int rc = db_next(q, err);

    *id = 0;
    if (rc != 1)
        return rc;
    *id = db_int(q, 0);
    rc = db_int(q, 1) ? row_damaged("blob", *id, err) : 0;
    db_end(q);
    return rc;
}

int use_blob(struct db *db, int64_t blob, struct err *err)
{
    return db_run(db, err, SQL_BLOB_USE, "i", blob);
}

/* The blob of this content: the one that is there, or a new one. */
static int put_blob(struct db *db, const struct save *s, int64_t *id, struct err *err)
{
    int rc = find_blob(db, SQL_BLOB_FIND, s->blob->sha256, id, err);

    if (rc)
        return rc;
    if (!*id)
        return add_blob(db, s->blob, id, err);
    rc = s->again ? add_refs_again(db, s->blob, *id, err) : 0;
    return rc ? rc : use_blob(db, *id, err);
}

static bool is_real_time(struct str process_type)
{
    return str_is(process_type, "REAL_TIME");
}

/* The one DLI connection of a workspace has another name, or this one. */
static int name_the_conflict(struct db *db, const struct save *s,
                             const struct workspace *w, struct err *err)
{
    struct query *q = db_query(db, SQL_OBJECT_BY_NAME, "iiss", w->id, (int64_t)s->kind,
                               s->facts->name, s->facts->scope);
    int rc = db_next(q, err);

    if (rc == 1)
        db_end(q);
    if (rc < 0)
        return rc;
    return rc ? err_set(err, E_EXISTS, API_OK, DET_NONE)
              : err_set(err, E_EXISTS, DLF_6271, DET_ONE_DLI);
}

static int add_version(struct db *db, const struct save *s, int64_t object,
                       int64_t number, int64_t blob, struct err *err)
{
    return db_run(db, err, SQL_VERSION_ADD, "iiisi", object, number, blob, s->user,
                  clock_ms());
}

/* What is submitted at once has its first version. */
static int create(struct db *db, struct save *s, struct changes *c, int64_t blob,
                  int64_t *id, struct err *err)
{
    const struct facts *f = s->facts;
    const struct workspace *w = &c->w;
    int64_t held = s->kind == KIND_JOB ? w->jobs + c->jobs : w->scripts + c->scripts;
    int rc;

    id_uuid(s->uid);
    rc = db_run(db, err, SQL_OBJECT_ADD, "siississssiiiisi", str_of(s->uid), w->id,
                (int64_t)s->kind, f->scope, f->name, blob, f->location, f->process_type,
                f->directory, f->owner, f->priority, (int64_t)f->single_node, f->end_time,
                clock_ms(), s->user, (int64_t)s->submit);
    if (rc == E_EXISTS && s->kind == KIND_CONNECTION)
        return name_the_conflict(db, s, w, err);
    *id = db_last_id(db);
    if (!rc && s->submit)
        rc = add_version(db, s, *id, 1, blob, err);
    if (!rc)
        rc = put_secrets(db, s, *id, str_of(s->uid), err);
    if (!rc && s->quota && held >= s->quota)
        rc = err_set(err, E_LIMIT, API_OK, DET_NONE); /* a name in use counts first */
    if (!rc)
        change_workspace(c, s->kind, 1, is_real_time(f->process_type));
    return rc;
}

/* A definition that lost a user; the sweep takes it when it has none left. */
int leave_blob(struct db *db, int64_t blob, struct err *err)
{
    return db_run(db, err, SQL_BLOB_ORPHAN, "i", blob);
}

int stage_blob(struct db *db, const struct new_blob *b, int64_t *id, struct err *err)
{
    int rc = find_blob(db, SQL_BLOB_FIND, b->sha256, id, err);

    if (rc)
        return rc;
    return *id ? use_blob(db, *id, err) : add_blob(db, b, id, err);
}

static bool is_moved(const struct facts *f, const struct facts *old)
{
    return !str_eq(f->scope, old->scope) || !str_eq(f->name, old->name) ||
           !str_eq(f->location, old->location) ||
           !str_eq(f->process_type, old->process_type);
}

static int update(struct db *db, struct save *s, struct changes *c, int64_t blob,
                  struct err *err)
{
    const struct facts *f = s->facts;
    const struct object *old = s->old;
    int rc = db_run(
        db, err, SQL_OBJECT_CHANGE, "iiiissiiiis", old->id, c->w.id, old->blob, blob,
        f->directory, f->owner, f->priority, (int64_t)f->single_node, f->end_time,
        s->again ? old->update_time : clock_ms(), s->again ? old->update_user : s->user);

    if (rc)
        return rc;
    if (db_changes(db) == 0)
        return err_set(err, E_BUSY, APIGW_0613, DET_CONTENDED);
    if (is_moved(f, &old->facts))
        rc = db_run(db, err, SQL_OBJECT_MOVE, "issss", old->id, f->scope, f->name,
                    f->location, f->process_type);
    if (!rc)
        rc = put_secrets(db, s, old->id, old->uid, err);
    if (rc || blob == old->blob)
        return rc;
    change_workspace(c, s->kind, 0,
                     is_real_time(f->process_type) -
                         is_real_time(old->facts.process_type));
    return leave_blob(db, old->blob, err);
}

/* ---- versions ---- */

/* Drops the versions of what has the name, up to a number. */
static int drop_versions(struct db *db, int64_t workspace, enum kind kind,
                         struct str name, int64_t up_to, struct err *err)
{
    int rc;

    do {
        struct query *q =
            db_query(db, SQL_VERSION_DROP, "iisi", workspace, (int64_t)kind, name, up_to);
        int64_t blob;

        rc = db_next(q, err);
        if (rc != 1)
            return rc;
        blob = db_int(q, 0);
        db_end(q);
        rc = leave_blob(db, blob, err);
    } while (!rc);
    return rc;
}

/* Another version, unless the latest one is the same. */
static int submit(struct db *db, const struct save *s, struct changes *c, int64_t object,
                  struct err *err)
{
    struct query *q = db_query(db, SQL_SUBMIT, "i", object);
    int rc = db_next(q, err);
    int64_t number, blob;

    if (rc != 1)
        return rc;
    number = db_int(q, 0);
    blob = db_int(q, 1);
    db_end(q);
    rc = add_version(db, s, object, number, blob, err);
    change_workspace(c, s->kind, 0, 0);
    if (rc || number <= VERSIONS_KEPT)
        return rc;
    return drop_versions(db, c->w.id, s->kind, s->facts->name, number - VERSIONS_KEPT,
                         err);
}

/* The definition of a version, made anew. */
static int renew_version(struct db *db, const struct save *s, int64_t blob,
                         struct err *err)
{
    int rc = db_run(db, err, SQL_VERSION_CHANGE, "ii", s->version, blob);

    if (!rc)
        rc = db_run(db, err, SQL_SUBMITTED_CHANGE, "iii", s->old->id, blob, s->old->blob);
    return rc || blob == s->old->blob ? rc : leave_blob(db, s->old->blob, err);
}

static int write_object(struct db *db, struct save *s, struct changes *c, int64_t blob,
                        int64_t *id, struct err *err)
{
    int rc;

    if (!s->old)
        return create(db, s, c, blob, id, err);
    *id = s->old->id;
    if (s->version)
        return renew_version(db, s, blob, err);
    rc = update(db, s, c, blob, err);
    return rc || !s->submit ? rc : submit(db, s, c, *id, err);
}

/* When all is written: the sums that tell whether it still is what was written. */
int save_object(struct db *db, struct save *s, struct changes *c, int64_t blob,
                struct err *err)
{
    int64_t id = 0;
    int rc = write_object(db, s, c, blob, &id, err);

    if (!rc && (s->submit || s->version))
        rc = db_run(db, err, SQL_VERSION_SEAL, "i", id);
    return rc ? rc : db_run(db, err, SQL_OBJECT_SEAL, "i", id);
}

static int run_save(struct db *db, struct write *write, struct err *err)
{
    struct save *s = (struct save *)write;
    struct arena arena = ARENA_INIT;
    struct changes c;
    int64_t blob = 0;
    int rc = open_workspace(db, s->project, s->workspace, &c, &arena, err);

    if (!rc)
        rc = put_blob(db, s, &blob, err);
    if (!rc && s->keep_refs)
        rc = db_run(db, err, SQL_REF_KEEP, "ii", blob, s->old->blob);
    if (!rc)
        rc = save_object(db, s, &c, blob, err);
    if (!rc && s->again)
        rc = note_exposed(db, s, err);
    if (!rc)
        rc = close_workspace(db, &c, err);
    arena_release(&arena);
    return rc;
}

void save_init(struct save *s)
{
    *s = (struct save){ .write.run = run_save };
}

static int run_save_all(struct db *db, struct write *write, struct err *err)
{
    struct save_all *a = (struct save_all *)write;
    int rc = 0;

    for (a->failed = 0; a->failed < a->n; a->failed++) {
        rc = run_save(db, &a->saves[a->failed]->write, err);
        if (rc)
            break;
    }
    return rc;
}

void save_all_init(struct save_all *a)
{
    *a = (struct save_all){ .write.run = run_save_all };
}

/* ---- removal ---- */

/* A link that a CDM job uses stays. */
static int check_unused(struct db *db, const struct removal *r, const struct workspace *w,
                        struct err *err)
{
    bool used = false;
    int rc = 0;

    if (r->kind == KIND_LINK)
        rc = exists(db_query(db, SQL_LINK_USED, "iss", w->id, r->scope, r->key), &used,
                    err);
    return rc || !used ? rc : err_set(err, E_DENIED, CDM_0321, DET_NONE);
}

static int run_removal(struct db *db, struct write *write, struct err *err)
{
    struct removal *r = (struct removal *)write;
    enum sql sql =
        r->kind == KIND_RESOURCE ? SQL_OBJECT_DELETE_BY_UID : SQL_OBJECT_DELETE_BY_NAME;
    struct arena arena = ARENA_INIT;
    struct changes c = { .changed = false };
    int64_t blob, real_time;
    struct query *q;
    int rc = find_workspace(db, r->project, r->workspace, &c.w, &arena, err);

    arena_release(&arena);
    if (!rc)
        rc = check_unused(db, r, &c.w, err);
    if (!rc && (r->kind == KIND_JOB || r->kind == KIND_SCRIPT))
        rc = drop_versions(db, c.w.id, r->kind, r->key, INT64_MAX, err);
    if (rc)
        return rc;
    q = db_query(db, sql, "iisis", c.w.id, (int64_t)r->kind, r->key,
                 r->old ? r->old->blob : 0, r->scope);
    rc = db_next(q, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return r->old ? err_set(err, E_BUSY, APIGW_0613, DET_CONTENDED)
                      : err_set(err, E_NOTFOUND, API_OK, DET_NONE);
    blob = db_int(q, 0);
    real_time = is_real_time(db_text(q, 1));
    db_end(q);
    rc = leave_blob(db, blob, err);
    change_workspace(&c, r->kind, -1, -real_time);
    return rc ? rc : close_workspace(db, &c, err);
}

void removal_init(struct removal *r)
{
    *r = (struct removal){ .write.run = run_removal };
}

/* ---- workspaces ---- */

static int run_workspace_new(struct db *db, struct write *write, struct err *err)
{
    struct workspace_new *n = (struct workspace_new *)write;
    int rc = add_project(db, n->project, err);

    return rc ? rc : add_workspace(db, n->project, n->name, n->uid, err);
}

void workspace_new_init(struct workspace_new *w)
{
    *w = (struct workspace_new){ .write.run = run_workspace_new };
}

static int delete_workspace(struct db *db, const struct workspace *w, struct err *err)
{
    int rc = db_run(db, err, SQL_WORKSPACE_ORPHAN_BLOBS, "i", w->id);

    if (!rc)
        rc = db_run(db, err, SQL_WORKSPACE_EMPTY, "i", w->id);
    return rc ? rc : db_run(db, err, SQL_WORKSPACE_DELETE, "i", w->id);
}

static int run_workspace_delete(struct db *db, struct write *write, struct err *err)
{
    struct workspace_delete *d = (struct workspace_delete *)write;
    struct query *q = db_query(db, SQL_WORKSPACE_BY_NAME, "ss", d->project, d->name);
    struct arena arena = ARENA_INIT;
    struct workspace w;
    bool used;
    int rc = db_next(q, err);

    if (rc <= 0)
        return rc ? rc : err_set(err, E_NOTFOUND, API_OK, DET_NONE);
    read_workspace(q, &w, &arena);
    db_end(q);
    rc = exists(db_query(db, SQL_WORKSPACE_USED, "i", w.id), &used, err);
    if (!rc && !d->force && (used || str_is(d->name, "default")))
        rc = err_set(err, E_DENIED, API_OK, DET_NONE);
    if (!rc)
        rc = delete_workspace(db, &w, err);
    arena_release(&arena);
    return rc;
}

void workspace_delete_init(struct workspace_delete *w)
{
    *w = (struct workspace_delete){ .write.run = run_workspace_delete };
}

/* ---- sweep ---- */

static int run_sweep(struct db *db, struct write *write, struct err *err)
{
    struct sweep *s = (struct sweep *)write;
    int64_t max = SWEEP_BATCH;
    int rc = db_run(db, err, SQL_BLOB_SEEN, "ii", s->now_ms, max);

    s->seen = rc ? 0 : db_changes(db);
    if (!rc)
        rc = db_run(db, err, SQL_BLOB_SWEEP, "ii", s->before_ms, max);
    s->deleted = rc ? 0 : db_changes(db);
    return rc;
}

void sweep_init(struct sweep *s)
{
    *s = (struct sweep){ .write.run = run_sweep };
}
