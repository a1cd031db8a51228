#ifndef BASE_SORT_H
#define BASE_SORT_H

#include <stddef.h>

/* What qsort() and bsearch() lack; `compare` is as theirs. */
typedef int compare_fn(const void *a, const void *b);

/* Keeps the first of equal items of a sorted list; returns how many are left. */
size_t unique(void *sorted, size_t n, size_t size, compare_fn *compare);

/* Sorts and keeps one of equal items; returns how many are left. */
size_t sort_unique(void *items, size_t n, size_t size, compare_fn *compare);

/* Returns the index of the first item of a sorted list that is not less than `key`; `n`
 * when there is none. */
size_t lower_bound(const void *key, const void *sorted, size_t n, size_t size,
                   compare_fn *compare);

#endif
