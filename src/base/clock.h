#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* The wall clock, milliseconds since 1970-01-01 UTC. */
int64_t clock_ms(void);

/* A clock that only goes forward, in nanoseconds, for durations. */
int64_t clock_mono_ns(void);

/* 2026-11-24T03:33:29.123Z, NUL-terminated. */
#define CLOCK_TEXT_BYTES 32
void clock_text(int64_t ms, char out[CLOCK_TEXT_BYTES]);

#endif
