#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include <stdint.h>

#include "base/buf.h"

/*
 * Secrets at rest: AES-256-GCM.  What is sealed is bound to its context, such as
 * the object and the path that it belongs to, and opens with no other.
 */
#define SEAL_KEY_BYTES 32
#define SEAL_ID_BYTES 17 /* 16 hex digits and a NUL */
#define SEAL_NONCE_BYTES 12
#define SEAL_TAG_BYTES 16

struct seal_key {
    uint8_t bytes[SEAL_KEY_BYTES];
    char id[SEAL_ID_BYTES]; /* follows from the bytes, and tells nothing of them */
};

/* A new key, of the kernel's random source; one of 64 hex digits, false when the
 * text is none. */
void seal_key_new(struct seal_key *key);
bool seal_key_read(struct seal_key *key, struct str hex);

/* Appends nonce, ciphertext and tag. */
void seal(const struct seal_key *key, struct str context, struct str plain,
          struct buf *out);

/* Appends what was sealed; false when it is damaged, or of another key or
 * context. */
bool seal_open(const struct seal_key *key, struct str context, struct str sealed,
               struct buf *out);

#endif
