#include "base/limits.h"
#include "store/store_int.h"

/*
 * What exports read, and what is told by lists of names: one statement each, whatever
 * the number of names.
 */

#define NAMES_MAX (32 * MIB)

/* A list for json_each(), of names or else of ids; `out` holds nothing after an
 * error. */
static int list_json(struct buf *out, const struct str *names, const int64_t *ids,
                     size_t n, struct err *err)
{
    struct jw jw = JW_INIT(out, false);

    jw_array(&jw, STR_NONE);
    for (size_t i = 0; i < n; i++)
        if (names)
            jw_string(&jw, STR_NONE, names[i]);
        else
            jw_int(&jw, STR_NONE, ids[i]);
    jw_end(&jw, ']');
    if (!out->bad)
        return 0;
    buf_release(out);
    return err_nomem(err);
}

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
        struct object *o = &out[db_int(q, OBJECT_COLUMNS)];

        rc = read_object(q, o, err);
        if (!rc)
            rc = object_damaged((enum row_fault)db_int(q, OBJECT_COLUMNS + 1), o, err);
        if (!rc)
            rc = keep_object(o, arena, err);
    }
    db_end(q);
    buf_release(&list);
    return rc;
}

static int read_depend(struct query *q, struct depend *d, struct err *err)
{
    d->job = (size_t)db_int(q, OBJECT_COLUMNS);
    d->ref.kind = (enum ref_kind)db_int(q, OBJECT_COLUMNS + 1);
    d->ref.scope = db_text(q, OBJECT_COLUMNS + 2);
    d->ref.name = db_text(q, OBJECT_COLUMNS + 3);
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

/* Appends the bytes of a blob; it has as many as its row says, and the same. */
static int read_blob(struct query *q, struct buf *out, struct err *err)
{
    struct str stored = db_text(q, 1), wanted = db_text(q, 3);
    uint8_t is[SHA256_BYTES];

    sha256(stored, is);
    if ((int64_t)stored.n != db_int(q, 2) ||
        !str_eq(wanted, (struct str){ (const char *)is, sizeof(is) }))
        return row_damaged("blob", db_int(q, 4), err);
    buf_addstr(out, stored);
    return out->bad ? err_nomem(err) : 0;
}

static int read_blobs(struct db *db, struct str ids, size_t n, struct buf *out,
                      struct err *err)
{
    struct query *q = db_query(db, SQL_BLOBS, "s", ids);
    size_t seen = 0;
    int rc = 0;

    while (!rc && (rc = db_next(q, err)) == 1 && (size_t)db_int(q, 0) == seen) {
        rc = read_blob(q, out, err);
        seen++;
    }
    db_end(q);
    if (rc < 0)
        return rc;
    if (seen < n)
        return err_set(err, E_INTERNAL, APIGW_0601, DET_TEXT, "a blob is gone");
    return 0;
}

int snapshot_blobs(struct snapshot *s, const int64_t *blobs, size_t n, struct buf *out,
                   struct err *err)
{
    struct buf ids = BUF_INIT(NAMES_MAX);
    int rc = list_json(&ids, NULL, blobs, n, err);

    if (!rc)
        rc = read_blobs(s->db, buf_str(&ids), n, out, err);
    buf_release(&ids);
    return rc;
}

int store_blobs(struct store *s, const int64_t *blobs, size_t n, struct buf *out,
                struct err *err)
{
    struct snapshot *one = borrow(s);
    int rc = snapshot_blobs(one, blobs, n, out, err);

    give_back(one);
    return rc;
}

int store_blob_part(struct store *s, int64_t blob, uint32_t offset, uint32_t n,
                    struct buf *out, struct err *err)
{
    struct snapshot *one = borrow(s);
    int rc = db_blob_part(one->db, blob, offset, n, out, err);

    give_back(one);
    return rc;
}
