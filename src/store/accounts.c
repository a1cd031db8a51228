#include "store/accounts.h"

#include "store/authority.h"
#include "store/damage.h"
#include "store/store_int.h"

static bool is_whole(const struct account *a)
{
    return a->id.p && a->name.p && a->domain.p && a->domain_name.p && a->password.p;
}

/* ACCOUNT_COLUMNS of sql.def, with which every row of an account begins. */
enum {
    ACCOUNT_ID,
    ACCOUNT_NAME,
    ACCOUNT_DOMAIN,
    ACCOUNT_DOMAIN_NAME,
    ACCOUNT_IS_ADMIN,
    ACCOUNT_PASSWORD,
    ACCOUNT_ROW_END
};

/* The columns that every row of an account begins with; false: no memory. */
static bool read_account(struct query *q, struct account *out, struct arena *arena)
{
    *out = (struct account){ .id = arena_str(arena, db_text(q, ACCOUNT_ID)),
                             .name = arena_str(arena, db_text(q, ACCOUNT_NAME)),
                             .domain = arena_str(arena, db_text(q, ACCOUNT_DOMAIN)),
                             .domain_name =
                                 arena_str(arena, db_text(q, ACCOUNT_DOMAIN_NAME)),
                             .is_admin = db_int(q, ACCOUNT_IS_ADMIN) == 1,
                             .password = arena_str(arena, db_text(q, ACCOUNT_PASSWORD)) };
    return is_whole(out);
}

/* Steps to the one row of a query; E_NOTFOUND without any. */
static int one_row(struct query *q, struct err *err)
{
    int rc = db_next(q, err);

    if (rc == 0)
        return err_set(err, E_NOTFOUND, API_OK, DET_NONE);
    return rc == 1 ? 0 : rc;
}

int snapshot_account(struct snapshot *s, const struct account_key *key,
                     struct account *out, struct arena *arena, struct err *err)
{
    struct query *q = db_query(s->db, SQL_ACCOUNT, "ssss", key->id, key->name,
                               key->domain, key->domain_name);
    int rc = one_row(q, err);

    if (!rc) {
        if (!read_account(q, out, arena))
            rc = err_nomem(err);
        db_end(q);
    }
    return rc;
}

/* What a row of ACCESS_KEY has behind them. */
enum { KEY_SEALED = ACCOUNT_ROW_END };

int snapshot_access_key(struct snapshot *s, struct str id, struct account *out,
                        struct str *sealed, struct arena *arena, struct err *err)
{
    struct query *q = db_query(s->db, SQL_ACCESS_KEY, "s", id);
    int rc = one_row(q, err);

    if (!rc) {
        *sealed = arena_str(arena, db_text(q, KEY_SEALED));
        if (!read_account(q, out, arena) || !sealed->p)
            rc = err_nomem(err);
        db_end(q);
    }
    return rc;
}

/* Likewise a row of TOKEN. */
enum {
    TOKEN_PROJECT = ACCOUNT_ROW_END,
    TOKEN_PROJECT_NAME,
    TOKEN_METHODS,
    TOKEN_ISSUED,
    TOKEN_EXPIRES,
    TOKEN_REVOKED,
    TOKEN_FAULT
};

int store_token(struct store *s, const uint8_t hash[SHA256_BYTES], struct token *out,
                struct arena *arena, struct err *err)
{
    struct str bytes = { (const char *)hash, SHA256_BYTES };
    struct reader *one = reader_take(s);
    struct query *q = db_query(one->snapshot.db, SQL_TOKEN, "b", bytes);
    int rc = db_next(q, err);

    if (rc == 0)
        rc = token_unknown(err);
    else if (rc == 1) {
        rc = 0;
        *out = (struct token){ .project = arena_str(arena, db_text(q, TOKEN_PROJECT)),
                               .project_name =
                                   arena_str(arena, db_text(q, TOKEN_PROJECT_NAME)),
                               .methods = arena_str(arena, db_text(q, TOKEN_METHODS)),
                               .issued_ms = db_int(q, TOKEN_ISSUED),
                               .expires_ms = db_int(q, TOKEN_EXPIRES),
                               .revoked = db_int(q, TOKEN_REVOKED) != 0 };
        if (db_int(q, TOKEN_FAULT))
            rc = row_damaged_text("token, of account", db_text(q, ACCOUNT_ID), err);
        else if (!read_account(q, &out->owner, arena) || !out->project.p ||
                 !out->project_name.p || !out->methods.p)
            rc = err_nomem(err);
        db_end(q);
    }
    reader_give(one);
    return rc;
}

static const struct {
    enum sql sql;
    int columns;
} lists[] = {
#define LIST(name, columns, text) [LIST_##name] = { SQL_LIST_##name, columns },
#include "store/accounts.def"
#undef LIST
};
#define LIST_MAX_COLUMNS 4
#define LIST_MAX_VALUES 4

int snapshot_accounts(struct snapshot *s, enum account_list list, const struct str *args,
                      size_t n, void (*each)(void *arg, const struct str *column),
                      void *arg, struct err *err)
{
    struct value values[LIST_MAX_VALUES] = { 0 };
    struct str column[LIST_MAX_COLUMNS];
    struct query *q;
    int rc;

    for (size_t i = 0; i < n; i++)
        values[i] = (struct value){ 's', 0, args[i] };
    q = db_query_values(s->db, lists[list].sql, values, n);
    while ((rc = db_next(q, err)) == 1) {
        for (int i = 0; i < lists[list].columns; i++)
            column[i] = db_text(q, i);
        each(arg, column);
    }
    return rc;
}
