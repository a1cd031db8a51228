#include "store/blobs.h"

#include "base/limits.h"
#include "store/damage.h"
#include "store/store_int.h"

/* Definitions as they are stored. */

/* ---- reading ---- */

/* A row of BLOBS. */
enum { STORED_INDEX, STORED_BYTES, STORED_SIZE, STORED_SHA256, STORED_ID };

/* Appends the bytes of a blob; it has as many as its row says, and the same. */
static int read_blob(struct query *q, struct buf *out, struct err *err)
{
    struct str stored = db_text(q, STORED_BYTES), wanted = db_text(q, STORED_SHA256);
    uint8_t is[SHA256_BYTES];

    sha256(stored, is);
    if ((int64_t)stored.n != db_int(q, STORED_SIZE) ||
        !str_eq(wanted, (struct str){ (const char *)is, sizeof(is) }))
        return row_damaged("blob", db_int(q, STORED_ID), err);
    buf_addstr(out, stored);
    return out->bad ? err_nomem(err) : 0;
}

static int read_blobs(struct db *db, struct str ids, size_t n, struct buf *out,
                      struct err *err)
{
    struct query *q = db_query(db, SQL_BLOBS, "s", ids);
    size_t seen = 0;
    int rc = 0;

    while (!rc && (rc = db_next(q, err)) == 1 &&
           (size_t)db_int(q, STORED_INDEX) == seen) {
        rc = read_blob(q, out, err);
        seen++;
    }
    db_end(q);
    if (rc < 0)
        return rc;
    if (seen < n)
        return err_fault(err, E_INTERNAL, "a blob is gone");
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
    struct reader *one = reader_take(s);
    int rc = snapshot_blobs(&one->snapshot, blobs, n, out, err);

    reader_give(one);
    return rc;
}

int store_blob_part(struct store *s, int64_t blob, uint32_t offset, uint32_t n,
                    struct buf *out, struct err *err)
{
    struct reader *one = reader_take(s);
    int rc = db_blob_part(one->snapshot.db, blob, offset, n, out, err);

    reader_give(one);
    return rc;
}

int snapshot_find_blob(struct snapshot *s, const uint8_t sha256[SHA256_BYTES],
                       int64_t *id, struct err *err)
{
    return find_blob(s->db, SQL_BLOB_IN_USE, sha256, id, err);
}

/* ---- in a write ---- */

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
int put_blob(struct db *db, const struct save *s, int64_t *id, struct err *err)
{
    int rc = find_blob(db, SQL_BLOB_FIND, s->blob->sha256, id, err);

    if (rc)
        return rc;
    if (!*id)
        return add_blob(db, s->blob, id, err);
    rc = s->again ? add_refs_again(db, s->blob, *id, err) : 0;
    return rc ? rc : use_blob(db, *id, err);
}

/* A definition that lost a user; the sweep takes it when it has none left. */
int leave_blob(struct db *db, int64_t blob, struct err *err)
{
    return db_run(db, err, SQL_BLOB_ORPHAN, "i", blob);
}

/* Stores a blob that nothing refers to yet. */
static int stage_blob(struct db *db, const struct new_blob *b, int64_t *id,
                      struct err *err)
{
    int rc = find_blob(db, SQL_BLOB_FIND, b->sha256, id, err);

    if (rc)
        return rc;
    return *id ? use_blob(db, *id, err) : add_blob(db, b, id, err);
}

/* ---- staged ---- */

static int run_stage(struct db *db, struct write *write, struct err *err)
{
    struct stage *s = (struct stage *)write;
    int rc = 0;

    for (size_t i = 0; !rc && i < s->n; i++) {
        rc = stage_blob(db, &s->blobs[i], &s->ids[i], err);
        if (!rc)
            rc = db_run(db, err, SQL_STAGED_ADD, "i", s->ids[i]);
    }
    return rc;
}

void stage_init(struct stage *s)
{
    *s = (struct stage){ .write.run = run_stage };
}

static int run_unstage(struct db *db, struct write *write, struct err *err)
{
    struct unstage *u = (struct unstage *)write;
    struct query *q = db_query(db, SQL_STAGED_TAKE, "i", (int64_t)IMPORT_BATCH);
    int rc, left = 0;

    u->more = false;
    while ((rc = db_next(q, err)) == 1) {
        u->more = true;
        left = leave_blob(db, db_int(q, 0), err);
        if (left)
            break;
    }
    db_end(q);
    return left ? left : rc;
}

void unstage_init(struct unstage *u)
{
    *u = (struct unstage){ .write.run = run_unstage };
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
