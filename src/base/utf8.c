#include "base/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <utf8proc.h>

static int length_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xc2 && first <= 0xdf)
        return 2;
    if (first >= 0xe0 && first <= 0xef)
        return 3;
    return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

int utf8_decode(const char *p, size_t n, uint32_t *code_point)
{
    static const uint32_t smallest[] = { 0, 0, 0x80, 0x800, 0x10000 };
    int len = length_of((unsigned char)*p);
    uint32_t c;

    if (len == 1) {
        *code_point = (unsigned char)*p;
        return 1;
    }
    if (len == 0 || (size_t)len > n)
        return 0;
    c = (unsigned char)*p & (0x7fu >> len);
    for (int i = 1; i < len; i++) {
        if (((unsigned char)p[i] & 0xc0) != 0x80)
            return 0;
        c = c << 6 | ((unsigned char)p[i] & 0x3f);
    }
    if (c < smallest[len] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return 0;
    *code_point = c;
    return len;
}

int utf8_encode(uint32_t c, char out[4])
{
    int len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

    if (len == 1) {
        out[0] = (char)c;
        return 1;
    }
    for (int i = len - 1; i > 0; i--, c >>= 6)
        out[i] = (char)(0x80 | (c & 0x3f));
    out[0] = (char)(0xf00 >> len | c);
    return len;
}

bool utf8_valid(struct str s)
{
    uint32_t c;

    for (size_t i = 0; i < s.n;) {
        int len = utf8_decode(s.p + i, s.n - i, &c);

        if (!len)
            return false;
        i += (size_t)len;
    }
    return true;
}

size_t utf8_count(struct str s)
{
    size_t count = 0;

    for (size_t i = 0; i < s.n; i++)
        count += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return count;
}

struct str utf8_cut(struct str s, size_t max)
{
    if (s.n <= max)
        return s;
    while (max > 0 && ((unsigned char)s.p[max] & 0xc0) == 0x80)
        max--;
    return (struct str){ s.p, max };
}

void utf8_fold(struct buf *out, struct str s)
{
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t n = utf8proc_map(
        (const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n, &folded,
        UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD);

    if (n < 0)
        out->bad = E_NOMEM;
    else
        buf_add(out, (const char *)folded, (size_t)n);
    free(folded);
}

/* ---- texts of others, for people to read ---- */

#define CUT_MARK "\xe2\x80\xa6" /* U+2026 */

static bool is_visible(uint32_t c)
{
    if (c < 0x80)
        return c >= 0x20 && c != 0x7f;
    switch (utf8proc_category((utf8proc_int32_t)c)) {
    case UTF8PROC_CATEGORY_CC:
    case UTF8PROC_CATEGORY_CF:
    case UTF8PROC_CATEGORY_CS:
    case UTF8PROC_CATEGORY_CO:
    case UTF8PROC_CATEGORY_CN:
    case UTF8PROC_CATEGORY_ZL:
    case UTF8PROC_CATEGORY_ZP:
        return false;
    default:
        return true;
    }
}

/* Appends a code point as JSON escapes it. */
static void add_escape(struct buf *out, uint32_t c)
{
    char text[24];

    if (c < 0x10000)
        snprintf(text, sizeof(text), "\\u%04x", (unsigned)c);
    else
        snprintf(text, sizeof(text), "\\u%04x\\u%04x", (unsigned)(0xd7c0 + (c >> 10)),
                 (unsigned)(0xdc00 + (c & 0x3ff)));
    buf_adds(out, text);
}

/* Appends the first code point of `s`; how many bytes it has there. */
static size_t add_one(struct buf *out, struct str s, bool quoted)
{
    uint32_t c = 0xfffd;
    int n = utf8_decode(s.p, s.n, &c);

    if (n && is_visible(c)) {
        if (quoted && (c == '"' || c == '\\'))
            buf_addc(out, '\\');
        buf_add(out, s.p, (size_t)n);
    } else {
        add_escape(out, n ? c : 0xfffd);
    }
    return n ? (size_t)n : 1;
}

static void add_visible(struct buf *out, struct str s, bool quoted, size_t max)
{
    size_t start = out->len, cut = start;

    for (size_t i = 0; i < s.n && !out->bad;) {
        i += add_one(out, str_from(s, i), quoted);
        if (out->len - start > max) {
            out->len = cut;
            buf_adds(out, CUT_MARK);
            return;
        }
        if (out->len - start + strlen(CUT_MARK) <= max)
            cut = out->len;
    }
}

void utf8_add_visible(struct buf *out, struct str s, size_t max)
{
    add_visible(out, s, false, max);
}

void utf8_add_quoted(struct buf *out, struct str s, size_t max)
{
    buf_addc(out, '"');
    add_visible(out, s, true, max - 2);
    buf_addc(out, '"');
}
