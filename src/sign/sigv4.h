#ifndef SIGN_SIGV4_H
#define SIGN_SIGV4_H

#include "sign/sdk_sign.h"

/*
 * AWS Signature Version 4, as S3 takes it: a path is encoded once, and nothing in it
 * is resolved.  Pure, as the rest of sign/.
 */
struct sigv4_key {
    struct str access, secret, region, service; /* service: s3 */
};

/*
 * Appends the value of Authorization for a request, whose headers are all signed.
 * Among them are Host and X-Amz-Date, as YYYYMMDDTHHMMSSZ; and X-Amz-Content-Sha256
 * takes the place of the body's hash, be it another's or UNSIGNED-PAYLOAD.  Of several
 * headers with one name the values are joined, in their order.
 *
 * Path and query are as on the wire, so that a + in a query is a + and no blank; what
 * is escaped without need, or not escaped though it should be, is the same to it.
 *
 * E_INVALID: X-Amz-Date as above, a % without two hex digits, more than
 * SIGN_MAX_HEADERS, or a canonical request of more than SIGN_CANONICAL_MAX.  E_NOMEM.
 * On failure a part may have been appended.
 */
int sigv4_sign(const struct sigv4_key *key, const struct sign_request *r,
               struct buf *authorization, struct err *err) MUST_CHECK;

#endif
