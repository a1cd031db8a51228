#ifndef AUTH_PASSWORD_H
#define AUTH_PASSWORD_H

#include "base/buf.h"

/*
 * Passwords, stored as yescrypt hashes (crypt(5)).  Hashing takes tens of milliseconds
 * and about 16 MiB, so no thread that serves connections may call these.
 */
#define PASSWORD_MIN_BYTES 8
#define PASSWORD_MAX_BYTES 256

/* Whether a password is acceptable: 8 to 256 bytes without control characters. */
bool password_ok(struct str password);

/* Appends the hash.  E_NOMEM. */
int password_hash(struct str password, struct buf *out, struct err *err) MUST_CHECK;

/* Checks whether the hash is of this password.  An empty hash matches no password, and
 * the check takes just as long.  After E_NOMEM it is not known whether they match. */
int password_check(struct str password, struct str hash, bool *matches,
                   struct err *err) MUST_CHECK;

#endif
