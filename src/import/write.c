#include "import/import_int.h"

#include "auth/refusal.h"
#include "base/banned.h"

/*
 * The one transaction of an import, on the writer thread.  It decides again on each item,
 * by what is held now, and writes nothing when the report would be wrong about it.
 */

/* The write comes first, for the way back from the writer. */
struct import_write {
    struct write write;
    struct import *im;
    const struct task_end *end;
    bool is_stale;
};

/* Which secrets a job loses, and which move, follows from the job that is held. */
static bool has_same_secrets(const struct import_item *item, const struct object *held)
{
    if (item->save.kind != KIND_JOB || !held->id || !held->secret_paths.n)
        return !item->held_secrets.n;
    return str_eq(item->held_secrets, held->secret_paths) &&
           item->held_blob == held->blob;
}

static bool is_as_foreseen(const struct import_item *item,
                           const struct import_decision *d, const struct object *held)
{
    return d->action == item->action && (!d->writes || has_same_secrets(item, held));
}

static int save_item(struct txn *t, struct import_write *w, struct import_item *item,
                     const struct object *held, struct err *err)
{
    struct facts facts = item->facts;
    struct save *s = &item->save;
    int rc;

    s->user = w->im->request.place.user;
    if (s->kind == KIND_SCRIPT && !facts.owner.n)
        facts.owner = held->id ? held->facts.owner : s->user;
    s->facts = &facts;
    rc = txn_save(t, s, held, item->blob, err);
    s->facts = &item->facts;
    return rc;
}

static int write_item(struct txn *t, struct import_write *w, struct import_item *item,
                      struct import_held *there, struct err *err)
{
    struct import_decision d;
    struct object held;
    int rc =
        txn_held(t, item->save.kind, item->facts.scope, item->facts.name, &held, err);

    if (rc)
        return rc;
    there->object = &held;
    d = import_decide(there, item, w->im->request.options);
    import_count(there, item, &d);
    w->is_stale = !is_as_foreseen(item, &d, &held);
    if (w->is_stale)
        return err_set(err, E_BUSY, APIGW_0613, DET_CONTENDED);
    return d.writes ? save_item(t, w, item, &held, err) : 0;
}

/* Those with a fault are left out. */
static int write_items(struct txn *t, struct import_write *w, struct err *err)
{
    struct import *im = w->im;
    const struct workspace *before = txn_workspace(t);
    struct import_held there = { .jobs = before->jobs, .scripts = before->scripts };
    int rc = txn_has_dli(t, &there.dli, err);

    for (size_t i = 0; !rc && i < im->n; i++)
        if (!im->items[i]->fault.ec)
            rc = write_item(t, w, im->items[i], &there, err);
    return rc;
}

static int run_write(struct db *db, struct write *write, struct err *err)
{
    struct import_write *w = (struct import_write *)write;
    const struct place *p = &w->im->request.place;
    struct txn *t;
    int rc = txn_open(&t, db, p->project, p->workspace, err);

    if (!rc)
        rc = write_items(t, w, err);
    rc = txn_close(t, rc, err);
    return rc ? rc : task_end_write(db, w->end, err);
}

/* What is to be written may need more than the import as such. */
static void need_roles(const struct import *im, struct authority *a)
{
    for (size_t i = 0; i < im->n; i++) {
        const struct import_item *item = im->items[i];

        if (!item->fault.ec && item->save.kind == KIND_CONNECTION)
            a->role = ROLE_ADMINISTRATOR;
        if (!item->fault.ec && item->save.kind == KIND_CDM_JOB)
            a->cdm_role = ROLE_DEVELOPER;
    }
}

int import_write(struct import *im, const struct task_end *end, struct str audit,
                 bool *is_stale, struct err *err)
{
    struct import_write w = { .write = { .run = run_write, .audit = audit },
                              .im = im,
                              .end = end };
    const struct authority *from = im->request.place.authority;
    struct authority authority;
    int rc;

    if (from) {
        authority = *from;
        need_roles(im, &authority);
        w.write.authority = &authority;
    }
    rc = store_write(im->catalog->store, &w.write);
    if (rc) {
        refusal_explain(&w.write.err);
        err_move(&w.write.err, err);
    }
    *is_stale = rc && w.is_stale;
    return rc;
}
