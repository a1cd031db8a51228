#include "store/authority.h"

#include "base/clock.h"
#include "base/limits.h"
#include "store/store_int.h"

const char *const role_names[] = { "viewer", "operator", "developer", "administrator",
                                   NULL };

/* ---- credentials ---- */

int access_key_unknown(struct str id, struct err *err)
{
    id.n = id.n < SIGN_ACCESS_MAX ? id.n : SIGN_ACCESS_MAX;
    return store_fail(err, E_DENIED, STORE_KEY_UNKNOWN, DET_NONE, CSTR(id));
}

int token_unknown(struct err *err)
{
    return store_fail(err, E_DENIED, STORE_TOKEN_UNKNOWN, DET_NONE);
}

int token_judge(bool revoked, int64_t expires_ms, struct err *err)
{
    char time[CLOCK_TEXT_BYTES];

    if (revoked)
        return store_fail(err, E_DENIED, STORE_TOKEN_REVOKED, DET_NONE);
    if (expires_ms > clock_ms())
        return 0;
    clock_text(expires_ms, time);
    return store_fail(err, E_DENIED, STORE_TOKEN_EXPIRED, DET_NONE, time);
}

/* ---- what they may ---- */

/* A row of SQL_AUTHORITY_. */
enum {
    PROJECT,
    REVOKED,
    EXPIRES,
    DOMAIN,
    ADMIN,
    OWNER,
    WORKSPACE,
    ROLE,
    CDM_ROLE,
    MEMBER,
    REVISION,
    CDM_REVISION
};

static int other_project(struct err *err)
{
    return store_fail(err, E_DENIED, STORE_OTHER_PROJECT, DET_OTHER_PROJECT);
}

static int needs(enum role role, int detail, struct err *err)
{
    return store_fail(err, E_DENIED, STORE_NO_ROLE, detail, role_names[role - 1]);
}

static enum role role_of(struct query *q, int column)
{
    int64_t role = db_int(q, ADMIN) == 1 ? ROLE_ADMINISTRATOR : db_int(q, column);

    return role >= ROLE_NONE && role <= ROLE_ADMINISTRATOR ? (enum role)role : ROLE_NONE;
}

/* A role in another workspace of the project is enough to be told that this one does not
 * exist. */
static int judge_roles(struct query *q, const struct authority *a,
                       const struct rights *rights, struct err *err)
{
    bool told = !db_int(q, WORKSPACE) && !is_cdm_workspace(a->workspace) &&
                db_int(q, MEMBER) != 0;

    if (rights->role < a->role && !told)
        return needs(a->role, DET_ROLE, err);
    if (rights->cdm_role < a->cdm_role)
        return needs(a->cdm_role, DET_IMPORT_CDM_ROLE, err);
    return 0;
}

static int judge_row(struct query *q, const struct authority *a, struct rights *rights,
                     struct err *err)
{
    int rc = 0;

    *rights = (struct rights){ ROLE_NONE, ROLE_NONE };
    if (a->token.n)
        rc = token_judge(db_int(q, REVOKED) != 0, db_int(q, EXPIRES), err);
    if (rc || a->role == ROLE_NONE)
        return rc;
    if (a->token.n && !str_eq(db_text(q, PROJECT), a->project))
        return other_project(err);
    if (!db_text(q, DOMAIN).n || !str_eq(db_text(q, OWNER), db_text(q, DOMAIN)))
        return other_project(err); /* what has no domain is nobody's */
    *rights = (struct rights){ role_of(q, ROLE), role_of(q, CDM_ROLE) };
    return judge_roles(q, a, rights, err);
}

static struct query *query_authority(struct db *db, const struct authority *a)
{
    struct str project = a->project.n ? a->project : STR(""),
               workspace = a->workspace.n ? a->workspace : STR("");

    return a->token.n
               ? db_query(db, SQL_AUTHORITY_BY_TOKEN, "bss", a->token, project, workspace)
               : db_query(db, SQL_AUTHORITY_BY_KEY, "sss", a->access_key, project,
                          workspace);
}

int authority_judge(struct db *db, const struct authority *a, struct rights *rights,
                    struct revisions *revisions, struct err *err)
{
    struct rights found = { ROLE_ADMINISTRATOR, ROLE_ADMINISTRATOR };
    struct query *q = a ? query_authority(db, a) : NULL;
    int rc = a ? db_next(q, err) : 0;

    if (rc == 1) {
        rc = judge_row(q, a, &found, err);
        if (revisions)
            *revisions = (struct revisions){ db_int(q, WORKSPACE), db_int(q, REVISION),
                                             db_int(q, CDM_REVISION) };
        db_end(q);
    } else if (a && rc == 0) {
        rc = a->token.n ? token_unknown(err) : access_key_unknown(a->access_key, err);
    }
    if (!rc && rights)
        *rights = found;
    return rc;
}

int snapshot_judge(struct snapshot *s, const struct authority *a, struct rights *rights,
                   struct err *err)
{
    return authority_judge(s->db, a, rights, NULL, err);
}

int store_judge(struct store *s, const struct authority *a, struct rights *rights,
                struct revisions *revisions, struct err *err)
{
    struct reader *one = reader_take(s);
    int rc = authority_judge(one->snapshot.db, a, rights, revisions, err);

    reader_give(one);
    return rc;
}
