#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

/* Appends base64 with padding, on one line. */
void base64_encode(struct buf *out, struct str bytes);

/* Appends the bytes; false when `text` is no base64 (white space is let go). */
bool base64_decode(struct buf *out, struct str text);

#endif
