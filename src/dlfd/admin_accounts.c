#include "dlfd/admin_int.h"

#include <stdio.h>

#include "auth/auth.h"
#include "auth/credentials.h"
#include "auth/password.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/wipe.h"
#include "cli/output.h"
#include "store/keys.h"

/*
 * dlfd admin user, key, project and role: what may also be done while a server runs.
 */

/* ---- what they share ---- */

struct listing {
    int columns;
    const char *domain; /* NULL: all; else what the third column has to be */
    bool last_role;     /* the last column is a role's number */
};

static void print_row(void *arg, const struct str *column)
{
    const struct listing *l = arg;

    if (l->domain && !str_is(column[2], l->domain))
        return;
    for (int i = 0; i < l->columns; i++)
        if (i == l->columns - 1 && l->last_role)
            printf("  %s", role_names[column[i].p[0] - '1']);
        else
            printf("%s%.*s", i ? "  " : "", STR_ARG(column[i]));
    putchar('\n');
}

static int list(struct folder *f, enum account_list which, const char *argument,
                struct listing listing)
{
    struct str arg = str_of(argument);
    struct err err = ERR_INIT;
    struct snapshot *s;
    int rc = store_snapshot(&s, f->store, &err);

    if (!rc) {
        rc = snapshot_accounts(s, which, &arg, argument ? 1 : 0, print_row, &listing,
                               &err);
        snapshot_end(s);
    }
    if (rc)
        rc = admin_failed(&err, "out of memory");
    err_clear(&err);
    return rc;
}

static void take_first(void *arg, const struct str *column)
{
    struct buf *name = arg;

    if (!name->len)
        buf_addstr(name, column[1]);
}

/* The domain that is meant: the one given, else the oldest; "" without any. */
static int find_domain(struct folder *f, const struct admin_call *call, struct buf *out,
                       struct err *err)
{
    struct snapshot *s;
    int rc = store_snapshot(&s, f->store, err);

    if (rc)
        return rc;
    if (call->domain)
        buf_adds(out, call->domain);
    else
        rc = snapshot_accounts(s, LIST_DOMAINS, NULL, 0, take_first, out, err);
    snapshot_end(s);
    return rc;
}

/* The account of the name in the domain that is meant; 1 when it failed, and was
 * said. */
static int find_account(struct folder *f, const struct admin_call *call, const char *name,
                        struct account *out, struct arena *arena)
{
    struct buf domain = BUF_INIT(KIB);
    struct account_key key = { STR(""), str_of(name), STR(""), STR("") };
    struct err err = ERR_INIT;
    struct snapshot *s;
    int rc = find_domain(f, call, &domain, &err);

    key.domain_name = buf_str(&domain);
    if (!rc)
        rc = store_snapshot(&s, f->store, &err);
    if (!rc) {
        rc = snapshot_account(s, &key, out, arena, &err);
        snapshot_end(s);
    }
    if (rc)
        rc = admin_failed(&err, "no user of that name is in the domain");
    err_clear(&err);
    buf_release(&domain);
    return rc;
}

/* ---- users ---- */

struct password {
    char text[PASSWORD_MAX_BYTES + 2];
    struct buf hash;
};

int admin_read_password(struct admin_call *call)
{
    char *line = fgets(call->password, sizeof(call->password), stdin);
    size_t n = line ? strcspn(line, "\n") : 0;

    if (!line || !password_ok((struct str){ line, n })) {
        fprintf(stderr,
                "dlfd admin: a line of %d to %d bytes is expected on standard "
                "input\n",
                PASSWORD_MIN_BYTES, PASSWORD_MAX_BYTES);
        return 1;
    }
    line[n] = '\0';
    return 0;
}

/* The password that is wanted: the one that was read, or a new one. */
static int make_password(const struct admin_call *call, struct password *p)
{
    struct err err = ERR_INIT;
    int rc = 0;

    *p = (struct password){ .hash = BUF_INIT(KIB) };
    if (call->password_stdin)
        memcpy(p->text, call->password, sizeof(p->text));
    else
        password_new(p->text);
    if (password_hash(str_of(p->text), &p->hash, &err))
        rc = admin_failed(&err, "out of memory");
    err_clear(&err);
    return rc;
}

static void wipe_password(struct password *p)
{
    wipe(p->text, sizeof(p->text));
    buf_release(&p->hash);
}

/* Carries out a change that comes with a text which is shown only once: first it is seen
 * that it can be done, then the text is written, then it is done, so that nothing takes
 * effect that nobody has been told.  Wipes the text; without one it is only carried out.
 */
static int write_shown(struct folder *f, struct account_change *change, struct buf *shown,
                       const char *taken, const char *denied)
{
    int rc = shown->bad ? admin_failed(&ERR_INIT, "out of memory") : 0;

    if (!rc && shown->len) {
        change->rehearsal = true;
        rc = admin_write(f, &change->write, "the user is gone", taken, denied);
        change->rehearsal = false;
        if (!rc)
            rc = output_once("dlfd admin", buf_str(shown));
    }
    buf_wipe(shown);
    return rc ? rc : admin_write(f, &change->write, "the user is gone", taken, denied);
}

/* What is shown of a password: a new one. */
static struct buf shown_password(const struct admin_call *call, const struct password *p)
{
    struct buf shown = BUF_INIT(KIB);

    if (!call->password_stdin)
        buf_addf(&shown, "%s\n", p->text);
    return shown;
}

static int add_user(struct folder *f, const struct admin_call *call, struct str domain,
                    const struct password *p)
{
    char id[ID_HEX_BYTES], domain_id[ID_HEX_BYTES];
    struct account_change change;
    struct str account[] = {
        { id, ID_HEX_BYTES - 1 }, domain, str_of(call->name), buf_str(&p->hash)
    };
    struct buf shown = shown_password(call, p);
    struct str new_domain[] = { { domain_id, ID_HEX_BYTES - 1 }, domain };

    id_hex(id);
    id_hex(domain_id);
    account_change_init(&change);
    change_add(&change, STEP_DOMAIN_ADD, new_domain, 2, clock_ms(), 0);
    change_add(&change, STEP_ACCOUNT_ADD, account, 4, call->admin, clock_ms());
    return write_shown(f, &change, &shown, "a user of that name is in the domain already",
                       "");
}

int admin_user_create(struct folder *f, const struct admin_call *call)
{
    struct buf domain = BUF_INIT(KIB);
    struct password password = { 0 };
    struct err err = ERR_INIT;
    int rc = find_domain(f, call, &domain, &err);

    if (rc)
        rc = admin_failed(&err, "out of memory");
    if (!domain.len) /* the first of all: the domain has the user's name */
        buf_adds(&domain, call->name);
    if (!rc)
        rc = make_password(call, &password);
    if (!rc)
        rc = add_user(f, call, buf_str(&domain), &password);
    wipe_password(&password);
    err_clear(&err);
    buf_release(&domain);
    return rc;
}

int admin_user_list(struct folder *f, const struct admin_call *call)
{
    return list(f, LIST_ALL_ACCOUNTS, NULL,
                (struct listing){ .columns = 4, .domain = call->domain });
}

/* A step for an account, and the end of all of its tokens. */
static int change_user(struct folder *f, const struct admin_call *call,
                       enum account_step step, struct str hash, struct buf *shown)
{
    struct arena arena = ARENA_INIT;
    struct account_change change;
    struct account account;
    int rc = find_account(f, call, call->name, &account, &arena);

    if (!rc) {
        struct str text[] = { account.id, hash };

        account_change_init(&change);
        change_add(&change, STEP_TOKENS_REVOKE, text, 1, 0, 0);
        change_add(&change, step, text, 2, 0, 0);
        rc = write_shown(f, &change, shown, "", "");
    }
    arena_release(&arena);
    return rc;
}

int admin_user_password(struct folder *f, const struct admin_call *call)
{
    struct password password;
    int rc = make_password(call, &password);
    struct buf shown = shown_password(call, &password);

    if (!rc)
        rc = change_user(f, call, STEP_ACCOUNT_PASSWORD, buf_str(&password.hash), &shown);
    buf_wipe(&shown);
    wipe_password(&password);
    return rc;
}

int admin_user_delete(struct folder *f, const struct admin_call *call)
{
    struct buf nothing = BUF_INIT(0);

    return change_user(f, call, STEP_ACCOUNT_DELETE, STR(""), &nothing);
}

/* ---- access keys ---- */

int admin_key_create(struct folder *f, const struct admin_call *call)
{
    struct new_key key = { .sealed = BUF_INIT(0) };
    struct buf shown = BUF_INIT(KIB);
    struct arena arena = ARENA_INIT;
    struct account_change change;
    struct account account;
    struct err err = ERR_INIT;
    int rc = find_account(f, call, call->name, &account, &arena);

    account_change_init(&change);
    if (!rc && access_key_new(&key, store_key(f->store), account.id, &change, &err))
        rc = admin_failed(&err, "there is no key for secrets");
    buf_addf(&shown, "User Name,Access Key Id,Secret Access Key\n%s,%s,%s\n", call->name,
             key.id, key.secret);
    if (!rc)
        rc = write_shown(f, &change, &shown, "", "the user has two access keys already");
    buf_wipe(&shown);
    buf_release(&key.sealed);
    wipe(&key, sizeof(key));
    err_clear(&err);
    arena_release(&arena);
    return rc;
}

int admin_key_list(struct folder *f, const struct admin_call *call)
{
    return list(f, LIST_ALL_KEYS, NULL,
                (struct listing){ .columns = 3, .domain = call->domain });
}

int admin_key_delete(struct folder *f, const struct admin_call *call)
{
    struct str id = str_of(call->name);
    struct account_change change;

    account_change_init(&change);
    change_add(&change, STEP_KEY_TOKENS, &id, 1, 0, 0);
    change_add(&change, STEP_KEY_DELETE, &id, 1, 0, 0);
    return admin_write(f, &change.write, "no access key of that id is there", "", "");
}

/* ---- projects ---- */

struct search {
    struct str id;
    bool found, with_sign_in;
};

static void match_project(void *arg, const struct str *column)
{
    struct search *s = arg;

    s->found = s->found || str_eq(column[0], s->id);
    s->with_sign_in = s->with_sign_in || column[2].n;
}

/* 1 when it failed, and was said. */
static int find_project(struct folder *f, const char *id, struct search *out)
{
    struct err err = ERR_INIT;
    struct snapshot *s;
    int rc = store_snapshot(&s, f->store, &err);

    *out = (struct search){ .id = str_of(id) };
    if (!rc) {
        rc = snapshot_accounts(s, LIST_ALL_PROJECTS, NULL, 0, match_project, out, &err);
        snapshot_end(s);
    }
    if (rc)
        rc = admin_failed(&err, "out of memory");
    err_clear(&err);
    return rc;
}

static int no_project(void)
{
    fputs("dlfd admin: " ADMIN_NO_PROJECT "\n", stderr);
    return 1;
}

int admin_check_project(struct folder *f, const char *id)
{
    struct search search;
    int rc = find_project(f, id, &search);

    return rc || search.found || !search.with_sign_in ? rc : no_project();
}

int admin_project_create(struct folder *f, const struct admin_call *call)
{
    char id[ID_HEX_BYTES], workspace[ID_HEX_BYTES];
    struct buf domain = BUF_INIT(KIB);
    struct account_change change;
    struct err err = ERR_INIT;
    int rc = find_domain(f, call, &domain, &err);
    struct str project[] = { { id, ID_HEX_BYTES - 1 },
                             str_of(call->name),
                             buf_str(&domain) };
    struct str first[] = { { workspace, ID_HEX_BYTES - 1 }, project[0] };

    id_hex(id);
    id_hex(workspace);
    account_change_init(&change);
    change_add(&change, STEP_PROJECT_NEW, project, 3, clock_ms(), 0);
    change_add(&change, STEP_PROJECT_WORKSPACE, first, 2, id_random(), clock_ms());
    if (rc)
        rc = admin_failed(&err, "out of memory");
    else
        rc = admin_write(f, &change.write, "there is no such domain: create a user first",
                         "a project of that name is in the domain already", "");
    if (!rc)
        puts(id);
    err_clear(&err);
    buf_release(&domain);
    return rc;
}

int admin_project_list(struct folder *f, const struct admin_call *call)
{
    return list(f, LIST_ALL_PROJECTS, NULL,
                (struct listing){ .columns = 3, .domain = call->domain });
}

int admin_project_delete(struct folder *f, const struct admin_call *call)
{
    static const enum account_step steps[] = {
        STEP_PROJECT_IS_EMPTY,   STEP_PROJECT_ORPHAN_BLOBS, STEP_PROJECT_OBJECTS,
        STEP_PROJECT_WORKSPACES, STEP_PROJECT_CLUSTERS,     STEP_PROJECT_TOKENS,
        STEP_PROJECT_DELETE,
    };
    struct str id = str_of(call->name);
    struct account_change change;
    struct search search;
    int rc = find_project(f, call->name, &search);

    if (rc || !search.found)
        return rc ? rc : no_project();
    account_change_init(&change);
    for (size_t i = call->force; i < sizeof(steps) / sizeof(steps[0]); i++)
        change_add(&change, steps[i], &id, 1, 0, 0);
    return admin_write(f, &change.write, "no project of that id is there", "",
                       "it is not empty: --force deletes it with all that it holds");
}

/* ---- roles ---- */

static int role_of(const char *name)
{
    for (int i = 0; name && role_names[i]; i++)
        if (strcmp(role_names[i], name) == 0)
            return i + 1;
    return ROLE_NONE;
}

static int change_role(struct folder *f, const struct admin_call *call,
                       enum account_step step, int role)
{
    struct arena arena = ARENA_INIT;
    struct account_change change;
    struct account account;
    int rc = find_account(f, call, call->user, &account, &arena);

    if (!rc) {
        struct str text[] = { str_of(call->project),
                              str_of(call->workspace ? call->workspace : "default"),
                              account.id };

        account_change_init(&change);
        change_add(&change, step, text, 3, role, 0);
        rc = admin_write(f, &change.write,
                         role ? "the project has no such workspace"
                              : "the user has no role in that workspace",
                         "", "");
    }
    arena_release(&arena);
    return rc;
}

int admin_role_grant(struct folder *f, const struct admin_call *call)
{
    int role = role_of(call->name);

    if (role)
        return change_role(f, call, STEP_ROLE_SET, role);
    fputs("dlfd admin: a role is one of viewer, operator, developer, administrator\n",
          stderr);
    return 2;
}

int admin_role_revoke(struct folder *f, const struct admin_call *call)
{
    return change_role(f, call, STEP_ROLE_REVOKE, ROLE_NONE);
}

int admin_role_list(struct folder *f, const struct admin_call *call)
{
    return list(f, LIST_ROLES, call->project,
                (struct listing){ .columns = 3, .last_role = true });
}
