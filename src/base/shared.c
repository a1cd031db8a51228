#include "base/shared.h"

#include <stdlib.h>

struct shared *shared_new(struct buf *bytes)
{
    struct shared *s = bytes->bad ? NULL : malloc(sizeof(*s));

    if (!s) {
        buf_release(bytes);
        return NULL;
    }
    atomic_init(&s->users, 1);
    s->senders = 0;
    s->bytes = *bytes;
    *bytes = BUF_INIT(0);
    return s;
}

struct shared *shared_use(struct shared *s)
{
    atomic_fetch_add(&s->users, 1);
    return s;
}

void shared_release(struct shared *s)
{
    if (!s || atomic_fetch_sub(&s->users, 1) > 1)
        return;
    buf_release(&s->bytes);
    free(s);
}
