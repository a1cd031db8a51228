#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stddef.h>
#include <stdlib.h>

/*
 * Gives the heap array `list` of `n` items room for one more, and returns its new place.
 * The array must begin as NULL and be grown only by this function, one item at a time: it
 * doubles when it is full.  NULL when memory is out; the old list is then still there.
 */
static inline void *list_grow(void *list, size_t n, size_t size)
{
    return n & (n - 1) ? list : reallocarray(list, n ? 2 * n : 1, size);
}

#endif
