#ifndef STORE_ACCOUNTS_H
#define STORE_ACCOUNTS_H

#include "base/hash.h"
#include "store/store.h"

/*
 * Who may call: domains, their projects and accounts, access keys, tokens, and roles
 * in workspaces.  Ids are 32 hex digits; the caller that adds a row makes its id.  What
 * store.h says of errors holds here too.
 */

struct account {
    struct str id, name, domain, domain_name;
    struct str password; /* a hash of crypt(5) */
    bool is_admin;       /* has every role in the domain's workspaces */
};

/* Finds an account by its id or, when that is "", by its name and the id or name of its
 * domain.  Texts that the caller does not know are "".  This and the calls below fail
 * with E_NOTFOUND. */
struct account_key {
    struct str id, name, domain, domain_name;
};
int snapshot_account(struct snapshot *s, const struct account_key *key,
                     struct account *out, struct arena *arena,
                     struct err *err) MUST_CHECK;

/* Finds the access key `id`: its account, and its secret as it was sealed. */
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

/* Reads a list of accounts.def.  Calls `each` with the columns of each row, which live
 * until it returns.  A list ignores arguments that it does not take. */
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
