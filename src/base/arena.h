#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * Memory that is given back all at once: one arena a request.  What an arena
 * hands out is aligned for any type and lives until arena_release().
 * Not for sharing between threads.
 */
struct arena {
    struct arena_chunk *chunk; /* the newest; NULL while nothing was asked */
    size_t bytes;              /* that it has taken */
};

#define ARENA_INIT ((struct arena){ 0 })

/* `n` bytes, zeroed; NULL when memory is out. */
void *arena_alloc(struct arena *a, size_t n);

/* `count` times `size` bytes, zeroed; NULL also when the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);

/*
 * Room for one more than the `n` items of `items`, which only this has grown, from NULL
 * on; NULL when memory is out.  The old items stay in the arena.
 */
void *arena_grow(struct arena *a, void *items, size_t n, size_t size);

/* A copy with a NUL behind it; .p is NULL when memory is out. */
struct str arena_str(struct arena *a, struct str s);

/* Likewise a copy of what the buffer holds; .p is NULL also when the buffer is bad,
 * since its text is not whole then.  The buffer stays the caller's. */
struct str arena_buf(struct arena *a, const struct buf *b) MUST_CHECK;

void arena_release(struct arena *a);

/* As arena_release(), and wipes the contents first: they may hold secrets. */
void arena_wipe(struct arena *a);

#endif
