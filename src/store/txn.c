#include "store/txn.h"

#include <stdlib.h>

#include "base/clock.h"
#include "store/clusters.h"
#include "store/store_int.h"

struct txn {
    struct db *db;
    struct str project;
    struct changes jobs, cdm; /* what changes in the workspace, and in that of CDM */
    bool cdm_open;            /* with the first object that needs it */
    struct arena arena;
};

int txn_open(struct txn **out, struct db *db, struct str project, struct str workspace,
             struct err *err)
{
    struct txn *t = calloc(1, sizeof(*t));

    *out = t;
    if (!t)
        return err_nomem(err);
    t->db = db;
    t->project = project;
    return open_workspace(db, project, workspace, &t->jobs, &t->arena, err);
}

const struct workspace *txn_workspace(const struct txn *t)
{
    return &t->jobs.w;
}

int txn_has_dli(struct txn *t, bool *has, struct err *err)
{
    return db_exists(db_query(t->db, SQL_DLI_HELD, "i", t->jobs.w.id), has, err);
}

static struct changes *changes_of(struct txn *t, enum kind kind)
{
    return kind_row(kind)->is_cdm ? &t->cdm : &t->jobs;
}

int txn_held(struct txn *t, enum kind kind, struct str scope, struct str name,
             struct object *out, struct err *err)
{
    int rc = 0;

    if (kind_row(kind)->is_cdm && !t->cdm_open)
        rc = open_workspace(t->db, t->project, cdm_workspace, &t->cdm, &t->arena, err);
    if (rc)
        return rc;
    t->cdm_open |= kind_row(kind)->is_cdm;
    return find_object(t->db, SQL_OBJECT_BY_NAME, changes_of(t, kind)->w.id, kind, scope,
                       name, out, &t->arena, err);
}

static int need_cluster(struct txn *t, struct str cluster, struct err *err)
{
    char uid[ID_UUID_BYTES];

    if (str_is(cluster, DEFAULT_CLUSTER))
        return 0;
    id_uuid(uid);
    return db_run(t->db, err, SQL_CLUSTER_ENSURE, "sssi", str_of(uid), t->project,
                  cluster, clock_ms());
}

int txn_save(struct txn *t, struct save *save, const struct object *held, int64_t blob,
             struct err *err)
{
    int rc = kind_row(save->kind)->is_cdm ? need_cluster(t, save->facts->scope, err) : 0;

    if (!rc)
        rc = use_blob(t->db, blob, err);
    if (rc)
        return rc;
    save->old = held->id ? held : NULL;
    rc = save_object(t->db, save, changes_of(t, save->kind), blob, err);
    save->old = NULL;
    return rc;
}

int txn_close(struct txn *t, int rc, struct err *err)
{
    if (!t)
        return rc;
    if (!rc)
        rc = close_workspace(t->db, &t->jobs, err);
    if (!rc && t->cdm_open)
        rc = close_workspace(t->db, &t->cdm, err);
    arena_release(&t->arena);
    free(t);
    return rc;
}
