#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/str.h"

/*
 * Decodes the first code point of `n` > 0 bytes: its length, 1 to 4, or 0 when
 * they are not valid UTF-8 (RFC 3629: no surrogates, no overlong forms, at
 * most U+10FFFF).
 */
int utf8_decode(const char *p, size_t n, uint32_t *code_point);

/* Encodes one code point; gives its length. */
int utf8_encode(uint32_t code_point, char out[4]);

bool utf8_valid(struct str s);

/* Code points of valid UTF-8. */
size_t utf8_count(struct str s);

/*
 * Appends valid UTF-8 in the form that it shares with all that only differs from it in
 * case or in Unicode form (NFKC, case-folded): file systems may take such names for one.
 */
void utf8_fold(struct buf *out, struct str s);

/* `s`, or so much of its beginning as whole code points in `max` bytes. */
struct str utf8_cut(struct str s, size_t max);

#endif
