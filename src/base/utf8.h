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

/*
 * Appends `s` with all that a terminal does not show as itself made visible: controls
 * (C0, DEL, C1), format characters such as those that turn the direction of text, line
 * separators, and what is no character, as \uXXXX; a byte that is no UTF-8 as \ufffd.
 * It takes `max` bytes at most; a longer text is cut, and ends with U+2026 then.
 */
void utf8_add_visible(struct buf *out, struct str s, size_t max);

/* Likewise as a string of JSON, with its quotes. */
void utf8_add_quoted(struct buf *out, struct str s, size_t max);

#endif
