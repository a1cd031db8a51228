#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <nettle/sha2.h>
#include <stddef.h>
#include <stdint.h>

#include "base/str.h"

#define SHA256_BYTES 32

#define SHA256_HEX_BYTES 65 /* 64 lower-case hex digits and a NUL */

/* SHA-256 of one piece of memory.  For several, nettle's own calls. */
void sha256(struct str bytes, uint8_t out[SHA256_BYTES]);
void sha256_hex(struct str bytes, char out[SHA256_HEX_BYTES]);

#endif
