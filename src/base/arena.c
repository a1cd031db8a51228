#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/wipe.h"

#define CHUNK_BYTES 4096

struct arena_chunk {
    struct arena_chunk *older;
    size_t used, size;
    alignas(max_align_t) unsigned char bytes[];
};

static struct arena_chunk *add_chunk(struct arena *a, size_t n)
{
    size_t size = n > CHUNK_BYTES ? n : CHUNK_BYTES;
    struct arena_chunk *c;

    if (size > SIZE_MAX - sizeof(*c))
        return NULL;
    c = malloc(sizeof(*c) + size);
    if (!c)
        return NULL;
    a->bytes += sizeof(*c) + size;
    c->older = a->chunk;
    c->used = 0;
    c->size = size;
    a->chunk = c;
    return c;
}

void *arena_alloc(struct arena *a, size_t n)
{
    struct arena_chunk *c = a->chunk;
    size_t step = alignof(max_align_t);
    void *p;

    if (n > SIZE_MAX - step)
        return NULL;
    n = (n + step - 1) / step * step;
    if (!c || c->size - c->used < n)
        c = add_chunk(a, n);
    if (!c)
        return NULL;
    p = c->bytes + c->used;
    c->used += n;
    return memset(p, 0, n);
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    size_t n;

    if (__builtin_mul_overflow(count, size, &n))
        return NULL;
    return arena_alloc(a, n);
}

#define GROW_FIRST 8

void *arena_grow(struct arena *a, void *items, size_t n, size_t size)
{
    void *more;

    if (n && (n < GROW_FIRST || n & (n - 1)))
        return items;
    more = arena_array(a, n ? 2 * n : GROW_FIRST, size);
    if (more && n)
        memcpy(more, items, n * size);
    return more;
}

struct str arena_str(struct arena *a, struct str s)
{
    char *p = arena_alloc(a, s.n + 1);

    if (!p)
        return (struct str){ NULL, 0 };
    if (s.n)
        memcpy(p, s.p, s.n);
    return (struct str){ p, s.n };
}

struct str arena_buf(struct arena *a, const struct buf *b)
{
    struct str text = buf_str(b);

    return b->bad ? (struct str){ NULL, 0 } : arena_str(a, text);
}

void arena_release(struct arena *a)
{
    while (a->chunk) {
        struct arena_chunk *older = a->chunk->older;

        free(a->chunk);
        a->chunk = older;
    }
    a->bytes = 0;
}

void arena_wipe(struct arena *a)
{
    for (struct arena_chunk *c = a->chunk; c; c = c->older)
        wipe(c->bytes, c->used);
    arena_release(a);
}
