#ifndef STORE_TXN_H
#define STORE_TXN_H

#include "store/save.h"
#include "store/workspaces.h"

/*
 * The transaction of a write that looks before it saves: the caller's own run() decides
 * on one object after the other, by what is held at that moment, and nobody can come in
 * between.  On the writer thread alone:
 *
 *     rc = txn_open(&t, db, project, workspace, err);
 *     for each object: txn_held(), then txn_save() or not
 *     rc = txn_close(t, rc, err);
 *
 * When a call fails, run() returns what it returned, and all that was saved is undone.
 */
struct txn;

/* Opens the workspace that is written to, or begins it.  E_NOTFOUND,
 * STORE_NO_WORKSPACE; E_DENIED, STORE_OTHER_PROJECT. */
int txn_open(struct txn **out, struct db *db, struct str project, struct str workspace,
             struct err *err) MUST_CHECK;

/* The workspace as it was before anything was saved. */
const struct workspace *txn_workspace(const struct txn *t);

/* Whether the workspace has a connection of the type DLI, of which one is enough. */
int txn_has_dli(struct txn *t, bool *has, struct err *err) MUST_CHECK;

/* The object of that scope and name, in the workspace, or in that of the project's CDM
 * objects; out->id is 0 when there is none.  Its texts live until txn_close(). */
int txn_held(struct txn *t, enum kind kind, struct str scope, struct str name,
             struct object *out, struct err *err) MUST_CHECK;

/*
 * Saves an object whose definition is the blob `blob`, which was staged: over `held`, as
 * txn_held() gave it, or a new one when held->id is 0.  Makes a CDM object's cluster when
 * there is none.  The save's project, workspace, old and blob are not looked at.  Fails
 * as struct save says, and with E_IO when the blob is gone.
 */
int txn_save(struct txn *t, struct save *save, const struct object *held, int64_t blob,
             struct err *err) MUST_CHECK;

/* Ends it, and frees it; accepts NULL.  Unless `rc` is a failure, counts what was saved.
 * Returns `rc`, or why that could not be written. */
int txn_close(struct txn *t, int rc, struct err *err) MUST_CHECK;

#endif
