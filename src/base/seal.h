#ifndef BASE_SEAL_H
#define BASE_SEAL_H

#include <stdint.h>

#include "base/buf.h"

/*
 * Encryption of stored secrets, with AES-256-GCM.  A sealed secret is bound to a context,
 * such as the object and the path that it belongs to, and cannot be opened with another.
 */
#define SEAL_KEY_BYTES 32
#define SEAL_ID_BYTES 17 /* 16 hex digits and a NUL */
#define SEAL_NONCE_BYTES 12
#define SEAL_TAG_BYTES 16

struct seal_key {
    uint8_t bytes[SEAL_KEY_BYTES];
    char id[SEAL_ID_BYTES]; /* computed from the bytes, but does not reveal them */
};

/* seal_key_new() makes a key from the kernel's random source; seal_key_read() reads one
 * from 64 hex digits, and returns false when the text is in another form. */
void seal_key_new(struct seal_key *key);
bool seal_key_read(struct seal_key *key, struct str hex);

/* Appends nonce, ciphertext and tag. */
void seal(const struct seal_key *key, struct str context, struct str plain,
          struct buf *out);

/* Appends the secret; false when `sealed` is damaged, or was made with another key or
 * context. */
bool seal_open(const struct seal_key *key, struct str context, struct str sealed,
               struct buf *out);

#endif
