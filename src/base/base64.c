#include "base/base64.h"

#include <nettle/base64.h>
#include <stdint.h>

void base64_encode_as(struct buf *out, struct str bytes, struct base64_form form)
{
    size_t n = BASE64_ENCODE_RAW_LENGTH(bytes.n);
    char *to;

    buf_reserve(out, n);
    if (out->bad || !n)
        return;
    to = out->ptr + out->len;
    base64_encode_raw(to, bytes.n, (const uint8_t *)bytes.p);
    for (size_t i = 0; form.url && i < n; i++)
        to[i] = to[i] == '+' ? '-' : to[i] == '/' ? '_' : to[i];
    while (form.unpadded && to[n - 1] == '=')
        n--;
    out->len += n;
}

void base64_encode(struct buf *out, struct str bytes)
{
    base64_encode_as(out, bytes, (struct base64_form){ .url = false });
}

/* Whichever alphabet it is in; both at once are none. */
static void init(struct base64_decode_ctx *c, struct str text, struct base64_form *form)
{
    form->url = text.n && (memchr(text.p, '-', text.n) || memchr(text.p, '_', text.n));
    form->unpadded = false;
    if (form->url)
        base64url_decode_init(c);
    else
        base64_decode_init(c);
}

/* What is left of a group may end without its padding. */
static bool finish(struct base64_decode_ctx *c, struct base64_form *form, uint8_t *to,
                   size_t *n)
{
    if (base64_decode_final(c))
        return true;
    form->unpadded = true;
    return base64_decode_update(c, n, to, 1, "=") &&
           (base64_decode_final(c) ||
            (base64_decode_update(c, n, to, 1, "=") && base64_decode_final(c)));
}

bool base64_decode(struct buf *out, struct str text, struct base64_form *form)
{
    size_t n = BASE64_DECODE_LENGTH(text.n), more;
    struct base64_form found;
    struct base64_decode_ctx c;

    buf_reserve(out, n + 4);
    if (out->bad)
        return false;
    init(&c, text, &found);
    if (!base64_decode_update(&c, &n, (uint8_t *)out->ptr + out->len, text.n, text.p))
        return false;
    more = BASE64_DECODE_LENGTH(1);
    if (!finish(&c, &found, (uint8_t *)out->ptr + out->len + n, &more))
        return false;
    out->len += n;
    if (form)
        *form = found;
    return true;
}
