#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stddef.h>
#include <stdlib.h>

/*
 * Room for one more than the `n` items of `list`, which only this has grown, from NULL
 * on: twice as many whenever it is full.  NULL when memory is out; the list stays then.
 */
static inline void *list_grow(void *list, size_t n, size_t size)
{
    return n & (n - 1) ? list : reallocarray(list, n ? 2 * n : 1, size);
}

#endif
