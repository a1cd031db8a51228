#ifndef STORE_AUDIT_H
#define STORE_AUDIT_H

#include "store/store.h"

/*
 * The line of a write becomes a row in the write's own transaction, when the write holds.
 * Rows wait until somebody has copied them and says so; then a later write with a line
 * removes them, so that this costs no commit of its own.  At most AUDIT_ROWS_MAX wait:
 * beyond that the oldest are dropped and counted.
 */

/* Sets the function that the writer thread calls after each commit that added rows; NULL
 * is for a server that copies none.  No lock guards it: call this before anything is
 * written, and again only when nothing is. */
void store_on_audit(struct store *s, void (*wake)(void *arg), void *arg);

/* The id of the last row that was committed; ids only grow. */
int64_t store_audit_last(struct store *s);

/* Calls `each` for `max` rows behind the row `after`, in their order. */
int store_audit_rows(struct store *s, int64_t after, int64_t max,
                     void (*each)(void *arg, int64_t id, struct str line), void *arg,
                     struct err *err) MUST_CHECK;

/* All rows up to `id` are copied, and safe where they are. */
void store_audit_copied(struct store *s, int64_t id);

/* Removes these now, by a commit of its own; waits for it. */
int store_audit_trim(struct store *s, struct err *err) MUST_CHECK;

#endif
