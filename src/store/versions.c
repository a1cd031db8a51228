#include "store/versions.h"

#include "base/clock.h"
#include "base/limits.h"
#include "store/store_int.h"

/* The versions of jobs and scripts that were submitted. */

/* A row of VERSION_OF. */
enum {
    VERSION_BLOB,
    VERSION_RAW_SIZE,
    VERSION_CRC32,
    VERSION_STORED_SIZE,
    VERSION_SHA256,
    VERSION_STORED_SHA256,
    VERSION_ID,
    VERSION_FAULT
};

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
    o->blob = version.blob = db_int(q, VERSION_BLOB);
    o->secret_paths = STR(""); /* those that are stored are of the saved definition */
    version.id = db_int(q, VERSION_ID);
    fault = (enum row_fault)db_int(q, VERSION_FAULT);
    if (!fault &&
        !read_content(q, o, VERSION_RAW_SIZE, VERSION_SHA256, VERSION_STORED_SHA256))
        fault = ROW_BLOB;
    rc = object_damaged(fault, &version, err);
    db_end(q);
    return rc;
}

int add_version(struct db *db, const struct save *s, int64_t object, int64_t number,
                int64_t blob, struct err *err)
{
    return db_run(db, err, SQL_VERSION_ADD, "iiisi", object, number, blob, s->user,
                  clock_ms());
}

/* Drops the versions of what has the name, up to a number. */
int drop_versions(struct db *db, int64_t workspace, enum kind kind, struct str name,
                  int64_t up_to, struct err *err)
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
int submit(struct db *db, const struct save *s, struct changes *c, int64_t object,
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
int renew_version(struct db *db, const struct save *s, int64_t blob, struct err *err)
{
    int rc = db_run(db, err, SQL_VERSION_CHANGE, "ii", s->version, blob);

    if (!rc)
        rc = db_run(db, err, SQL_SUBMITTED_CHANGE, "iii", s->old->id, blob, s->old->blob);
    return rc || blob == s->old->blob ? rc : leave_blob(db, s->old->blob, err);
}
