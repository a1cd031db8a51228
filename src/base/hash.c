#include "base/hash.h"

void sha256(struct str bytes, uint8_t out[SHA256_BYTES])
{
    struct sha256_ctx c;

    sha256_init(&c);
    sha256_update(&c, bytes.n, (const uint8_t *)bytes.p);
    sha256_digest(&c, SHA256_BYTES, out);
}
