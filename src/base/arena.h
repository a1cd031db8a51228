#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * Memory that is freed all at once: each request has one arena.  Memory from an arena is
 * aligned for any type and lives until arena_release().  Threads must not share an arena.
 */
struct arena {
    struct arena_chunk *chunk; /* the newest; NULL while nothing was asked */
    size_t bytes;              /* allocated for all its chunks */
};

#define ARENA_INIT ((struct arena){ 0 })

/* `n` bytes, zeroed; NULL when memory is out. */
void *arena_alloc(struct arena *a, size_t n);

/* `count` times `size` bytes, zeroed; NULL also when the product overflows. */
void *arena_array(struct arena *a, size_t count, size_t size);

/*
 * Gives the array `items` of `n` items room for one more, and returns its new place; NULL
 * when memory is out.  The array must begin as NULL and be grown only by this function,
 * one item at a time.  The old copy stays in the arena.
 */
void *arena_grow(struct arena *a, void *items, size_t n, size_t size);

/* Copies a text and adds a NUL; .p is NULL when memory is out. */
struct str arena_str(struct arena *a, struct str s);

/* Copies the contents of a buffer in the same way; .p is also NULL when the buffer is
 * bad, because its text is then not whole.  The caller still releases the buffer. */
struct str arena_buf(struct arena *a, const struct buf *b) MUST_CHECK;

void arena_release(struct arena *a);

/* As arena_release(), and wipes the contents first: they may hold secrets. */
void arena_wipe(struct arena *a);

#endif
