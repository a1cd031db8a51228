#include "dlfd/admin_int.h"

#include <stdio.h>

#include "auth/auth.h"
#include "auth/credentials.h"
#include "auth/password.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/wipe.h"
#include "cli/output.h"
#include "errors/errors.h"
#include "store/keys.h"

/* The commands `dlfd admin user`, `key`, `project` and `role`, but for `key rotate`. */

/* ---- what they share ---- */

#define ADMIN_COLUMNS 4

/* Which rows of a list are printed, and which of their columns. */
struct row_filter {
    int columns;
    const char *domain; /* NULL: all rows; else what the third column has to be */
    bool last_role;     /* the last column is a role's number */
};

static void print_account_row(void *arg, const struct str *column)
{
    const struct row_filter *filter = arg;
    struct str shown[ADMIN_COLUMNS];
    int last = filter->columns - 1;

    if (filter->domain && !str_is(column[2], filter->domain))
        return;
    memcpy(shown, column, (size_t)filter->columns * sizeof(shown[0]));
    if (filter->last_role)
        shown[last] = str_of(role_names[column[last].p[0] - '1']);
    output_row(shown, filter->columns);
}

static int list_accounts(struct folder *f, enum account_list which, const char *argument,
                         struct row_filter filter, struct err *err)
{
    struct str arg = str_of(argument);
    struct snapshot *s;
    int rc = store_snapshot(&s, f->store, err);

    if (rc)
        return rc;
    rc = snapshot_accounts(s, which, &arg, argument ? 1 : 0, print_account_row, &filter,
                           err);
    snapshot_end(s);
    return rc;
}

static void take_first_name(void *arg, const struct str *column)
{
    struct buf *name = arg;

    if (!name->len)
        buf_addstr(name, column[1]);
}

/* Appends the name of the domain that the call means: that of --domain, else the oldest.
 * Appends nothing when there is no domain yet. */
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
        rc = snapshot_accounts(s, LIST_DOMAINS, NULL, 0, take_first_name, out, err);
    snapshot_end(s);
    return rc;
}

/* Finds the account by its name, in the domain that the call means. */
static int find_account(struct folder *f, const struct admin_call *call, const char *name,
                        struct account *out, struct arena *arena, struct err *err)
{
    struct buf domain = BUF_INIT(KIB);
    struct account_key key = { STR(""), str_of(name), STR(""), STR("") };
    struct snapshot *s;
    int rc = find_domain(f, call, &domain, err);

    key.domain_name = buf_str(&domain);
    if (!rc)
        rc = store_snapshot(&s, f->store, err);
    if (!rc) {
        rc = snapshot_account(s, &key, out, arena, err);
        snapshot_end(s);
    }
    buf_release(&domain);
    return rc ? admin_explain(err, rc, "no user of that name is in the domain") : 0;
}

/* ---- users ---- */

struct password {
    char text[PASSWORD_MAX_BYTES + 2];
    struct buf hash;
};

int admin_read_password(struct admin_call *call, struct err *err)
{
    char *line = fgets(call->password, sizeof(call->password), stdin);
    size_t n = line ? strcspn(line, "\n") : 0;

    if (!line || !password_ok((struct str){ line, n }))
        return err_say(err, E_INVALID,
                       "a line of %d to %d bytes is expected on standard input",
                       PASSWORD_MIN_BYTES, PASSWORD_MAX_BYTES);
    line[n] = '\0';
    return 0;
}

/* Takes the password that was read from standard input, or makes a new one; hashes it. */
static int make_password(const struct admin_call *call, struct password *p,
                         struct err *err)
{
    *p = (struct password){ .hash = BUF_INIT(KIB) };
    if (call->password_stdin)
        memcpy(p->text, call->password, sizeof(p->text));
    else
        password_new(p->text);
    return password_hash(str_of(p->text), &p->hash, err);
}

static void wipe_password(struct password *p)
{
    wipe(p->text, sizeof(p->text));
    buf_release(&p->hash);
}

/* Carries out a write that comes with a text which is shown only once: first it is seen
 * that it can be done, then the text is written, then it is done, so that nothing takes
 * effect that nobody has been told.  Wipes the text; without one it is only carried out.
 */
static int write_shown(struct folder *f, struct write *w, bool *rehearsal,
                       struct buf *shown, const char *taken, const char *denied,
                       struct err *err)
{
    static const char gone[] = "the user is gone";
    int rc = shown->bad ? err_nomem(err) : 0;

    if (!rc && shown->len) {
        *rehearsal = true;
        rc = admin_write(f, w, gone, taken, denied, err);
        *rehearsal = false;
        if (!rc)
            rc = output_once("dlfd admin", buf_str(shown));
    }
    buf_wipe(shown);
    return rc ? rc : admin_write(f, w, gone, taken, denied, err);
}

/* The text that shows the password, if it is a new one; else empty. */
static struct buf shown_password(const struct admin_call *call, const struct password *p)
{
    struct buf shown = BUF_INIT(KIB);

    if (!call->password_stdin)
        buf_addf(&shown, "%s\n", p->text);
    return shown;
}

static int add_user(struct folder *f, const struct admin_call *call, struct str domain,
                    const struct password *p, struct err *err)
{
    char id[ID_HEX_BYTES], domain_id[ID_HEX_BYTES];
    struct buf shown = shown_password(call, p);
    struct user_new user;

    id_hex(id);
    id_hex(domain_id);
    user_new_init(&user);
    user.domain_id = str_of(domain_id);
    user.domain = domain;
    user.id = str_of(id);
    user.name = str_of(call->name);
    user.password = buf_str(&p->hash);
    user.is_admin = call->admin != NULL;
    return write_shown(f, &user.write, &user.rehearsal, &shown,
                       "a user of that name is in the domain already", "", err);
}

int admin_user_create(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct buf domain = BUF_INIT(KIB);
    struct password password = { 0 };
    int rc = find_domain(f, call, &domain, err);

    if (!domain.len) /* the first of all: the domain has the user's name */
        buf_adds(&domain, call->name);
    if (!rc)
        rc = make_password(call, &password, err);
    if (!rc)
        rc = add_user(f, call, buf_str(&domain), &password, err);
    wipe_password(&password);
    buf_release(&domain);
    return rc;
}

int admin_user_list(struct folder *f, const struct admin_call *call, struct err *err)
{
    return list_accounts(f, LIST_ALL_ACCOUNTS, NULL,
                         (struct row_filter){ .columns = 4, .domain = call->domain },
                         err);
}

/* Gives an account another password, or deletes it where there is none. */
static int change_user(struct folder *f, const struct admin_call *call,
                       const struct password *password, struct buf *shown,
                       struct err *err)
{
    struct arena arena = ARENA_INIT;
    struct user_change change;
    struct account account;
    int rc = find_account(f, call, call->name, &account, &arena, err);

    if (!rc) {
        user_change_init(&change);
        change.id = account.id;
        change.deleted = !password;
        if (password)
            change.password = buf_str(&password->hash);
        rc = write_shown(f, &change.write, &change.rehearsal, shown, "", "", err);
    }
    arena_release(&arena);
    return rc;
}

int admin_user_password(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct password password;
    int rc = make_password(call, &password, err);
    struct buf shown = shown_password(call, &password);

    if (!rc)
        rc = change_user(f, call, &password, &shown, err);
    buf_wipe(&shown);
    wipe_password(&password);
    return rc;
}

int admin_user_delete(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct buf nothing = BUF_INIT(0);

    return change_user(f, call, NULL, &nothing, err);
}

/* ---- access keys ---- */

int admin_key_create(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct new_key key = { .sealed = BUF_INIT(0) };
    struct buf shown = BUF_INIT(KIB);
    struct arena arena = ARENA_INIT;
    struct access_key_add add;
    struct account account;
    int rc = find_account(f, call, call->name, &account, &arena, err);

    access_key_add_init(&add);
    if (!rc) {
        rc = access_key_new(&key, store_key(f->store), account.id, &add, err);
        if (rc)
            admin_explain(err, rc, "there is no key for secrets");
    }
    buf_addf(&shown, "User Name,Access Key Id,Secret Access Key\n%s,%s,%s\n", call->name,
             key.id, key.secret);
    if (!rc)
        rc = write_shown(f, &add.write, &add.rehearsal, &shown, "",
                         "the user has two access keys already", err);
    buf_wipe(&shown);
    buf_release(&key.sealed);
    wipe(&key, sizeof(key));
    arena_release(&arena);
    return rc;
}

int admin_key_list(struct folder *f, const struct admin_call *call, struct err *err)
{
    return list_accounts(f, LIST_ALL_KEYS, NULL,
                         (struct row_filter){ .columns = 3, .domain = call->domain },
                         err);
}

int admin_key_delete(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct access_key_delete key;

    access_key_delete_init(&key);
    key.id = str_of(call->name);
    return admin_write(f, &key.write, "no access key of that id is there", "", "", err);
}

/* ---- projects ---- */

/* Looks for a project among all. */
struct project_search {
    struct str id;
    bool found, with_sign_in;
};

static void match_project(void *arg, const struct str *column)
{
    struct project_search *search = arg;

    search->found = search->found || str_eq(column[0], search->id);
    search->with_sign_in = search->with_sign_in || column[2].n;
}

static int find_project(struct folder *f, const char *id, struct project_search *out,
                        struct err *err)
{
    struct snapshot *s;
    int rc = store_snapshot(&s, f->store, err);

    *out = (struct project_search){ .id = str_of(id) };
    if (rc)
        return rc;
    rc = snapshot_accounts(s, LIST_ALL_PROJECTS, NULL, 0, match_project, out, err);
    snapshot_end(s);
    return rc;
}

int admin_check_project(struct folder *f, const char *id, struct err *err)
{
    struct project_search search;
    int rc = find_project(f, id, &search, err);

    if (rc || search.found || !search.with_sign_in)
        return rc;
    return err_say(err, E_NOTFOUND, ADMIN_NO_PROJECT);
}

int admin_project_create(struct folder *f, const struct admin_call *call, struct err *err)
{
    char id[ID_HEX_BYTES];
    struct buf domain = BUF_INIT(KIB);
    struct project_new project;
    int rc = find_domain(f, call, &domain, err);

    id_hex(id);
    project_new_init(&project);
    project.id = str_of(id);
    project.name = str_of(call->name);
    project.domain = buf_str(&domain);
    if (!rc)
        rc =
            admin_write(f, &project.write, "there is no such domain: create a user first",
                        "a project of that name is in the domain already", "", err);
    if (!rc)
        puts(id);
    buf_release(&domain);
    return rc;
}

int admin_project_list(struct folder *f, const struct admin_call *call, struct err *err)
{
    return list_accounts(f, LIST_ALL_PROJECTS, NULL,
                         (struct row_filter){ .columns = 3, .domain = call->domain },
                         err);
}

int admin_project_delete(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct project_delete project;
    struct project_search search;
    int rc = find_project(f, call->name, &search, err);

    if (rc)
        return rc;
    if (!search.found)
        return err_say(err, E_NOTFOUND, ADMIN_NO_PROJECT);
    project_delete_init(&project);
    project.id = str_of(call->name);
    project.force = call->force != NULL;
    return admin_write(f, &project.write, "no project of that id is there", "",
                       "it is not empty: --force deletes it with all that it holds", err);
}

/* ---- roles ---- */

static enum role role_of(const char *name)
{
    for (int i = 0; name && role_names[i]; i++)
        if (strcmp(role_names[i], name) == 0)
            return (enum role)(i + 1);
    return ROLE_NONE;
}

static int change_role(struct folder *f, const struct admin_call *call, enum role role,
                       struct err *err)
{
    struct arena arena = ARENA_INIT;
    struct role_change change;
    struct account account;
    int rc = find_account(f, call, call->user, &account, &arena, err);

    if (!rc) {
        role_change_init(&change);
        change.project = str_of(call->project);
        change.workspace = str_of(call->workspace ? call->workspace : "default");
        change.account = account.id;
        change.role = role;
        rc = admin_write(f, &change.write,
                         role ? "the project has no such workspace"
                              : "the user has no role in that workspace",
                         "", "", err);
    }
    arena_release(&arena);
    return rc;
}

int admin_role_grant(struct folder *f, const struct admin_call *call, struct err *err)
{
    enum role role = role_of(call->name);

    if (role)
        return change_role(f, call, role, err);
    fputs("dlfd admin: a role is one of viewer, operator, developer, administrator\n",
          stderr);
    return 2;
}

int admin_role_revoke(struct folder *f, const struct admin_call *call, struct err *err)
{
    return change_role(f, call, ROLE_NONE, err);
}

int admin_role_list(struct folder *f, const struct admin_call *call, struct err *err)
{
    return list_accounts(f, LIST_ROLES, call->project,
                         (struct row_filter){ .columns = 3, .last_role = true }, err);
}
