#ifndef BASE_COUNTERS_H
#define BASE_COUNTERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/str.h"

/*
 * How often something happened to each of many keys in the window of time that now runs,
 * such as failed sign-ins of an account.  A table has room for COUNTERS_MAX keys, and its
 * memory is taken once.  A key leaves when its window is over or its count is 0 again.
 * Safe from any thread.
 */
struct counters;

/* What a full table does with a new key: it makes room by forgetting the key whose window
 * began first, or it refuses the new one.  Keys that anybody can invent belong into a
 * table of their own, since they can fill it. */
enum when_full { COUNTERS_FORGET, COUNTERS_REFUSE };

/* Windows of `window_ms`, each beginning with a key's first event in it; or
 * COUNTERS_NO_END: until the count is 0 again.  NULL: no memory. */
#define COUNTERS_NO_END (INT64_MAX / 4)
struct counters *counters_new(int64_t window_ms, enum when_full when_full);
void counters_free(struct counters *c);

/*
 * Counts `by` events of `key` at `now_ms` (0: only looks; below 0: takes some back), and
 * gives how many there are in its window, INT64_MAX for a new key that a full table
 * refuses. *left_ms (not NULL): until the window ends, or there is room.
 */
int64_t counters_add(struct counters *c, struct str key, int64_t by, int64_t now_ms,
                     int64_t *left_ms);

/* Forgets those of `key`. */
void counters_forget(struct counters *c, struct str key);

#endif
