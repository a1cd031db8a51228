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
 * Private to store/: what its files use of each other.
 *
 * A function that takes a `struct db` runs in the transaction that its caller has begun
 * on that connection: the snapshot's, or the write's, on the writer thread.  Only writes
 * may call a function that changes anything; when it fails, the caller rolls the
 * transaction back.  All of them fail as store.h says, with E_INTERNAL for a damaged row,
 * and as said here.
 */

struct snapshot {
    struct db *db;
};

/* A connection of the pool. */
struct reader {
    struct snapshot snapshot; /* must be first: cast back from struct snapshot */
    struct store *store;
    int64_t since_ns;    /* when it was taken from the pool */
    struct reader *next; /* in the pool */
};

/* The rows of the audit log that are still in the database.  Only the writer thread uses
 * this struct, except for `last` and `copied`. */
struct audit_rows {
    int64_t next;              /* the id of the next row */
    int64_t removed, removing; /* up to which row all are removed, in this batch too */
    int64_t added;             /* rows of this batch */
    int64_t max;
    int alarmed;                      /* which warnings about waiting rows were logged */
    atomic_int_fast64_t last, copied; /* the last row that was committed, copied */
    void (*wake)(void *arg);          /* see store_on_audit() */
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

/* Takes a connection that has no transaction from the pool; waits until one is free. */
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

/* audit_start() reads which rows there are.  The writer calls audit_begin() when it
 * begins a batch of writes, audit_add() with each write that succeeded, audit_end() at
 * the end of the batch, which removes rows that were copied, and audit_committed() after
 * its commit. */
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

/* Adds the project's row and its default workspace, unless the project exists.  E_DENIED,
 * STORE_OTHER_PROJECT: it does not, and only an administrator may create projects. */
int add_project(struct db *db, struct str project, struct err *err) MUST_CHECK;

/* The workspace that a write changes, and how many objects the write adds to it. */
struct changes {
    struct workspace w;
    int64_t jobs, real_time_jobs, scripts, resources;
    bool changed; /* a definition or a name was changed */
};

/* Finds the workspace of a write; for a new project it creates the default one.
 * E_NOTFOUND as find_workspace(), E_DENIED as add_project(). */
int open_workspace(struct db *db, struct str project, struct str uid, struct changes *out,
                   struct arena *arena, struct err *err) MUST_CHECK;
/* Adds `by` to the count of objects of a kind. */
void change_workspace(struct changes *c, enum kind kind, int64_t by,
                      int64_t real_time_by);
/* Writes the counts, and gives the workspace a new revision if it was changed. */
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

/* read_object() gives texts that live as long as the row; keep_object() copies them into
 * `arena`. */
int read_object(struct query *q, struct object *o, struct err *err) MUST_CHECK;
int keep_object(struct object *o, struct arena *arena, struct err *err) MUST_CHECK;

/* Which row is damaged, if any (sql.def). */
enum row_fault { ROW_SOUND, ROW_OBJECT, ROW_BLOB, ROW_VERSION, ROW_REF };

/* As read_object(), for a row that may be damaged: values that no blob can have are left
 * out. */
enum row_fault scan_object(struct query *q, struct object *o);

/* Reads a blob's sizes and hashes from these columns; false when no definition can have
 * them. */
bool read_content(struct query *q, struct object *o, int raw_size, int sha256,
                  int stored_sha256);

/* Sets and returns E_INTERNAL, as row_damaged(), for a fault; returns 0 without one. */
int object_damaged(enum row_fault fault, const struct object *o, struct err *err);

/* Finds the object that `key` names by the statement `sql`, an SQL_OBJECT_BY_; out->id is
 * 0 when there is none. */
int find_object(struct db *db, enum sql sql, int64_t workspace, enum kind kind,
                struct str scope, struct str key, struct object *out, struct arena *arena,
                struct err *err) MUST_CHECK;

/* ---- save.c ---- */

/* Creates or updates the object of a save; `blob` is its definition.  Fails as struct
 * save says. */
int save_object(struct db *db, struct save *s, struct changes *c, int64_t blob,
                struct err *err) MUST_CHECK;

/* ---- versions.c, in a save's transaction ---- */

int add_version(struct db *db, const struct save *s, int64_t object, int64_t number,
                int64_t blob, struct err *err) MUST_CHECK;
/* Adds a version, unless the latest one is the same. */
int submit(struct db *db, const struct save *s, struct changes *c, int64_t object,
           struct err *err) MUST_CHECK;
/* Replaces the definition of a version with the one that was made anew. */
int renew_version(struct db *db, const struct save *s, int64_t blob,
                  struct err *err) MUST_CHECK;
/* Deletes the versions of the named object up to the number `up_to`. */
int drop_versions(struct db *db, int64_t workspace, enum kind kind, struct str name,
                  int64_t up_to, struct err *err) MUST_CHECK;

/* ---- blobs.c ---- */

/* Finds the blob with that content by SQL_BLOB_FIND or SQL_BLOB_IN_USE; *id is 0 when
 * there is none. */
int find_blob(struct db *db, enum sql sql, const uint8_t sha256[SHA256_BYTES],
              int64_t *id, struct err *err) MUST_CHECK;

/* Gives the blob of a save: the one that is stored already, or a new one. */
int put_blob(struct db *db, const struct save *s, int64_t *id,
             struct err *err) MUST_CHECK;
/* use_blob() notes that an object or version now refers to the blob.  leave_blob() notes
 * that one no longer does; when none is left, the sweep may delete the blob. */
int use_blob(struct db *db, int64_t blob, struct err *err) MUST_CHECK;
int leave_blob(struct db *db, int64_t blob, struct err *err) MUST_CHECK;

/* ---- secrets.c ---- */

/* Stores, moves and deletes secrets as the save says.  E_BUSY as check_key(). */
int put_secrets(struct db *db, struct save *s, int64_t object, struct str uid,
                struct err *err) MUST_CHECK;
/* Makes the context that a secret is sealed with (base/seal.h). */
struct str context_of(struct str uid, struct str path, struct buf *out);

/* ---- keys.c ---- */

/* Chooses, of the options' keys, the one that the database was written with, or the first
 * when it was written with none.  E_DENIED: it was written with another key. */
int choose_key(struct db *db, const struct store_options *options,
               struct err *err) MUST_CHECK;
/* Whether the database was written with one of these keys, or without a key. */
int fits_key(struct db *db, const struct seal_key *keys, int n, bool *fits,
             struct err *err) MUST_CHECK;
/* E_BUSY: the key was changed since the store was opened. */
int check_key(struct db *db, struct err *err) MUST_CHECK;

/* ---- reindex.c ---- */

/* Adds a row for each secret that a save with `again` found in clear. */
int note_exposed(struct db *db, const struct save *s, struct err *err) MUST_CHECK;

/* ---- lists.c ---- */

/* Makes the JSON list that a statement gives to json_each(): of `names`, or of `ids` when
 * `names` is NULL.  `out` is empty after an error. */
#define NAMES_MAX (32 * MIB)
int list_json(struct buf *out, const struct str *names, const int64_t *ids, size_t n,
              struct err *err) MUST_CHECK;

struct store_report;

/* ---- dangling.c ---- */

/* Calls `say` with a line about each name that no object has, and counts them. */
int check_dangling(struct db *db, struct store_report *report,
                   void (*say)(const char *text), struct err *err) MUST_CHECK;

#endif
