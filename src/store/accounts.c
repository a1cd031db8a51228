#include "store/accounts.h"

#include "store/authority.h"
#include "store/damage.h"
#include "store/store_int.h"

static bool is_whole(const struct account *a)
{
    return a->id.p && a->name.p && a->domain.p && a->domain_name.p && a->password.p;
}

/* The columns that every row of an account begins with; false: no memory. */
static bool read_account(struct query *q, struct account *out, struct arena *arena)
{
    *out = (struct account){ .id = arena_str(arena, db_text(q, 0)),
                             .name = arena_str(arena, db_text(q, 1)),
                             .domain = arena_str(arena, db_text(q, 2)),
                             .domain_name = arena_str(arena, db_text(q, 3)),
                             .is_admin = db_int(q, 4) == 1,
                             .password = arena_str(arena, db_text(q, 5)) };
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

int snapshot_access_key(struct snapshot *s, struct str id, struct account *out,
                        struct str *sealed, struct arena *arena, struct err *err)
{
    struct query *q = db_query(s->db, SQL_ACCESS_KEY, "s", id);
    int rc = one_row(q, err);

    if (!rc) {
        *sealed = arena_str(arena, db_text(q, 6));
        if (!read_account(q, out, arena) || !sealed->p)
            rc = err_nomem(err);
        db_end(q);
    }
    return rc;
}

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
        *out = (struct token){ .project = arena_str(arena, db_text(q, 6)),
                               .project_name = arena_str(arena, db_text(q, 7)),
                               .methods = arena_str(arena, db_text(q, 8)),
                               .issued_ms = db_int(q, 9),
                               .expires_ms = db_int(q, 10),
                               .revoked = db_int(q, 11) != 0 };
        if (db_int(q, 12))
            rc = row_damaged_text("token, of account", db_text(q, 0), err);
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
