#ifndef AUTH_AUTH_H
#define AUTH_AUTH_H

#include "base/counters.h"
#include "base/workers.h"
#include "sign/sdk_sign.h"
#include "store/accounts.h"
#include "store/authority.h"

/*
 * Who calls, and what they may.  Callers show a token, or sign with an access key;
 * either comes to a principal, and a principal has a role in a workspace.
 *
 * Guessing is slowed: in five minutes at most SIGN_IN_FAILURES of one account or access
 * key from one address are looked at, and of one account at most
 * SIGN_IN_FAILURES_ANYWHERE from all; then the next five minutes begin.  The latter does
 * not hold up whoever signed in from the address before.  Accounts that do not exist are
 * slowed alike, so that no answer tells which exist.
 */

/* What is counted, each in a table of its own, so that nothing that anybody can invent
 * takes room from what belongs to an account. */
enum counted {
    FAILED,            /* sign-ins of accounts and access keys that exist */
    FAILED_NAMES,      /* of names that no account has */
    FAILED_KEYS,       /* by access keys that do not exist */
    FAILED_SIGNATURES, /* of access keys that exist, by address */
    KNOWN,             /* addresses that an account signed in from, and how many it has */
    WAITING,           /* sign-ins of an address that are to be looked at */
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

/* Begins and ends what `auth` keeps beside the store; closing twice, or after a failed
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
 * The principal of a token.  E_DENIED: APIGW_0301 when it is none of ours, or has
 * expired, APIGW_0307 when it was revoked.
 */
int auth_token(struct auth *a, struct str text, struct arena *arena,
               struct principal *out, struct err *err) MUST_CHECK;

/* A signature, until the body is here that it covers. */
struct signer {
    struct sign_claim claim;
    struct account account;
    struct str sealed; /* the secret key */
    struct str peer;   /* the client's address, for counting */
};

/*
 * Looks at all but the signature itself.  E_INVALID, APIGW_0305: no Authorization that
 * can be read; E_DENIED, APIGW_0301: no such access key, too many failures, or signed
 * more than 15 minutes ago or ahead.  `request` need not have its body yet.
 */
int auth_signer(struct auth *a, struct str authorization,
                const struct sign_request *request, struct str peer, struct arena *arena,
                struct signer *out, struct err *err) MUST_CHECK;

/* Checks the signature.  E_DENIED, APIGW_0301, with the canonical request. */
int auth_signature(struct auth *a, const struct signer *signer,
                   const struct sign_request *request, struct principal *out,
                   struct err *err) MUST_CHECK;

/*
 * By what the principal acts in the workspace: its id, or "" for the default one, or
 * cdm_workspace.  It borrows all texts.  store_judge() and snapshot_judge() say whether
 * they may.
 */
struct authority auth_authority(const struct principal *p, struct str project,
                                struct str workspace, enum role role);

/* Whether one more request of the account is in the rate limit.  E_LIMIT, APIGW_0308. */
int auth_rate(struct auth *a, const struct principal *p, struct err *err) MUST_CHECK;

/*
 * A password or secret key that is shown to get a token.  Fill in, auth_login_begin(),
 * then auth_login_check(), of a password from a worker, since it takes long, then
 * auth_login_end(); or auth_login_cancel() when no worker is free, and it does not count.
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
    bool lacks_memory; /* whether it matches is not known */
};

/* E_LIMIT, IAM_429: too many failures; the account need not be there.  E_BUSY,
 * APIGW_0613: HASH_MAX_WAITING_OF_ONE of the address wait already. */
int auth_login_begin(struct auth *a, struct login *l, struct arena *arena,
                     struct err *err) MUST_CHECK;
void auth_login_cancel(struct auth *a, struct login *l);
void auth_login_check(struct auth *a, struct login *l);
/* E_DENIED, IAM_401_PASSWORD; E_NOMEM, which does not count. */
int auth_login_end(struct auth *a, struct login *l, struct err *err) MUST_CHECK;

#endif
