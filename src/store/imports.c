#include "store/imports.h"

#include "base/clock.h"
#include "store/clusters.h"
#include "store/store_int.h"

/* The one transaction of an import. */

/* One import on its way: the workspace, and that of CDM, which is opened with the first
 * object that needs it. */
struct importing {
    struct db *db;
    struct import_all *all;
    struct changes jobs, cdm;
    bool cdm_open;
    struct arena arena;
};

/* Only what is wrong with the object itself; not that the disk is full. */
static bool is_fault(int rc)
{
    return rc == E_EXISTS || rc == E_LIMIT || rc == E_INVALID;
}

static int enter_cdm(struct importing *im, struct str cluster, struct err *err)
{
    char uid[ID_UUID_BYTES];
    int rc = 0;

    if (!im->cdm_open)
        rc = open_workspace(im->db, im->all->project, cdm_workspace, &im->cdm, &im->arena,
                            err);
    im->cdm_open = !rc;
    if (rc || str_is(cluster, DEFAULT_CLUSTER))
        return rc;
    id_uuid(uid);
    return db_run(im->db, err, SQL_CLUSTER_ENSURE, "sssi", str_of(uid), im->all->project,
                  cluster, clock_ms());
}

/* A connection's stored secrets are for what its type stands for. */
static bool is_other_connection(const struct import_one *one, const struct object *held)
{
    return one->save.kind == KIND_CONNECTION &&
           !str_eq(one->facts.location, held->facts.location);
}

static int put(struct importing *im, struct changes *c, struct import_one *one,
               struct object *held, struct err *err)
{
    struct save *s = &one->save;
    int rc = use_blob(im->db, one->blob, err);

    s->old = held->id ? held : NULL;
    s->user = im->all->user;
    if (held->blob != one->moves_of)
        s->moves.n = 0;
    if (s->kind == KIND_SCRIPT && !one->facts.owner.n)
        one->facts.owner = held->id ? held->facts.owner : s->user;
    if (!rc)
        rc = save_object(im->db, s, c, one->blob, err);
    s->old = NULL;
    return rc;
}

static int import_one(struct importing *im, struct import_one *one, struct err *err)
{
    bool is_cdm = one->save.kind == KIND_CDM_JOB;
    struct changes *c = is_cdm ? &im->cdm : &im->jobs;
    struct object held;
    int rc = is_cdm ? enter_cdm(im, one->facts.scope, err) : 0;

    if (!rc)
        rc = find_object(im->db, SQL_OBJECT_BY_NAME, c->w.id, one->save.kind,
                         one->facts.scope, one->facts.name, &held, &im->arena, err);
    if (rc)
        return rc;
    if (held.id && !im->all->overwrite) {
        one->action = held.blob == one->blob ? IMPORT_SAME : IMPORT_SKIP;
        return 0;
    }
    if (held.id && is_other_connection(one, &held))
        return err_set(err, E_INVALID, DLF_6323, DET_NONE);
    one->action = !held.id ? IMPORT_CREATE
                  : held.blob == one->blob && !save_has_secret(&one->save)
                      ? IMPORT_SAME
                      : IMPORT_OVERWRITE;
    if (one->action == IMPORT_SAME && !one->save.submit)
        return 0;
    return put(im, c, one, &held, err);
}

/* So that an object that fails in the middle leaves nothing behind. */
static int import_in_savepoint(struct importing *im, struct import_one *one,
                               struct err *err)
{
    struct changes jobs = im->jobs, cdm = im->cdm;
    struct err later = ERR_INIT;
    int rc = db_run(im->db, err, SQL_SAVEPOINT, "");
    int undone = 0;

    if (rc)
        return rc;
    rc = import_one(im, one, err);
    if (is_fault(rc)) {
        buf_release(&one->save.lost);
        im->jobs = jobs;
        im->cdm = cdm;
        im->cdm_open = cdm.w.id != 0;
        undone = db_run(im->db, &later, SQL_SAVEPOINT_UNDO, "");
    }
    if (!undone && (!rc || is_fault(rc)))
        undone = db_run(im->db, &later, SQL_SAVEPOINT_END, "");
    if (undone) {
        return err_move(&later, err);
    }
    return rc;
}

/* 0, or why none can be written; an object's own fault stays with it. */
static int import_items(struct importing *im, bool *faulty, struct err *err)
{
    struct import_all *a = im->all;

    for (size_t i = 0; i < a->n; i++) {
        struct import_one *one = a->items[i];
        struct write *w = &one->save.write;

        if (w->rc) {
            *faulty = true;
            continue;
        }
        w->rc = a->carry_on ? import_in_savepoint(im, one, &w->err)
                            : import_one(im, one, &w->err);
        if (!w->rc)
            continue;
        one->action = IMPORT_ERROR;
        *faulty = true;
        if (!is_fault(w->rc))
            return err_copy(err, &w->err);
    }
    return 0;
}

static int run_import(struct db *db, struct write *write, struct err *err)
{
    struct import_all *a = (struct import_all *)write;
    struct importing im = { .db = db, .all = a };
    bool faulty = false;
    int rc = open_workspace(db, a->project, a->workspace, &im.jobs, &im.arena, err);

    if (!rc)
        rc = import_items(&im, &faulty, err);
    if (!rc && faulty && !a->carry_on)
        rc = err_set(err, E_INVALID, API_OK, DET_NONE);
    if (!rc)
        rc = close_workspace(db, &im.jobs, err);
    if (!rc && im.cdm_open)
        rc = close_workspace(db, &im.cdm, err);
    arena_release(&im.arena);
    if (!rc)
        rc = a->finish(a, err);
    return rc ? rc : end_task(db, &a->end, err);
}

void import_all_init(struct import_all *a)
{
    *a = (struct import_all){ .write.run = run_import };
}
