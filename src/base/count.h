#ifndef BASE_COUNT_H
#define BASE_COUNT_H

/*
 * Counters of a test build (-DDLF_COUNT): how often the costly steps ran, so
 * that a test can hold "an export prints, deflates and parses nothing, and
 * takes the same number of statements for 1 job and for 100".  In the product
 * COUNT() is nothing.
 */
enum count {
    COUNT_PRINT,
    COUNT_DEFLATE,
    COUNT_INFLATE,
    COUNT_PARSE,
    COUNT_SQL,
    COUNT_SQL_STEPS, /* of the engine's machine: what the statements cost */
    COUNTS
};

#ifdef DLF_COUNT
#include <stdatomic.h>
extern atomic_long count_of[COUNTS];
#define COUNT_ADD(what, n) atomic_fetch_add(&count_of[what], n)
#else
#define COUNT_ADD(what, n) ((void)0)
#endif
#define COUNT(what) COUNT_ADD(what, 1)

#endif
