#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/str.h"

/*
 * The wall clock, milliseconds since 1970-01-01 UTC.  Administrators and time services
 * set it, so it is for times that are told or stored, never for waits, deadlines and
 * ages.
 */
int64_t clock_ms(void);

/* A clock that only goes forward, in nanoseconds, for durations. */
int64_t clock_mono_ns(void);

/* Initialises a condition whose timed waits end by clock_mono_ns(); and such an end. */
void clock_cond_init(pthread_cond_t *cond);
struct timespec clock_mono_until(int64_t ns);

/* 2026-11-24T03:33:29.123Z, NUL-terminated. */
#define CLOCK_TEXT_BYTES 32
void clock_text(int64_t ms, char out[CLOCK_TEXT_BYTES]);

/*
 * Reads a time as milliseconds since 1970-01-01 UTC; false when it has another form than
 * `form`, or the calendar has no such time.  In a form each of Y M D h m s stands for a
 * digit of that part, z for an offset (+08, +0800, +08:00 or Z; then the year is 1 or
 * later), and all else for itself.
 */
#define CLOCK_ISO "YYYY-MM-DDThh:mm:ssz"
#define CLOCK_BASIC "YYYYMMDDThhmmssZ"
#define CLOCK_BASIC_DAY "YYYYMMDD"
bool clock_parse(struct str text, const char *form, int64_t *ms);

#endif
