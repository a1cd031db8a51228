#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

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

#endif
