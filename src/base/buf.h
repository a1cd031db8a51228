#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

/*
 * The only type for text that grows.  Each buffer has a limit:
 * `struct buf b = BUF_INIT(max)`.  An append that would exceed the limit, or finds no
 * memory, adds nothing and marks the buffer bad; later appends do nothing.  So the caller
 * checks `bad` once, at the end.  The first append is the first to allocate.
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
/* Appends the contents of another buffer; if that is bad, this one becomes bad. */
void buf_addbuf(struct buf *b, const struct buf *from);
/* Appends `s` as a JSON string, with as few escapes as JSON allows. */
void buf_add_quoted(struct buf *b, struct str s);
__attribute__((format(printf, 2, 3))) void buf_addf(struct buf *b, const char *format,
                                                    ...);

/* Appends `item` to a list with commas.  When the list would get longer than `max`,
 * appends
 * "..." instead and returns false: the list is full. */
bool buf_add_item(struct buf *list, struct str item, size_t max);

/* Allocates room for exactly `n` more bytes, where appends would allocate in advance. */
void buf_reserve(struct buf *b, size_t n);

/* Frees the memory beyond the contents. */
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

/* As buf_release(), for a buffer whose text was added to `whole`: if it is bad, `whole`
 * becomes bad too. */
void buf_release_part(struct buf *b, struct buf *whole);

/* As buf_release(), and overwrites the contents first: for what may hold a secret. */
void buf_wipe(struct buf *b);

/* Hands the memory (*n bytes, free() it) to the caller and empties the buffer. */
char *buf_detach(struct buf *b, size_t *n);

#endif
