#include "base/base64.h"

#include <nettle/base64.h>
#include <stdint.h>

void base64_encode(struct buf *out, struct str bytes)
{
    size_t n = BASE64_ENCODE_RAW_LENGTH(bytes.n);

    buf_reserve(out, n);
    if (out->bad || !n)
        return;
    base64_encode_raw(out->ptr + out->len, bytes.n, (const uint8_t *)bytes.p);
    out->len += n;
}

bool base64_decode(struct buf *out, struct str text)
{
    size_t n = BASE64_DECODE_LENGTH(text.n);
    struct base64_decode_ctx c;

    buf_reserve(out, n + 1);
    if (out->bad)
        return false;
    base64_decode_init(&c);
    if (!base64_decode_update(&c, &n, (uint8_t *)out->ptr + out->len, text.n, text.p) ||
        !base64_decode_final(&c))
        return false;
    out->len += n;
    return true;
}
