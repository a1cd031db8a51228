#ifndef BASE_COUNTERS_H
#define BASE_COUNTERS_H

#include <stdint.h>

#include "base/str.h"

/*
 * How often something happened to each of many keys in the window of time that
 * now runs, such as failed sign-ins of an account.  The memory is taken once:
 * where too many keys are counted at a time, those of the fewest events are forgotten.
 * Safe from any thread.
 */
struct counters;

/* Windows of `window_ms`, each beginning with a key's first event in it.  NULL: no
 * memory. */
struct counters *counters_new(int64_t window_ms);
void counters_free(struct counters *c);

/* Counts `by` events of `key` at `now_ms` (0: only looks), and gives how many there
 * were in its window; *left_ms (not NULL): until the window ends. */
int64_t counters_add(struct counters *c, struct str key, int64_t by, int64_t now_ms,
                     int64_t *left_ms);

/* Forgets those of `key`. */
void counters_forget(struct counters *c, struct str key);

#endif
