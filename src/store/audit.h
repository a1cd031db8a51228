#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/store.h"

/*
 * Rows of the audit log.  The line of a write that succeeds becomes a row in the write's
 * own transaction.  Rows stay until store_audit_copied() says that they were copied; then
 * a later write with a line deletes them, so that this needs no commit of its own.  At
 * most AUDIT_ROWS_MAX rows stay: beyond that the oldest are dropped and counted.
 */

/* Sets the function that the writer thread calls after each commit that added rows; NULL
 * is for a server that copies none.  No lock guards it: call this before anything is
 * written, and again only when nothing is. */
void store_on_audit(struct store *s, void (*wake)(void *arg), void *arg);

/* The id of the last row that was committed; ids only grow. */
int64_t store_audit_last(struct store *s);

/* Calls `each` for at most `max` rows with ids above `after`, in the order of their ids.
 */
int store_audit_rows(struct store *s, int64_t after, int64_t max,
                     void (*each)(void *arg, int64_t id, struct str line), void *arg,
                     struct err *err) MUST_CHECK;

/* Tells the store that all rows up to `id` were copied, and that the copies are on disk.
 */
void store_audit_copied(struct store *s, int64_t id);

/* Deletes the copied rows now, in a commit of its own, and waits for that. */
int store_audit_trim(struct store *s, struct err *err) MUST_CHECK;

#endif
