#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

/* The variant of base64: `url` has - and _ in place of + and /; `unpadded` has no = at
 * the end. */
struct base64_form {
    bool url, unpadded;
};

/* Appends base64 on one line: the usual variant, with padding; or the given one. */
void base64_encode(struct buf *out, struct str bytes);
void base64_encode_as(struct buf *out, struct str bytes, struct base64_form form);

/* Appends the decoded bytes, and sets *form, unless it is NULL, to the variant of the
 * text; false when `text` is no base64.  White space is ignored. */
bool base64_decode(struct buf *out, struct str text, struct base64_form *form);

#endif
