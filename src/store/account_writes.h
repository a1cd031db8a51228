#ifndef STORE_ACCOUNT_WRITES_H
#define STORE_ACCOUNT_WRITES_H

#include "store/accounts.h"
#include "store/authority.h"

/*
 * Changes of accounts, keys, tokens, projects and roles.  Each is a write that is done as
 * a whole or not at all.  The caller fills it in and makes the ids.  All fail with
 * E_EXISTS when a name is in use, and as said here; none gives a store_reason.
 */

/* Creates an account in the domain of that name, and the domain when there is none. */
struct user_new {
    struct write write;
    bool rehearsal; /* here and below: only find out if it can be done; change nothing */
    struct str domain_id, domain; /* the id is for a new domain */
    struct str id, name;
    struct str password; /* a hash of crypt(5) */
    bool is_admin;
};
void user_new_init(struct user_new *u);

/* Changes the password of an account, or deletes the account; either revokes its tokens.
 * E_NOTFOUND. */
struct user_change {
    struct write write;
    bool rehearsal;
    struct str id;
    struct str password; /* the hash of the new one; ignored with `deleted` */
    bool deleted;        /* delete the account */
};
void user_change_init(struct user_change *u);

/* Adds an access key.  E_LIMIT: the account has two already.  E_BUSY: the catalogue's key
 * is no longer `key_id`, with which the secret was sealed. */
struct access_key_add {
    struct write write;
    bool rehearsal;
    struct str id, account, key_id, sealed;
};
void access_key_add_init(struct access_key_add *k);

/* Deletes an access key.  E_NOTFOUND.  It also revokes every token of the account that
 * was not issued for a password, since the store does not keep which key a token was
 * issued for. */
struct access_key_delete {
    struct write write;
    struct str id;
};
void access_key_delete_init(struct access_key_delete *k);

/* What a caller showed to get a token; it must still be valid when the token is written.
 */
enum token_proof { PROOF_PASSWORD, PROOF_ACCESS_KEY, PROOF_TOKEN };

/* Stores a token, and deletes some that have expired.  E_DENIED: what was shown is no
 * longer valid, or the project is no longer theirs. */
struct token_issue {
    struct write write;
    enum token_proof proof;
    struct str shown; /* the password's hash, the access key's id, or the token's hash */
    struct str account;
    struct str project; /* "": a domain's token */
    struct str hash, methods;
    int64_t issued_ms, expires_ms;
    bool lost_project; /* out: E_DENIED was because of the project */
};
void token_issue_init(struct token_issue *t);

struct token_revoke {
    struct write write;
    struct str hash;
};
void token_revoke_init(struct token_revoke *t);

/* Deletes all tokens of all accounts. */
struct tokens_drop {
    struct write write;
};
void tokens_drop_init(struct tokens_drop *t);

/* Creates a project in the domain of that name, with its workspace `default`. E_NOTFOUND:
 * there is no such domain. */
struct project_new {
    struct write write;
    struct str id, name, domain;
    char workspace[ID_HEX_BYTES]; /* out: its uid */
};
void project_new_init(struct project_new *p);

/* Deletes a project with everything in it.  E_NOTFOUND; E_DENIED when it has an object
 * and `force` is not set. */
struct project_delete {
    struct write write;
    struct str id;
    bool force;
};
void project_delete_init(struct project_delete *p);

/* Puts the projects that were created without sign-in, and so have no domain, into this
 * domain, the oldest under the name `name`, and notes that sign-in is on.  Submit it only
 * where LIST_SIGNED_IN is empty: the write itself does not look. */
struct projects_adopt {
    struct write write;
    struct str domain, name;
};
void projects_adopt_init(struct projects_adopt *p);

/* Makes everything that the first sign-in needs: a domain, its administrator, their
 * access key, and a project; or it adopts the projects that exist, the oldest under the
 * project's name.  Fails as these writes do. */
struct domain_begin {
    struct write write;
    struct user_new user;
    struct access_key_add key;
    struct project_new project;
    bool makes_project, adopts;
};
void domain_begin_init(struct domain_begin *d);

/* Gives an account a role in the workspace; ROLE_NONE takes it away.  E_NOTFOUND: there
 * is no such workspace, or the account has no role to take away. */
struct role_change {
    struct write write;
    struct str project, workspace, account;
    enum role role;
};
void role_change_init(struct role_change *r);

#endif
