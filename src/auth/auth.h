#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "base/counters.h"
#include "base/workers.h"
#include "sign/sdk_sign.h"
#include "store/accounts.h"
#include "store/authority.h"

/*
 * Who calls, and what they may do.  Callers show a token or sign with an access key;
 * either gives a principal, and a principal has a role in each workspace.
 *
 * Guessing is slowed down.  In five minutes at most SIGN_IN_FAILURES failed sign-ins with
 * one account or access key from one address are checked, and with one account at most
 * SIGN_IN_FAILURES_ANYWHERE from all addresses; further ones are refused until the five
 * minutes are over.  The second limit does not apply to an address that the account has
 * signed in from before.  Accounts that do not exist are slowed down in the same way, so
 * that no answer tells which exist.
 */

/* What is counted.  Each has a table of its own, so that keys which anybody can invent
 * take no room from those of accounts. */
enum counted {
    FAILED,            /* sign-ins of accounts and access keys that exist */
    FAILED_NAMES,      /* of names that no account has */
    FAILED_KEYS,       /* by access keys that do not exist */
    FAILED_SIGNATURES, /* of access keys that exist, by address */
    KNOWN,             /* addresses that an account signed in from, and how many it has */
    WAITING,           /* sign-ins of an address that have not been checked yet */
    REQUESTS,          /* of an account, in a second */
    COUNTED
};

struct auth {
    struct store *store;
    int64_t token_age_ms;
    int64_t rate_limit; /* requests a second of one account; 0: any number */
    struct counters *counters[COUNTED];
    struct workers *workers; /* that hash passwords */
};

/* Make and free the counters and workers of `auth`.  Closing twice, or after a failed
 * open, is allowed.  E_NOMEM. */
int auth_open(struct auth *a, struct err *err) MUST_CHECK;
void auth_close(struct auth *a);

struct principal {
    struct account account;
    struct str project, project_name; /* that a token is for; "" is none */
    bool by_token;
    uint8_t token[SHA256_BYTES]; /* its hash */
    struct str credential;       /* for the audit log: "token", or the access key's id */
    struct str methods;          /* of a token */
    int64_t issued_ms, expires_ms;
};

/*
 * Finds the principal of a token.  E_DENIED: APIGW_0301 when the token is unknown or has
 * expired, APIGW_0307 when it was revoked.
 */
int auth_token(struct auth *a, struct str text, struct arena *arena,
               struct principal *out, struct err *err) MUST_CHECK;

/* A signature that is checked once the body, which it covers, has arrived. */
struct signer {
    struct sign_claim claim;
    struct account account;
    struct str sealed; /* the secret key */
    struct str peer;   /* the client's address, for counting */
};

/*
 * Checks everything but the signature itself; `request` need not have its body yet.
 * E_INVALID, APIGW_0305: the Authorization header cannot be read.  E_DENIED, APIGW_0301:
 * there is no such access key, there were too many failures, or the time of signing is
 * more than 15 minutes off.
 */
int auth_signer(struct auth *a, struct str authorization,
                const struct sign_request *request, struct str peer, struct arena *arena,
                struct signer *out, struct err *err) MUST_CHECK;

/* Checks the signature.  E_DENIED, APIGW_0301, with the canonical request. */
int auth_signature(struct auth *a, const struct signer *signer,
                   const struct sign_request *request, struct principal *out,
                   struct err *err) MUST_CHECK;

/*
 * Makes the authority by which the principal acts in a workspace, which is an id, "" for
 * the default one, or cdm_workspace.  The result borrows all texts.  It says nothing
 * about what is allowed: store_judge() and snapshot_judge() decide that.
 */
struct authority auth_authority(const struct principal *p, struct str project,
                                struct str workspace, enum role role);

/* Counts a request of the account.  E_LIMIT, APIGW_0308: it exceeds the rate limit. */
int auth_rate(struct auth *a, const struct principal *p, struct err *err) MUST_CHECK;

/*
 * A sign-in with a password or a secret key.  Fill in the first members and call
 * auth_login_begin(), then auth_login_check(), then auth_login_end().  The check of a
 * password takes long, so call it on a worker.  When no worker is free, call
 * auth_login_cancel() instead of the last two: the sign-in is then not counted.
 */
struct login {
    struct account_key who; /* or: */
    struct str access_key;
    struct str secret; /* the password, or the secret key */
    struct str peer;
    struct account account; /* out */
    enum counted table;     /* where failures are counted: */
    struct str counted;     /* the account's key in the counters; at `peer`: */
    struct str counted_here;
    struct str sealed;
    bool found, matches;
    bool lacks_memory; /* there was no memory to check whether it matches */
};

/* E_LIMIT, IAM_429: there were too many failures.  E_BUSY, APIGW_0613: as many as
 * HASH_MAX_WAITING_OF_ONE sign-ins of the address are waiting already.  An account that
 * does not exist is no failure yet. */
int auth_login_begin(struct auth *a, struct login *l, struct arena *arena,
                     struct err *err) MUST_CHECK;
void auth_login_cancel(struct auth *a, struct login *l);
void auth_login_check(struct auth *a, struct login *l);
/* Counts the result.  E_DENIED, IAM_401_PASSWORD; E_NOMEM, which is not counted. */
int auth_login_end(struct auth *a, struct login *l, struct err *err) MUST_CHECK;

#endif
