#include "base/sort.h"

#include <stdlib.h>
#include <string.h>

size_t unique(void *sorted, size_t n, size_t size, compare_fn *compare)
{
    char *p = sorted;
    size_t kept = n > 0;

    for (size_t i = 1; i < n; i++)
        if (compare(p + (kept - 1) * size, p + i * size) != 0)
            memmove(p + kept++ * size, p + i * size, size);
    return kept;
}

size_t sort_unique(void *items, size_t n, size_t size, compare_fn *compare)
{
    if (n)
        qsort(items, n, size, compare);
    return unique(items, n, size, compare);
}

size_t lower_bound(const void *key, const void *sorted, size_t n, size_t size,
                   compare_fn *compare)
{
    size_t from = 0, to = n;

    while (from < to) {
        size_t middle = from + (to - from) / 2;

        if (compare((const char *)sorted + middle * size, key) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}
