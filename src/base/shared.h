#ifndef BASE_SHARED_H
#define BASE_SHARED_H

#include <stdatomic.h>

#include "base/buf.h"

/*
 * Bytes that never change, with a count of their users; the last one frees them.
 * Safe from any thread.
 */
struct shared {
    atomic_int users;
    int senders; /* answers that send it now; http/answers.c's, under its lock */
    struct buf bytes;
};

/* Takes over the buffer's contents, with one user.  NULL when there is no memory or the
 * buffer is bad.  In each case the caller's buffer is empty afterwards. */
struct shared *shared_new(struct buf *bytes);

/* Counts one more user, and returns `s`. */
struct shared *shared_use(struct shared *s);

/* Counts one user less; the last one frees it.  Accepts NULL. */
void shared_release(struct shared *s);

#endif
