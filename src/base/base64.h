#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

/* How base64 is written: with - and _ for + and /; without the = at its end. */
struct base64_form {
    bool url, unpadded;
};

/* Appends base64 on one line, with padding; or in that form. */
void base64_encode(struct buf *out, struct str bytes);
void base64_encode_as(struct buf *out, struct str bytes, struct base64_form form);

/* Appends the bytes, and says in which form they were (NULL: to nobody); false when
 * `text` is no base64.  White space is ignored. */
bool base64_decode(struct buf *out, struct str text, struct base64_form *form);

#endif
