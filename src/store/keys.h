#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include "base/seal.h"
#include "store/store.h"

/* The key that secrets are sealed with; NULL without any. */
const struct seal_key *store_key(const struct store *s);

/* Whether the database file exists and was written with a key. */
int store_needs_key(const char *path, bool *needs, struct err *err) MUST_CHECK;

/*
 * Seals all secrets anew with `key`, in place of the key that the database was written
 * with.  E_INTERNAL when a secret cannot be opened; the detail names it.  E_BUSY when the
 * key was changed since this store was opened.
 */
struct rekey {
    struct write write;
    const struct seal_key *key;
    int64_t secrets; /* out: how many there are */
};
void rekey_init(struct rekey *r);

#endif
