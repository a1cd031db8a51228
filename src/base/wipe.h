#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stdbool.h>

#include "base/str.h"

/* What code that handles secrets needs of memory.  A buffer has buf_wipe(). */

/* Overwrites `n` bytes that held a secret, also where the compiler sees no use. */
void wipe(void *bytes, size_t n);

/* Whether two texts are the same, in a time that does not tell where they differ. */
bool same_bytes(struct str a, struct str b);

#endif
