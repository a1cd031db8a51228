#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Messages for the operator: one line each on standard error, with the time
 * in UTC and the level.  Lower layers return errors and do not log.  Never a
 * body, a key or a signature.  Safe from any thread.
 *
 * Lines are text or, with log_as_json(), an object of JSON each.  Control and format
 * characters in them are escaped (utf8_add_visible()).
 *
 * Before log_start() a line is written at once, by its caller.  After it nobody who logs
 * waits for standard error: lines wait in memory, LOG_QUEUE_MAX bytes at most, and a
 * thread writes them.  A line that finds no room is dropped; METRIC_LOG_DROPPED counts
 * it, and a line says how many were dropped when the log flows again.
 */
void log_as_json(bool json);
bool log_is_json(void);

/* Starts the thread, which blocks all signals.  False: there is no memory or no thread,
 * and lines are written as before. */
bool log_start(void);

/* Waits until all lines are written, LOG_DRAIN_MS at most.  What nobody took until then
 * is lost, and standard error leads nowhere from then on, so that whoever writes a last
 * message does not wait for it either. */
void log_stop(void);

/* Writes a line that the caller made, with its end; releases it. */
void log_line(struct buf *line);

__attribute__((format(printf, 1, 2))) void log_info(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_error(const char *format, ...);

#endif
