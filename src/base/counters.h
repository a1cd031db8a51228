#ifndef BASE_COUNTERS_H
#define BASE_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/*
 * Counts events of many keys, such as failed sign-ins of accounts, each in a window of
 * time.  A table has room for COUNTERS_MAX keys and allocates its memory once.  A key is
 * removed when its window is over or its count is 0 again.  Safe from any thread.
 */
struct counters;

/* What a full table does with a new key: it forgets the key whose window began first, or
 * it refuses the new one.  Keys that anybody can invent can fill a table, so they need
 * one of their own. */
enum when_full { COUNTERS_FORGET, COUNTERS_REFUSE };

/* Makes a table.  A key's window begins with its first event and lasts `window_ms`, or,
 * with COUNTERS_NO_END, until its count is 0 again.  NULL: no memory. */
#define COUNTERS_NO_END (INT64_MAX / 4)
struct counters *counters_new(int64_t window_ms, enum when_full when_full);
void counters_free(struct counters *c);

/*
 * Adds `by` to the count of `key` at `now_ms` (0 only reads it, a negative number takes
 * events back), and returns the count in its window; INT64_MAX for a new key that a full
 * table refuses.  Sets *left_ms, unless it is NULL, to the time until the window ends or
 * the table has room.
 */
int64_t counters_add(struct counters *c, struct str key, int64_t by, int64_t now_ms,
                     int64_t *left_ms);

/* Forgets the count of `key`. */
void counters_forget(struct counters *c, struct str key);

#endif
