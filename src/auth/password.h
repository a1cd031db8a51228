#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include "base/buf.h"

/*
 * Passwords, kept as yescrypt hashes (crypt(5)).  Hashing takes tens of milliseconds
 * and about 16 MiB: not for threads that serve connections.
 */
#define PASSWORD_MIN_BYTES 8
#define PASSWORD_MAX_BYTES 256

/* Whether one may be set: 8 to 256 bytes, no control characters. */
bool password_ok(struct str password);

/* Appends the hash.  E_NOMEM. */
int password_hash(struct str password, struct buf *out, struct err *err) MUST_CHECK;

/* Whether the hash is this password's.  An empty hash is nobody's, and takes as long.
 * E_NOMEM, which says nothing of the password. */
int password_check(struct str password, struct str hash, bool *matches,
                   struct err *err) MUST_CHECK;

#endif
