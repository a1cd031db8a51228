#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/str.h"

/*
 * The wall clock, in milliseconds since 1970-01-01 UTC.  Administrators and time services
 * set it, so use it for times that are shown or stored, never for waits, deadlines and
 * ages.
 */
int64_t clock_ms(void);

/* A clock that only goes forward, in nanoseconds, for durations. */
int64_t clock_mono_ns(void);

/* clock_cond_init() initialises a condition variable whose timed waits use the monotonic
 * clock; clock_mono_until() makes the end of such a wait from a time of clock_mono_ns().
 */
void clock_cond_init(pthread_cond_t *cond);
struct timespec clock_mono_until(int64_t ns);

/* Writes a time as 2026-11-24T03:33:29.123Z, with a NUL. */
#define CLOCK_TEXT_BYTES 32
void clock_text(int64_t ms, char out[CLOCK_TEXT_BYTES]);

/*
 * Reads a time as milliseconds since 1970-01-01 UTC; false when the text is not in
 * `form`, or the calendar has no such time.  In a form each of Y M D h m s means a digit
 * of that part and z an offset (+08, +0800, +08:00 or Z; the year must then be 1 or
 * later); any other character means itself.
 */
#define CLOCK_ISO "YYYY-MM-DDThh:mm:ssz"
#define CLOCK_BASIC "YYYYMMDDThhmmssZ"
#define CLOCK_BASIC_DAY "YYYYMMDD"
bool clock_parse(struct str text, const char *form, int64_t *ms);

#endif
