/*
 * Signatures: those of the contract, those that the vendors' own signers made, and
 * that a change of anything signed is refused.  data/make_sign_vectors says how the
 * rows were made; those of the contract are sign_vectors_spec.inc.
 */
#include <nettle/hmac.h>
#include <time.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/percent.h"
#include "sign/sign_int.h"
#include "unit/t.h"

#define SECRET "dlfTestSecretKey0123456789abcdefghijklmn"
#define NO_SIGNATURE "0000000000000000000000000000000000000000000000000000000000000000"
#define EMPTY "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
/* Of {} */
#define BRACES "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
#define DATE "X-Sdk-Date:20240229T235959Z\n"
#define DATE_LINE "x-sdk-date:20240229T235959Z"

static const struct vector {
    const char *name, *method, *path, *query;
    const char *headers; /* name:value, one a line */
    const char *authorization;
    struct str body;
} vectors[] = {
/* clang-format off */
#include "data/sign_vectors_spec.inc"
#include "data/sign_vectors.inc"
#include "data/sign_vectors_go.inc"
    /* clang-format on */
};

/* A request whose texts may be changed. */
struct request {
    struct arena arena;
    struct sign_header header[40];
    struct sign_request r;
    struct sign_claim claim;
    struct str authorization, secret;
    struct buf canonical;
};

static struct str copy(struct request *q, struct str s)
{
    return arena_str(&q->arena, s);
}

static void set_headers(struct request *q, const char *lines)
{
    struct str rest = copy(q, str_of(lines));

    q->r.headers = q->header;
    for (q->r.n_headers = 0; rest.n; q->r.n_headers++) {
        struct str line = str_cut(&rest, '\n');

        q->header[q->r.n_headers].name = str_cut(&line, ':');
        q->header[q->r.n_headers].value = line;
    }
}

static void set_up(struct request *q, const struct vector *v)
{
    *q = (struct request){ .arena = ARENA_INIT, .canonical = BUF_INIT(SIGN_SHOWN_MAX) };
    q->r.method = copy(q, str_of(v->method));
    q->r.path = copy(q, str_of(v->path));
    q->r.query = copy(q, str_of(v->query));
    q->r.body = copy(q, v->body);
    q->secret = copy(q, STR(SECRET));
    q->authorization = copy(q, str_of(v->authorization));
    set_headers(q, v->headers);
}

static void tear_down(struct request *q)
{
    buf_release(&q->canonical);
    arena_release(&q->arena);
}

static int check(struct request *q)
{
    struct err err = ERR_INIT;
    int rc = sign_parse(&q->claim, q->authorization, &err);

    buf_clear(&q->canonical);
    if (!rc)
        rc = sign_check(&q->claim, &q->r, q->secret, &q->canonical, &err);
    assert_int_equal(err.ec, rc);
    if (rc)
        assert_int_equal(err.api, 0);
    assert_int_equal(q->canonical.len > 0, rc == E_DENIED);
    err_clear(&err);
    return rc;
}

static void test_all_vectors_are_accepted(void **state)
{
    (void)state;
    assert_true(COUNT_OF(vectors) >= 9 + 40);
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct request q;

        set_up(&q, &vectors[i]);
        t_row("%s", vectors[i].name);
        assert_int_equal(check(&q), 0);
        tear_down(&q);
    }
    t_rows_end();
}

/* What sign_gap() says of a request that check() has read. */
static enum sign_gap gap_of(struct request *q)
{
    struct err err = ERR_INIT;
    enum sign_gap gap;

    assert_ok(sign_gap(&q->claim, &q->r, &gap, &err), &err);
    return gap;
}

/* Signed, and nothing in it could be another. */
static bool is_accepted(struct request *q)
{
    return check(q) == 0 && gap_of(q) == SIGN_NO_GAP;
}

/* A change of one bit in each byte of `s`, one after the other, is refused. */
static void refuse_flips(struct request *q, const char *what, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        ((char *)s.p)[i] ^= 1;
        if (is_accepted(q))
            fail_msg("%s may change at byte %zu%s", what, i, t_row_text);
        ((char *)s.p)[i] ^= 1;
    }
    assert_int_equal(check(q), 0);
}

static void test_any_change_of_the_request_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct request q;

        set_up(&q, &vectors[i]);
        t_row("%s", vectors[i].name);
        refuse_flips(&q, "the method", q.r.method);
        refuse_flips(&q, "the path", q.r.path);
        refuse_flips(&q, "the query", q.r.query);
        refuse_flips(&q, "the body", q.r.body);
        refuse_flips(&q, "the secret", q.secret);
        refuse_flips(&q, "the signature", q.claim.signature);
        refuse_flips(&q, "the scope", q.claim.scope);
        refuse_flips(&q, "what is signed", q.claim.signed_headers);
        if (q.claim.form == SIGN_V11)
            refuse_flips(&q, "the access key", q.claim.access);
        tear_down(&q);
    }
    t_rows_end();
}

static struct str lower(struct request *q, struct str s)
{
    struct str low = copy(q, s);

    for (size_t i = 0; i < low.n; i++)
        ((char *)low.p)[i] |= 0x20;
    return low;
}

static void refuse_other_header(struct request *q, size_t i)
{
    struct sign_header old = q->header[i];

    if (!sign_names(q->claim.signed_headers, lower(q, old.name)))
        return;
    refuse_flips(q, "a header", old.value);
    q->header[i].name = STR("X-Else");
    assert_true(check(q) == E_DENIED || sign_header_is(&old, STR("x-sdk-date")));
    q->header[i] = old;
    q->header[q->r.n_headers++] = old;
    assert_int_not_equal(check(q), 0);
    q->r.n_headers--;
    assert_int_equal(check(q), 0);
}

static void test_any_change_of_a_signed_header_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct request q;

        set_up(&q, &vectors[i]);
        t_row("%s", vectors[i].name);
        assert_int_equal(check(&q), 0);
        for (size_t h = 0; h < q.r.n_headers; h++)
            refuse_other_header(&q, h);
        tear_down(&q);
    }
    t_rows_end();
}

static void test_more_body_or_query_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(vectors); i++) {
        struct request q;

        set_up(&q, &vectors[i]);
        t_row("%s", vectors[i].name);
        q.r.query = STR("zz");
        assert_int_equal(check(&q), E_DENIED);
        q.r.query = str_of(vectors[i].query);
        q.r.body = STR("another");
        assert_false(is_accepted(&q));
        q.r.body = vectors[i].body;
        q.secret = STR("");
        assert_int_equal(check(&q), E_DENIED);
        tear_down(&q);
    }
    t_rows_end();
}

/* Replaces the key by what it makes of a text. */
static void hmac(struct buf *key, struct str text)
{
    uint8_t digest[SHA256_BYTES];
    struct hmac_sha256_ctx mac;

    hmac_sha256_set_key(&mac, key->len, (const uint8_t *)key->ptr);
    hmac_sha256_update(&mac, text.n, (const uint8_t *)text.p);
    hmac_sha256_digest(&mac, SHA256_BYTES, digest);
    buf_clear(key);
    buf_add(key, digest, SHA256_BYTES);
}

/* Signs a canonical request, with | for its ends of lines, as SIGN_SDK, or with the
 * scope 20240229///sdk_request. */
static void sign_shown(struct request *q, const char *shown)
{
    struct buf text = BUF_INIT(4096), key = BUF_INIT(100);
    bool is_scoped = q->claim.form == SIGN_SDK_SCOPED;
    char hex[SIGN_HEX_BYTES + 1];
    uint8_t digest[SHA256_BYTES];

    for (; *shown; shown++)
        buf_addc(&text, *shown == '|' ? '\n' : *shown);
    sha256(buf_str(&text), digest);
    hex_encode(digest, SHA256_BYTES, hex);
    buf_clear(&text);
    buf_addf(&text, "SDK-HMAC-SHA256\n20240229T235959Z\n%s%s",
             is_scoped ? "20240229///sdk_request\n" : "", hex);
    buf_adds(&key, is_scoped ? "SDK" SECRET : SECRET);
    for (int i = 0; is_scoped && i < 4; i++)
        hmac(&key,
             (struct str[]){ STR("20240229"), STR(""), STR(""), STR("sdk_request") }[i]);
    hmac(&key, buf_str(&text));
    hex_encode((const uint8_t *)key.ptr, SHA256_BYTES, hex);
    memcpy((char *)q->claim.signature.p, hex, SIGN_HEX_BYTES);
    buf_release(&text);
    buf_release(&key);
}

#define GET_(path, query) "GET|" path "|" query "|" DATE_LINE "||x-sdk-date|" EMPTY

/* What a request's path and query become. */
static const struct {
    const char *path, *query, *sdk, *scoped; /* NULL: refused; "=": as sdk */
} targets[] = {
    { "", "", GET_("/", ""), "=" },
    { "/", "", GET_("/", ""), "=" },
    { "*", "", GET_("%2A/", ""), "=" },
    { "/a", "", GET_("/a/", ""), "=" },
    { "/a/", "", GET_("/a/", ""), "=" },
    { "/a//", "", GET_("/a//", ""), "=" },
    { "//a", "", GET_("//a/", ""), "=" },
    { "/a/../b", "", GET_("/a/../b/", ""), "=" },
    { "/a%2Fb", "", GET_("/a/b/", ""), "=" },
    { "/a%2fb%2F", "", GET_("/a/b/", ""), "=" },
    { "/a%252Fb", "", GET_("/a%252Fb/", ""), "=" },
    { "/%e4%bd%9c", "", GET_("/%E4%BD%9C/", ""), "=" },
    { "/作", "", GET_("/%E4%BD%9C/", ""), "=" },
    { "/\xff%00", "", GET_("/%FF%00/", ""), "=" },
    { "/%41%7e%2d%2E%5f", "", GET_("/A~-._/", ""), "=" },
    { "/a+b", "", GET_("/a%2Bb/", ""), "=" },
    { "/a b;c=d,e:f@g!h$i'j(k)l*m&n", "",
      GET_("/a%20b%3Bc%3Dd%2Ce%3Af%40g%21h%24i%27j%28k%29l%2Am%26n/", ""), "=" },
    { "/%", "", NULL, NULL },
    { "/a%4", "", NULL, NULL },
    { "/a%4/b", "", NULL, NULL },
    { "/%zz", "", NULL, NULL },
    { "/", "a", GET_("/", "a="), "=" },
    { "/", "a=", GET_("/", "a="), "=" },
    { "/", "=", GET_("/", "="), "=" },
    { "/", "=b", GET_("/", "=b"), "=" },
    { "/", "&&a=1&&", GET_("/", "a=1"), "=" },
    { "/", "&", GET_("/", ""), "=" },
    { "/", "a=b=c", GET_("/", "a=b%3Dc"), "=" },
    { "/", "a=b+c%20d%2Be", GET_("/", "a=b%20c%20d%2Be"), "=" },
    { "/", "+=+", GET_("/", "%20=%20"), "=" },
    { "/", "a=%26%3d", GET_("/", "a=%26%3D"), "=" },
    { "/", "a%3D=%E4%BD%9C", GET_("/", "a%3D=%E4%BD%9C"), "=" },
    { "/", "a=/?:;,*~", GET_("/", "a=%2F%3F%3A%3B%2C%2A~"), "=" },
    { "/", "b=1&a=2", GET_("/", "a=2&b=1"), "=" },
    { "/", "a-=1&a=2", GET_("/", "a=2&a-=1"), "=" },
    { "/", "a=2&a=1", GET_("/", "a=1&a=2"), GET_("/", "a=2") },
    { "/", "a=1&a=1", GET_("/", "a=1&a=1"), GET_("/", "a=1") },
    { "/", "a=2&%61=1&b", GET_("/", "a=1&a=2&b="), GET_("/", "a=2&b=") },
    { "/", "a=1&B=2", GET_("/", "B=2&a=1"), GET_("/", "a=1&B=2") },
    { "/", "a=1&A=2", GET_("/", "A=2&a=1"), "=" },
    { "/", "a=1&A=2&a=3", GET_("/", "A=2&a=1&a=3"), GET_("/", "A=2&a=1") },
    { "/", "ab=1&A=2", GET_("/", "A=2&ab=1"), "=" },
    { "/", "=1&a=2", GET_("/", "=1&a=2"), "=" },
    /* By the decoded byte, or by %. */
    { "/", "{=1&z=2", GET_("/", "z=2&%7B=1"), GET_("/", "%7B=1&z=2") },
    { "/", "%", NULL, NULL },
    { "/", "a=%4", NULL, NULL },
    { "/", "%zz=1", NULL, NULL },
    { "/", "a=1&b=%", NULL, NULL },
};

static void compare_target(size_t i, bool scoped, const char *want)
{
    struct vector v = { .method = "GET",
                        .path = targets[i].path,
                        .query = targets[i].query,
                        .headers = DATE,
                        .body = STR("") };
    struct request q;

    v.authorization = scoped ? "SDK-HMAC-SHA256 Credential=AK/20240229///sdk_request, "
                               "SignedHeaders=x-sdk-date, Signature=" NO_SIGNATURE
                             : "SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, "
                               "Signature=" NO_SIGNATURE;
    set_up(&q, &v);
    t_row("%d: %s?%s", scoped, v.path, v.query);
    assert_int_equal(check(&q), want ? E_DENIED : E_INVALID);
    assert_str(buf_str(&q.canonical), want ? want : "");
    if (want) {
        sign_shown(&q, want);
        assert_int_equal(check(&q), 0);
    }
    tear_down(&q);
}

static void test_targets(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(targets); i++) {
        bool same = targets[i].scoped && strcmp(targets[i].scoped, "=") == 0;

        compare_target(i, false, targets[i].sdk);
        compare_target(i, true, same ? targets[i].sdk : targets[i].scoped);
    }
    t_rows_end();
}

/* What headers and bodies become: the canonical request that is shown, and what comes
 * of it when that was signed, or `other` (NULL: the same). */
static const struct {
    const char *what, *method, *query, *headers, *names, *body, *shown, *other;
    int rc;
} requests[] = {
    /* clang-format off */
    { "a header as it is", "GET", "", DATE "X-Note:a b\n", "x-note;x-sdk-date", "", "GET|/||x-note:a b|" DATE_LINE "||x-note;x-sdk-date|" EMPTY, NULL, 0 },
    { "blanks around it", "GET", "", DATE "X-Note: \t a  b\t \n", "x-note;x-sdk-date", "", "GET|/||x-note:a  b|" DATE_LINE "||x-note;x-sdk-date|" EMPTY, NULL, 0 },
    { "an empty one", "GET", "", DATE "X-Note:\n", "x-note;x-sdk-date", "", "GET|/||x-note:|" DATE_LINE "||x-note;x-sdk-date|" EMPTY, NULL, 0 },
    { "blanks alone", "GET", "", DATE "X-Note: \t \n", "x-note;x-sdk-date", "", "GET|/||x-note:|" DATE_LINE "||x-note;x-sdk-date|" EMPTY, NULL, 0 },
    { "one that is missing", "GET", "", DATE, "x-note;x-sdk-date", "", "GET|/||x-note:|" DATE_LINE "||x-note;x-sdk-date|" EMPTY, NULL, E_DENIED },
    { "names in their order", "GET", "", DATE "B:1\nA:2\n", "x-sdk-date;b;a", "", "GET|/||" DATE_LINE "|b:1|a:2||x-sdk-date;b;a|" EMPTY, NULL, 0 },
    { "a name in any case", "GET", "", "x-sdk-DATE:20240229T235959Z\nX-NOTE:a\n", "x-note;x-sdk-date", "", "GET|/||x-note:a|" DATE_LINE "||x-note;x-sdk-date|" EMPTY, NULL, 0 },
    { "several lines, sorted", "GET", "", DATE "X-Note: z\nx-note:a\nOther:b\nX-note:m \n", "x-note;x-sdk-date", "", "GET|/||x-note:a|x-note:m|x-note:z|" DATE_LINE "||x-note;x-sdk-date|" EMPTY, NULL, 0 },
    { "others do not count", "GET", "", "Authorization:x\n" DATE "Accept:*/*\n", "x-sdk-date", "", "GET|/||" DATE_LINE "||x-sdk-date|" EMPTY, NULL, 0 },
    { "a host with a port", "GET", "", DATE "Host:127.0.0.1:80\n", "host;x-sdk-date", "", "GET|/||host:127.0.0.1:80|" DATE_LINE "||host;x-sdk-date|" EMPTY, NULL, 0 },
    { "a host as it came", "GET", "", DATE "Host:LOCALHOST\n", "host;x-sdk-date", "", "GET|/||host:LOCALHOST|" DATE_LINE "||host;x-sdk-date|" EMPTY, NULL, 0 },
    { "a method as it came", "get", "", DATE, "x-sdk-date", "", "get|/||" DATE_LINE "||x-sdk-date|" EMPTY, NULL, 0 },
    { "a body", "PUT", "", DATE, "x-sdk-date", "{}", "PUT|/||" DATE_LINE "||x-sdk-date|" BRACES, NULL, 0 },
    { "its hash in a header", "PUT", "", DATE "X-Sdk-Content-Sha256:" BRACES "\n", "x-sdk-date", "{}", "PUT|/||" DATE_LINE "||x-sdk-date|" BRACES, NULL, 0 },
    { "another hash", "PUT", "", DATE "X-Sdk-Content-Sha256:" EMPTY "\n", "x-sdk-date", "{}", "PUT|/||" DATE_LINE "||x-sdk-date|" EMPTY, NULL, E_DENIED },
    { "another hash, the true one signed", "PUT", "", DATE "X-Sdk-Content-Sha256:" EMPTY "\n", "x-sdk-date", "{}", "PUT|/||" DATE_LINE "||x-sdk-date|" EMPTY, "PUT|/||" DATE_LINE "||x-sdk-date|" BRACES, E_DENIED },
    { "the hash in capitals, as it came", "PUT", "", DATE "X-Sdk-Content-Sha256:44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A\n", "x-sdk-date", "{}", "PUT|/||" DATE_LINE "||x-sdk-date|44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A", NULL, 0 },
    { "unsigned, and that signed", "PUT", "", DATE "X-Sdk-Content-Sha256:UNSIGNED-PAYLOAD\n", "x-sdk-date;x-sdk-content-sha256", "{}", "PUT|/||" DATE_LINE "|x-sdk-content-sha256:UNSIGNED-PAYLOAD||x-sdk-date;x-sdk-content-sha256|UNSIGNED-PAYLOAD", NULL, 0 },
    { "unsigned, but the body signed", "PUT", "", DATE "X-Sdk-Content-Sha256:UNSIGNED-PAYLOAD\n", "x-sdk-date;x-sdk-content-sha256", "{}", "PUT|/||" DATE_LINE "|x-sdk-content-sha256:UNSIGNED-PAYLOAD||x-sdk-date;x-sdk-content-sha256|UNSIGNED-PAYLOAD", "PUT|/||" DATE_LINE "|x-sdk-content-sha256:UNSIGNED-PAYLOAD||x-sdk-date;x-sdk-content-sha256|" BRACES, E_DENIED },
    { "unsigned, by a header that anyone may add", "PUT", "", DATE "X-Sdk-Content-Sha256:UNSIGNED-PAYLOAD\n", "x-sdk-date", "{}", "PUT|/||" DATE_LINE "||x-sdk-date|" BRACES, "PUT|/||" DATE_LINE "||x-sdk-date|UNSIGNED-PAYLOAD", E_DENIED },
    { "that header ignored", "PUT", "", DATE "X-Sdk-Content-Sha256:UNSIGNED-PAYLOAD\n", "x-sdk-date", "{}", "PUT|/||" DATE_LINE "||x-sdk-date|" BRACES, NULL, 0 },
    { "it twice", "PUT", "", DATE "X-Sdk-Content-Sha256:UNSIGNED-PAYLOAD\nX-Sdk-Content-Sha256:UNSIGNED-PAYLOAD\n", "x-sdk-date;x-sdk-content-sha256", "{}", "PUT|/||" DATE_LINE "|x-sdk-content-sha256:UNSIGNED-PAYLOAD|x-sdk-content-sha256:UNSIGNED-PAYLOAD||x-sdk-date;x-sdk-content-sha256|" BRACES, NULL, 0 },
    { "another text in it, signed", "PUT", "", DATE "X-Sdk-Content-Sha256: x \n", "x-sdk-date;x-sdk-content-sha256", "{}", "PUT|/||" DATE_LINE "|x-sdk-content-sha256:x||x-sdk-date;x-sdk-content-sha256|x", NULL, 0 },
    { "nothing in it", "PUT", "", DATE "X-Sdk-Content-Sha256:\n", "x-sdk-date;x-sdk-content-sha256", "{}", "PUT|/||" DATE_LINE "|x-sdk-content-sha256:||x-sdk-date;x-sdk-content-sha256|" BRACES, NULL, 0 },
    { "63 digits, unsigned", "PUT", "", DATE "X-Sdk-Content-Sha256:4136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n", "x-sdk-date", "{}", "PUT|/||" DATE_LINE "||x-sdk-date|" BRACES, NULL, 0 },
    { "64 bytes, one no digit", "PUT", "", DATE "X-Sdk-Content-Sha256:g4136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a\n", "x-sdk-date", "{}", "PUT|/||" DATE_LINE "||x-sdk-date|" BRACES, NULL, 0 },
    { "the true hash, but a header is missing", "PUT", "", DATE "X-Sdk-Content-Sha256:" BRACES "\n", "host;x-sdk-date", "{}", "PUT|/||host:|" DATE_LINE "||host;x-sdk-date|" BRACES, NULL, E_DENIED },
    { "no body, read as none", "PUT", "", DATE "X-Sdk-Content-Sha256:UNSIGNED-PAYLOAD\n", "x-sdk-date;x-sdk-content-sha256", "", "PUT|/||" DATE_LINE "|x-sdk-content-sha256:UNSIGNED-PAYLOAD||x-sdk-date;x-sdk-content-sha256|" EMPTY, NULL, 0 },
    { "no body, read as unsigned", "PUT", "", DATE "X-Sdk-Content-Sha256:UNSIGNED-PAYLOAD\n", "x-sdk-date;x-sdk-content-sha256", "", "PUT|/||" DATE_LINE "|x-sdk-content-sha256:UNSIGNED-PAYLOAD||x-sdk-date;x-sdk-content-sha256|" EMPTY, "PUT|/||" DATE_LINE "|x-sdk-content-sha256:UNSIGNED-PAYLOAD||x-sdk-date;x-sdk-content-sha256|UNSIGNED-PAYLOAD", 0 },
    { "no body, and the hash of one", "PUT", "", DATE "X-Sdk-Content-Sha256:" BRACES "\n", "x-sdk-date", "", "PUT|/||" DATE_LINE "||x-sdk-date|" EMPTY, NULL, E_DENIED },
    { "a POST of a query is no form here", "POST", "b=1&a=2", DATE, "x-sdk-date", "", "POST|/|a=2&b=1|" DATE_LINE "||x-sdk-date|" EMPTY, NULL, 0 },
    /* clang-format on */
};

static void make_request(struct request *q, size_t i, const char *who)
{
    struct vector v = { .method = requests[i].method,
                        .path = "/",
                        .query = requests[i].query,
                        .headers = requests[i].headers,
                        .body = str_of(requests[i].body) };
    char text[400];

    snprintf(text, sizeof(text), "SDK-HMAC-SHA256 %s, SignedHeaders=%s, Signature=%s",
             who, requests[i].names, NO_SIGNATURE);
    v.authorization = text;
    set_up(q, &v);
    t_row("%s", requests[i].what);
}

static void test_headers_and_bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(requests); i++) {
        struct request q;

        make_request(&q, i, "Access=AK");
        assert_int_equal(check(&q), E_DENIED);
        assert_str(buf_str(&q.canonical), requests[i].shown);
        sign_shown(&q, requests[i].other ? requests[i].other : requests[i].shown);
        assert_int_equal(check(&q), requests[i].rc);
        tear_down(&q);
    }
    t_rows_end();
}

/* What is else in the scoped form. */
static const struct {
    const char *method, *query, *headers, *names, *body, *shown, *other;
} scoped[] = {
    /* clang-format off */
    { "GET", "", DATE "X-Note:a\n", "x-note;x-sdk-date", "", "GET|/||x-note:a|" DATE_LINE "||x-note;x-sdk-date|" EMPTY, NULL },
    { "GET", "", DATE "X-Note: a \t b\f\r  c \n", "x-note;x-sdk-date", "", "GET|/||x-note: a b c |" DATE_LINE "||x-note;x-sdk-date|" EMPTY, NULL },
    { "GET", "", DATE "X-Note:  \n", "x-note;x-sdk-date", "", "GET|/||x-note: |" DATE_LINE "||x-note;x-sdk-date|" EMPTY, NULL },
    { "GET", "", DATE "X-Note:b\nX-Note:a\n", "x-note;x-sdk-date", "", "GET|/||x-note:a|x-note:b|" DATE_LINE "||x-note;x-sdk-date|" EMPTY, NULL },
    { "GET", "a=1", DATE, "x-sdk-date", "", "GET|/|a=1|" DATE_LINE "||x-sdk-date|" EMPTY, NULL },
    { "POST", "", DATE, "x-sdk-date", "", "POST|/||" DATE_LINE "||x-sdk-date|" EMPTY, NULL },
    { "POST", "&", DATE, "x-sdk-date", "", "POST|/||" DATE_LINE "||x-sdk-date|" EMPTY, NULL },
    { "POST", "a=1", DATE, "x-sdk-date", "{}", "POST|/|a=1|" DATE_LINE "||x-sdk-date|" BRACES, NULL },
    /* a=2&a=1&b=3+4 */
    { "POST", "b=3%204&a=2&a=1", DATE, "x-sdk-date", "", "POST|/||" DATE_LINE "||x-sdk-date|2fd60aeaec35ca9c663a89df83e106f64250c5101d8b926c6e4fba0714be341d", NULL },
    { "POST", "b=3%204&a=2&a=1", DATE, "x-sdk-date", "", "POST|/||" DATE_LINE "||x-sdk-date|2fd60aeaec35ca9c663a89df83e106f64250c5101d8b926c6e4fba0714be341d", "POST|/|a=2&b=3%204|" DATE_LINE "||x-sdk-date|" EMPTY },
    { "POST", "a=1", DATE "X-Sdk-Content-Sha256:" EMPTY "\n", "x-sdk-date", "", "POST|/||" DATE_LINE "||x-sdk-date|c22fea5d7428e5cf47ef6354c97c9223c95d6dcdc3e0d2300ff79056b1ff3d85", "POST|/|a=1|" DATE_LINE "||x-sdk-date|" EMPTY },
    { "PUT", "a=1", DATE "X-Sdk-Content-Sha256:UNSIGNED-PAYLOAD\n", "x-sdk-date;x-sdk-content-sha256", "{}", "PUT|/|a=1|" DATE_LINE "|x-sdk-content-sha256:UNSIGNED-PAYLOAD||x-sdk-date;x-sdk-content-sha256|UNSIGNED-PAYLOAD", NULL },
    /* clang-format on */
};

static void test_the_scoped_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(scoped); i++) {
        struct vector v = { .method = scoped[i].method,
                            .path = "/",
                            .query = scoped[i].query,
                            .headers = scoped[i].headers,
                            .body = str_of(scoped[i].body) };
        struct request q;
        char text[400];

        snprintf(
            text, sizeof(text),
            "SDK-HMAC-SHA256 Credential=AK/20240229///sdk_request, SignedHeaders=%s, "
            "Signature=" NO_SIGNATURE,
            scoped[i].names);
        v.authorization = text;
        set_up(&q, &v);
        t_row("%s ?%s %s", v.method, v.query, v.headers);
        assert_int_equal(check(&q), E_DENIED);
        assert_str(buf_str(&q.canonical), scoped[i].shown);
        sign_shown(&q, scoped[i].other ? scoped[i].other : scoped[i].shown);
        assert_int_equal(check(&q), 0);
        tear_down(&q);
    }
    t_rows_end();
}

#define NAMES "SignedHeaders=host;x-sdk-date"
#define SIGNED "Signature=" NO_SIGNATURE
#define REST ", " NAMES ", " SIGNED

static const struct {
    const char *text;
    int form; /* or -1 */
    const char *access, *scope;
} claims[] = {
    /* clang-format off */
    { "SDK-HMAC-SHA256 Access=AK" REST, SIGN_SDK, "AK", "" },
    { "SDK-HMAC-SHA256 Access=a1Z" REST, SIGN_SDK, "a1Z", "" },
    { "SDK-HMAC-SHA256  Access=AK,\t" NAMES "  ," SIGNED " ", SIGN_SDK, "AK", "" },
    { "SDK-HMAC-SHA256 " SIGNED "," NAMES ",Access=AK", SIGN_SDK, "AK", "" },
    { "SDK-HMAC-SHA256 Access=AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD" REST, SIGN_SDK, "AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDD", "" },
    { "SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date, " SIGNED, SIGN_SDK, "AK", "" },
    { "SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date;a_b.c-1, " SIGNED, SIGN_SDK, "AK", "" },
    { "SDK-HMAC-SHA256 Credential=AK/20240229///sdk_request" REST, SIGN_SDK_SCOPED, "AK", "20240229///sdk_request" },
    { "SDK-HMAC-SHA256 Credential=AK/20240229/region-1/dlf/sdk_request" REST, SIGN_SDK_SCOPED, "AK", "20240229/region-1/dlf/sdk_request" },
    { "V11-HMAC-SHA256 Credential=AK/20240229/region-1/dlf" REST, SIGN_V11, "AK", "20240229/region-1/dlf" },
    { "V11-HMAC-SHA256 Credential=AK/20240229//" REST, SIGN_V11, "AK", "20240229//" },
    /* The scheme. */
    { "", -1, "", "" },
    { "SDK-HMAC-SHA256", -1, "", "" },
    { "SDK-HMAC-SHA256 ", -1, "", "" },
    { " SDK-HMAC-SHA256 Access=AK" REST, -1, "", "" },
    { "sdk-hmac-sha256 Access=AK" REST, -1, "", "" },
    { "SDK-HMAC-SHA256\tAccess=AK" REST, -1, "", "" },
    { "SDK-HMAC-SM3 Access=AK" REST, -1, "", "" },
    { "AWS4-HMAC-SHA256 Credential=AK/20240229/region-1/dlf" REST, -1, "", "" },
    { "Bearer x", -1, "", "" },
    { "Basic QUs6U0s=", -1, "", "" },
    { "V11-HMAC-SHA256 Access=AK" REST, -1, "", "" },
    /* The members. */
    { "SDK-HMAC-SHA256 " NAMES ", " SIGNED, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, " NAMES, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, " SIGNED, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, Access=AK" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, " NAMES REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK" REST ", " SIGNED, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=, Access=AK" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, Credential=AK/20240229///sdk_request" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK" REST ",", -1, "", "" },
    { "SDK-HMAC-SHA256 ,Access=AK" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK" REST ", Else=1", -1, "", "" },
    { "SDK-HMAC-SHA256 access=AK" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access =AK" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK; " NAMES "; " SIGNED, -1, "", "" },
    /* The access key. */
    { "SDK-HMAC-SHA256 Access=" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access= AK" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=A K" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=A-K" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK/" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=\"AK\"" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=é" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AAAAAAAAAAAAAAAABBBBBBBBBBBBBBBBCCCCCCCCCCCCCCCCDDDDDDDDDDDDDDDDE" REST, -1, "", "" },
    { "V11-HMAC-SHA256 Credential=/20240229/region-1/dlf" REST, -1, "", "" },
    /* The scope. */
    { "SDK-HMAC-SHA256 Credential=AK" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Credential=AK/" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Credential=AK/20240229//sdk_request" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Credential=AK/20240229////sdk_request" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Credential=AK/20240229///sdk_requests" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Credential=AK/20240229///" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Credential=AK/20240229///asdk_request" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Credential=AK////sdk_request" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Credential=AK/20230229///sdk_request" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Credential=AK/2024022///sdk_request" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Credential=AK/2024022a///sdk_request" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Credential=AK/20240229/a b//sdk_request" REST, -1, "", "" },
    { "SDK-HMAC-SHA256 Credential=AK/20240229/é//sdk_request" REST, -1, "", "" },
    { "V11-HMAC-SHA256 Credential=AK/20240229/region-1" REST, -1, "", "" },
    { "V11-HMAC-SHA256 Credential=AK/20240229/region-1/dlf/sdk_request" REST, -1, "", "" },
    /* The signed headers. */
    { "SDK-HMAC-SHA256 Access=AK, SignedHeaders=, " SIGNED, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host, " SIGNED, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;x-sdk-date;, " SIGNED, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, SignedHeaders=;x-sdk-date, " SIGNED, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;;x-sdk-date, " SIGNED, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host;host;x-sdk-date, " SIGNED, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date;x-sdk-date, " SIGNED, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, SignedHeaders=Host;x-sdk-date, " SIGNED, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, SignedHeaders=X-Sdk-Date, " SIGNED, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, SignedHeaders=host x-sdk-date, " SIGNED, -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, SignedHeaders=a:b;x-sdk-date, " SIGNED, -1, "", "" },
    /* The signature. */
    { "SDK-HMAC-SHA256 Access=AK, " NAMES ", Signature=", -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, " NAMES ", Signature=0", -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, " NAMES ", " SIGNED "0", -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, " NAMES ", Signature=A000000000000000000000000000000000000000000000000000000000000000", -1, "", "" },
    { "SDK-HMAC-SHA256 Access=AK, " NAMES ", Signature=g000000000000000000000000000000000000000000000000000000000000000", -1, "", "" },
    /* clang-format on */
};

static void test_claims(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(claims); i++) {
        struct err err = ERR_INIT;
        struct sign_claim c;
        int rc = sign_parse(&c, str_of(claims[i].text), &err);

        t_row("%s", claims[i].text);
        assert_int_equal(rc, claims[i].form < 0 ? E_INVALID : 0);
        if (!rc) {
            assert_int_equal(c.form, claims[i].form);
            assert_str(c.access, claims[i].access);
            assert_str(c.scope, claims[i].scope);
            assert_str(c.signature, NO_SIGNATURE);
        }
        err_clear(&err);
    }
    t_rows_end();
}

static int parse(struct str text)
{
    struct err err = ERR_INIT;
    struct sign_claim c;
    int rc = sign_parse(&c, text, &err);

    err_clear(&err);
    return rc;
}

static void test_odd_bytes_are_no_claim(void **state)
{
    static const char sound[] = "SDK-HMAC-SHA256 Access=AK" REST;
    char text[sizeof(sound)];

    (void)state;
    assert_int_equal(parse((struct str){ NULL, 0 }), E_INVALID);
    for (size_t i = 0; i < sizeof(sound) - 1; i++) {
        memcpy(text, sound, sizeof(sound));
        text[i] = '\0';
        assert_int_equal(parse((struct str){ text, sizeof(sound) - 1 }), E_INVALID);
        assert_int_equal(parse((struct str){ sound, i }), E_INVALID);
    }
}

static void test_the_number_of_names_is_limited(void **state)
{
    (void)state;
    for (int n = SIGN_MAX_HEADERS - 1; n <= SIGN_MAX_HEADERS; n++) {
        struct buf text = BUF_INIT(4096);

        buf_adds(&text,
                 "SDK-HMAC-SHA256 Access=AK, " SIGNED ", SignedHeaders=x-sdk-date");
        for (int i = 0; i < n; i++)
            buf_addf(&text, ";x%d", i);
        assert_int_equal(parse(buf_str(&text)), n < SIGN_MAX_HEADERS ? 0 : E_INVALID);
        buf_release(&text);
    }
}

static const struct {
    const char *text;
    int64_t seconds; /* -1: refused */
} moments[] = {
    { "19700101T000000Z", 0 },
    { "20240101T020304Z", 1704074584 },
    { "20240229T235959Z", 1709251199 },
    { "20000229T000000Z", 951782400 },
    { "20231231T235959Z", 1704067199 },
    { "20240430T000000Z", 1714435200 },
    { "99991231T235959Z", 253402300799 },
    { "20230229T000000Z", -1 },
    { "21000229T000000Z", -1 },
    { "20240230T000000Z", -1 },
    { "20240431T000000Z", -1 },
    { "20240100T000000Z", -1 },
    { "20240132T000000Z", -1 },
    { "20240001T000000Z", -1 },
    { "20241301T000000Z", -1 },
    { "20240101T240000Z", -1 },
    { "20240101T006000Z", -1 },
    { "20240101T000060Z", -1 },
    { "20161231T235960Z", -1 },
    { "", -1 },
    { "2024", -1 },
    { "20240101T020304", -1 },
    { "20240101T020304z", -1 },
    { "20240101t020304Z", -1 },
    { "20240101 020304Z", -1 },
    { "20240101T020304Z ", -1 },
    { " 20240101T020304Z", -1 },
    { "2024-01-01T02:03:04Z", -1 },
    { "20240101T020304+0", -1 },
    { "-0240101T020304Z", -1 },
    { "20240101T02030aZ", -1 },
    { "2024 101T020304Z", -1 },
    { "202401 1T020304Z", -1 },
    { "20240101T 20304Z", -1 },
    { "20240101T02/304Z", -1 },
    { "1704074584", -1 },
};

static int time_of(const struct sign_header *h, size_t n, int64_t *ms)
{
    struct sign_request r = { .headers = h, .n_headers = n };
    struct err err = ERR_INIT;
    int rc = sign_time(&r, ms, &err);

    assert_int_equal(err.ec, rc);
    err_clear(&err);
    return rc;
}

static void test_moments(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(moments); i++) {
        struct sign_header h[] = { { STR("x-Sdk-DATE"), str_of(moments[i].text) },
                                   { STR("X-SDK-DATE"), str_of(moments[i].text) } };
        bool refused = moments[i].seconds < 0;
        int64_t ms = 0;

        t_row("%s", moments[i].text);
        assert_int_equal(time_of(h, 1, &ms), refused ? E_INVALID : 0);
        if (!refused)
            assert_int_equal(ms, moments[i].seconds * 1000);
        assert_int_equal(time_of(h, 2, &ms), E_INVALID);
        assert_int_equal(time_of(h, 0, &ms), E_INVALID);
    }
    t_rows_end();
}

static void test_every_day_agrees_with_the_c_library(void **state)
{
    (void)state;
    for (time_t t = -62135596800; t < 253402300800; t += 86400 * 17 + 3671) {
        struct sign_header h = { STR("X-Sdk-Date"), STR("") };
        char text[64];
        int64_t ms;
        struct tm tm;

        gmtime_r(&t, &tm);
        snprintf(text, sizeof(text), "%04d%02d%02dT%02d%02d%02dZ", tm.tm_year + 1900,
                 tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
        h.value = str_of(text);
        assert_int_equal(time_of(&h, 1, &ms), 0);
        assert_int_equal(ms, (int64_t)t * 1000);
    }
}

static void test_a_scope_of_another_day_is_refused(void **state)
{
    struct vector v = vectors[8]; /* C1 */
    struct request q;

    (void)state;
    set_up(&q, &v);
    assert_int_equal(check(&q), 0);
    assert_int_equal(q.claim.form, SIGN_V11);
    memcpy((char *)q.claim.scope.p, "20231231", 8);
    assert_int_equal(check(&q), E_DENIED);
    tear_down(&q);
}

static void test_a_bad_moment_is_refused(void **state)
{
    struct vector v = vectors[0];
    struct request q;

    (void)state;
    v.headers = "X-Sdk-Date:20240101\n";
    set_up(&q, &v);
    assert_int_equal(check(&q), E_INVALID);
    q.r.n_headers = 0;
    assert_int_equal(check(&q), E_INVALID);
    tear_down(&q);
}

/* So many bytes at one place of a request. */
enum place { METHOD, PATH, QUERY, HEADER };

static const struct {
    enum place place;
    size_t n;
    int rc;
} lengths[] = {
    { METHOD, 4000, E_DENIED },
    { METHOD, SIGN_CANONICAL_MAX, E_INVALID },
    { PATH, 1000, E_DENIED },
    { PATH, TARGET_MAX_BYTES, E_DENIED },
    { PATH, TARGET_MAX_BYTES + 1, E_INVALID },
    { QUERY, TARGET_MAX_BYTES, E_DENIED },
    { QUERY, TARGET_MAX_BYTES + 1, E_INVALID },
    { HEADER, HEADERS_MAX_BYTES, E_DENIED },
    { HEADER, SIGN_CANONICAL_MAX, E_INVALID },
};

static void test_lengths_are_limited(void **state)
{
    struct vector v = {
        "",
        "GET",
        "/",
        "",
        DATE "X-Note:\n",
        "SDK-HMAC-SHA256 Access=AK, SignedHeaders=x-sdk-date;x-note, " SIGNED,
        STR("")
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        struct str text = { memset(malloc(lengths[i].n), 0x80, lengths[i].n),
                            lengths[i].n };
        struct request q;

        set_up(&q, &v);
        t_row("%zu", i);
        *(struct str *[]){ &q.r.method, &q.r.path, &q.r.query,
                           &q.header[1].value }[lengths[i].place] = text;
        assert_int_equal(check(&q), lengths[i].rc);
        assert_true(q.canonical.len <= SIGN_SHOWN_MAX);
        free((char *)text.p);
        tear_down(&q);
    }
    t_rows_end();
}

static void test_what_is_shown_is_cut(void **state)
{
    struct vector v = vectors[0];
    struct request q;
    size_t whole;

    (void)state;
    set_up(&q, &v);
    q.secret = STR("another");
    q.r.path = STR("");
    assert_int_equal(check(&q), E_DENIED);
    whole = q.canonical.len - strlen("/");
    for (size_t n = SIGN_SHOWN_MAX - 1; n <= SIGN_SHOWN_MAX + 1; n++) {
        char *path = memset(malloc(n), '/', n);

        q.r.path = (struct str){ path, n - whole };
        assert_int_equal(check(&q), E_DENIED);
        assert_int_equal(q.canonical.len, n < SIGN_SHOWN_MAX ? n : SIGN_SHOWN_MAX);
        assert_int_equal(str_has(buf_str(&q.canonical), "..."), n > SIGN_SHOWN_MAX);
        free(path);
    }
    tear_down(&q);
}

/* ---- what a signature leaves open ---- */

#define IN_A "SDK-HMAC-SHA256 Access=AK, "
#define IN_B "SDK-HMAC-SHA256 Credential=AK/20240229///sdk_request, "
#define IN_C "V11-HMAC-SHA256 Credential=AK/20240229/r/s, "

static const char *const each_form[] = { IN_A, IN_B, IN_C };

/* A request in a form, with these headers signed; it need not be signed well. */
static void set_up_form(struct request *q, const char *form, const char *names,
                        const struct vector *v)
{
    struct err err = ERR_INIT;
    struct vector in_form = *v;
    char text[400];

    snprintf(text, sizeof(text), "%sSignedHeaders=%s, Signature=" NO_SIGNATURE, form,
             names);
    in_form.authorization = text;
    set_up(q, &in_form);
    assert_ok(sign_parse(&q->claim, q->authorization, &err), &err);
}

static void test_queries_that_are_not_covered(void **state)
{
    static const struct {
        const char *query;
        bool gap, scoped_gap;
    } rows[] = {
        { "", false, false },           { "a=1", false, false },
        { "b=1&a=2", false, false },    { "a=1&A=1", false, false },
        { "a=1&b=1&&c", false, false }, { "a=1&a=2", false, true },
        { "a=1&a=1", false, true },     { "a&a=", false, true },
        { "a=2&a=1", true, true },      { "a=1&b=0&a=2", false, true },
        { "a=2&b=0&a=1", true, true },  { "a=1&a=3&a=2", true, true },
        { "a=2&%61=1", true, true },    { "a=b&a=%61", true, true },
        { "a=10&a=9", false, true },    { "a=9&a=10", true, true },
        { "a=1&a", true, true },        { "+=2&%20=1", true, true },
        { "a=%FF&a=%00", true, true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t f = 0; f < COUNT_OF(each_form); f++) {
            struct vector v = { .method = "GET",
                                .path = "/",
                                .query = rows[i].query,
                                .headers = DATE,
                                .body = STR("") };
            bool gap = f == 1 ? rows[i].scoped_gap : rows[i].gap;
            struct request q;

            set_up_form(&q, each_form[f], "x-sdk-date", &v);
            t_row("%zu: %s", f, v.query);
            assert_int_equal(gap_of(&q), gap ? SIGN_GAP_QUERY : SIGN_NO_GAP);
            tear_down(&q);
        }
    t_rows_end();
}

/* All values of the key, decoded, in their order: what a reader of the query makes of it.
 */
static void read_values(struct buf *out, struct str query, struct str key)
{
    while (query.n) {
        struct str value = str_cut(&query, '&'), name = str_cut(&value, '=');
        struct buf text = BUF_INIT(1000);

        assert_true(percent_decode(&text, name));
        if (str_eq(buf_str(&text), key)) {
            buf_clear(&text);
            assert_true(percent_decode(&text, value));
            buf_addstr(out, buf_str(&text));
            buf_addc(out, '|');
        }
        buf_release(&text);
    }
}

/* Queries of which two have the same canonical form are read alike, or one has a gap. */
static void test_what_is_covered_is_read_alike(void **state)
{
    static const char *const pieces[] = { "a=1", "a=2", "%61=2", "A=1", "b", "b=", "" };
    enum { N = COUNT_OF(pieces), QUERIES = N * N * N };
    static char query[QUERIES][24];
    static struct buf form[QUERIES], values[QUERIES];

    (void)state;
    for (int style = QUERY_SDK; style <= QUERY_SCOPED; style++) {
        for (int i = 0; i < QUERIES; i++) {
            struct err err = ERR_INIT;
            bool whole;

            snprintf(query[i], sizeof(query[i]), "%s&%s&%s", pieces[i % N],
                     pieces[i / N % N], pieces[i / N / N]);
            form[i] = BUF_INIT(100);
            values[i] = BUF_INIT(100);
            assert_ok(canonical_query_is_whole(str_of(query[i]), style, &whole, &err),
                      &err);
            if (!whole)
                continue;
            assert_ok(canonical_query(&form[i], str_of(query[i]), style, &err), &err);
            for (int k = 0; k < 3; k++)
                read_values(&values[i], str_of(query[i]),
                            (struct str[]){ STR("a"), STR("A"), STR("b") }[k]);
            for (int j = 0; j < i; j++)
                if (form[j].len && str_eq(buf_str(&form[i]), buf_str(&form[j])) &&
                    !str_eq(buf_str(&values[i]), buf_str(&values[j])))
                    fail_msg("%s and %s", query[i], query[j]);
        }
        for (int i = 0; i < QUERIES; i++) {
            buf_release(&form[i]);
            buf_release(&values[i]);
        }
    }
}

static void test_a_body_without_its_hash_is_not_covered(void **state)
{
    static const struct {
        const char *headers, *names, *body;
        enum sign_gap gap;
    } rows[] = {
        { DATE, "x-sdk-date", "{}", SIGN_NO_GAP },
        { DATE "X-Sdk-Content-Sha256:" BRACES "\n", "x-sdk-content-sha256;x-sdk-date",
          "{}", SIGN_NO_GAP },
        { DATE "X-Sdk-Content-Sha256:UNSIGNED-PAYLOAD\n",
          "x-sdk-content-sha256;x-sdk-date", "{}", SIGN_GAP_BODY },
        { DATE "X-Sdk-Content-Sha256: \t\n", "x-sdk-content-sha256;x-sdk-date", "{}",
          SIGN_NO_GAP },
        { DATE "X-Sdk-Content-Sha256:UNSIGNED-PAYLOAD\n",
          "x-sdk-content-sha256;x-sdk-date", "", SIGN_NO_GAP },
        { DATE "X-Sdk-Content-Sha256:UNSIGNED-PAYLOAD\n", "x-sdk-date", "{}",
          SIGN_NO_GAP },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t f = 0; f < COUNT_OF(each_form); f++) {
            struct vector v = { .method = "POST",
                                .path = "/",
                                .query = "",
                                .headers = rows[i].headers,
                                .body = str_of(rows[i].body) };
            struct request q;

            set_up_form(&q, each_form[f], rows[i].names, &v);
            t_row("%zu: %s", f, v.headers);
            assert_int_equal(gap_of(&q), rows[i].gap);
            tear_down(&q);
        }
    t_rows_end();
}

static void test_headers_that_are_not_covered(void **state)
{
    static const struct {
        const char *headers, *names;
        bool covers;
    } rows[] = {
        { DATE, "x-sdk-date", true },
        { DATE "Workspace:w\n", "workspace;x-sdk-date", true },
        { DATE "workspace:w\n", "x-sdk-date", false },
        { DATE "workspace:\n", "x-sdk-date", false },
        { DATE "WORKSPACE:w\n", "x-sdk-date", false },
        { DATE "workspace:w\nWorkspace:w\n", "workspace;x-sdk-date", false },
        { DATE "workspace:w\nworkspace:\n", "workspace;x-sdk-date", false },
        { DATE "workspaces:w\n", "x-sdk-date", true },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t f = 0; f < COUNT_OF(each_form); f++) {
            struct vector v = { .method = "GET",
                                .path = "/",
                                .query = "",
                                .headers = rows[i].headers,
                                .body = STR("") };
            struct request q;

            set_up_form(&q, each_form[f], rows[i].names, &v);
            t_row("%zu: %s", f, v.headers);
            assert_int_equal(sign_covers_header(&q.claim, &q.r, "workspace"),
                             rows[i].covers);
            tear_down(&q);
        }
    t_rows_end();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_queries_that_are_not_covered),
    cmocka_unit_test(test_what_is_covered_is_read_alike),
    cmocka_unit_test(test_a_body_without_its_hash_is_not_covered),
    cmocka_unit_test(test_headers_that_are_not_covered),
    cmocka_unit_test(test_all_vectors_are_accepted),
    cmocka_unit_test(test_any_change_of_the_request_is_refused),
    cmocka_unit_test(test_any_change_of_a_signed_header_is_refused),
    cmocka_unit_test(test_more_body_or_query_is_refused),
    cmocka_unit_test(test_targets),
    cmocka_unit_test(test_headers_and_bodies),
    cmocka_unit_test(test_the_scoped_form),
    cmocka_unit_test(test_claims),
    cmocka_unit_test(test_odd_bytes_are_no_claim),
    cmocka_unit_test(test_the_number_of_names_is_limited),
    cmocka_unit_test(test_moments),
    cmocka_unit_test(test_every_day_agrees_with_the_c_library),
    cmocka_unit_test(test_a_scope_of_another_day_is_refused),
    cmocka_unit_test(test_a_bad_moment_is_refused),
    cmocka_unit_test(test_lengths_are_limited),
    cmocka_unit_test(test_what_is_shown_is_cut),
};
T_MAIN(tests)
