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

/* Takes the buffer over, for one user; NULL without memory, or when it is bad: the
 * buffer is empty then. */
struct shared *shared_new(struct buf *bytes);

/* One user more, and the same for convenience. */
struct shared *shared_use(struct shared *s);

/* One user less.  Accepts NULL. */
void shared_release(struct shared *s);

#endif
