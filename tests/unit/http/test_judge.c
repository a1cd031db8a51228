#include "unit/t.h"

#include "base/limits.h"
#include "http/judge.h"

#define STR_ARGS(text) text, sizeof(text) - 1

/* Verdicts, what is passed on, and that neither depends on how the bytes come. */

#define GET "GET /a HTTP/1.1\r\n"
#define PUT "PUT /a HTTP/1.1\r\n"
#define CHUNKED PUT "Transfer-Encoding: chunked\r\n\r\n"

static const struct {
    const char *in;
    const char *out; /* NULL: as it came */
    enum http_fault fault;
    unsigned requests;
} rows[] = {
    /* sound */
    { "", NULL, HTTP_SOUND, 0 },
    { GET "\r\n", NULL, HTTP_SOUND, 1 },
    { GET "Host: a\r\nX-A:\t \r\nX-B:b\r\n\r\n", NULL, HTTP_SOUND, 1 },
    { "\r\n\r\n" GET "\r\n", GET "\r\n", HTTP_SOUND, 1 },
    { GET "\r\n" GET "\r\n" GET "\r\n", NULL, HTTP_SOUND, 3 },
    { "GET /a HTTP/1.0\r\n\r\n" GET "\r\n", NULL, HTTP_SOUND, 2 },
    { PUT "Content-Length: 4\r\n\r\n\r\n\r\n" GET "\r\n", NULL, HTTP_SOUND, 2 },
    { PUT "content-LENGTH:\t004\r\n\r\nabcd" GET "\r\n", NULL, HTTP_SOUND, 2 },
    { PUT "Content-Length: 0\r\n\r\n" GET "\r\n", NULL, HTTP_SOUND, 2 },
    { PUT "X-Content-Length: 9\r\nContent-Lengths: 9\r\n\r\n" GET, NULL, HTTP_SOUND, 2 },
    { CHUNKED "0\r\n\r\n" GET "\r\n", NULL, HTTP_SOUND, 2 },
    { CHUNKED "3\r\na\r\n\r\n1\r\nb\r\n0\r\n\r\n", NULL, HTTP_SOUND, 1 },
    { CHUNKED "3;x=\"\ty\"\r\nabc\r\n00a\r\n0123456789\r\n0;x\r\nA: b\r\n\r\n" GET,
      CHUNKED "3\r\nabc\r\na\r\n0123456789\r\n0\r\n\r\n" GET, HTTP_SOUND, 2 },
    { CHUNKED "3\r\nab", NULL, HTTP_SOUND, 1 },
    { CHUNKED "3\r\nabc\r\n2", CHUNKED "3\r\nabc", HTTP_SOUND, 1 },
    { CHUNKED "0\r\nContent-Length: 7\r\nCookie: a\r\n\r\n" GET, CHUNKED "0\r\n\r\n" GET,
      HTTP_SOUND, 2 },
    /* the request line */
    { "\n", "GET / HTTP/1.1\r\n\r\n", HTTP_BAD_LINE, 1 },
    { "\r" GET, "GET / HTTP/1.1\r\n\r\n", HTTP_BAD_BYTE, 1 },
    { GET "\r\n\1", GET "\r\nGET / HTTP/1.1\r\n\r\n", HTTP_BAD_LINE, 2 },
    { CHUNKED "0\r\n\r\n\1", CHUNKED "0\r\n\r\nGET / HTTP/1.1\r\n\r\n", HTTP_BAD_LINE,
      2 },
    { "G\1", "G / HTTP/1.1\r\n\r\n", HTTP_BAD_LINE, 1 },
    { "G\r\n", "G / HTTP/1.1\r\n\r\n", HTTP_BAD_LINE, 1 },
    { "G  ", "G / HTTP/1.1\r\n\r\n", HTTP_BAD_LINE, 1 },
    { "G /\r\n", "G / HTTP/1.1\r\n\r\n", HTTP_BAD_LINE, 1 },
    { "G /\n", "G / HTTP/1.1\r\n\r\n", HTTP_BAD_BYTE, 1 },
    { "G /a X", "G /a HTTP/1.1\r\n\r\n", HTTP_BAD_VERSION, 1 },
    { "G /a HTTP/1.2", "G /a HTTP/1.1\r\n\r\n", HTTP_BAD_VERSION, 1 },
    { "G /a HTTP/1.0 ", "G /a HTTP/1.0\r\n\r\n", HTTP_BAD_BYTE, 1 },
    { "G /a HTTP/1.1\n", "G /a HTTP/1.1\r\n\r\n", HTTP_BAD_BYTE, 1 },
    { "G /a HTTP/1.1\rX", "G /a HTTP/1.1\r\n\r\n", HTTP_BAD_BYTE, 1 },
    /* headers */
    { GET " X", GET "\r\n", HTTP_BAD_NAME, 1 },
    { GET "\n", GET "\r\n", HTTP_BAD_NAME, 1 },
    { GET "\rX", GET "\r\n", HTTP_BAD_BYTE, 1 },
    { GET "X\r\n", GET "X:0\r\n\r\n", HTTP_BAD_NAME, 1 },
    { GET "X :", GET "X:0\r\n\r\n", HTTP_BAD_NAME, 1 },
    { GET "Content-Length\n", GET "Content-Length:0\r\n\r\n", HTTP_BAD_NAME, 1 },
    { GET "X:\n", GET "X:0\r\n\r\n", HTTP_BAD_BYTE, 1 },
    { GET "X: \1", GET "X: 0\r\n\r\n", HTTP_BAD_BYTE, 1 },
    { GET "X: a\x7f", GET "X: a\r\n\r\n", HTTP_BAD_BYTE, 1 },
    { GET "X: a\n", GET "X: a\r\n\r\n", HTTP_BAD_BYTE, 1 },
    { GET "X: a\rb", GET "X: a\r\n\r\n", HTTP_BAD_BYTE, 1 },
    { GET "X: a\r\n\tb", GET "X: a\r\n\r\n", HTTP_BAD_NAME, 1 },
    /* lengths */
    { PUT "Content-Length:\r\n", PUT "Content-Length:0\r\n\r\n", HTTP_BAD_LENGTH, 1 },
    { PUT "Content-Length:  x", PUT "Content-Length:  0\r\n\r\n", HTTP_BAD_LENGTH, 1 },
    { PUT "Content-Length: 1 ", PUT "Content-Length: 1\r\n\r\n", HTTP_BAD_LENGTH, 1 },
    { PUT "Content-Length: 9223372036854775807\r\n\r\n", NULL, HTTP_SOUND, 1 },
    { PUT "Content-Length: 9223372036854775808\r\n\r\n",
      PUT "Content-Length: 922337203685477580\r\n\r\n", HTTP_BAD_LENGTH, 1 },
    { PUT "Content-Length: 1\r\nContent-Length: 1\r\n\r\na",
      PUT "Content-Length: 1\r\nContent-Length: 1\r\n\r\n", HTTP_TWO_LENGTHS, 1 },
    { PUT "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\na",
      PUT "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
      HTTP_LENGTH_AND_CODING, 1 },
    /* codings */
    { PUT "Transfer-Encoding:\r\n\r\n", NULL, HTTP_BAD_CODING, 1 },
    { PUT "Transfer-Encoding: chunke\r\n\r\n", NULL, HTTP_BAD_CODING, 1 },
    { PUT "Transfer-Encoding: chunked \r\n\r\n", NULL, HTTP_BAD_CODING, 1 },
    { PUT "Transfer-Encoding: xchunked\r\n\r\n", NULL, HTTP_BAD_CODING, 1 },
    { PUT "Transfer-Encoding: chunked, chunked\r\n\r\n", NULL, HTTP_BAD_CODING, 1 },
    { PUT "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n", NULL,
      HTTP_BAD_CODING, 1 },
    { "PUT / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n", NULL, HTTP_BAD_CODING, 1 },
    /* chunks: the library sees the body's end */
    { CHUNKED "\r\n", CHUNKED "0\r\n\r\n", HTTP_BAD_CHUNK, 1 },
    { CHUNKED ";a\r\n", CHUNKED "0\r\n\r\n", HTTP_BAD_CHUNK, 1 },
    { CHUNKED "1\n", CHUNKED "0\r\n\r\n", HTTP_BAD_CHUNK, 1 },
    { CHUNKED "1 \r\n", CHUNKED "0\r\n\r\n", HTTP_BAD_CHUNK, 1 },
    { CHUNKED "1\rX", CHUNKED "0\r\n\r\n", HTTP_BAD_CHUNK, 1 },
    { CHUNKED "1;\rX", CHUNKED "0\r\n\r\n", HTTP_BAD_CHUNK, 1 },
    { CHUNKED "1;a\n", CHUNKED "0\r\n\r\n", HTTP_BAD_CHUNK, 1 },
    { CHUNKED "8000000000000000\r\n", CHUNKED "0\r\n\r\n", HTTP_BAD_CHUNK, 1 },
    { CHUNKED "00000000000000001\r\n", CHUNKED "0\r\n\r\n", HTTP_BAD_CHUNK, 1 },
    { CHUNKED "1\r\nab\r\n", CHUNKED "1\r\na\r\n0\r\n\r\n", HTTP_BAD_CHUNK, 1 },
    { CHUNKED "1\r\na\n", CHUNKED "1\r\na\r\n0\r\n\r\n", HTTP_BAD_CHUNK, 1 },
    { CHUNKED "1\r\na\r\n0\n", CHUNKED "1\r\na\r\n0\r\n\r\n", HTTP_BAD_CHUNK, 1 },
    { CHUNKED "0\r\n\n", CHUNKED "0\r\n\r\n", HTTP_BAD_NAME, 1 },
    { CHUNKED "0\r\nA: b\n", CHUNKED "0\r\n\r\n", HTTP_BAD_BYTE, 1 },
    { CHUNKED "1\r\na\r\n0\r\nA\r\n", CHUNKED "1\r\na\r\n0\r\n\r\n", HTTP_BAD_NAME, 1 },
};

struct fed {
    struct judge judge;
    struct buf out;
};

static void feed(struct fed *f, const char *in, size_t n)
{
    char out[4096 + JUDGE_MORE];

    while (n) {
        size_t one = n < 4096 ? n : 4096;

        buf_add(&f->out, out, judge_feed(&f->judge, in, one, out));
        in += one;
        n -= one;
    }
}

/* Feeds the rest as well, which is behind a fault. */
static struct fed fed_whole(struct str in)
{
    struct fed f = { JUDGE_INIT, BUF_INIT(MIB) };

    feed(&f, in.p, in.n);
    return f;
}

static void check_same(struct fed *f, const struct fed *whole)
{
    assert_int_equal(f->judge.fault, whole->judge.fault);
    assert_int_equal(f->judge.requests, whole->judge.requests);
    assert_bytes(buf_str(&f->out), buf_str(&whole->out));
    buf_release(&f->out);
}

static void check_splits(struct str in, const struct fed *whole)
{
    for (size_t at = 0; at <= in.n; at++) {
        struct fed f = fed_whole((struct str){ in.p, at });

        feed(&f, in.p + at, in.n - at);
        check_same(&f, whole);
    }
}

static void check_steps(struct str in, const struct fed *whole, size_t most)
{
    struct fed f = { JUDGE_INIT, BUF_INIT(MIB) };
    size_t at = 0, n;

    for (; at < in.n; at += n) {
        n = 1 + (size_t)rand() % most;
        n = n < in.n - at ? n : in.n - at;
        feed(&f, in.p + at, n);
    }
    check_same(&f, whole);
}

static void check_any_way(struct str in, const struct fed *whole)
{
    if (in.n < 1000)
        check_splits(in, whole);
    check_steps(in, whole, 1);
    for (int i = 0; i < 20; i++)
        check_steps(in, whole, 20);
}

static void test_verdicts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct str in = str_of(rows[i].in);
        struct fed whole = fed_whole(in);

        t_row("%zu: %s", i, rows[i].in);
        assert_int_equal(whole.judge.fault, rows[i].fault);
        assert_int_equal(whole.judge.requests, rows[i].requests);
        assert_str(buf_str(&whole.out), rows[i].out ? rows[i].out : rows[i].in);
        check_any_way(in, &whole);
        buf_release(&whole.out);
    }
    t_rows_end();
}

/* No byte in the place of another is passed on but those that are allowed there. */
static void test_every_byte_in_every_place(void **state)
{
    static const struct {
        const char *before;
        bool blanks, above; /* whether these are allowed there */
    } places[] = {
        { "G", false, false },        { "GET /", false, true },
        { GET "X", false, false },    { GET "X: a", true, true },
        { CHUNKED "1;", true, true }, { CHUNKED "0\r\nX: ", true, true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(places); i++)
        for (int byte = 0; byte < 256; byte++) {
            bool blank = byte == '\t' || byte == ' ';
            char c = (char)byte;
            struct fed f = fed_whole(str_of(places[i].before));

            t_row("%zu, byte %d", i, byte);
            feed(&f, &c, 1);
            if ((byte < 0x20 && byte != '\r' && !blank) || byte == 0x7f ||
                (blank && byte == '\t' && !places[i].blanks) ||
                (byte > 0x7f && !places[i].above))
                assert_true(f.judge.fault);
            else if (byte > 0x7f || (blank && places[i].blanks))
                assert_false(f.judge.fault);
            buf_release(&f.out);
        }
    t_rows_end();
}

/* ---- limits ---- */

static void repeat(struct buf *b, const char *text, size_t times)
{
    while (times--)
        buf_adds(b, text);
}

static void check_limit(struct buf *in, enum http_fault fault)
{
    struct fed whole = fed_whole(buf_str(in));

    assert_int_equal(whole.judge.fault, fault);
    check_any_way(buf_str(in), &whole);
    buf_release(&whole.out);
    buf_release(in);
}

static void test_limits(void **state)
{
    static const struct {
        const char *before, *text;
        size_t times; /* at most */
        const char *behind;
        enum http_fault beyond;
    } limits[] = {
        { "", "G", METHOD_MAX_BYTES, " / HTTP/1.1\r\n\r\n", HTTP_BAD_LINE },
        { "GET ", "/", TARGET_MAX_BYTES, " HTTP/1.1\r\n\r\n", HTTP_TARGET_TOO_LONG },
        { GET "X: ", "a", HEADERS_MAX_BYTES - 5, "\r\n\r\n", HTTP_HEADERS_TOO_LARGE },
        { GET "X:", " ", HEADERS_MAX_BYTES - 4, "\r\n\r\n", HTTP_HEADERS_TOO_LARGE },
        { GET, "X", HEADERS_MAX_BYTES - 3, ":\r\n\r\n", HTTP_HEADERS_TOO_LARGE },
        { GET, "X:\r\n", HEAD_KEPT_MAX / HEADER_COST, "\r\n", HTTP_TOO_MANY_HEADERS },
        { PUT "Content-Length: ", "0", HEADERS_MAX_BYTES - 18, "\r\n\r\n",
          HTTP_HEADERS_TOO_LARGE },
        { CHUNKED "1;", "a", CHUNK_EXTENSION_MAX, "\r\n", HTTP_BAD_CHUNK },
        { CHUNKED "0\r\n", "X:a\r\nY:\r\n", HEADERS_MAX_BYTES / 9, "\r\n",
          HTTP_HEADERS_TOO_LARGE },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(limits); i++)
        for (size_t more = 0; more < 2; more++) {
            struct buf in = BUF_INIT(MIB);

            t_row("%zu, %zu more", i, more);
            buf_adds(&in, limits[i].before);
            repeat(&in, limits[i].text, limits[i].times + more);
            buf_adds(&in, limits[i].behind);
            check_limit(&in, more ? limits[i].beyond : HTTP_SOUND);
        }
    t_rows_end();
}

/* A long target, as many headers beside it, and a value that takes the rest: all of it is
 * in the library's pool at once. */
static void test_target_and_headers_share_the_pool(void **state)
{
    static const char line[] = "X: a23456789b23456789c23456789d23456789e23456\r\n";
    const size_t n = 200, rest = HEAD_COST_MAX - TARGET_MAX_BYTES -
                                 n * (HEADER_COST + sizeof(line) - 1) - HEADER_COST - 4;

    (void)state;
    for (size_t more = 0; more < 2; more++) {
        struct buf in = BUF_INIT(MIB);

        buf_adds(&in, "GET ");
        repeat(&in, "/", TARGET_MAX_BYTES);
        buf_adds(&in, " HTTP/1.1\r\n");
        repeat(&in, line, n);
        buf_adds(&in, "Y:");
        repeat(&in, "y", rest + more);
        buf_adds(&in, "\r\n\r\n");
        check_limit(&in, more ? HTTP_TOO_MANY_HEADERS : HTTP_SOUND);
    }
}

/* What the library takes for them is counted before it is passed on. */
static void test_cookies(void **state)
{
    struct buf in = BUF_INIT(MIB);
    struct fed f;

    (void)state;
    buf_adds(&in, GET "Cookie: ");
    repeat(&in, "a;", 2000);
    f = fed_whole(buf_str(&in));
    assert_int_equal(f.judge.fault, HTTP_TOO_MANY_HEADERS);
    assert_str(buf_str(&f.out), GET "Cookie: 0\r\n\r\n");
    buf_release(&f.out);
    buf_release(&in);
}

/* ---- content ---- */

static void test_content_is_skipped(void **state)
{
    struct judge j = JUDGE_INIT;
    char out[100 + JUDGE_MORE];

    (void)state;
    assert_int_equal(judge_content(&j), 0);
    judge_feed(&j, STR_ARGS(PUT "Content-Length: 9\r\n\r\nab"), out);
    assert_int_equal(judge_content(&j), 7);
    judge_skip(&j, 6);
    assert_int_equal(judge_content(&j), 1);
    judge_skip(&j, 1);
    assert_int_equal(judge_content(&j), 0);
    judge_feed(&j, STR_ARGS(CHUNKED "a\r\n"), out);
    assert_int_equal(judge_content(&j), 10);
    judge_skip(&j, 10);
    assert_int_equal(judge_content(&j), 0);
    judge_feed(&j, STR_ARGS("\r\n0\r\n\r\n" GET), out);
    assert_int_equal(j.fault, HTTP_SOUND);
    assert_int_equal(j.requests, 3);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_verdicts),
    cmocka_unit_test(test_every_byte_in_every_place),
    cmocka_unit_test(test_limits),
    cmocka_unit_test(test_target_and_headers_share_the_pool),
    cmocka_unit_test(test_cookies),
    cmocka_unit_test(test_content_is_skipped),
};

T_MAIN(tests)
