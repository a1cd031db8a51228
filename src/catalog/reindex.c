#include "catalog/catalog.h"

#include "archive/deflate.h"
#include "base/limits.h"
#include "catalog/common.h"

/* All definitions made anew, one object and one transaction at a time. */

/* The body that a definition was made of: a CDM job is stored in a list of one, as
 * it is exported.  It borrows from `text` or from `one`. */
static int read_body(struct str text, enum kind kind, struct json_doc *doc,
                     struct buf *one, struct err *err)
{
    struct jw jw = JW_INIT(one, false);
    int rc = json_read(doc, text, JSON_STORED_MAX_VALUES, err);
    uint32_t list;

    if (rc || kind != KIND_CDM_JOB)
        return rc;
    list = json_member(doc, 0, "jobs");
    if (list && json_next(doc, list) > list + 1)
        jw_value(&jw, STR_NONE, doc, list + 1);
    json_release(doc);
    return one->bad ? err_nomem(err)
                    : json_read(doc, buf_str(one), JSON_STORED_MAX_VALUES, err);
}

static int make(struct catalog *c, const struct object *old, enum kind kind,
                struct definition *d, struct arena *arena, struct err *err)
{
    struct buf text = BUF_INIT(DEFINITION_MAX), one = BUF_INIT(DEFINITION_MAX);
    struct json_doc doc = { 0 };
    struct stored stored = { .id = old->id, .secret_paths = old->secret_paths };
    const struct secrets secrets = { .may_lack = true }; /* it may have been imported */
    struct snapshot *s;
    int rc = store_snapshot(&s, c->store, err);

    if (rc)
        return rc;
    rc = read_definition(s, old, &text, err);
    snapshot_end(s);
    stored.text = buf_str(&text);
    if (!rc)
        rc = read_body(stored.text, kind, &doc, &one, err);
    if (!rc)
        rc = definition_make(d, kind, &doc, &secrets, &stored, arena, err);
    json_release(&doc);
    buf_release(&one);
    buf_release(&text);
    return rc;
}

/* What does not follow from the text stays. */
static void keep_facts(struct facts *f, const struct object *old, enum kind kind)
{
    if (kind == KIND_SCRIPT)
        f->owner = old->facts.owner;
    if (kind >= KIND_LINK) {
        f->scope = old->facts.scope;
        f->process_type = old->facts.process_type;
    }
}

static int renew(struct catalog *c, const struct object *old, const struct owner *owner,
                 bool *changed, struct arena *arena, struct err *err)
{
    struct definition d = { 0 };
    struct new_blob blob = { 0 };
    struct save save;
    int rc = make(c, old, owner->kind, &d, arena, err);

    save_init(&save);
    if (!rc)
        rc = blob_make(&blob, buf_str(&d.text), err);
    if (!rc) {
        keep_facts(&d.facts, old, owner->kind);
        save.project = owner->project;
        save.workspace = owner->workspace;
        save.kind = owner->kind;
        save.old = old;
        save.facts = &d.facts;
        save.blob = &blob;
        blob.refs = d.refs;
        blob.n_refs = d.n_refs;
        save.again = true;
        save.version = owner->version;
        rc = store_write(c->store, &save.write);
        if (rc)
            err_move(&save.write.err, err);
    }
    *changed = memcmp(blob.sha256, old->sha256, SHA256_BYTES) != 0;
    buf_release(&blob.stored);
    definition_release(&d);
    return rc;
}

/* One thing after another: objects, or their versions. */
typedef int next_fn(struct snapshot *s, int64_t after, struct object *out,
                    struct owner *owner, struct arena *arena, struct err *err);

static int next(struct catalog *c, next_fn *find, int64_t after, struct object *o,
                struct owner *owner, struct arena *arena, struct err *err)
{
    struct snapshot *s;
    int rc = store_snapshot(&s, c->store, err);

    if (rc)
        return rc;
    rc = find(s, after, o, owner, arena, err);
    snapshot_end(s);
    return rc;
}

static int renew_all(struct catalog *c, next_fn *find, int64_t *looked_at,
                     int64_t *changed, struct err *err)
{
    struct owner owner = { .version = 0 };
    struct object o = { 0 };
    bool differs;
    int rc;

    do {
        struct arena arena = ARENA_INIT;

        rc = next(c, find, owner.version ? owner.version : o.id, &o, &owner, &arena, err);
        if (!rc && o.id) {
            rc = renew(c, &o, &owner, &differs, &arena, err);
            ++*looked_at;
            *changed += !rc && differs;
        }
        arena_release(&arena);
    } while (!rc && o.id);
    return rc;
}

int catalog_reindex(struct catalog *c, int64_t *objects, int64_t *changed,
                    struct err *err)
{
    int64_t versions = 0;
    int rc;

    *objects = *changed = 0;
    rc = renew_all(c, snapshot_next_object, objects, changed, err);
    return rc ? rc : renew_all(c, snapshot_next_version, &versions, changed, err);
}
