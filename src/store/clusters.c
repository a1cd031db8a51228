#include "store/clusters.h"

#include "base/clock.h"
#include "store/store_int.h"

/*
 * CDM clusters.  The one named default has no row: its id follows from the
 * project, so that it is the same before and after a project's first write.
 */

void default_cluster_uid(struct str project, char uid[ID_UUID_BYTES])
{
    static const char label[] = "opendlf default cluster\n";
    uint8_t digest[SHA256_BYTES];
    struct sha256_ctx c;

    sha256_init(&c);
    sha256_update(&c, sizeof(label) - 1, (const uint8_t *)label);
    sha256_update(&c, project.n, (const uint8_t *)project.p);
    sha256_digest(&c, SHA256_BYTES, digest);
    uuid_of(digest, uid);
}

int snapshot_clusters(struct snapshot *s, struct str project,
                      void (*each)(void *arg, const struct cluster *c), void *arg,
                      struct err *err)
{
    struct cluster one = { .name = STR(DEFAULT_CLUSTER) };
    char uid[ID_UUID_BYTES];
    struct query *q;
    int rc;

    default_cluster_uid(project, uid);
    one.uid = str_of(uid);
    each(arg, &one);
    q = db_query(s->db, SQL_CLUSTER_LIST, "s", project);
    while ((rc = db_next(q, err)) == 1) {
        one = (struct cluster){ db_text(q, 0), db_text(q, 1), db_int(q, 2) };
        each(arg, &one);
    }
    return rc;
}

static int run_cluster_new(struct db *db, struct write *write, struct err *err)
{
    struct cluster_new *n = (struct cluster_new *)write;
    int rc = add_project(db, n->project, err);

    if (!rc && str_is(n->name, DEFAULT_CLUSTER))
        return err_set(err, E_EXISTS, API_OK, DET_NONE);
    id_uuid(n->uid);
    return rc ? rc
              : db_run(db, err, SQL_CLUSTER_ADD, "sssi", str_of(n->uid), n->project,
                       n->name, clock_ms());
}

void cluster_new_init(struct cluster_new *n)
{
    *n = (struct cluster_new){ .write.run = run_cluster_new };
}

static int run_cluster_delete(struct db *db, struct write *write, struct err *err)
{
    struct cluster_delete *d = (struct cluster_delete *)write;
    bool used;
    int rc =
        db_exists(db_query(db, SQL_CLUSTER_USED, "ss", d->project, d->name), &used, err);

    if (!rc && used && !d->force)
        return err_set(err, E_DENIED, API_OK, DET_NONE);
    if (!rc)
        rc = db_run(db, err, SQL_CLUSTER_ORPHAN_BLOBS, "ss", d->project, d->name);
    if (!rc)
        rc = db_run(db, err, SQL_CLUSTER_EMPTY, "ss", d->project, d->name);
    if (!rc)
        rc = db_run(db, err, SQL_CLUSTER_CHANGE, "si", d->project, id_random());
    if (!rc)
        rc = db_run(db, err, SQL_CLUSTER_DELETE, "ss", d->project, d->name);
    if (!rc && db_changes(db) == 0)
        rc = err_set(err, E_NOTFOUND, API_OK, DET_NONE);
    return rc;
}

void cluster_delete_init(struct cluster_delete *d)
{
    *d = (struct cluster_delete){ .write.run = run_cluster_delete };
}
