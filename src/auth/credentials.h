#ifndef AUTH_CREDENTIALS_H
#define AUTH_CREDENTIALS_H

#include "store/account_writes.h"

/*
 * Makes new passwords, access keys and tokens from the kernel's random source, for the
 * writes that store them.
 */
#define PASSWORD_TEXT_BYTES 25    /* 24 letters and digits, 142 bits, and a NUL */
#define ACCESS_KEY_BYTES 21       /* 20 capitals and digits, and a NUL */
#define SECRET_KEY_BYTES 41       /* 40 letters and digits, and a NUL */
#define TOKEN_TEXT_BYTES (5 + 44) /* "dlft-", 43 letters, digits, - and _, and a NUL */

void password_new(char out[PASSWORD_TEXT_BYTES]);

/* Makes an access key for the account, and fills in the write that stores it.  The write
 * borrows all of *out.
 * E_INTERNAL: there is no key to seal it with. */
struct new_key {
    char id[ACCESS_KEY_BYTES], secret[SECRET_KEY_BYTES];
    struct buf sealed;
};
int access_key_new(struct new_key *out, const struct seal_key *key, struct str account,
                   struct access_key_add *write, struct err *err) MUST_CHECK;

/* Appends the secret of a stored access key; false when it is damaged. */
bool access_key_open(const struct seal_key *key, struct str id, struct str sealed,
                     struct buf *secret);

/* Makes a token that is valid for `age_ms`, but no longer than until `latest_ms`
 * (milliseconds since 1970).  Fills in its hash and its times in the write, which borrows
 * *out. */
struct new_token {
    char text[TOKEN_TEXT_BYTES];
    uint8_t hash[SHA256_BYTES];
    int64_t issued_ms, expires_ms;
};
void token_new(struct new_token *out, int64_t age_ms, int64_t latest_ms,
               struct token_issue *write);

/* Makes the hash under which a token is stored; false when `text` is not in the form of a
 * token. */
bool token_hash(struct str text, uint8_t hash[SHA256_BYTES]);

#endif
