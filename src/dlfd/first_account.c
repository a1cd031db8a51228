#include "dlfd/first_account.h"

#include <errno.h>

#include "auth/credentials.h"
#include "auth/password.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/wipe.h"
#include "store/keys.h"

#define NAME "admin"

/* The first account while it is made, with what the catalogue held before. */
struct first {
    char domain[ID_HEX_BYTES], user[ID_HEX_BYTES];
    char project[PROJECT_ID_MAX + 1]; /* the oldest one, or a new one */
    int signed_in;    /* not 0: sign-in was on before, so no project is adopted */
    bool adopts;      /* there are projects, which the new domain gets */
    struct buf owner; /* the oldest domain's name */
    char password[PASSWORD_TEXT_BYTES];
    struct buf hash;
    struct new_key key;
    struct domain_begin begin;
};

static void read_project(void *arg, const struct str *column)
{
    struct first *f = arg;

    if (f->adopts || column[0].n > PROJECT_ID_MAX || (f->signed_in && !column[2].n))
        return;
    f->adopts = true;
    memcpy(f->project, column[0].p, column[0].n);
    f->project[column[0].n] = '\0';
}

static void read_domain(void *arg, const struct str *column)
{
    struct first *f = arg;

    if (!f->owner.len)
        buf_addstr(&f->owner, column[1]);
}

static void count_row(void *arg, const struct str *column)
{
    (void)column;
    ++*(int *)arg;
}

/* Counts the accounts, and reads the oldest project and the oldest domain. */
static int find_what_is_there(struct store *store, struct first *f, int *accounts,
                              struct err *err)
{
    struct snapshot *s;
    int rc = store_snapshot(&s, store, err);

    *accounts = 0;
    if (rc)
        return rc;
    rc = snapshot_accounts(s, LIST_ALL_ACCOUNTS, NULL, 0, count_row, accounts, err);
    if (!rc)
        rc = snapshot_accounts(s, LIST_SIGNED_IN, NULL, 0, count_row, &f->signed_in, err);
    if (!rc)
        rc = snapshot_accounts(s, LIST_ALL_PROJECTS, NULL, 0, read_project, f, err);
    if (!rc)
        rc = snapshot_accounts(s, LIST_DOMAINS, NULL, 0, read_domain, f, err);
    snapshot_end(s);
    return rc;
}

/* The project that is there becomes the domain's; or a new one is made. */
static void set_project(struct first *f, struct str region)
{
    struct domain_begin *b = &f->begin;

    b->makes_project = !f->adopts;
    b->adopts = f->adopts && !f->signed_in;
    if (b->makes_project)
        id_hex(f->project);
    b->project.id = str_of(f->project);
    b->project.name = region;
    b->project.domain = STR(NAME);
}

static int prepare_account(struct store *store, struct first *f, const char *region,
                           struct err *err)
{
    struct user_new *u = &f->begin.user;
    int rc;

    domain_begin_init(&f->begin);
    id_hex(f->domain);
    id_hex(f->user);
    set_project(f, str_of(region));
    password_new(f->password);
    rc = password_hash(str_of(f->password), &f->hash, err);
    u->domain_id = str_of(f->domain);
    u->domain = u->name = STR(NAME);
    u->id = str_of(f->user);
    u->password = buf_str(&f->hash);
    u->is_admin = true;
    return rc ? rc : access_key_new(&f->key, store_key(store), u->id, &f->begin.key, err);
}

static int write_credentials(const struct first *f, const char *data, const char *region,
                             struct err *err)
{
    struct buf text = BUF_INIT(4 * KIB), path = BUF_INIT(8 * KIB);
    int rc = 0;

    buf_addf(&path, "%s/credentials.csv", data);
    buf_addf(&text,
             "User Name,Password,Access Key Id,Secret Access Key,Project Id,Project "
             "Name,Region\n" NAME ",%s,%s,%s,%s,%s,%s\n",
             f->password, f->key.id, f->key.secret, f->project, region, region);
    if (!buf_cstr(&path) || text.bad) {
        rc = err_say(err, E_NOMEM, "out of memory");
    } else if (!file_replace(path.ptr, buf_str(&text))) {
        rc = err_say(err, E_IO, "%s: %s", path.ptr, strerror(errno));
    }
    buf_wipe(&text);
    buf_release(&path);
    return rc;
}

static int carry_out(struct store *store, struct write *w, struct err *err)
{
    int rc = store_write(store, w);

    if (rc)
        *err = w->err;
    return rc;
}

/* A user was made before the first sign-in: what was written without sign-in becomes the
 * oldest domain's. */
static int adopt(struct store *store, struct first *f, const char *region,
                 struct err *err)
{
    struct projects_adopt adopt;

    projects_adopt_init(&adopt);
    adopt.domain = buf_str(&f->owner);
    adopt.name = str_of(region);
    return carry_out(store, &adopt.write, err);
}

static int make_account(struct store *store, struct first *f, const char *data,
                        const char *region, struct err *err)
{
    int rc = prepare_account(store, f, region, err);

    if (!rc)
        rc = write_credentials(f, data, region, err);
    return rc ? rc : carry_out(store, &f->begin.write, err);
}

int first_account(struct store *store, const char *data, const char *region, bool *made,
                  struct err *err)
{
    struct first f = { .hash = BUF_INIT(KIB), .owner = BUF_INIT(KIB) };
    int accounts;
    int rc = find_what_is_there(store, &f, &accounts, err);

    *made = !rc && !accounts;
    if (*made)
        rc = make_account(store, &f, data, region, err);
    else if (!rc && !f.signed_in)
        rc = adopt(store, &f, region, err);
    buf_release(&f.owner);
    buf_release(&f.hash);
    buf_release(&f.key.sealed);
    wipe(&f, sizeof(f));
    return rc;
}
