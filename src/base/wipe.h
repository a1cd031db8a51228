#ifndef BASE_WIPE_H
#define BASE_WIPE_H

#include <stdbool.h>

#include "base/str.h"

/* Helpers for code that handles secrets.  For a buffer there is buf_wipe(). */

/* Overwrites `n` bytes that held a secret; the compiler does not remove this as useless.
 */
void wipe(void *bytes, size_t n);

/* Whether two texts are equal; the time it takes does not reveal where they differ. */
bool same_bytes(struct str a, struct str b);

#endif
