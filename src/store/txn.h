#ifndef STORE_TXN_H
#define STORE_TXN_H

#include "store/save.h"
#include "store/workspaces.h"

/*
 * A write that reads before it saves: the caller's own run() decides about one object
 * after the other by what the catalogue has at that moment, and no other write can come
 * in between.  For the writer thread alone:
 *
 *     rc = txn_open(&t, db, project, workspace, err);
 *     for each object: txn_held(), then txn_save() or not
 *     rc = txn_close(t, rc, err);
 *
 * When a call fails, run() returns that failure, and everything it saved is rolled back.
 */
struct txn;

/* Opens the workspace to write to; for a new project it creates the default one.
 * E_NOTFOUND, STORE_NO_WORKSPACE; E_DENIED, STORE_OTHER_PROJECT. */
int txn_open(struct txn **out, struct db *db, struct str project, struct str workspace,
             struct err *err) MUST_CHECK;

/* The workspace as it was before anything was saved. */
const struct workspace *txn_workspace(const struct txn *t);

/* Whether the workspace has a connection of the type DLI; it may have one at most. */
int txn_has_dli(struct txn *t, bool *has, struct err *err) MUST_CHECK;

/* Finds the object of that scope and name in the workspace, or a CDM object in the
 * project's CDM workspace.  out->id is 0 when there is none.  Its texts live until
 * txn_close(). */
int txn_held(struct txn *t, enum kind kind, struct str scope, struct str name,
             struct object *out, struct err *err) MUST_CHECK;

/*
 * Saves an object whose definition is the staged blob `blob`.  It replaces `held`, as
 * txn_held() gave it, or creates an object when held->id is 0.  A CDM object's cluster is
 * created when it does not exist.  The save's project, workspace, old and blob are
 * ignored.  Fails as struct save says, and with E_IO when the blob is gone.
 */
int txn_save(struct txn *t, struct save *save, const struct object *held, int64_t blob,
             struct err *err) MUST_CHECK;

/* Ends and frees it; accepts NULL.  When `rc` is 0 it first writes the workspace's new
 * counts and revision, and returns the failure of that, if any; otherwise it returns
 * `rc`. */
int txn_close(struct txn *t, int rc, struct err *err) MUST_CHECK;

#endif
