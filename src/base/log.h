#ifndef BASE_LOG_H
#define BASE_LOG_H

/*
 * Messages for the operator: one line each on standard error, with the time
 * in UTC and the level.  Lower layers return errors and do not log.  Never a
 * body, a key or a signature.  Safe from any thread; a line is one write().
 */
__attribute__((format(printf, 1, 2))) void log_info(const char *format, ...);
__attribute__((format(printf, 1, 2))) void log_error(const char *format, ...);

#endif
