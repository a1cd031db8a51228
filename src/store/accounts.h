#ifndef STORE_ACCOUNTS_H
#define STORE_ACCOUNTS_H

#include "base/hash.h"
#include "store/store.h"

/*
 * Who may call: domains, their projects and accounts, access keys, tokens, and roles
 * in workspaces.  Ids are 32 hex digits, and made by whoever adds a row.  What store.h
 * says of errors holds here too.
 */

struct account {
    struct str id, name, domain, domain_name;
    struct str password; /* a hash of crypt(5) */
    bool is_admin;       /* has every role in the domain's workspaces */
};

/* The account of the id, or else of the name in the domain, which is told by id or
 * name; what is not given is "".  E_NOTFOUND, no API code, here and below. */
struct account_key {
    struct str id, name, domain, domain_name;
};
int snapshot_account(struct snapshot *s, const struct account_key *key,
                     struct account *out, struct arena *arena,
                     struct err *err) MUST_CHECK;

/* The access key `id`: whose it is, and its secret as it was sealed. */
int snapshot_access_key(struct snapshot *s, struct str id, struct account *out,
                        struct str *sealed, struct arena *arena,
                        struct err *err) MUST_CHECK;

/* One statement, of no snapshot.  E_DENIED, STORE_TOKEN_UNKNOWN. */
struct token {
    struct account owner;
    struct str project, project_name; /* "" of a domain's token */
    struct str methods;               /* a JSON list */
    int64_t issued_ms, expires_ms;
    bool revoked;
};
int store_token(struct store *s, const uint8_t hash[SHA256_BYTES], struct token *out,
                struct arena *arena, struct err *err) MUST_CHECK;

/* The lists of accounts.def: `each` is called with the columns of each row, which live
 * until it returns; parameters that a list does not take are ignored. */
enum account_list {
#define LIST(name, columns, text) LIST_##name,
#include "store/accounts.def"
#undef LIST
    ACCOUNT_LISTS
};
int snapshot_accounts(struct snapshot *s, enum account_list list, const struct str *args,
                      size_t n, void (*each)(void *arg, const struct str *column),
                      void *arg, struct err *err) MUST_CHECK;

#endif
