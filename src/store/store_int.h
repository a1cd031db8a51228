#ifndef STORE_STORE_INT_H
#define STORE_STORE_INT_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/limits.h"
#include "store/authority.h"
#include "store/engine.h"
#include "store/keys.h"
#include "store/reason.h"
#include "store/reindex.h"
#include "store/save.h"

/*
 * Private to store/: what its files have of each other.
 *
 * What takes a `struct db` runs in the transaction that its caller has begun on that
 * connection: the snapshot's, or that of the write, on the writer thread.  What changes
 * anything is for writes alone, and when it fails the caller undoes all of it.  All fail
 * as store.h says, with E_INTERNAL for a damaged row, and otherwise as said here.
 */

struct snapshot {
    struct db *db;
};

/* A connection of the pool. */
struct reader {
    struct snapshot snapshot; /* first: that which one can be on it */
    struct store *store;
    int64_t since_ns;    /* it is in use */
    struct reader *next; /* in the pool */
};

/* Lines of the audit log that wait; but for the two counts all is the writer's. */
struct audit_rows {
    int64_t next;              /* the id of the next row */
    int64_t removed, removing; /* up to which row all are removed, in this batch too */
    int64_t added;             /* rows of this batch */
    int64_t max;
    int alarmed;                      /* how much was said of rows that wait */
    atomic_int_fast64_t last, copied; /* the last row that was committed, copied */
    void (*wake)(void *arg);          /* of whoever copies them */
    void *wake_arg;
};

struct store {
    struct store_options options;
    /* The pool of readers. */
    pthread_mutex_t pool_lock;
    pthread_cond_t pool_filled;
    struct reader *pool, *readers;
    int n_readers;
    /* The writer's queue. */
    pthread_mutex_t queue_lock;
    pthread_cond_t queue_filled;
    struct write *first, **last;
    bool closing, writing;
    int64_t sweep_at_ns;          /* by clock_mono_ns(); at once, at its start */
    int64_t opened_ms, opened_ns; /* by the wall clock and by clock_mono_ns() */
    pthread_t writer;
    struct db *db;
    struct audit_rows audit;
};

/* ---- pool.c ---- */

int pool_open(struct store *s, struct err *err) MUST_CHECK;
void pool_close(struct store *s);

/* A connection without a transaction; waits until one is free. */
struct reader *reader_take(struct store *s);
void reader_give(struct reader *r);

/* ---- writer.c ---- */

int writer_start(struct store *s, struct err *err) MUST_CHECK;
void writer_stop(struct store *s);

/* ---- authority.c ---- */

/* snapshot_judge() and store_judge() on a connection. */
int authority_judge(struct db *db, const struct authority *a, struct rights *rights,
                    struct revisions *revisions, struct err *err) MUST_CHECK;

/* ---- audit.c, on the writer thread ---- */

/* What there is at the start; a batch begins; adds the line of a write that holds; at the
 * batch's end removes rows that were copied; it was committed. */
int audit_start(struct store *s, struct err *err) MUST_CHECK;
void audit_begin(struct store *s);
int audit_add(struct store *s, const struct write *w, struct err *err) MUST_CHECK;
int audit_end(struct store *s, struct err *err) MUST_CHECK;
void audit_committed(struct store *s);

/* ---- workspaces.c ---- */

/* snapshot_workspace() on a connection. */
int find_workspace(struct db *db, struct str project, struct str uid,
                   struct workspace *out, struct arena *arena,
                   struct err *err) MUST_CHECK;
bool is_cdm_workspace(struct str uid);

/* Adds a workspace; `uid` is an output. */
int add_workspace(struct db *db, struct str project, struct str name,
                  char uid[ID_HEX_BYTES], struct err *err) MUST_CHECK;

/* Adds the project's row, and its default workspace, if it has none yet.  E_DENIED,
 * STORE_OTHER_PROJECT: it does not exist, and only an administrator may make it. */
int add_project(struct db *db, struct str project, struct err *err) MUST_CHECK;

/* The workspace of a write, and how many objects more it has at the end of it. */
struct changes {
    struct workspace w;
    int64_t jobs, real_time_jobs, scripts, resources;
    bool changed; /* a definition or a name */
};

/* Finds the workspace of a write, or begins it.  E_NOTFOUND as find_workspace(), E_DENIED
 * as add_project(). */
int open_workspace(struct db *db, struct str project, struct str uid, struct changes *out,
                   struct arena *arena, struct err *err) MUST_CHECK;
/* Counts `by` objects more of a kind. */
void change_workspace(struct changes *c, enum kind kind, int64_t by,
                      int64_t real_time_by);
/* Writes what was counted, and gives the workspace another revision, if it changed. */
int close_workspace(struct db *db, const struct changes *c, struct err *err) MUST_CHECK;

/* ---- objects.c ---- */

/* The columns that every row of an object begins with: OBJECT_COLUMNS of sql.def. */
enum {
    OBJECT_ID,
    OBJECT_UID,
    OBJECT_SCOPE,
    OBJECT_NAME,
    OBJECT_BLOB,
    OBJECT_LOCATION,
    OBJECT_PROCESS_TYPE,
    OBJECT_DIRECTORY,
    OBJECT_OWNER,
    OBJECT_PRIORITY,
    OBJECT_SINGLE_NODE,
    OBJECT_END_TIME,
    OBJECT_CREATE_TIME,
    OBJECT_CREATE_USER,
    OBJECT_UPDATE_TIME,
    OBJECT_UPDATE_USER,
    OBJECT_RAW_SIZE, /* and behind it OBJECT_CRC32 and OBJECT_STORED_SIZE */
    OBJECT_CRC32,
    OBJECT_STORED_SIZE,
    OBJECT_STORED_SHA256,
    OBJECT_SHA256,
    OBJECT_SECRET_PATHS,
    OBJECT_VERSION,
    OBJECT_FAULT,
    OBJECT_ROW_END /* what else a row has begins here */
};
_Static_assert(OBJECT_ROW_END == DB_OBJECT_COLUMNS, "columns of an object");

/* The texts live as long as the row, or are moved into `arena`. */
int read_object(struct query *q, struct object *o, struct err *err) MUST_CHECK;
int keep_object(struct object *o, struct arena *arena, struct err *err) MUST_CHECK;

/* Which row is not as it was written (sql.def). */
enum row_fault { ROW_SOUND, ROW_OBJECT, ROW_BLOB, ROW_VERSION, ROW_REF };

/* As read_object(), of a row that may be damaged; what a blob cannot have is left out. */
enum row_fault scan_object(struct query *q, struct object *o);

/* Reads what a blob says of its bytes, from these columns; false when no definition has
 * it. */
bool read_content(struct query *q, struct object *o, int raw_size, int sha256,
                  int stored_sha256);

/* row_damaged() by a fault; 0 without one. */
int object_damaged(enum row_fault fault, const struct object *o, struct err *err);

/* The object that `key` names in `sql`, one of OBJECT_BY_; out->id is 0 without one. */
int find_object(struct db *db, enum sql sql, int64_t workspace, enum kind kind,
                struct str scope, struct str key, struct object *out, struct arena *arena,
                struct err *err) MUST_CHECK;

/* ---- save.c ---- */

/* Creates or updates the object of a save, with the definition `blob`.  Fails as struct
 * save says. */
int save_object(struct db *db, struct save *s, struct changes *c, int64_t blob,
                struct err *err) MUST_CHECK;

/* ---- versions.c, in a save's transaction ---- */

int add_version(struct db *db, const struct save *s, int64_t object, int64_t number,
                int64_t blob, struct err *err) MUST_CHECK;
/* Another version, unless the latest one is the same. */
int submit(struct db *db, const struct save *s, struct changes *c, int64_t object,
           struct err *err) MUST_CHECK;
/* Puts the definition of a version, made anew, in place of the old one. */
int renew_version(struct db *db, const struct save *s, int64_t blob,
                  struct err *err) MUST_CHECK;
/* Drops the versions of what has the name, up to a number. */
int drop_versions(struct db *db, int64_t workspace, enum kind kind, struct str name,
                  int64_t up_to, struct err *err) MUST_CHECK;

/* ---- blobs.c ---- */

/* The blob of that content by one of SQL_BLOB_FIND and SQL_BLOB_IN_USE; 0: none. */
int find_blob(struct db *db, enum sql sql, const uint8_t sha256[SHA256_BYTES],
              int64_t *id, struct err *err) MUST_CHECK;

/* The blob of a save: the one that is there, or a new one. */
int put_blob(struct db *db, const struct save *s, int64_t *id,
             struct err *err) MUST_CHECK;
/* Puts a blob there that nothing names yet. */
int stage_blob(struct db *db, const struct new_blob *b, int64_t *id,
               struct err *err) MUST_CHECK;
/* An object or version came to name it; one does so no more, and the sweep takes it when
 * none is left. */
int use_blob(struct db *db, int64_t blob, struct err *err) MUST_CHECK;
int leave_blob(struct db *db, int64_t blob, struct err *err) MUST_CHECK;

/* ---- secrets.c ---- */

/* Writes the secrets of a save, as it says.  E_BUSY as check_key(). */
int put_secrets(struct db *db, struct save *s, int64_t object, struct str uid,
                struct err *err) MUST_CHECK;
/* What a sealed secret is bound to. */
struct str context_of(struct str uid, struct str path, struct buf *out);

/* ---- keys.c ---- */

/* Takes that of the options which the database was written with; the first, when it was
 * written with none.  E_DENIED: with another one. */
int choose_key(struct db *db, const struct store_options *options,
               struct err *err) MUST_CHECK;
/* Whether it was written with one of these, or with none. */
int fits_key(struct db *db, const struct seal_key *keys, int n, bool *fits,
             struct err *err) MUST_CHECK;
/* E_BUSY: the key was changed since the store was opened. */
int check_key(struct db *db, struct err *err) MUST_CHECK;

/* ---- reindex.c ---- */

/* Notes the secrets of a save with `again` that were found in clear. */
int note_exposed(struct db *db, const struct save *s, struct err *err) MUST_CHECK;

/* ---- lists.c ---- */

/* A list for json_each(), of names or else of ids; `out` holds nothing after an error. */
#define NAMES_MAX (32 * MIB)
int list_json(struct buf *out, const struct str *names, const int64_t *ids, size_t n,
              struct err *err) MUST_CHECK;

struct store_report;

/* ---- dangling.c ---- */

/* Says a line about each name that leads nowhere, and counts them. */
int check_dangling(struct db *db, struct store_report *report,
                   void (*say)(const char *text), struct err *err) MUST_CHECK;

#endif
