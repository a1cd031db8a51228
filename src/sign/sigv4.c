#include "sign/sigv4.h"

#include <stdlib.h>
#include <strings.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/percent.h"
#include "base/wipe.h"
#include "sign/sign_int.h"
#include "base/banned.h"

#define ALGORITHM "AWS4-HMAC-SHA256"

/* ---- path and query ---- */

/* Appends `s` decoded and encoded anew, but for each `mark`.  `text` is for use in
 * between. */
static int add_encoded(struct buf *out, struct str s, char mark, struct buf *text,
                       struct err *err)
{
    struct str piece;

    while (str_next(&s, mark, &piece)) {
        buf_clear(text);
        if (!percent_decode(text, piece))
            return sign_fail(err, E_INVALID);
        if (text->bad) /* the next part would clear that */
            return sign_buf_rc(text, err);
        percent_encode(out, buf_str(text));
        if (s.p)
            buf_addc(out, mark);
    }
    return 0;
}

/* A pair of a query, encoded. */
struct pair {
    struct str key, value;
};

static int by_pair(const void *p, const void *q)
{
    const struct pair *a = p, *b = q;
    int c = str_cmp(a->key, b->key);

    return c ? c : str_cmp(a->value, b->value);
}

/* Takes the query apart where it stands, and writes it in order. */
static int sort_query(struct buf *out, struct str query, struct err *err)
{
    struct arena arena = ARENA_INIT;
    struct pair *pairs = arena_array(&arena, query.n + 1, sizeof(*pairs));
    size_t n = 0;

    if (!pairs)
        return sign_fail(err, E_NOMEM);
    while (query.n) {
        struct str pair = str_cut(&query, '&');

        pairs[n].key = str_cut(&pair, '=');
        pairs[n++].value = pair;
    }
    qsort(pairs, n, sizeof(*pairs), by_pair);
    for (size_t i = 0; i < n; i++) {
        buf_adds(out, i ? "&" : "");
        buf_addstr(out, pairs[i].key);
        buf_addc(out, '=');
        buf_addstr(out, pairs[i].value);
    }
    arena_release(&arena);
    return 0;
}

/* As add_encoded(), of pairs.  A = in a value is encoded. */
static int encode_query(struct buf *out, struct str query, struct buf *text,
                        struct err *err)
{
    int rc = 0;

    while (!rc && query.n) {
        struct str pair = str_cut(&query, '&');
        struct str key = str_cut(&pair, '=');

        rc = add_encoded(out, key, '\0', text, err);
        buf_addc(out, '=');
        if (!rc)
            rc = add_encoded(out, pair, '\0', text, err);
        buf_addc(out, '&');
    }
    return rc;
}

static int add_query(struct buf *out, struct str query, struct buf *text, struct err *err)
{
    struct buf encoded = BUF_INIT(SIGN_CANONICAL_MAX);
    int rc = encode_query(&encoded, query, text, err);

    if (!rc)
        rc = sign_buf_rc(&encoded, err);
    if (!rc)
        rc = sort_query(out, buf_str(&encoded), err);
    buf_release(&encoded);
    return rc;
}

/* ---- headers ---- */

struct headers {
    const struct sign_header *list[SIGN_MAX_HEADERS];
    size_t n;
};

static int compare_names(struct str a, struct str b)
{
    int c = strncasecmp(a.p, b.p, a.n < b.n ? a.n : b.n);

    return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* Those of one name keep their order. */
static int sort_headers(struct headers *h, const struct sign_request *r, struct err *err)
{
    if (r->n_headers > SIGN_MAX_HEADERS)
        return sign_fail(err, E_INVALID);
    for (h->n = 0; h->n < r->n_headers; h->n++) {
        const struct sign_header *new = &r->headers[h->n];
        size_t at = h->n;

        for (; at && compare_names(h->list[at - 1]->name, new->name) > 0; at--)
            h->list[at] = h->list[at - 1];
        h->list[at] = new;
    }
    return 0;
}

static bool repeats(const struct headers *h, size_t i)
{
    return i > 0 && sign_header_is(h->list[i], h->list[i - 1]->name);
}

static void add_name(struct buf *out, struct str name)
{
    for (size_t i = 0; i < name.n; i++) {
        bool upper = name.p[i] >= 'A' && name.p[i] <= 'Z';

        buf_addc(out, (char)(upper ? name.p[i] | 0x20 : name.p[i]));
    }
}

/* There is one at least, X-Amz-Date. */
static void add_headers(struct buf *out, const struct headers *h)
{
    for (size_t i = 0; i < h->n; i++) {
        if (repeats(h, i)) {
            buf_addc(out, ',');
        } else {
            buf_adds(out, i ? "\n" : "");
            add_name(out, h->list[i]->name);
            buf_addc(out, ':');
        }
        sign_add_collapsed(out, sign_trim(h->list[i]->value));
    }
    buf_addc(out, '\n');
}

static void add_names(struct buf *out, const struct headers *h)
{
    for (size_t i = 0; i < h->n; i++) {
        if (repeats(h, i))
            continue;
        buf_adds(out, i ? ";" : "");
        add_name(out, h->list[i]->name);
    }
}

/* ---- the signature ---- */

static void add_payload(struct buf *out, const struct sign_request *r)
{
    struct str declared = sign_trim(sign_header_get(r, "x-amz-content-sha256"));
    char hash[SHA256_HEX_BYTES];

    if (declared.n) {
        buf_addstr(out, declared);
        return;
    }
    sha256_hex(r->body, hash);
    buf_adds(out, hash);
}

static int add_canonical(struct buf *out, const struct sign_request *r,
                         const struct headers *h, struct err *err)
{
    struct buf text = BUF_INIT(SIGN_CANONICAL_MAX);
    int rc;

    buf_addstr(out, r->method);
    buf_addc(out, '\n');
    rc = add_encoded(out, r->path, '/', &text, err);
    buf_addc(out, '\n');
    if (!rc)
        rc = add_query(out, r->query, &text, err);
    buf_release(&text);
    buf_addc(out, '\n');
    add_headers(out, h);
    buf_addc(out, '\n');
    add_names(out, h);
    buf_addc(out, '\n');
    add_payload(out, r);
    return rc ? rc : sign_buf_rc(out, err);
}

/* The text that is signed; the scope is a part of it. */
static void add_summary(struct buf *out, struct str moment, struct str scope,
                        struct str canonical)
{
    char hash[SHA256_HEX_BYTES];

    sha256_hex(canonical, hash);
    buf_adds(out, ALGORITHM "\n");
    buf_addstr(out, moment);
    buf_addc(out, '\n');
    buf_addstr(out, scope);
    buf_addc(out, '\n');
    buf_adds(out, hash);
}

static int make_signature(char hex[SHA256_HEX_BYTES], struct str secret, struct str scope,
                          struct str summary, struct err *err)
{
    struct hmac_sha256_ctx mac;
    uint8_t made[SHA256_BYTES];
    int rc = sign_scoped_key(&mac, "AWS4", scope, secret, err);

    if (rc)
        return rc;
    hmac_sha256_update(&mac, summary.n, (const uint8_t *)summary.p);
    hmac_sha256_digest(&mac, sizeof(made), made);
    hex_encode(made, sizeof(made), hex);
    wipe(&mac, sizeof(mac));
    return 0;
}

static void add_authorization(struct buf *out, struct str access, struct str scope,
                              const struct headers *h, const char *signature)
{
    buf_adds(out, ALGORITHM " Credential=");
    buf_addstr(out, access);
    buf_addc(out, '/');
    buf_addstr(out, scope);
    buf_adds(out, ", SignedHeaders=");
    add_names(out, h);
    buf_addf(out, ", Signature=%s", signature);
}

static int add_scope(struct buf *out, const struct sigv4_key *key, struct str moment,
                     struct err *err)
{
    if (moment.n != strlen("YYYYMMDDTHHMMSSZ"))
        return sign_fail(err, E_INVALID);
    buf_add(out, moment.p, strlen("YYYYMMDD"));
    buf_addc(out, '/');
    buf_addstr(out, key->region);
    buf_addc(out, '/');
    buf_addstr(out, key->service);
    buf_adds(out, "/aws4_request");
    return sign_buf_rc(out, err);
}

int sigv4_sign(const struct sigv4_key *key, const struct sign_request *r,
               struct buf *authorization, struct err *err)
{
    struct buf canonical = BUF_INIT(SIGN_CANONICAL_MAX), scope = BUF_INIT(KIB),
               summary = BUF_INIT(2 * KIB);
    struct str moment = sign_header_get(r, "x-amz-date");
    struct headers h;
    char signature[SHA256_HEX_BYTES];
    int rc = add_scope(&scope, key, moment, err);

    if (!rc)
        rc = sort_headers(&h, r, err);
    if (!rc)
        rc = add_canonical(&canonical, r, &h, err);
    if (!rc) {
        add_summary(&summary, moment, buf_str(&scope), buf_str(&canonical));
        rc = sign_buf_rc(&summary, err);
    }
    if (!rc)
        rc = make_signature(signature, key->secret, buf_str(&scope), buf_str(&summary),
                            err);
    if (!rc) {
        add_authorization(authorization, key->access, buf_str(&scope), &h, signature);
        rc = sign_buf_rc(authorization, err);
    }
    buf_release(&canonical);
    buf_release(&scope);
    buf_release(&summary);
    return rc;
}
