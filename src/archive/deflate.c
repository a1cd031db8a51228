#include "archive/deflate.h"

#include <libdeflate.h>
#include <pthread.h>
#include <stdlib.h>

#include "base/count.h"
#include "errors/errors.h"

#define LEVEL 6

/* A compressor is large, so each thread keeps the one that it made. */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static pthread_key_t kept;

static void free_compressor(void *c)
{
    libdeflate_free_compressor(c);
}

static void make_key(void)
{
    if (pthread_key_create(&kept, free_compressor))
        abort(); /* of 1,024 keys that a process has */
}

static struct libdeflate_compressor *compressor(void)
{
    struct libdeflate_compressor *c;

    pthread_once(&once, make_key);
    c = pthread_getspecific(kept);
    if (c)
        return c;
    c = libdeflate_alloc_compressor(LEVEL);
    if (c && pthread_setspecific(kept, c)) {
        libdeflate_free_compressor(c);
        c = NULL;
    }
    return c;
}

int deflate_make(struct buf *stored, struct str raw, struct err *err)
{
    struct libdeflate_compressor *c = compressor();
    size_t n;

    COUNT(COUNT_DEFLATE);
    *stored = BUF_INIT(raw.n);
    buf_reserve(stored, raw.n);
    if (!c || stored->bad)
        return err_nomem(err);
    /* Only what is smaller than the content is of use. */
    n = raw.n ? libdeflate_deflate_compress(c, raw.p, raw.n, stored->ptr, raw.n - 1) : 0;
    if (n)
        stored->len = n;
    else
        buf_addstr(stored, raw);
    return 0;
}

static int damaged(struct err *err)
{
    return err_fault(err, E_INTERNAL, "a stored definition is damaged");
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
    if (!raw_size)
        return damaged(err);
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
        return damaged(err);
    raw->len += raw_size;
    return 0;
}

uint32_t deflate_crc32(struct str raw)
{
    return libdeflate_crc32(0, raw.p, raw.n);
}
