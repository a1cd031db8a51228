#include "sign/sdk_sign.h"

#include <assert.h>
#include <nettle/hkdf.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <strings.h>

#include "base/hash.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/wipe.h"
#include "sign/sign_int.h"
#include "base/banned.h"

/* What a request was made of, as far as it is the same in all readings. */
struct parts {
    struct buf path, query, form, headers;
    char hash[SHA256_HEX_BYTES], form_hash[SHA256_HEX_BYTES]; /* of body and form */
    struct str declared; /* what takes the body's hash's place; .p NULL: nothing */
    bool sound;          /* else it is denied, whoever signed it */
};

/* One way to put it in canonical form. */
struct reading {
    struct str query, payload;
};
#define READINGS_MAX 3

static bool is_hash(struct str s)
{
    return s.n == SIGN_HEX_BYTES && sign_is_made_of(s, "0123456789abcdefABCDEF");
}

#define CONTENT_HASH "x-sdk-content-sha256"

static struct str declared_payload(const struct sign_request *r)
{
    return sign_trim(sign_header_get(r, CONTENT_HASH));
}

static void read_payload(struct parts *p, const struct sign_claim *claim,
                         const struct sign_request *r)
{
    struct str declared = declared_payload(r);

    sha256_hex(r->body, p->hash);
    sha256_hex(buf_str(&p->form), p->form_hash);
    p->declared = (struct str){ NULL, 0 };
    if (is_hash(declared)) {
        p->sound = p->sound && strncasecmp(declared.p, p->hash, SIGN_HEX_BYTES) == 0;
        p->declared = declared;
    } else if (declared.n && sign_names(claim->signed_headers, STR(CONTENT_HASH))) {
        p->declared = declared;
    }
}

static bool dates_agree(const struct sign_claim *claim, const struct sign_request *r)
{
    struct str moment = sign_header_get(r, "x-sdk-date");

    return !claim->scope.n || memcmp(claim->scope.p, moment.p, strlen("YYYYMMDD")) == 0;
}

static enum query_style style_of(const struct sign_claim *claim)
{
    return claim->form == SIGN_SDK_SCOPED ? QUERY_SCOPED : QUERY_SDK;
}

static int take_apart(struct parts *p, const struct sign_claim *claim,
                      const struct sign_request *r, struct err *err)
{
    bool scoped = claim->form == SIGN_SDK_SCOPED;
    int rc;

    if (r->path.n > TARGET_MAX_BYTES || r->query.n > TARGET_MAX_BYTES)
        return sign_fail(err, E_INVALID);
    rc = canonical_path(&p->path, r->path, err);
    if (!rc)
        rc = canonical_query(&p->query, r->query, style_of(claim), err);
    if (!rc && scoped)
        rc = canonical_query(&p->form, r->query, QUERY_FORM, err);
    if (!rc)
        rc = canonical_headers(&p->headers, claim, r, &p->sound, err);
    if (rc)
        return rc;
    p->sound = p->sound && dates_agree(claim, r);
    read_payload(p, claim, r);
    return 0;
}

/* The first is the one that is shown. */
static int list_readings(const struct parts *p, const struct sign_request *r,
                         struct reading list[READINGS_MAX])
{
    struct str query = buf_str(&p->query);
    int n = 0;

    if (p->form.len && !r->body.n && str_is(r->method, "POST"))
        list[n++] = (struct reading){ STR(""), str_of(p->form_hash) };
    if (!p->declared.p || !r->body.n)
        list[n++] = (struct reading){ query, str_of(p->hash) };
    if (p->declared.p)
        list[n++] = (struct reading){ query, p->declared };
    return n;
}

static void write_canonical(struct buf *out, const struct parts *p, struct str method,
                            struct str signed_headers, const struct reading *reading)
{
    buf_addstr(out, method);
    buf_addc(out, '\n');
    buf_addstr(out, buf_str(&p->path));
    buf_addc(out, '\n');
    buf_addstr(out, reading->query);
    buf_addc(out, '\n');
    buf_addstr(out, buf_str(&p->headers));
    buf_addc(out, '\n');
    buf_addstr(out, signed_headers);
    buf_addc(out, '\n');
    buf_addstr(out, reading->payload);
}

static void set_key(struct hmac_sha256_ctx *mac, struct str key)
{
    hmac_sha256_set_key(mac, key.n, (const uint8_t *)key.p);
}

static void update(void *mac, size_t n, const uint8_t *bytes)
{
    hmac_sha256_update(mac, n, bytes);
}

static void digest(void *mac, size_t n, uint8_t *out)
{
    hmac_sha256_digest(mac, n, out);
}

static void add(struct hmac_sha256_ctx *mac, struct str s)
{
    update(mac, s.n, (const uint8_t *)s.p);
}

int sign_scoped_key(struct hmac_sha256_ctx *mac, const char *prefix, struct str scope,
                    struct str secret, struct err *err)
{
    struct buf first = BUF_INIT(strlen(prefix) + secret.n);
    uint8_t key[SHA256_BYTES];

    buf_reserve(&first, first.max);
    buf_adds(&first, prefix);
    buf_addstr(&first, secret);
    if (first.bad)
        return sign_fail(err, E_NOMEM);
    set_key(mac, buf_str(&first));
    buf_wipe(&first);
    while (scope.n) {
        add(mac, str_cut(&scope, '/'));
        digest(mac, sizeof(key), key);
        hmac_sha256_set_key(mac, sizeof(key), key);
    }
    wipe(key, sizeof(key));
    return 0;
}

/* The key is the hex text of what HKDF makes of the secret. */
static void set_v11_key(struct hmac_sha256_ctx *mac, const struct sign_claim *claim,
                        struct str secret)
{
    uint8_t key[SHA256_BYTES];
    char hex[SIGN_HEX_BYTES + 1];

    set_key(mac, claim->access);
    hkdf_extract(mac, update, digest, sizeof(key), secret.n, (const uint8_t *)secret.p,
                 key);
    hmac_sha256_set_key(mac, sizeof(key), key);
    hkdf_expand(mac, update, digest, sizeof(key), claim->scope.n,
                (const uint8_t *)claim->scope.p, sizeof(key), key);
    hex_encode(key, sizeof(key), hex);
    set_key(mac, str_of(hex));
    wipe(key, sizeof(key));
    wipe(hex, sizeof(hex));
}

static int set_signing_key(struct hmac_sha256_ctx *mac, const struct sign_claim *claim,
                           struct str secret, struct err *err)
{
    if (claim->form == SIGN_SDK_SCOPED)
        return sign_scoped_key(mac, "SDK", claim->scope, secret, err);
    if (claim->form == SIGN_V11)
        set_v11_key(mac, claim, secret);
    else
        set_key(mac, secret);
    return 0;
}

/* `mac` has its key, and keeps it. */
static bool is_signed(struct hmac_sha256_ctx *mac, const struct sign_claim *claim,
                      struct str moment, struct str canonical)
{
    uint8_t made[SHA256_BYTES];
    char hex[SIGN_HEX_BYTES + 1];

    sha256_hex(canonical, hex);
    add(mac, str_of(sign_schemes[claim->form]));
    add(mac, STR("\n"));
    add(mac, moment);
    add(mac, STR("\n"));
    add(mac, claim->scope);
    add(mac, claim->scope.n ? STR("\n") : STR(""));
    add(mac, str_of(hex));
    digest(mac, sizeof(made), made);
    hex_encode(made, sizeof(made), hex);
    return memeql_sec(hex, claim->signature.p, SIGN_HEX_BYTES);
}

static void show(struct buf *out, struct str canonical)
{
    bool cut = canonical.n > SIGN_SHOWN_MAX;
    size_t n = cut ? SIGN_SHOWN_MAX - strlen("...") : canonical.n;

    for (size_t i = 0; i < n; i++)
        buf_addc(out, canonical.p[i] == '\n' ? '|' : canonical.p[i]);
    buf_adds(out, cut ? "..." : "");
}

static int judge(struct parts *p, const struct sign_claim *claim,
                 const struct sign_request *r, struct hmac_sha256_ctx *mac,
                 struct buf *canonical, struct err *err)
{
    struct str moment = sign_header_get(r, "x-sdk-date");
    struct buf text = BUF_INIT(SIGN_CANONICAL_MAX);
    struct reading list[READINGS_MAX];
    bool ok = false;
    int rc = 0;

    for (int i = list_readings(p, r, list) - 1; !rc && i >= 0; i--) {
        buf_clear(&text);
        write_canonical(&text, p, r->method, claim->signed_headers, &list[i]);
        rc = sign_buf_rc(&text, err);
        ok = ok || (!rc && is_signed(mac, claim, moment, buf_str(&text)));
    }
    if (!rc && !(ok && p->sound)) {
        show(canonical, buf_str(&text)); /* the first reading was the last to be made */
        rc = sign_fail(err, canonical->bad == E_NOMEM ? E_NOMEM : E_DENIED);
    }
    buf_release(&text);
    return rc;
}

int sign_check(const struct sign_claim *claim, const struct sign_request *r,
               struct str secret, struct buf *canonical, struct err *err)
{
    struct parts parts = { .path = BUF_INIT(SIGN_CANONICAL_MAX),
                           .query = BUF_INIT(SIGN_CANONICAL_MAX),
                           .form = BUF_INIT(SIGN_CANONICAL_MAX),
                           .headers = BUF_INIT(SIGN_CANONICAL_MAX) };
    struct hmac_sha256_ctx mac;
    int64_t ms;
    int rc;

    assert(claim->signature.n == SIGN_HEX_BYTES);
    rc = sign_time(r, &ms, err);
    if (!rc)
        rc = take_apart(&parts, claim, r, err);
    if (!rc)
        rc = set_signing_key(&mac, claim, secret, err);
    if (!rc) {
        parts.sound = parts.sound && secret.n;
        rc = judge(&parts, claim, r, &mac, canonical, err);
        wipe(&mac, sizeof(mac));
    }
    buf_release(&parts.path);
    buf_release(&parts.query);
    buf_release(&parts.form);
    buf_release(&parts.headers);
    return rc;
}

int sign_gap(const struct sign_claim *claim, const struct sign_request *r,
             enum sign_gap *gap, struct err *err)
{
    struct str declared = declared_payload(r);
    bool whole;
    int rc = canonical_query_is_whole(r->query, style_of(claim), &whole, err);

    *gap = SIGN_NO_GAP;
    if (!rc && !whole)
        *gap = SIGN_GAP_QUERY;
    else if (!rc && r->body.n && declared.n && !is_hash(declared) &&
             sign_names(claim->signed_headers, STR(CONTENT_HASH)))
        *gap = SIGN_GAP_BODY;
    return rc;
}

bool sign_covers_header(const struct sign_claim *claim, const struct sign_request *r,
                        const char *name)
{
    int lines = 0;

    for (size_t i = 0; i < r->n_headers; i++)
        lines += sign_header_is(&r->headers[i], str_of(name));
    return !lines || (lines == 1 && sign_names(claim->signed_headers, str_of(name)));
}
