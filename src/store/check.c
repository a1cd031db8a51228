#include "store/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "archive/deflate.h"
#include "base/limits.h"
#include "store/store_int.h"

/* Whether a catalogue is sound. */

struct checking {
    struct db *db;
    const struct seal_key *keys;
    int n_keys;
    struct store_report *report;
    void (*say)(const char *text);
};

__attribute__((format(printf, 2, 3))) static void damaged(struct checking *c,
                                                          const char *format, ...)
{
    char text[KIB];
    va_list list;

    va_start(list, format);
    vsnprintf(text, sizeof(text), format, list);
    va_end(list);
    c->report->damaged++;
    c->say(text);
}

/* The engine's own check takes a page that found no memory for one that is damaged, and
 * says by which of its codes. */
static bool says_no_memory(struct str text)
{
    static const char words[] = "error code=7"; /* SQLITE_NOMEM */
    const char *at = memmem(text.p, text.n, words, strlen(words));
    const char *end = at ? at + strlen(words) : NULL;

    return at && (end == text.p + text.n || *end < '0' || *end > '9');
}

/* The engine's own words, but for ok. */
static int check_integrity(struct checking *c, struct err *err)
{
    struct query *q = db_query(c->db, SQL_CHECK_INTEGRITY, "");
    int rc;

    while ((rc = db_next_raw(q, err)) == 1) {
        if (says_no_memory(db_text(q, 0))) {
            db_end(q);
            return err_nomem(err);
        }
        if (!str_is(db_text(q, 0), "ok"))
            damaged(c, "damaged: database: %.*s", STR_ARG(db_text(q, 0)));
    }
    if (rc)
        return rc;
    q = db_query(c->db, SQL_CHECK_FOREIGN_KEYS, "");
    while ((rc = db_next_raw(q, err)) == 1)
        damaged(c, "damaged: row %lld of %.*s names one that is gone from %.*s",
                (long long)db_int(q, 1), STR_ARG(db_text(q, 0)), STR_ARG(db_text(q, 2)));
    return rc;
}

/* Whether the SHA-256 of `bytes` is `wanted`, 32 raw bytes. */
static bool hash_is(struct str bytes, struct str wanted)
{
    uint8_t is[SHA256_BYTES];

    sha256(bytes, is);
    return wanted.n == SHA256_BYTES && memcmp(is, wanted.p, SHA256_BYTES) == 0;
}

/* A row of CHECK_BLOBS. */
enum {
    CHECKED_ID,
    CHECKED_SHA256,
    CHECKED_STORED_SHA256,
    CHECKED_RAW_SIZE,
    CHECKED_CRC32,
    CHECKED_STORED,
    CHECKED_OWNER
};

/* E_NOMEM. */
static int blob_is_sound(struct query *q, bool *is, struct err *err)
{
    struct buf raw = BUF_INIT(DEFINITION_MAX);
    struct err why = ERR_INIT;
    struct str stored = db_text(q, CHECKED_STORED);
    int64_t size = db_int(q, CHECKED_RAW_SIZE);
    int rc = 0;

    *is = hash_is(stored, db_text(q, CHECKED_STORED_SHA256)) && size >= 0 &&
          size <= (int64_t)DEFINITION_MAX &&
          deflate_undo(&raw, stored, (size_t)size, &why) == 0 &&
          hash_is(buf_str(&raw), db_text(q, CHECKED_SHA256)) &&
          (int64_t)deflate_crc32(buf_str(&raw)) == db_int(q, CHECKED_CRC32);
    if (why.ec == E_NOMEM)
        rc = err_nomem(err);
    err_clear(&why);
    buf_release(&raw);
    return rc;
}

static int check_blobs(struct checking *c, struct err *err)
{
    struct query *q = db_query(c->db, SQL_CHECK_BLOBS, "");
    bool sound;
    int rc;

    while ((rc = db_next_raw(q, err)) == 1) {
        c->report->blobs++;
        c->report->stored_bytes += (int64_t)db_text(q, CHECKED_STORED).n;
        rc = blob_is_sound(q, &sound, err);
        if (rc)
            break;
        if (sound)
            c->report->raw_bytes += db_int(q, CHECKED_RAW_SIZE);
        else
            damaged(c, "damaged: the content of blob %lld, of %.*s",
                    (long long)db_int(q, CHECKED_ID), STR_ARG(db_text(q, CHECKED_OWNER)));
    }
    db_end(q);
    return rc;
}

static int check_rows(struct checking *c, struct err *err)
{
    struct query *q = db_query(c->db, SQL_CHECK_ROWS, "");
    int rc;

    while ((rc = db_next_raw(q, err)) == 1)
        damaged(c, "damaged: row %.*s of table %.*s", STR_ARG(db_text(q, 1)),
                STR_ARG(db_text(q, 0)));
    return rc;
}

static int check_counters(struct checking *c, struct err *err)
{
    struct query *q = db_query(c->db, SQL_CHECK_COUNTERS, "");
    int rc;

    while ((rc = db_next_raw(q, err)) == 1) {
        c->report->workspaces++;
        c->report->objects += db_int(q, 2);
        if (db_int(q, 3))
            damaged(c, "damaged: the totals of workspace %.*s of project %.*s",
                    STR_ARG(db_text(q, 1)), STR_ARG(db_text(q, 0)));
    }
    return rc;
}

/* A row of CHECK_SEALED. */
enum { SEALED_NAME, SEALED_KEY_ID, SEALED_CONTEXT, SEALED_BYTES };

/* E_NOMEM. */
static int opens(const struct checking *c, struct query *q, bool *is, struct err *err)
{
    struct buf plain = BUF_INIT(DEFINITION_MAX);
    bool no_memory;

    *is = false;
    for (int i = 0; i < c->n_keys && !*is; i++)
        *is = str_is(db_text(q, SEALED_KEY_ID), c->keys[i].id) &&
              seal_open(&c->keys[i], db_text(q, SEALED_CONTEXT), db_text(q, SEALED_BYTES),
                        &plain);
    no_memory = plain.bad == E_NOMEM;
    buf_wipe(&plain);
    return no_memory ? err_nomem(err) : 0;
}

/* Secrets of objects and of access keys; without any the key has to be the right one,
 * too. */
static int check_sealed(struct checking *c, struct err *err)
{
    struct query *q;
    bool fits = true, is;
    int rc = c->n_keys ? fits_key(c->db, c->keys, c->n_keys, &fits, err) : 0;

    if (rc)
        return rc;
    if (!fits)
        damaged(c, "damaged: the catalogue was written with another key than that of the "
                   "key file");
    q = db_query(c->db, SQL_CHECK_SEALED, "");
    while ((rc = db_next_raw(q, err)) == 1) {
        if (!c->n_keys) {
            c->say("not looked at: what is sealed, since there is no key file");
            db_end(q);
            return 0;
        }
        rc = opens(c, q, &is, err);
        if (rc)
            break;
        if (!is)
            damaged(c, "damaged: the key does not open %.*s",
                    STR_ARG(db_text(q, SEALED_NAME)));
    }
    db_end(q);
    return rc;
}

int store_check(const char *path, const struct seal_key *keys, int n_keys,
                struct store_report *report, void (*say)(const char *text),
                int (*more)(struct snapshot *s, void *arg, struct err *err), void *arg,
                struct err *err)
{
    struct checking c = { .keys = keys, .n_keys = n_keys, .report = report, .say = say };
    int rc = access(path, R_OK) ? err_fault(err, E_IO, "%s: cannot be read", path) : 0;

    *report = (struct store_report){ 0 };
    if (!rc)
        rc = db_open(&c.db, path, DB_READ, err);
    if (!rc)
        rc = check_integrity(&c, err);
    if (!rc)
        rc = check_blobs(&c, err);
    if (!rc)
        rc = check_rows(&c, err);
    if (!rc)
        rc = check_counters(&c, err);
    if (!rc)
        rc = check_sealed(&c, err);
    if (!rc)
        rc = check_dangling(c.db, report, say, err);
    if (!rc && more)
        rc = more(&(struct snapshot){ .db = c.db }, arg, err);
    if (!rc)
        rc = db_check_unchanged(c.db, path, err);
    db_close(c.db);
    return rc;
}
