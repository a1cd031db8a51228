#ifndef API_AUDIT_SUM_H
#define API_AUDIT_SUM_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"

/*
 * Requests that are refused to somebody unknown, summed up: whoever sends them may send
 * any number.  The first one of an address is written as it is; those that follow within
 * a second are counted, and the last of them is written at the second's end, with
 * "count".  Of AUDIT_ADDRESSES addresses each has a count of its own; all others share
 * one, and are written with the address of the last.  For one thread at a time.
 */
#define AUDIT_SUM_LINE_MAX (AUDIT_LINE_MAX - 32) /* "count" has to fit */
struct audit_sum;
struct audit_sum *audit_sum_new(void); /* NULL: no memory */
void audit_sum_free(struct audit_sum *s);

/* Whether the line, an object of JSON of AUDIT_SUM_LINE_MAX bytes at most, is to be
 * written now; otherwise it is counted. */
bool audit_sum_add(struct audit_sum *s, struct str address, struct str line,
                   int64_t now_ms);

/* Whether any second has yet to end. */
bool audit_sum_is_active(const struct audit_sum *s);

/* Calls `each` for each count whose second is over, with its line. */
void audit_sum_take(struct audit_sum *s, int64_t now_ms,
                    void (*each)(void *arg, struct str line), void *arg);

#endif
