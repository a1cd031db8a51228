#include "catalog/catalog.h"

#include <stdlib.h>

#include "archive/deflate.h"
#include "auth/refusal.h"
#include "base/limits.h"
#include "catalog/object.h"
#include "store/jobs.h"

/* What is prepared for one save; `save` comes first, for the way back. */
struct prepared {
    struct save save;
    struct definition definition;
    struct object old;
    struct new_blob blob;
    struct secrets secrets;
};

/* The object that an update starts from, and its definition. */
static int read_old(struct catalog *c, const struct place *place, struct prepared *p,
                    struct str key, struct buf *text, struct arena *arena,
                    struct err *err)
{
    struct workspace w;
    struct snapshot *s;
    int rc = place_open(c, place, &s, &w, arena, err);

    if (rc)
        return rc;
    rc = snapshot_object(s, w.id, p->save.kind, place->cluster, key, &p->old, arena, err);
    if (!rc && !p->old.id)
        rc = object_not_held(p->save.kind, key, err);
    if (!rc)
        rc = object_read_definition(s, &p->old, text, err);
    snapshot_end(s);
    if (!rc)
        p->save.old = &p->old;
    return rc;
}

static int find_unknown(struct catalog *c, const struct place *place,
                        const struct str *names, size_t n, struct arena *arena,
                        struct err *err)
{
    struct buf unknown = BUF_INIT(ERROR_DETAIL_MAX);
    struct workspace w;
    struct snapshot *s;
    int rc = place_open(c, place, &s, &w, arena, err);

    if (rc)
        return rc;
    rc = snapshot_unknown_jobs(s, w.id, names, n, &unknown, err);
    snapshot_end(s);
    if (!rc && unknown.len)
        rc = err_set(err, E_INVALID, DLF_3025, DET_UNKNOWN_JOBS, "dependJobs",
                     buf_cstr(&unknown));
    buf_release(&unknown);
    return rc;
}

/* Jobs named in dependJobs are held, but for this one and those that the stored
 * definition names already. */
static int check_depends(struct catalog *c, const struct place *place,
                         const struct prepared *p, struct str old_text,
                         struct arena *arena, struct err *err)
{
    const struct definition *d = &p->definition;
    const struct str *kept = NULL;
    size_t n_kept = 0, n = 0;
    struct str *names;
    int rc = 0;

    if (!d->n_depends)
        return 0;
    if (p->save.old)
        rc = definition_depends(old_text, arena, &kept, &n_kept, err);
    if (rc)
        return rc;
    names = arena_array(arena, d->n_depends, sizeof(*names));
    if (!names)
        return err_nomem(err);
    for (size_t i = 0; i < d->n_depends; i++)
        if (!str_eq(d->depends[i], d->facts.name) &&
            !(n_kept &&
              bsearch(&d->depends[i], kept, n_kept, sizeof(*kept), str_by_text)))
            names[n++] = d->depends[i];
    return n ? find_unknown(c, place, names, n, arena, err) : 0;
}

/* Compresses the definition, once and for all, and lets its text go. */
static int make_blob(struct prepared *p, struct err *err)
{
    int rc = blob_make(&p->blob, buf_str(&p->definition.text), err);

    definition_release(&p->definition);
    return rc;
}

/* Of a job that has secrets: a node may have another name. */
static int follow(struct prepared *p, const struct json_doc *body, struct str old,
                  struct arena *arena, struct err *err)
{
    struct job_nodes nodes;
    int rc;

    if (p->save.kind != KIND_JOB || !p->old.secret_paths.n || !p->secrets.n)
        return 0;
    p->save.secrets = p->secrets.items;
    p->save.n_secrets = p->secrets.n;
    rc = job_nodes(body, &nodes, arena, err);
    return rc ? rc : object_follow_secrets(&p->save, old, &nodes, arena, err);
}

static void set_owner(struct prepared *p)
{
    struct facts *f = &p->definition.facts;

    if (p->save.kind == KIND_SCRIPT && !f->owner.n)
        f->owner = p->save.old ? p->old.facts.owner : p->save.user;
}

/* Makes the definition of a body that is free of secrets. */
static int prepare_clean(struct catalog *c, const struct place *place, struct prepared *p,
                         struct str key, const struct json_doc *body, struct arena *arena,
                         struct err *err)
{
    struct buf old = BUF_INIT(DEFINITION_MAX);
    struct stored stored;
    int rc = 0;

    if (key.p)
        rc = read_old(c, place, p, key, &old, arena, err);
    stored = (struct stored){ p->old.id, buf_str(&old), p->old.secret_paths };
    if (!rc)
        rc = definition_make(&p->definition, p->save.kind, body, &p->secrets,
                             key.p ? &stored : NULL, arena, err);
    if (!rc)
        rc = check_depends(c, place, p, stored.text, arena, err);
    if (!rc)
        rc = follow(p, body, stored.text, arena, err);
    buf_release(&old);
    if (!rc)
        rc = make_blob(p, err);
    return rc;
}

static int prepare(struct catalog *c, const struct place *place, struct prepared *p,
                   struct str key, const struct json_doc *body, uint32_t at,
                   struct arena *arena, struct err *err)
{
    struct buf clean = BUF_INIT(DEFINITION_MAX);
    struct json_doc doc = { 0 };
    enum secret_rule rule;
    int rc;

    p->save.drop_others = p->save.kind == KIND_JOB;
    if (!object_may_hold_secrets(p->save.kind, body, &rule))
        return prepare_clean(c, place, p, key, body, arena, err);
    rc = secrets_take(&p->secrets, body, at, rule, &clean, arena, err);
    if (!rc)
        rc = json_read(&doc, buf_str(&clean), JSON_STORED_MAX_VALUES, err);
    if (!rc)
        rc = prepare_clean(c, place, p, key, &doc, arena, err);
    p->save.secrets = p->secrets.items;
    p->save.n_secrets = p->secrets.n;
    json_release(&doc);
    buf_release(&clean);
    return rc;
}

int catalog_save_prepare(struct catalog *c, const struct place *place, enum kind kind,
                         struct str key, const struct json_doc *body, uint32_t at,
                         struct arena *arena, struct save **save, struct err *err)
{
    struct prepared *p = arena_alloc(arena, sizeof(*p));
    int rc;

    if (!p)
        return err_nomem(err);
    save_init(&p->save);
    p->save.project = place->project;
    p->save.workspace = place->workspace;
    p->save.user = place->user;
    p->save.kind = kind;
    p->save.submit = definition_submits(kind, body, at);
    p->save.quota = catalog_quota(c, kind);
    rc = prepare(c, place, p, key, body, at, arena, err);
    if (!rc)
        rc = facts_set_cluster(&p->definition.facts, kind, place->cluster, arena, err);
    if (rc) {
        definition_release(&p->definition);
        catalog_save_release(&p->save);
        return rc;
    }
    set_owner(p);
    p->save.facts = &p->definition.facts;
    p->save.replaced = p->definition.replaced;
    p->save.blob = &p->blob;
    p->blob.refs = p->definition.refs;
    p->blob.n_refs = p->definition.n_refs;
    *save = &p->save;
    return 0;
}

void catalog_save_release(struct save *save)
{
    struct prepared *p = (struct prepared *)save;

    buf_release(&p->blob.stored);
    buf_release(&save->lost);
    secrets_release(&p->secrets);
    err_clear(&save->write.err);
}

int catalog_save_result(struct save *save, struct err *err)
{
    const struct kind_row *kind = kind_row(save->kind);
    int rc = save->write.rc;

    if (!rc)
        return 0;
    refusal_explain(&save->write.err);
    if (rc == E_EXISTS && save->write.err.api == API_OK)
        return err_set(err, rc, kind->taken, DET_TAKEN, CSTR(save->facts->name));
    if (rc == E_LIMIT && save->write.err.api == API_OK)
        return err_set(err, rc, kind->full, DET_QUOTA, NUM(save->quota));
    err_move(&save->write.err, err);
    return rc;
}

/* The object that is to be deleted, as it is now. */
static int find_old(struct catalog *c, const struct place *place, struct removal *r,
                    struct arena *arena, struct err *err)
{
    struct object *old = arena_alloc(arena, sizeof(*old));
    struct workspace w;
    struct snapshot *s;
    int rc = old ? place_open(c, place, &s, &w, arena, err) : err_nomem(err);

    if (rc)
        return rc;
    rc = snapshot_object(s, w.id, r->kind, r->scope, r->key, old, arena, err);
    snapshot_end(s);
    r->old = old;
    return rc || old->id ? rc : object_not_held(r->kind, r->key, err);
}

int catalog_remove_prepare(struct catalog *c, const struct place *place, enum kind kind,
                           struct str key, bool conditional, struct arena *arena,
                           struct removal **removal, struct err *err)
{
    struct removal *r = arena_alloc(arena, sizeof(*r));

    if (!r)
        return err_nomem(err);
    removal_init(r);
    r->project = place->project;
    r->workspace = place->workspace;
    r->kind = kind;
    r->scope = place->cluster;
    r->key = key;
    *removal = r;
    return conditional ? find_old(c, place, r, arena, err) : 0;
}

int catalog_remove_result(struct removal *removal, struct err *err)
{
    int rc = removal->write.rc;

    refusal_explain(&removal->write.err);
    if (rc == E_NOTFOUND && removal->write.err.api == API_OK)
        return object_not_held(removal->kind, removal->key, err);
    if (rc)
        err_move(&removal->write.err, err);
    return rc;
}
