#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/*
 * The only text that grows.  Each has a limit: `struct buf b = BUF_INIT(max)`.
 * What would pass the limit, or finds no memory, is dropped and marks the
 * buffer bad; further appends do nothing; the user looks once, at the end.
 * Nothing is allocated before the first append.
 */
struct buf {
    char *ptr;   /* NULL while empty; not NUL-terminated */
    size_t len;  /* bytes in use */
    size_t cap;  /* bytes allocated */
    size_t max;  /* bytes allowed */
    enum ec bad; /* 0, E_LIMIT or E_NOMEM */
};

#define BUF_INIT(limit) ((struct buf){ .max = (limit) })

void buf_add(struct buf *b, const void *bytes, size_t n);
void buf_addc(struct buf *b, char c);
void buf_adds(struct buf *b, const char *text);
void buf_addstr(struct buf *b, struct str s);
/* What another buffer holds; one that is bad makes this one bad. */
void buf_addbuf(struct buf *b, const struct buf *from);
/* `s` as a string of JSON, with the fewest escapes. */
void buf_add_quoted(struct buf *b, struct str s);
__attribute__((format(printf, 2, 3))) void buf_addf(struct buf *b, const char *format,
                                                    ...);

/* Appends `item` to a list with commas; instead "...", when the list would be longer than
 * `max` with it.  False: no other item has room. */
bool buf_add_item(struct buf *list, struct str item, size_t max);

/* Room for exactly `n` bytes more, without the growth of appends. */
void buf_reserve(struct buf *b, size_t n);

/* Gives back what is allocated beyond the contents. */
void buf_fit(struct buf *b);

/* The contents; borrowed until the next change. */
static inline struct str buf_str(const struct buf *b)
{
    return (struct str){ b->ptr, b->len };
}

/* Appends a NUL that is not counted; NULL when the buffer is bad. */
const char *buf_cstr(struct buf *b);

/* Empties it and keeps the memory. */
void buf_clear(struct buf *b);

/* Frees the contents; the buffer can be used again. */
void buf_release(struct buf *b);

/* As buf_release(), of a text that went into `whole`: what it lacks, the whole lacks. */
void buf_release_part(struct buf *b, struct buf *whole);

/* As buf_release(), and overwrites the contents first: for what may hold a secret. */
void buf_wipe(struct buf *b);

/* Hands the memory (*n bytes, free() it) to the caller and empties the buffer. */
char *buf_detach(struct buf *b, size_t *n);

#endif
