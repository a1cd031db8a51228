#include "base/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/wipe.h"
#include "base/banned.h"

static bool set_capacity(struct buf *b, size_t cap)
{
    char *p = realloc(b->ptr, cap);

    if (!p) {
        b->bad = E_NOMEM;
        return false;
    }
    b->ptr = p;
    b->cap = cap;
    return true;
}

static bool fits(struct buf *b, size_t n)
{
    if (b->bad)
        return false;
    if (n > b->max - b->len) {
        b->bad = E_LIMIT;
        return false;
    }
    return true;
}

static bool grow(struct buf *b, size_t n)
{
    size_t cap = b->cap ? b->cap : 64;

    if (!fits(b, n))
        return false;
    if (b->len + n <= b->cap)
        return true;
    while (cap < b->len + n)
        cap *= 2;
    if (cap > b->max)
        cap = b->max;
    return set_capacity(b, cap);
}

bool buf_add_item(struct buf *list, struct str item, size_t max)
{
    size_t before = list->len;

    if (before)
        buf_adds(list, ", ");
    if (list->len + item.n > max) {
        list->len = before;
        buf_adds(list, before ? ", ..." : "...");
        return false;
    }
    buf_addstr(list, item);
    return true;
}

void buf_reserve(struct buf *b, size_t n)
{
    if (fits(b, n) && b->len + n > b->cap)
        set_capacity(b, b->len + n);
}

void buf_fit(struct buf *b)
{
    char *p = b->len && b->len < b->cap ? realloc(b->ptr, b->len) : NULL;

    if (!p)
        return;
    b->ptr = p;
    b->cap = b->len;
}

void buf_add(struct buf *b, const void *bytes, size_t n)
{
    if (n == 0 || !grow(b, n))
        return;
    memcpy(b->ptr + b->len, bytes, n);
    b->len += n;
}

void buf_addc(struct buf *b, char c)
{
    if (grow(b, 1))
        b->ptr[b->len++] = c;
}

void buf_adds(struct buf *b, const char *text)
{
    buf_add(b, text, strlen(text));
}

void buf_addstr(struct buf *b, struct str s)
{
    buf_add(b, s.p, s.n);
}

void buf_addbuf(struct buf *b, const struct buf *from)
{
    buf_addstr(b, buf_str(from));
    if (from->bad)
        b->bad = from->bad;
}

void buf_add_quoted(struct buf *out, struct str s)
{
    static const char plain[] = "\b\t\n\f\r\"\\", letter[] = "btnfr\"\\";
    char pair[2] = "\\";
    size_t from = 0;

    buf_addc(out, '"');
    for (size_t i = 0; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        const char *found;

        if (c >= 0x20 && c != '"' && c != '\\')
            continue;
        buf_add(out, s.p + from, i - from);
        from = i + 1;
        found = c ? strchr(plain, c) : NULL;
        if (found) {
            pair[1] = letter[found - plain];
            buf_add(out, pair, sizeof(pair));
        } else {
            buf_addf(out, "\\u%04x", c);
        }
    }
    buf_addstr(out, str_from(s, from));
    buf_addc(out, '"');
}

void buf_addf(struct buf *b, const char *format, ...)
{
    va_list list;
    char *text = NULL;
    int n;

    va_start(list, format);
    n = vasprintf(&text, format, list);
    va_end(list);
    if (n < 0) {
        b->bad = E_NOMEM;
        return;
    }
    buf_add(b, text, (size_t)n);
    wipe(text, (size_t)n); /* it may hold a secret, as the buffer may */
    free(text);
}

const char *buf_cstr(struct buf *b)
{
    if (b->bad)
        return NULL;
    if (b->len == b->cap && !set_capacity(b, b->cap + 1))
        return NULL;
    b->ptr[b->len] = '\0';
    return b->ptr;
}

void buf_clear(struct buf *b)
{
    b->len = 0;
    b->bad = 0;
}

void buf_release(struct buf *b)
{
    free(b->ptr);
    *b = BUF_INIT(b->max);
}

void buf_release_part(struct buf *b, struct buf *whole)
{
    if (b->bad)
        whole->bad = b->bad;
    buf_release(b);
}

void buf_wipe(struct buf *b)
{
    wipe(b->ptr, b->cap);
    buf_release(b);
}

char *buf_detach(struct buf *b, size_t *n)
{
    char *p = b->ptr;

    *n = b->len;
    *b = BUF_INIT(b->max);
    return p;
}
