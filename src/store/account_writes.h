#ifndef STORE_ACCOUNT_WRITES_H
#define STORE_ACCOUNT_WRITES_H

#include "store/accounts.h"
#include "store/authority.h"

/*
 * Changes of who may call.  Each is a write, which holds as a whole or not at all;
 * whoever makes one fills it in, and makes the ids.  Fails with E_EXISTS when a name is
 * in use, and as said here, without a reason.
 */

/* An account of the domain of that name, which is made when there is none. */
struct user_new {
    struct write write;
    bool rehearsal; /* here and below: only whether it can be done, nothing changes */
    struct str domain_id, domain; /* the id is for a new one */
    struct str id, name;
    struct str password; /* a hash of crypt(5) */
    bool is_admin;
};
void user_new_init(struct user_new *u);

/* Another password of an account, or its end; its tokens end with it.  E_NOTFOUND. */
struct user_change {
    struct write write;
    bool rehearsal;
    struct str id;
    struct str password; /* its hash, unless it is */
    bool deleted;
};
void user_change_init(struct user_change *u);

/* An access key.  E_LIMIT: the account has two; E_BUSY: the catalogue's key is another
 * one than `key_id`, with which the secret was sealed. */
struct access_key_add {
    struct write write;
    bool rehearsal;
    struct str id, account, key_id, sealed;
};
void access_key_add_init(struct access_key_add *k);

/* Deletes an access key, and revokes what it was shown for.  E_NOTFOUND.  Of tokens it is
 * not kept which key they were got by: all go that were got otherwise than by a
 * password. */
struct access_key_delete {
    struct write write;
    struct str id;
};
void access_key_delete_init(struct access_key_delete *k);

/* What was shown to get a token; it has to hold still when the token is written. */
enum token_proof { PROOF_PASSWORD, PROOF_ACCESS_KEY, PROOF_TOKEN };

/* A token; some that have expired are deleted on the way.  E_DENIED: what was shown does
 * not hold any more, or the project is not theirs any more. */
struct token_issue {
    struct write write;
    enum token_proof proof;
    struct str shown; /* the password's hash, the access key's id, or the token's hash */
    struct str account;
    struct str project; /* "": a domain's token */
    struct str hash, methods;
    int64_t issued_ms, expires_ms;
    bool lost_project; /* out: it was the project */
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

/* A project of the domain of that name, with its workspace `default`.  E_NOTFOUND: there
 * is no such domain. */
struct project_new {
    struct write write;
    struct str id, name, domain;
    char workspace[ID_HEX_BYTES]; /* out: its uid */
};
void project_new_init(struct project_new *p);

/* Deletes a project with all that is in it.  E_NOTFOUND; E_DENIED when it holds an object
 * and `force` is not set. */
struct project_delete {
    struct write write;
    struct str id;
    bool force;
};
void project_delete_init(struct project_delete *p);

/* The first sign-in was: projects without a domain, which were made without sign-in,
 * become this one's, the oldest as `name`, and from then on none does so. */
struct projects_adopt {
    struct write write;
    struct str domain, name;
};
void projects_adopt_init(struct projects_adopt *p);

/* All that the first sign-in needs: a domain, its administrator and their access key, and
 * a project or those that are there, the oldest by the project's name.  Fails as the
 * writes of these do. */
struct domain_begin {
    struct write write;
    struct user_new user;
    struct access_key_add key;
    struct project_new project;
    bool makes_project, adopts;
};
void domain_begin_init(struct domain_begin *d);

/* A role of an account in the workspace; ROLE_NONE takes it away.  E_NOTFOUND: there is
 * no such workspace, or they have none. */
struct role_change {
    struct write write;
    struct str project, workspace, account;
    enum role role;
};
void role_change_init(struct role_change *r);

#endif
