#ifndef AUTH_CREDENTIALS_H
#define AUTH_CREDENTIALS_H

#include "store/accounts.h"

/*
 * New passwords, access keys and tokens, of the kernel's random source, and the steps
 * that store them.
 */
#define PASSWORD_TEXT_BYTES 25    /* 24 letters and digits, 142 bits, and a NUL */
#define ACCESS_KEY_BYTES 21       /* 20 capitals and digits, and a NUL */
#define SECRET_KEY_BYTES 41       /* 40 letters and digits, and a NUL */
#define TOKEN_TEXT_BYTES (5 + 44) /* "dlft-", 43 letters, digits, - and _, and a NUL */

void password_new(char out[PASSWORD_TEXT_BYTES]);

/* Adds a step for a new access key of the account; `sealed` is to live as long as the
 * change, which fails with E_LIMIT when the account has two. */
struct new_key {
    char id[ACCESS_KEY_BYTES], secret[SECRET_KEY_BYTES];
    struct buf sealed;
};
int access_key_new(struct new_key *out, const struct seal_key *key, struct str account,
                   struct account_change *change, struct err *err) MUST_CHECK;

/* Appends the secret of a stored access key; false when it is damaged. */
bool access_key_open(const struct seal_key *key, struct str id, struct str sealed,
                     struct buf *secret);

/* Adds the steps for a new token, which lives for `age_ms`, and until `latest_ms`
 * (milliseconds since 1970) at most; those that have expired are removed on the
 * way. */
struct new_token {
    char text[TOKEN_TEXT_BYTES];
    uint8_t hash[SHA256_BYTES];
    int64_t issued_ms, expires_ms;
};
void token_new(struct new_token *out, struct str account, struct str project,
               struct str methods, int64_t age_ms, int64_t latest_ms,
               struct account_change *change);

/* What a token is stored as; false when it has not the form of one. */
bool token_hash(struct str text, uint8_t hash[SHA256_BYTES]);

/* Adds a step.  At most STEP_TEXTS texts, as accounts.def numbers them. */
void change_add(struct account_change *c, enum account_step step, const struct str *text,
                size_t n, int64_t number0, int64_t number1);

#endif
