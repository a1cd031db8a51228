/*
 * Signatures: a line of Authorization, one of method and target, headers, an empty
 * line, the body.  What is canonical stays as it is, a refusal shows one line of
 * bounded length, and a signature that was sound is not with a bit changed.
 */
#include <string.h>

#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "sign/sign_int.h"

#define SECRET STR("dlfTestSecretKey0123456789abcdefghijklmn")
#define HEADERS_MAX 64

/* Read when the Authorization is none, so that the rest is looked at all the same. */
static const char *const other = "SDK-HMAC-SHA256 Credential=AK/20240229///sdk_request, "
                                 "SignedHeaders=host;x-sdk-date;x-note, Signature="
                                 "0123456789abcdef0123456789abcdef"
                                 "0123456789abcdef0123456789abcdef";

static bool inside(struct str part, struct str whole)
{
    return !part.n || (part.p >= whole.p && part.p + part.n <= whole.p + whole.n);
}

static void read_claim(struct sign_claim *claim, struct str text)
{
    struct err err = ERR_INIT;

    if (sign_parse(claim, text, &err)) {
        MUST(err.ec == E_INVALID);
        err_clear(&err);
        MUST(sign_parse(claim, str_of(other), &err) == 0);
        return;
    }
    MUST(inside(claim->access, text) && inside(claim->scope, text));
    MUST(inside(claim->signed_headers, text) && inside(claim->signature, text));
    MUST(claim->access.n && claim->signature.n == SIGN_HEX_BYTES);
    MUST((claim->form == SIGN_SDK) == !claim->scope.n);
}

static void read_request(struct sign_request *r, struct sign_header *h, struct str rest)
{
    struct str target = str_cut(&rest, '\n');

    r->method = str_cut(&target, ' ');
    r->path = str_cut(&target, '?');
    r->query = target;
    r->headers = h;
    for (r->n_headers = 0; rest.n && r->n_headers < HEADERS_MAX; r->n_headers++) {
        struct str line = str_cut(&rest, '\n');

        if (!line.n)
            break;
        h[r->n_headers].name = str_cut(&line, ':');
        h[r->n_headers].value = line;
    }
    r->body = rest;
}

static int check(const struct sign_claim *claim, const struct sign_request *r)
{
    struct buf shown = BUF_INIT(SIGN_SHOWN_MAX);
    struct err err = ERR_INIT;
    int rc = sign_check(claim, r, SECRET, &shown, &err);
    int64_t ms;

    MUST(rc == 0 || rc == E_DENIED || rc == E_INVALID);
    MUST(err.ec == (enum ec)rc && !shown.bad && (shown.len > 0) == (rc == E_DENIED));
    MUST(!str_has(buf_str(&shown), "\n"));
    err_clear(&err);
    MUST(rc == E_INVALID || sign_time(r, &ms, &err) == 0);
    buf_release(&shown);
    return rc;
}

static void check_again(struct str raw, bool path)
{
    struct buf one = BUF_INIT(SIGN_CANONICAL_MAX), two = BUF_INIT(SIGN_CANONICAL_MAX);
    struct err err = ERR_INIT;
    int rc = path ? canonical_path(&one, raw, &err)
                  : canonical_query(&one, raw, QUERY_SDK, &err);

    if (!rc) {
        rc = path ? canonical_path(&two, buf_str(&one), &err)
                  : canonical_query(&two, buf_str(&one), QUERY_SDK, &err);
        MUST(rc == 0 && str_eq(buf_str(&one), buf_str(&two)));
    }
    err_clear(&err);
    buf_release(&one);
    buf_release(&two);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str rest = { (const char *)data, n };
    struct sign_header headers[HEADERS_MAX];
    char digits[SIGN_HEX_BYTES];
    struct sign_request r;
    struct sign_claim claim;

    read_claim(&claim, str_cut(&rest, '\n'));
    read_request(&r, headers, rest);
    if (check(&claim, &r) == 0) {
        struct err err = ERR_INIT;
        enum sign_gap gap;

        MUST(sign_gap(&claim, &r, &gap, &err) == 0);
        memcpy(digits, claim.signature.p, sizeof(digits));
        digits[n % sizeof(digits)] ^= 1;
        claim.signature.p = digits;
        MUST(check(&claim, &r) == E_DENIED);
    }
    if (r.path.n <= TARGET_MAX_BYTES && r.query.n <= TARGET_MAX_BYTES) {
        check_again(r.path, true);
        check_again(r.query, false);
    }
    return 0;
}
