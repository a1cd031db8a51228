#ifndef HTTP_JUDGE_H
#define HTTP_JUDGE_H

#include <stddef.h>
#include <stdint.h>

#include "http/http.h"

/*
 * The framing of HTTP/1.1, judged on a connection's bytes before libmicrohttpd sees
 * them: where requests, header lines, bodies and chunks begin and end.  The library hides
 * or alters what another reader, such as a proxy in front, may read in another way: NUL,
 * bare CR and LF, folded lines, several blanks, chunk extensions (ADR 20).
 *
 * What is sound is passed on; chunks without their extensions, and no trailers.  At the
 * first byte that is not, the request is brought to its end in the shortest way that the
 * library accepts, so that the application is called and refuses it by `fault`; no byte
 * behind it is passed on.  What the library would refuse in words of its own never
 * reaches it.
 *
 *     struct judge j = JUDGE_INIT;
 *     for all bytes: n = judge_feed(&j, in, n, out)
 */
struct judge {
    enum http_fault fault; /* of the request `requests`, the last one */
    unsigned requests;     /* whose first byte has come */

    /* Private to judge.c. */
    uint8_t state, kind;
    bool too_long; /* the target */
    bool http_1_0, in_chunks, after_data, in_trailers;
    uint8_t version_at, name_n, coding_at, digits;
    unsigned lengths, codings;
    char name[18];
    size_t bytes;    /* of the method, target, headers or trailers so far */
    size_t target;   /* bytes of it */
    size_t kept;     /* bytes of the library's pool, for headers and cookies */
    size_t value_n;  /* bytes of this value */
    uint64_t length; /* Content-Length */
    uint64_t left;   /* bytes of the body or chunk; or the size that is being read */
};

#define JUDGE_INIT ((struct judge){ 0 })

/* One call may pass on this many bytes more than came in: those that it held back before.
 */
#define JUDGE_MORE 32

/* Judges the next `n` bytes; `out` has room for n + JUDGE_MORE.  Returns how many bytes
 * it wrote there, to be passed on. */
size_t judge_feed(struct judge *j, const char *in, size_t n, char *out);

/* So many bytes that come next are content, and pass whatever they are; 0 when the next
 * one must be judged.  judge_skip() says that so many of them were passed. */
uint64_t judge_content(const struct judge *j);
void judge_skip(struct judge *j, uint64_t n);

#endif
