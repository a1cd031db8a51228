#include "store/jobs.h"

#include "store/store_int.h"

/*
 * What exports read, and what is told by lists of names: one statement each, whatever
 * the number of names.
 */

int snapshot_unknown_jobs(struct snapshot *s, int64_t workspace, const struct str *names,
                          size_t n, struct buf *unknown, struct err *err)
{
    struct buf list = BUF_INIT(NAMES_MAX);
    struct query *q;
    int rc = list_json(&list, names, NULL, n, err);

    if (rc)
        return rc;
    q = db_query(s->db, SQL_JOBS_UNKNOWN, "is", workspace, buf_str(&list));
    while ((rc = db_next(q, err)) == 1) {
        if (unknown->len)
            buf_adds(unknown, ", ");
        buf_addstr(unknown, db_text(q, 0));
    }
    buf_release(&list);
    return rc;
}

int snapshot_downstream(struct snapshot *s, int64_t workspace, struct str name,
                        void (*each)(void *arg, int64_t id, struct str job), void *arg,
                        struct err *err)
{
    struct query *q = db_query(s->db, SQL_JOBS_DOWNSTREAM, "is", workspace, name);
    int rc;

    while ((rc = db_next(q, err)) == 1)
        each(arg, db_int(q, 0), db_text(q, 1));
    return rc;
}

/* What a row of EXPORT_JOBS has behind the object. */
enum { JOB_INDEX = OBJECT_ROW_END, JOB_REFS_FAULT };

int snapshot_jobs(struct snapshot *s, int64_t workspace, bool submitted,
                  const struct str *names, size_t n, struct object *out,
                  struct arena *arena, struct err *err)
{
    enum sql sql = submitted ? SQL_EXPORT_JOBS_SUBMITTED : SQL_EXPORT_JOBS;
    struct buf list = BUF_INIT(NAMES_MAX);
    struct query *q;
    int rc = list_json(&list, names, NULL, n, err);

    if (rc)
        return rc;
    memset(out, 0, n * sizeof(*out));
    q = db_query(s->db, sql, "is", workspace, buf_str(&list));
    while (!rc && (rc = db_next(q, err)) == 1) {
        struct object *o = &out[db_int(q, JOB_INDEX)];

        rc = read_object(q, o, err);
        if (!rc)
            rc = object_damaged((enum row_fault)db_int(q, JOB_REFS_FAULT), o, err);
        if (!rc)
            rc = keep_object(o, arena, err);
    }
    db_end(q);
    buf_release(&list);
    return rc;
}

/* Likewise a row of EXPORT_DEPENDS. */
enum { DEPEND_JOB = OBJECT_ROW_END, DEPEND_KIND, DEPEND_SCOPE, DEPEND_NAME };

static int read_depend(struct query *q, struct depend *d, struct err *err)
{
    d->job = (size_t)db_int(q, DEPEND_JOB);
    d->ref.kind = (enum ref_kind)db_int(q, DEPEND_KIND);
    d->ref.scope = db_text(q, DEPEND_SCOPE);
    d->ref.name = db_text(q, DEPEND_NAME);
    return read_object(q, &d->object, err);
}

int snapshot_depends(struct snapshot *s, struct str cdm, int64_t workspace,
                     bool submitted, const int64_t *blobs, size_t n,
                     int (*each)(void *arg, const struct depend *d, struct err *err),
                     void *arg, struct err *err)
{
    enum sql sql = submitted ? SQL_EXPORT_DEPENDS_SUBMITTED : SQL_EXPORT_DEPENDS;
    struct buf list = BUF_INIT(NAMES_MAX);
    struct query *q;
    int rc = list_json(&list, NULL, blobs, n, err);

    if (rc)
        return rc;
    q = db_query(s->db, sql, "iss", workspace, buf_str(&list), cdm);
    while (!rc && (rc = db_next(q, err)) == 1) {
        struct depend d;

        rc = read_depend(q, &d, err);
        if (!rc)
            rc = each(arg, &d, err);
    }
    db_end(q);
    buf_release(&list);
    return rc;
}
