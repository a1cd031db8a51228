#ifndef SIGN_SDK_SIGN_H
#define SIGN_SDK_SIGN_H

#include <stdint.h>

#include "base/buf.h"

/*
 * Whether a request was signed with a secret: the three forms of HMAC-SHA256
 * signature that the vendors' clients make.  Pure: no clock, no store, no HTTP.
 * How old a request may be, whose the access key is, and what it may do, is the
 * caller's.
 *
 * Errors carry a code alone, no row of model/: the caller knows what it answers.
 * E_NOMEM is possible in all but sign_parse() and sign_time().
 */
struct sign_header {
    struct str name, value; /* as received; a name may stand in several lines */
};

struct sign_request {
    struct str method, path, query; /* as on the wire; query without the ? */
    struct str body;
    const struct sign_header *headers; /* among them Host */
    size_t n_headers;
};

enum sign_form {
    SIGN_SDK,        /* SDK-HMAC-SHA256 Access=AK */
    SIGN_SDK_SCOPED, /* SDK-HMAC-SHA256 Credential=AK/date/region/service/sdk_request */
    SIGN_V11,        /* V11-HMAC-SHA256 Credential=AK/date/region/service */
    SIGN_FORMS
};

/* What an Authorization header says; borrows from its text. */
struct sign_claim {
    enum sign_form form;
    struct str access;
    struct str scope;          /* what follows AK/ in Credential; empty in SIGN_SDK */
    struct str signed_headers; /* names in lower case, ; between them */
    struct str signature;      /* 64 digits */
};

/*
 * Reads an Authorization header.  E_INVALID unless it is one of the forms: each
 * member once, none beside them, in any order, and
 *   - an access key of 1 to SIGN_ACCESS_MAX letters and digits;
 *   - a scope with as many parts as its form has, and a date of the calendar first;
 *     region and service may be empty, and may be any;
 *   - up to SIGN_MAX_HEADERS names of a-z 0-9 . _ -, none twice, in any order,
 *     x-sdk-date among them;
 *   - a signature of 64 lower-case hex digits.
 */
int sign_parse(struct sign_claim *out, struct str authorization,
               struct err *err) MUST_CHECK;

/* X-Sdk-Date in ms since 1970.  E_INVALID unless it stands once, and is a moment of
 * the calendar as YYYYMMDDTHHMMSSZ. */
int sign_time(const struct sign_request *r, int64_t *ms, struct err *err) MUST_CHECK;

/*
 * Whether `secret` made the signature of a claim that sign_parse() read.
 *
 * E_INVALID when the request cannot be put in canonical form: X-Sdk-Date as above,
 * a % without two hex digits, a path or query of more than TARGET_MAX_BYTES, a
 * canonical request of more than SIGN_CANONICAL_MAX.
 *
 * E_DENIED when the secret did not make it.  Then `canonical` has got the canonical
 * request that would have been expected, with | for its ends of lines and "..." in
 * place of what is beyond SIGN_SHOWN_MAX bytes.  Where a request has two readings it
 * is the first of them.  It has the headers as they were sent: for the client's eyes,
 * not for a log.
 *
 * Denied is also, whatever the signature:
 *   - an empty secret;
 *   - a signed header that the request lacks (shown empty);
 *   - a scope of another date than X-Sdk-Date;
 *   - X-Sdk-Content-Sha256 with 64 hex digits that are not the body's hash.
 *
 * Any other text in that header, such as UNSIGNED-PAYLOAD, takes the place of the
 * body's hash only where the header is itself signed; else it is ignored, and so is
 * the header when it stands more than once.  Several readings exist where clients
 * differ: of an empty body with that header, and, in SIGN_SDK_SCOPED, of a POST with
 * a query and an empty body.
 *
 * A signature does not tell %2F from / in a path, nor whether a / ends it.  The two
 * functions below tell what else it leaves open.
 */
int sign_check(const struct sign_claim *claim, const struct sign_request *r,
               struct str secret, struct buf *canonical, struct err *err) MUST_CHECK;

/*
 * What of a request that sign_check() accepted the signature does not cover, so that
 * somebody on the way could replace it: SIGN_GAP_QUERY: a key is given more than once. In
 * SIGN_SDK_SCOPED the signature covers its first value alone.  In the other forms it
 * covers all values in the order of their bytes, so there is no gap when they are in that
 * order. SIGN_GAP_BODY: a text such as UNSIGNED-PAYLOAD was signed in place of the body's
 * hash. E_INVALID: a % without two hex digits.
 */
enum sign_gap { SIGN_NO_GAP, SIGN_GAP_QUERY, SIGN_GAP_BODY };
int sign_gap(const struct sign_claim *claim, const struct sign_request *r,
             enum sign_gap *gap, struct err *err) MUST_CHECK;

/* Whether the header, whose name is in lower case, is signed and given once; or the
 * request does not have it. */
bool sign_covers_header(const struct sign_claim *claim, const struct sign_request *r,
                        const char *name);

#endif
