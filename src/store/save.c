#include "store/save.h"

#include "base/clock.h"
#include "store/store_int.h"

/* Saves and removals of objects: what each does inside its transaction. */

bool save_has_secret(const struct save *s)
{
    for (size_t i = 0; i < s->n_secrets; i++)
        if (s->secrets[i].value.p)
            return true;
    return false;
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
              : store_fail(err, E_EXISTS, STORE_ONE_DLI, DET_ONE_DLI);
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
        return store_fail(err, E_BUSY, STORE_CONTENDED, DET_CONTENDED);
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
        rc = db_exists(db_query(db, SQL_LINK_USED, "iss", w->id, r->scope, r->key), &used,
                       err);
    return rc || !used ? rc : store_fail(err, E_DENIED, STORE_LINK_USED, DET_NONE);
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
    if (!rc && kind_row(r->kind)->has_versions)
        rc = drop_versions(db, c.w.id, r->kind, r->key, INT64_MAX, err);
    if (rc)
        return rc;
    q = db_query(db, sql, "iisis", c.w.id, (int64_t)r->kind, r->key,
                 r->old ? r->old->blob : 0, r->scope);
    rc = db_next(q, err);
    if (rc < 0)
        return rc;
    if (rc == 0)
        return r->old ? store_fail(err, E_BUSY, STORE_CONTENDED, DET_CONTENDED)
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
