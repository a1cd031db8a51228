#include "archive/deflate.h"

#include <libdeflate.h>

#include "base/count.h"
#include "model/errors.h"

#define LEVEL 6

int deflate_make(struct buf *stored, struct str raw, struct err *err)
{
    struct libdeflate_compressor *c = libdeflate_alloc_compressor(LEVEL);
    size_t n;

    COUNT(COUNT_DEFLATE);
    *stored = BUF_INIT(raw.n);
    buf_reserve(stored, raw.n);
    if (!c || stored->bad) {
        libdeflate_free_compressor(c);
        return err_nomem(err);
    }
    /* Only what is smaller than the content is of use. */
    n = raw.n ? libdeflate_deflate_compress(c, raw.p, raw.n, stored->ptr, raw.n - 1) : 0;
    libdeflate_free_compressor(c);
    if (n)
        stored->len = n;
    else
        buf_addstr(stored, raw);
    return 0;
}

int deflate_undo(struct buf *raw, struct str stored, size_t raw_size, struct err *err)
{
    struct libdeflate_decompressor *d;
    enum libdeflate_result result;

    COUNT(COUNT_INFLATE);
    if (stored.n == raw_size) {
        buf_addstr(raw, stored);
        return raw->bad ? err_nomem(err) : 0;
    }
    d = libdeflate_alloc_decompressor();
    buf_reserve(raw, raw_size);
    if (!d || raw->bad) {
        libdeflate_free_decompressor(d);
        return err_nomem(err);
    }
    result = libdeflate_deflate_decompress(d, stored.p, stored.n, raw->ptr + raw->len,
                                           raw_size, NULL);
    libdeflate_free_decompressor(d);
    if (result != LIBDEFLATE_SUCCESS)
        return err_set(err, E_INTERNAL, APIGW_0601, DET_TEXT,
                       "a stored definition is damaged");
    raw->len += raw_size;
    return 0;
}

uint32_t deflate_crc32(struct str raw)
{
    return libdeflate_crc32(0, raw.p, raw.n);
}
