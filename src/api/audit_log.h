#ifndef API_AUDIT_LOG_H
#define API_AUDIT_LOG_H

#include "base/err.h"
#include "base/str.h"
#include "store/audit.h"

/*
 * The file of the audit log, and the thread that writes it: lines that were rows of the
 * database (store/audit.h) and lines that wait in memory, in the order in which they came
 * to be.  Nobody else touches the file, so nobody waits for it.  Safe from any thread.
 *
 * While the file cannot be written rows stay in the database.  They are removed when the
 * file that has them was flushed to the disk; a crash before that, or a flush that fails,
 * repeats lines, byte by byte, and loses none.  Of lines in memory AUDIT_QUEUE_MAX bytes
 * wait; more are dropped and counted, and a crash loses those that wait.
 *
 * What is written is whole lines.  After a write that was cut short, by a full disk or by
 * a crash, the rest of a line is taken away, or the next line begins on a line of its
 * own.
 */
struct audit_log;

/*
 * Opens the file, begins to copy what the database has, and starts the thread, which
 * blocks all signals.  A pipe that has no reader yet is opened later.  E_IO: the error's
 * first text says why.
 */
int audit_log_open(struct audit_log **out, const char *path, struct store *store,
                   struct err *err) MUST_CHECK;

/* Opens the file anew, soon, after somebody has renamed it. */
void audit_log_reopen(struct audit_log *log);

/* Writes what waits, for AUDIT_DRAIN_MS at most, and ends; rows that are left are copied
 * at the next start.  Accepts NULL. */
void audit_log_close(struct audit_log *log);

/* A line, without its end, of AUDIT_LINE_MAX - 1 bytes at most. */
void audit_log_add(struct audit_log *log, struct str line);

/* A line about a request from `address` that was refused to somebody unknown: see
 * audit_sum.h. */
void audit_log_refuse(struct audit_log *log, struct str address, struct str line);

#endif
