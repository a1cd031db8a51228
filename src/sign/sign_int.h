#ifndef SIGN_SIGN_INT_H
#define SIGN_SIGN_INT_H

#include <nettle/hmac.h>

#include "sign/sdk_sign.h"

/* Private to sign/: pieces of text, and the parts of a canonical request. */

#define SIGN_HEX_BYTES 64 /* a SHA-256 as hex digits */

/* An error that carries its code alone. */
int sign_fail(struct err *err, enum ec ec);

/* 0, E_NOMEM, or E_INVALID for what passed the buffer's limit. */
int sign_buf_rc(const struct buf *b, struct err *err);

/* Without the white space around it. */
struct str sign_trim(struct str s);

bool sign_is_blank(char c);

/* Whether it is of those bytes alone, and not empty. */
bool sign_is_made_of(struct str s, const char *set);

/* The value of the one line with that name, which is in lower case; .p is NULL when
 * there is none, or more than one. */
struct str sign_header_get(const struct sign_request *r, const char *name);

bool sign_header_is(const struct sign_header *h, struct str name);

/* Appends it with each run of white space as one blank. */
void sign_add_collapsed(struct buf *out, struct str s);

/* The key is the prefix and the secret, hashed with each part of the scope in turn,
 * / being between them. */
int sign_scoped_key(struct hmac_sha256_ctx *mac, const char *prefix, struct str scope,
                    struct str secret, struct err *err) MUST_CHECK;

/* Whether one of `names`, with ; between them, is that. */
bool sign_names(struct str names, struct str name);

/* The scheme of each form. */
extern const char *const sign_schemes[SIGN_FORMS];

/* How the pairs of a query are written. */
enum query_style {
    QUERY_SDK,    /* by key, then value */
    QUERY_SCOPED, /* by encoded key in lower case, the first of each key alone */
    QUERY_FORM    /* by key, and + for a blank: what Go's url.Values.Encode() makes */
};

/* Both append to `out`, and fail with E_NOMEM, or with E_INVALID for a faulty escape and
 * for a result over the limit of `out`.  The path is decoded as a whole, so %2F becomes a
 * slash, then encoded, and always ends with a slash. */
int canonical_path(struct buf *out, struct str path, struct err *err) MUST_CHECK;
int canonical_query(struct buf *out, struct str query, enum query_style style,
                    struct err *err) MUST_CHECK;

/* Whether no other query has that canonical form and another meaning to a reader who
 * finds the values of a key in their order.  E_INVALID for a faulty escape. */
int canonical_query_is_whole(struct str query, enum query_style style, bool *whole,
                             struct err *err) MUST_CHECK;

/* *all tells whether the request has every header that is signed. */
int canonical_headers(struct buf *out, const struct sign_claim *claim,
                      const struct sign_request *r, bool *all,
                      struct err *err) MUST_CHECK;

#endif
