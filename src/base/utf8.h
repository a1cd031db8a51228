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

/* Counts the code points of valid UTF-8. */
size_t utf8_count(struct str s);

/*
 * Appends valid UTF-8 normalised to NFKC and case-folded, so that texts which differ only
 * in case or in Unicode form become the same: file systems may take such names for one.
 */
void utf8_fold(struct buf *out, struct str s);

/* Returns `s`, or as many whole code points from its beginning as fit into `max` bytes.
 */
struct str utf8_cut(struct str s, size_t max);

/*
 * Appends `s` in a form that is safe to show on a terminal.  Controls (C0, DEL, C1),
 * format characters such as those that reverse the direction of text, line separators and
 * code points that are no characters become \uXXXX; a byte that is no UTF-8 becomes
 * \ufffd.  It appends at most `max` bytes; a longer text is cut and ends with U+2026.
 */
void utf8_add_visible(struct buf *out, struct str s, size_t max);

/* The same, as a JSON string with its quotes. */
void utf8_add_quoted(struct buf *out, struct str s, size_t max);

#endif
