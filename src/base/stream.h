#ifndef BASE_STREAM_H
#define BASE_STREAM_H

#include "base/buf.h"

/*
 * Content that is made piece by piece while it is sent.  `next` appends the next piece to
 * `piece` and returns 0; when it appends nothing, the stream has ended.  A stream must be
 * the first member of the struct of its maker; `free` frees that struct.
 *
 * The sizes are in bytes, and may all be 0.  `piece` is about the largest piece; the
 * reader may lower it before the first piece, but not below `least`.  `beside` is the
 * memory that the stream uses as long as it lives.
 */
struct stream {
    int (*next)(struct stream *s, struct buf *piece, struct err *err);
    void (*free)(struct stream *s);
    size_t piece, least, beside;
};

/* Appends all pieces to `out`.  The caller still frees the stream. */
static inline int stream_read_all(struct stream *s, struct buf *out, struct err *err)
{
    size_t before;
    int rc;

    do {
        before = out->len;
        rc = s->next(s, out, err);
    } while (!rc && out->len > before);
    return rc;
}

#endif
