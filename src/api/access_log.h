#ifndef API_ACCESS_LOG_H
#define API_ACCESS_LOG_H

#include "api/call.h"

/* Logs a request that has ended, `ns` after it began: one line, or one object of JSON.
 * `c` is NULL when there was no memory for one. */
void access_log_write(const struct http_request *r, const struct call *c, int64_t ns);

#endif
