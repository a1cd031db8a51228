/*
 * The bytes of a connection.  Verdict and output are the same however the bytes come; of
 * what is passed on, the judge itself finds nothing wrong but what it passes on for the
 * application to refuse, so that the library never refuses in its own words.
 */
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "http/judge.h"

struct fed {
    struct judge judge;
    struct buf out;
};

/* In pieces of `step` bytes; content is skipped as wire.c does it, when `skips`. */
static struct fed feed(struct str in, size_t step, bool skips)
{
    struct fed f = { JUDGE_INIT, BUF_INIT(16 * MIB) };
    char *out = malloc(step + JUDGE_MORE);
    size_t n;

    MUST(out);
    for (size_t at = 0; at < in.n; at += n) {
        uint64_t content = judge_content(&f.judge);

        n = step < in.n - at ? step : in.n - at;
        if (skips && content) {
            n = n < content ? n : (size_t)content;
            judge_skip(&f.judge, n);
            buf_add(&f.out, in.p + at, n);
        } else {
            size_t given = judge_feed(&f.judge, in.p + at, n, out);

            MUST(given <= n + JUDGE_MORE);
            buf_add(&f.out, out, given);
        }
    }
    free(out);
    return f;
}

/* A head with these is passed on whole; the application refuses it. */
static bool is_passed_on(enum http_fault fault)
{
    return fault == HTTP_SOUND || fault == HTTP_TWO_LENGTHS ||
           fault == HTTP_LENGTH_AND_CODING || fault == HTTP_BAD_CODING;
}

static void check(const struct fed *whole, struct fed other)
{
    MUST(other.judge.fault == whole->judge.fault);
    MUST(other.judge.requests == whole->judge.requests);
    /* Of cookies a part may have been passed on before there were too many. */
    if (other.judge.fault != HTTP_TOO_MANY_HEADERS) {
        MUST(other.out.len == whole->out.len);
        MUST(!other.out.len || !memcmp(other.out.ptr, whole->out.ptr, other.out.len));
    }
    buf_release(&other.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str in = { (const char *)data, n };
    struct fed whole = feed(in, n ? n : 1, false), again;

    check(&whole, feed(in, 1, false));
    check(&whole, feed(in, 7, true));
    check(&whole, feed(in, 61, true));
    again = feed(buf_str(&whole.out), 4096, false);
    MUST(is_passed_on(again.judge.fault));
    MUST(again.judge.requests == whole.judge.requests);
    buf_release(&again.out);
    buf_release(&whole.out);
    return 0;
}
