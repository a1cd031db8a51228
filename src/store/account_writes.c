#include "store/account_writes.h"

#include "base/clock.h"
#include "store/store_int.h"

/* Fails with `none` when the statement that gave `rc` changed no row. */
static int need_row(struct db *db, int rc, enum ec none, struct err *err)
{
    return rc || db_changes(db) ? rc : err_set(err, none, API_OK, DET_NONE);
}

/* Does it, or does it and undoes it. */
static int run_or_rehearse(struct db *db, struct write *write, bool rehearsal,
                           int (*run)(struct db *db, struct write *w, struct err *err),
                           struct err *err)
{
    int rc;

    if (!rehearsal)
        return run(db, write, err);
    rc = db_run(db, err, SQL_SAVEPOINT, "");
    if (!rc)
        rc = run(db, write, err);
    if (!rc)
        rc = db_run(db, err, SQL_SAVEPOINT_UNDO, "");
    return rc ? rc : db_run(db, err, SQL_SAVEPOINT_END, "");
}

/* ---- users ---- */

static int add_domain(struct db *db, const struct user_new *u, struct err *err)
{
    return db_run(db, err, SQL_DOMAIN_ADD, "ssi", u->domain_id, u->domain, clock_ms());
}

static int add_account(struct db *db, const struct user_new *u, struct err *err)
{
    int rc = db_run(db, err, SQL_ACCOUNT_ADD, "ssssii", u->id, u->domain, u->name,
                    u->password, (int64_t)u->is_admin, clock_ms());

    return need_row(db, rc, E_NOTFOUND, err);
}

static int add_user(struct db *db, struct write *write, struct err *err)
{
    struct user_new *u = (struct user_new *)write;
    int rc = add_domain(db, u, err);

    return rc ? rc : add_account(db, u, err);
}

static int run_user_new(struct db *db, struct write *write, struct err *err)
{
    struct user_new *u = (struct user_new *)write;

    return run_or_rehearse(db, write, u->rehearsal, add_user, err);
}

void user_new_init(struct user_new *u)
{
    *u = (struct user_new){ .write.run = run_user_new };
}

static int change_user(struct db *db, struct write *write, struct err *err)
{
    struct user_change *u = (struct user_change *)write;
    int rc = db_run(db, err, SQL_TOKENS_REVOKE, "s", u->id);

    if (!rc)
        rc = u->deleted ? db_run(db, err, SQL_ACCOUNT_DELETE, "s", u->id)
                        : db_run(db, err, SQL_ACCOUNT_PASSWORD, "ss", u->id, u->password);
    return need_row(db, rc, E_NOTFOUND, err);
}

static int run_user_change(struct db *db, struct write *write, struct err *err)
{
    struct user_change *u = (struct user_change *)write;

    return run_or_rehearse(db, write, u->rehearsal, change_user, err);
}

void user_change_init(struct user_change *u)
{
    *u = (struct user_change){ .write.run = run_user_change };
}

static int run_role_change(struct db *db, struct write *write, struct err *err)
{
    struct role_change *r = (struct role_change *)write;
    int rc = r->role == ROLE_NONE ? db_run(db, err, SQL_ROLE_REVOKE, "sss", r->project,
                                           r->workspace, r->account)
                                  : db_run(db, err, SQL_ROLE_SET, "sssi", r->project,
                                           r->workspace, r->account, (int64_t)r->role);

    return need_row(db, rc, E_NOTFOUND, err);
}

void role_change_init(struct role_change *r)
{
    *r = (struct role_change){ .write.run = run_role_change };
}

/* ---- access keys ---- */

static int add_key(struct db *db, struct write *write, struct err *err)
{
    struct access_key_add *k = (struct access_key_add *)write;
    int rc = db_run(db, err, SQL_SEAL_KEY_HOLDS, "s", k->key_id);

    rc = need_row(db, rc, E_BUSY, err);
    if (!rc)
        rc = db_run(db, err, SQL_KEY_ADD, "sssbi", k->id, k->account, k->key_id,
                    k->sealed, clock_ms());
    return need_row(db, rc, E_LIMIT, err);
}

static int run_access_key_add(struct db *db, struct write *write, struct err *err)
{
    struct access_key_add *k = (struct access_key_add *)write;

    return run_or_rehearse(db, write, k->rehearsal, add_key, err);
}

void access_key_add_init(struct access_key_add *k)
{
    *k = (struct access_key_add){ .write.run = run_access_key_add };
}

static int run_access_key_delete(struct db *db, struct write *write, struct err *err)
{
    struct access_key_delete *k = (struct access_key_delete *)write;
    int rc = db_run(db, err, SQL_KEY_TOKENS, "s", k->id);

    if (!rc)
        rc = db_run(db, err, SQL_KEY_DELETE, "s", k->id);
    return need_row(db, rc, E_NOTFOUND, err);
}

void access_key_delete_init(struct access_key_delete *k)
{
    *k = (struct access_key_delete){ .write.run = run_access_key_delete };
}

/* ---- tokens ---- */

/* The password may be another by now, the key gone, the token revoked. */
static int check_proof(struct db *db, const struct token_issue *t, struct err *err)
{
    int rc;

    if (t->proof == PROOF_TOKEN)
        rc = db_run(db, err, SQL_TOKEN_HOLDS, "b", t->shown);
    else
        rc = db_run(db, err,
                    t->proof == PROOF_PASSWORD ? SQL_PASSWORD_HOLDS : SQL_KEY_HOLDS, "ss",
                    t->account, t->shown);
    return need_row(db, rc, E_DENIED, err);
}

static int check_scope(struct db *db, struct token_issue *t, struct err *err)
{
    int rc = 0;

    if (t->project.n)
        rc = need_row(db, db_run(db, err, SQL_SCOPE_HOLDS, "ss", t->project, t->account),
                      E_DENIED, err);
    t->lost_project = rc == E_DENIED;
    return rc;
}

static int run_token_issue(struct db *db, struct write *write, struct err *err)
{
    struct token_issue *t = (struct token_issue *)write;
    int rc = check_proof(db, t, err);

    if (!rc)
        rc = check_scope(db, t, err);
    if (!rc)
        rc = db_run(db, err, SQL_TOKENS_EXPIRE, "i", t->issued_ms);
    return rc ? rc
              : db_run(db, err, SQL_TOKEN_ADD, "bsssii", t->hash, t->account, t->project,
                       t->methods, t->issued_ms, t->expires_ms);
}

void token_issue_init(struct token_issue *t)
{
    *t = (struct token_issue){ .write.run = run_token_issue };
}

static int run_token_revoke(struct db *db, struct write *write, struct err *err)
{
    return db_run(db, err, SQL_TOKEN_REVOKE, "b", ((struct token_revoke *)write)->hash);
}

void token_revoke_init(struct token_revoke *t)
{
    *t = (struct token_revoke){ .write.run = run_token_revoke };
}

static int run_tokens_drop(struct db *db, struct write *write, struct err *err)
{
    (void)write;
    return db_run(db, err, SQL_TOKENS_DROP, "");
}

void tokens_drop_init(struct tokens_drop *t)
{
    *t = (struct tokens_drop){ .write.run = run_tokens_drop };
}

/* ---- projects ---- */

static int run_project_new(struct db *db, struct write *write, struct err *err)
{
    struct project_new *p = (struct project_new *)write;
    int rc =
        db_run(db, err, SQL_PROJECT_NEW, "sssi", p->id, p->name, p->domain, clock_ms());

    rc = need_row(db, rc, E_NOTFOUND, err);
    return rc ? rc : add_workspace(db, p->id, STR("default"), p->workspace, err);
}

void project_new_init(struct project_new *p)
{
    *p = (struct project_new){ .write.run = run_project_new };
}

static int run_project_delete(struct db *db, struct write *write, struct err *err)
{
    static const enum sql all[] = { SQL_PROJECT_ORPHAN_BLOBS, SQL_PROJECT_OBJECTS,
                                    SQL_PROJECT_WORKSPACES,   SQL_PROJECT_CLUSTERS,
                                    SQL_PROJECT_TOKENS,       SQL_PROJECT_DELETE };
    struct project_delete *p = (struct project_delete *)write;
    int rc = 0;

    if (!p->force)
        rc = need_row(db, db_run(db, err, SQL_PROJECT_IS_EMPTY, "s", p->id), E_DENIED,
                      err);
    for (size_t i = 0; !rc && i < sizeof(all) / sizeof(all[0]); i++)
        rc = db_run(db, err, all[i], "s", p->id);
    return need_row(db, rc, E_NOTFOUND, err);
}

void project_delete_init(struct project_delete *p)
{
    *p = (struct project_delete){ .write.run = run_project_delete };
}

/* ---- the first sign-in ---- */

static int run_adopt(struct db *db, struct write *write, struct err *err)
{
    struct projects_adopt *p = (struct projects_adopt *)write;
    int rc = db_run(db, err, SQL_PROJECTS_ADOPT, "ss", p->domain, p->name);

    return rc ? rc : db_run(db, err, SQL_SIGNED_IN_SET, "");
}

void projects_adopt_init(struct projects_adopt *p)
{
    *p = (struct projects_adopt){ .write.run = run_adopt };
}

/* A new project, or those that are there. */
static int begin_project(struct db *db, struct domain_begin *d, struct err *err)
{
    if (d->makes_project)
        return run_project_new(db, &d->project.write, err);
    if (!d->adopts)
        return 0;
    return db_run(db, err, SQL_PROJECTS_ADOPT, "ss", d->user.domain, d->project.name);
}

static int run_domain_begin(struct db *db, struct write *write, struct err *err)
{
    struct domain_begin *d = (struct domain_begin *)write;
    int rc = add_domain(db, &d->user, err);

    if (!rc)
        rc = begin_project(db, d, err);
    if (!rc)
        rc = db_run(db, err, SQL_SIGNED_IN_SET, "");
    if (!rc)
        rc = add_account(db, &d->user, err);
    return rc ? rc : add_key(db, &d->key.write, err);
}

void domain_begin_init(struct domain_begin *d)
{
    *d = (struct domain_begin){ .write.run = run_domain_begin };
}
