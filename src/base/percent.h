#ifndef BASE_PERCENT_H
#define BASE_PERCENT_H

#include <stdbool.h>

#include "base/buf.h"

/* Percent-encoding of RFC 3986. */

/* Appends `s`; all bytes but A-Z a-z 0-9 - . _ ~ become %XX, upper case. */
void percent_encode(struct buf *out, struct str s);

/* Appends `s` decoded once; false when a % is not followed by two hex digits. */
bool percent_decode(struct buf *out, struct str s) MUST_CHECK;

#endif
