#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/seal.h"

/*
 * The catalogue's rows, in one file of SQLite in WAL mode.  A write that was acknowledged
 * survives a power loss (synchronous=FULL).
 *
 * Reads go through a snapshot: a read transaction on one connection of a small pool, so
 * that everything read in it is of one state.  Writes go to one writer thread, which
 * commits all that are waiting in one transaction.
 *
 * Unless said otherwise a call fails with E_IO (the disk or the database; the
 * detail has SQLite's words) or E_NOMEM, and nothing else.
 */
struct store;

#define SWEEP_NEVER (INT64_MAX / 2) /* this store deletes no blobs; the server does */

struct store_options {
    const char *path;     /* of the database file; made when missing */
    int readers;          /* connections for reading */
    int64_t sweep_age_ms; /* how long a blob without users is kept, or SWEEP_NEVER */
    bool may_migrate;     /* the caller holds the data folder's lock */
    bool scratch;         /* migrate without keeping a copy of the old database */
    /* --auth off: a write may create any project.  Otherwise it may do so only while the
     * catalogue has never had an account. */
    bool without_sign_in;
    int64_t max_audit_rows; /* 0: AUDIT_ROWS_MAX */
    /* Keys for secrets, the newest first.  The store uses the one that the database was
     * written with.  Without keys no secret can be saved. */
    const struct seal_key *keys;
    int n_keys;
};

/*
 * Opens the catalogue and brings its schema up to date.  E_DENIED when the
 * database is newer than this program, or older and may_migrate is false, or was
 * written with another key, or is another program's; the detail says what to do.
 */
int store_open(struct store **out, const struct store_options *options,
               struct err *err) MUST_CHECK;

/* Commits the writes that are waiting, ends the writer thread and closes the database.
 * Accepts NULL. */
void store_close(struct store *s);

/*
 * One state of the catalogue: the one that its first read finds.  Each snapshot takes a
 * connection of the pool until snapshot_end(); when all `readers` are taken, the call
 * waits.  Only one thread may use a snapshot.  E_IO.
 */
struct snapshot;
int store_snapshot(struct snapshot **out, struct store *s, struct err *err) MUST_CHECK;
void snapshot_end(struct snapshot *s);

struct db;
struct authority;

/*
 * A write.  The caller fills one of the structs of store/ that begin with it and submits
 * that.  The writer thread runs it in a transaction, which it may share with other
 * writes; either all of its changes are kept or none.  Then the writer thread calls
 * `done`, with `rc` and `err` filled.  Everything that the write points to must live
 * until then.
 */
struct write {
    int (*run)(struct db *db, struct write *w, struct err *err); /* by the store */
    void (*done)(struct write *w);
    void *arg; /* the caller's */
    /* On whose authority it is written.  The transaction checks this before anything else
     * (E_DENIED, as snapshot_judge()).  NULL: the server itself, administration, or
     * --auth off. */
    const struct authority *authority;
    struct str audit; /* a line for the audit log (store/audit.h); "" is none */
    int rc;
    struct err err;
    struct write *next; /* the store's */
};

/* Queues the write and returns at once. */
void store_submit(struct store *s, struct write *w);

/* Queues the write, waits until it is done and returns w->rc.  The store uses `done` and
 * `arg` for that. */
int store_write(struct store *s, struct write *w);

#endif
