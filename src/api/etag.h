#ifndef API_ETAG_H
#define API_ETAG_H

#include <stdbool.h>

#include "base/hash.h"

/*
 * Strong entity tags (RFC 9110 8.8.3): the SHA-256 of what is answered, in hexadecimal
 * and in quotes.
 */
#define ETAG_BYTES (2 * SHA256_BYTES + 3)
void etag_make(const uint8_t digest[SHA256_BYTES], char etag[ETAG_BYTES]);

/* Whether If-Match or If-None-Match `header` names `etag`, or is *; with `weak`
 * W/ is overlooked (RFC 9110 13.1).  False when the header is absent. */
bool etag_matches(const char *header, const char *etag, bool weak);

#endif
