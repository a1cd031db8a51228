/*
 * AWS Signature V4: what AWS publishes, what botocore made (data/make_sigv4_vectors),
 * and what is refused.
 */
#include "base/limits.h"
#include "sign/sigv4.h"
#include "unit/t.h"

#define DATE "X-Amz-Date:20240229T235959Z\n"

struct vector {
    const char *name, *method, *path, *query;
    const char *headers; /* name:value, one a line */
    const char *authorization;
    struct str body;
};

static const struct sigv4_key key = { STR("DLFTESTAK0123456789A"),
                                      STR("dlfTestSecretKey0123456789abcdefghijklmn"),
                                      STR("cn-north-1"), STR("s3") };

static const struct vector vectors[] = {
/* clang-format off */
#include "data/sigv4_vectors.inc"
    /* clang-format on */
};

/* "Examples: Signature Calculations" of the S3 API reference. */
static const struct sigv4_key s3_key = { STR("AKIAIOSFODNN7EXAMPLE"),
                                         STR("wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"),
                                         STR("us-east-1"), STR("s3") };

#define S3_HOST "Host:examplebucket.s3.amazonaws.com\n"
#define S3_DATE "x-amz-date:20130524T000000Z\n"
#define S3_EMPTY                                                                         \
    "x-amz-content-sha256:"                                                              \
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n"
#define S3_SIGNED                                                                        \
    "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/"            \
    "aws4_request, SignedHeaders="

static const struct vector s3_vectors[] = {
    /* clang-format off */
    { "GET object", "GET", "/test.txt", "", S3_HOST "Range:bytes=0-9\n" S3_EMPTY S3_DATE,
      S3_SIGNED "host;range;x-amz-content-sha256;x-amz-date, Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41", STR("") },
    { "PUT object", "PUT", "/test$file.text", "", S3_HOST "Date:Fri, 24 May 2013 00:00:00 GMT\n" S3_DATE "x-amz-storage-class:REDUCED_REDUNDANCY\nx-amz-content-sha256:44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072\n",
      S3_SIGNED "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class, Signature=98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd", STR("Welcome to Amazon S3.") },
    { "GET lifecycle", "GET", "/", "lifecycle", S3_HOST S3_DATE S3_EMPTY,
      S3_SIGNED "host;x-amz-content-sha256;x-amz-date, Signature=fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543", STR("") },
    { "list objects", "GET", "/", "max-keys=2&prefix=J", S3_HOST S3_DATE S3_EMPTY,
      S3_SIGNED "host;x-amz-content-sha256;x-amz-date, Signature=34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7", STR("") },
    /* clang-format on */
};

/* Of the signature test suite, what holds for S3 too. */
static const struct sigv4_key suite_key = {
    STR("AKIDEXAMPLE"), STR("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"), STR("us-east-1"),
    STR("service")
};

#define SUITE "Host:example.amazonaws.com\nX-Amz-Date:20150830T123600Z\n"
#define SUITE_SIGNED                                                                     \
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "  \
    "SignedHeaders="

static const struct vector suite_vectors[] = {
    /* clang-format off */
    { "get-vanilla", "GET", "/", "", SUITE, SUITE_SIGNED "host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31", STR("") },
    { "get-vanilla-query-order-key-case", "GET", "/", "Param2=value2&Param1=value1", SUITE, SUITE_SIGNED "host;x-amz-date, Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500", STR("") },
    { "post-vanilla", "POST", "/", "", SUITE, SUITE_SIGNED "host;x-amz-date, Signature=5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b", STR("") },
    { "post-x-www-form-urlencoded", "POST", "/", "", "Content-Type:application/x-www-form-urlencoded\n" SUITE, SUITE_SIGNED "content-type;host;x-amz-date, Signature=ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a", STR("Param1=value1") },
    { "get-header-key-duplicate", "GET", "/", "", "Host:example.amazonaws.com\nMy-Header1:value2\nMy-Header1:value2\nMy-Header1:value1\nX-Amz-Date:20150830T123600Z\n", SUITE_SIGNED "host;my-header1;x-amz-date, Signature=c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea", STR("") },
    { "get-header-value-trim", "GET", "/", "", "Host:example.amazonaws.com\nMy-Header1: value1\nMy-Header2: \"a   b   c\"\nX-Amz-Date:20150830T123600Z\n", SUITE_SIGNED "host;my-header1;my-header2;x-amz-date, Signature=acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736", STR("") },
    /* clang-format on */
};

struct request {
    struct sign_header header[SIGN_MAX_HEADERS + 1];
    struct sign_request r;
};

static struct str cut(struct str *rest, char mark)
{
    const char *end = memchr(rest->p, mark, rest->n);
    struct str piece = { rest->p, (size_t)(end - rest->p) };

    *rest = str_from(*rest, piece.n + 1);
    return piece;
}

static void set_up(struct request *q, const struct vector *v)
{
    struct str rest = str_of(v->headers);
    size_t n = 0;

    while (rest.n) {
        struct str line = cut(&rest, '\n');

        q->header[n].name = cut(&line, ':');
        q->header[n++].value = line;
    }
    q->r = (struct sign_request){ str_of(v->method), str_of(v->path), str_of(v->query),
                                  v->body,           q->header,       n };
}

static int sign(const struct sigv4_key *k, const struct request *q, struct buf *out)
{
    struct err err = ERR_INIT;
    int rc;

    buf_clear(out);
    rc = sigv4_sign(k, &q->r, out, &err);
    assert_int_equal(err.ec, rc);
    err_clear(&err);
    return rc;
}

static void assert_signs(const struct sigv4_key *k, const struct vector *v, size_t n)
{
    struct buf out = BUF_INIT(4 * KIB);

    for (size_t i = 0; i < n; i++) {
        struct request q;

        t_row("%s", v[i].name);
        set_up(&q, &v[i]);
        assert_int_equal(sign(k, &q, &out), 0);
        assert_str(buf_str(&out), v[i].authorization);
    }
    t_rows_end();
    buf_release(&out);
}

static void test_what_aws_publishes(void **state)
{
    (void)state;
    assert_signs(&s3_key, s3_vectors, COUNT_OF(s3_vectors));
    assert_signs(&suite_key, suite_vectors, COUNT_OF(suite_vectors));
}

static void test_what_botocore_made(void **state)
{
    (void)state;
    assert_true(COUNT_OF(vectors) >= 25);
    assert_signs(&key, vectors, COUNT_OF(vectors));
}

/* Two ways to write the same. */
static const struct {
    const char *path, *query, *other_path, *other_query;
} same[] = {
    { "/b/a$b", "", "/b/a%24b", "" },   { "/b/%41", "", "/b/A", "" },
    { "/b/%e4", "", "/b/%E4", "" },     { "/b", "a", "/b", "a=" },
    { "/b", "a=b=c", "/b", "a=b%3dc" }, { "/b", "b=1&a=2", "/b", "a=2&b=1" },
    { "/b", "a+b=", "/b", "a%2Bb" },    { "/b", "a=/", "/b", "a=%2F" },
};

static void test_the_same_in_other_words(void **state)
{
    struct buf one = BUF_INIT(KIB), two = BUF_INIT(KIB);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(same); i++) {
        struct vector v = { "", "GET", same[i].path, same[i].query, DATE, "", STR("") };
        struct request q;

        t_row("%zu", i);
        set_up(&q, &v);
        assert_int_equal(sign(&key, &q, &one), 0);
        q.r.path = str_of(same[i].other_path);
        q.r.query = str_of(same[i].other_query);
        assert_int_equal(sign(&key, &q, &two), 0);
        assert_bytes(buf_str(&one), buf_str(&two));
    }
    t_rows_end();
    buf_release(&one);
    buf_release(&two);
}

static const struct vector refused[] = {
    { "no moment", "GET", "/", "", "Host:h\n", "", STR("") },
    { "two moments", "GET", "/", "", DATE DATE, "", STR("") },
    { "a short moment", "GET", "/", "", "X-Amz-Date:20240229\n", "", STR("") },
    { "a faulty path", "GET", "/%4", "", DATE, "", STR("") },
    { "a faulty path, further on", "GET", "/a/%zz/b", "", DATE, "", STR("") },
    { "a faulty key", "GET", "/", "a%=b", DATE, "", STR("") },
    { "a faulty value", "GET", "/", "a=%", DATE, "", STR("") },
};

static void test_what_is_refused(void **state)
{
    struct buf out = BUF_INIT(KIB);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(refused); i++) {
        struct request q;

        t_row("%s", refused[i].name);
        set_up(&q, &refused[i]);
        assert_int_equal(sign(&key, &q, &out), E_INVALID);
        assert_int_equal(out.len, 0);
    }
    t_rows_end();
    buf_release(&out);
}

static void test_the_number_of_headers_is_limited(void **state)
{
    struct vector v = { "", "GET", "/", "", DATE, "", STR("") };
    struct buf out = BUF_INIT(4 * KIB);
    struct request q;

    (void)state;
    set_up(&q, &v);
    for (size_t i = 1; i <= SIGN_MAX_HEADERS; i++)
        q.header[i] = (struct sign_header){ STR("X-Note"), STR("a") };
    q.r.n_headers = SIGN_MAX_HEADERS;
    assert_int_equal(sign(&key, &q, &out), 0);
    q.r.n_headers++;
    assert_int_equal(sign(&key, &q, &out), E_INVALID);
    buf_release(&out);
}

/* So many bytes at one place of a request. */
static void test_lengths_are_limited(void **state)
{
    static char text[SIGN_CANONICAL_MAX];
    struct vector v = { "", "GET", "/", "", DATE "X-Note:\n", "", STR("") };
    struct buf out = BUF_INIT(4 * KIB);
    struct sigv4_key long_key = key;
    struct request q;
    struct str *const places[] = { &q.r.method, &q.r.path, &q.r.query, &q.header[1].value,
                                   &long_key.region };

    (void)state;
    memset(text, 'a', sizeof(text));
    for (size_t i = 0; i < COUNT_OF(places); i++) {
        t_row("%zu", i);
        set_up(&q, &v);
        *places[i] = (struct str){ text, sizeof(text) };
        assert_int_equal(sign(&long_key, &q, &out), E_INVALID);
        long_key = key;
    }
    t_rows_end();
    buf_release(&out);
    set_up(&q, &v);
    out = BUF_INIT(100);
    assert_int_equal(sign(&key, &q, &out), E_INVALID);
    buf_release(&out);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_aws_publishes),
    cmocka_unit_test(test_what_botocore_made),
    cmocka_unit_test(test_the_same_in_other_words),
    cmocka_unit_test(test_what_is_refused),
    cmocka_unit_test(test_the_number_of_headers_is_limited),
    cmocka_unit_test(test_lengths_are_limited),
};
T_MAIN(tests)
