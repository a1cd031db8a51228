#include "base/wipe.h"

#include <nettle/memops.h>

void wipe(void *bytes, size_t n)
{
    if (n)
        explicit_bzero(bytes, n);
}

bool same_bytes(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memeql_sec(a.p, b.p, a.n));
}
