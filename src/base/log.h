#ifndef BASE_LOG_H
#define BASE_LOG_H

#include "base/buf.h"

/*
 * Messages for the operator: one line each on standard error, with the time
 * in UTC and the level.  Lower layers return errors and do not log.  Never a
 * body, a key or a signature.  Safe from any thread; a line is one write().
 *
 * Lines are text or, with log_as_json(), an object of JSON each.
 */
void log_as_json(bool json);
bool log_is_json(void);

/* Writes a line that the caller made, with its end; releases it. */
void log_line(struct buf *line);

__attribute__((format(printf, 1, 2))) void log_info(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_error(const char *format, ...);

#endif
