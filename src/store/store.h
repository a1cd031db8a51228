#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/seal.h"

/*
 * The catalogue's rows.  One file of SQLite in WAL mode; what was acknowledged
 * survives power loss (synchronous=FULL).
 *
 * Reads go through a snapshot: one connection of a small pool, one read
 * transaction, so that all that is read of it belongs together.  Writes go to
 * one writer thread, which commits those that wait together.
 *
 * Unless said otherwise a call fails with E_IO (the disk or the database; the
 * detail has SQLite's words) or E_NOMEM, and nothing else.
 */
struct store;

#define SWEEP_NEVER (INT64_MAX / 2) /* it is left to the server */

struct store_options {
    const char *path;     /* of the database file; made when missing */
    int readers;          /* connections for reading */
    int64_t sweep_age_ms; /* how long a blob without users is kept, or SWEEP_NEVER */
    bool may_migrate;     /* the caller holds the data folder's lock */
    bool scratch;         /* no copy of it is kept before it is migrated */
    /* --auth off: a write may begin any project.  Otherwise only a catalogue that has
     * had no account yet lets a write do so. */
    bool without_sign_in;
    int64_t max_audit_rows; /* 0: AUDIT_ROWS_MAX */
    /* Keys for secrets, the newest first; of these the one is used that the
     * database was written with.  None: no secret can be saved. */
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

/* Commits the writes that wait, ends the writer, closes.  Accepts NULL. */
void store_close(struct store *s);

/*
 * One state of the catalogue, as its first read finds it, on a connection of its
 * own; at most `readers` at once, others wait.  For one thread, until
 * snapshot_end().  E_IO.
 */
struct snapshot;
int store_snapshot(struct snapshot **out, struct store *s, struct err *err) MUST_CHECK;
void snapshot_end(struct snapshot *s);

struct db;
struct authority;

/*
 * A write: the caller fills one of the structs below, which begin with it, and
 * submits it.  It runs on the writer thread, in a transaction of its own or
 * with others; either all of it holds or nothing.  Then `done` is called, on
 * the writer thread, with `rc` and `err` filled.  All that it points to must
 * live until then.
 */
struct write {
    int (*run)(struct db *db, struct write *w, struct err *err); /* by the store */
    void (*done)(struct write *w);
    void *arg; /* the caller's */
    /* By what it is written: judged in the transaction, before anything is done
     * (E_DENIED, as snapshot_judge()).  NULL: the server's own, administration, or --auth
     * off. */
    const struct authority *authority;
    struct str audit; /* a line for the audit log (store/audit.h); "" is none */
    int rc;
    struct err err;
    struct write *next; /* the store's */
};

/* Queues it and returns at once. */
void store_submit(struct store *s, struct write *w);

/* Queues it, waits, returns w->rc; `done` and `arg` are the store's. */
int store_write(struct store *s, struct write *w);

#endif
