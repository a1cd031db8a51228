#include "base/hash.h"

#include "base/id.h"

void sha256(struct str bytes, uint8_t out[SHA256_BYTES])
{
    struct sha256_ctx c;

    sha256_init(&c);
    sha256_update(&c, bytes.n, (const uint8_t *)bytes.p);
    sha256_digest(&c, SHA256_BYTES, out);
}

void sha256_hex(struct str bytes, char out[SHA256_HEX_BYTES])
{
    uint8_t digest[SHA256_BYTES];

    sha256(bytes, digest);
    hex_encode(digest, SHA256_BYTES, out);
}
