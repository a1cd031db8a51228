#include "import/import_int.h"

#include <search.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/utf8.h"
#include "base/banned.h"

/* One object of an archive: it is edited, freed of its secrets, checked, made into a
 * definition, and staged. */

/* ---- items ---- */

int import_by_name(const void *a, const void *b)
{
    const struct import_item *x = a, *y = b;
    int c = (int)x->save.kind - (int)y->save.kind;

    if (!c)
        c = str_cmp(x->facts.scope, y->facts.scope);
    return c ? c : str_cmp(x->facts.name, y->facts.name);
}

struct import_item *import_find(const struct import *im, enum kind kind, struct str scope,
                                struct str name)
{
    struct import_item key = { .save.kind = kind,
                               .facts = { .scope = scope, .name = name } };
    struct import_item *const *found = tfind(&key, &im->tree, import_by_name);

    return found ? *found : NULL;
}

/* One file can hold many CDM jobs, although an export has a file for each of them. */
static int too_many_objects(uint64_t max, struct err *err)
{
    return err_set(err, E_LIMIT, API_OK, DET_ARCHIVE_OBJECTS, NUM(max + 1), NUM(max));
}

int import_add(struct import *im, struct str entry, enum kind kind,
               struct import_item **out, struct err *err)
{
    uint64_t max = im->catalog->max_archive_entries;
    struct import_item *item, **more;

    if (im->n >= max)
        return too_many_objects(max, err);
    item = arena_alloc(&im->arena, sizeof(*item));
    more = list_grow(im->items, im->n, sizeof(struct import_item *));
    if (more)
        im->items = more;
    if (!item || !more)
        return err_nomem(err);
    item->save.kind = kind;
    item->facts = (struct facts){ .name = STR(""), .scope = STR("") };
    item->save.facts = &item->facts;
    item->entry = entry;
    im->items[im->n++] = item;
    *out = item;
    return 0;
}

int import_blame(struct import_item *item, int rc, struct err *err)
{
    if (rc != E_INVALID && rc != E_LIMIT && rc != E_DENIED)
        return rc;
    item->action = IMPORT_ERROR;
    err_move(err, &item->fault);
    return 0;
}

static int keep_texts(struct facts *f, struct arena *arena)
{
    struct str *texts[] = { &f->name,     &f->scope,        &f->directory,
                            &f->location, &f->process_type, &f->owner };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = arena_str(arena, *texts[i]);
        if (!texts[i]->p)
            return E_NOMEM;
    }
    return 0;
}

static int keep_refs(struct import *im, struct import_item *item,
                     const struct definition *d)
{
    struct ref *refs = arena_array(&im->arena, d->n_refs, sizeof(*refs));

    if (!refs)
        return E_NOMEM;
    for (size_t i = 0; i < d->n_refs; i++) {
        refs[i] = (struct ref){ d->refs[i].kind, arena_str(&im->arena, d->refs[i].scope),
                                arena_str(&im->arena, d->refs[i].name) };
        if (!refs[i].scope.p || !refs[i].name.p)
            return E_NOMEM;
    }
    item->refs = refs;
    item->n_refs = d->n_refs;
    return 0;
}

static int over_memory(size_t max, struct err *err)
{
    return err_set(err, E_LIMIT, DLF_3051, DET_IMPORT_MEMORY, NUM(max));
}

int import_memory(const struct arena *arena, struct err *err)
{
    return arena->bytes > IMPORT_MEMORY_MAX ? over_memory(IMPORT_MEMORY_MAX, err) : 0;
}

/* ---- secrets ---- */

/* Secrets are sealed in the transaction, so those with a value are kept in memory until
 * then. */
static int keep_secrets(struct import *im, struct import_item *item,
                        struct secrets *taken, struct err *err)
{
    size_t bytes = 0;

    for (size_t i = 0; i < taken->n; i++)
        bytes += taken->items[i].value.n;
    im->secret_bytes += bytes;
    if (im->secret_bytes > IMPORT_SECRETS_MAX)
        return over_memory(IMPORT_SECRETS_MAX, err);
    item->secrets.values = BUF_INIT(bytes + 1);
    buf_reserve(&item->secrets.values, bytes + 1);
    item->secrets.items = arena_array(&im->arena, taken->n, sizeof(struct secret));
    if (!item->secrets.items || item->secrets.values.bad)
        return err_nomem(err);
    for (size_t i = 0; i < taken->n; i++) {
        const struct secret *from = &taken->items[i];
        struct secret *to = &item->secrets.items[item->secrets.n++];
        struct buf *values = &item->secrets.values;

        *to = (struct secret){ arena_str(&im->arena, from->path), { NULL, 0 } };
        if (!to->path.p)
            return err_nomem(err);
        if (!from->value.p)
            continue;
        to->value = (struct str){ values->ptr + values->len, from->value.n };
        buf_addstr(values, from->value);
    }
    return 0;
}

/* ---- one object ---- */

/* One object on its way from a file to a definition: `doc` has it after each step. */
struct item_draft {
    struct import *im;
    struct import_item *item;
    struct buf edited, clean;
    struct json_doc edited_doc, clean_doc;
    const struct json_doc *doc;
    uint32_t at; /* where it is in `doc` */
    struct secrets secrets;
    struct definition definition;
    struct arena arena; /* of what is not kept */
};

static int edit_object(struct item_draft *m, struct err *err)
{
    const struct edits *edits = &m->im->request.options->edits;
    bool changed;
    int rc = edits_apply(edits, m->item->save.kind, m->doc, m->at, &m->edited, &changed,
                         &m->arena, err);

    if (rc || !changed)
        return rc;
    rc = json_read(&m->edited_doc, buf_str(&m->edited), JSON_STORED_MAX_VALUES, err);
    m->doc = &m->edited_doc;
    m->at = 0;
    return rc;
}

static int take_item_secrets(struct item_draft *m, struct err *err)
{
    enum secret_rule rule;
    int rc;

    m->secrets.may_lack = true;
    if (!object_may_hold_secrets(m->item->save.kind, m->doc, &rule))
        return 0;
    rc = secrets_take(&m->secrets, m->doc, m->at, rule, &m->clean, &m->arena, err);
    if (!rc)
        rc = json_read(&m->clean_doc, buf_str(&m->clean), JSON_STORED_MAX_VALUES, err);
    m->doc = &m->clean_doc;
    m->at = 0;
    return rc ? rc : keep_secrets(m->im, m->item, &m->secrets, err);
}

struct connection_list {
    struct item_draft *m;
    struct str *names;
    size_t n;
    bool failed;
};

static void count_connection(void *arg, struct str name)
{
    struct connection_list *n = arg;

    (void)name;
    n->n++;
}

static void keep_connection(void *arg, struct str name)
{
    struct connection_list *n = arg;
    struct str kept = arena_str(&n->m->im->arena, name);

    n->failed |= !kept.p;
    n->names[n->n++] = kept;
}

static int keep_connections(struct item_draft *m)
{
    enum kind kind = m->item->save.kind;
    struct connection_list n = { .m = m };

    definition_connections(kind, m->doc, 0, count_connection, &n);
    n.names = arena_array(&m->im->arena, n.n, sizeof(*n.names));
    if (!n.names)
        return E_NOMEM;
    n.n = 0;
    definition_connections(kind, m->doc, 0, keep_connection, &n);
    m->item->connections = n.names;
    m->item->n_connections = n.n;
    return n.failed ? E_NOMEM : 0;
}

/* Some kinds need a higher role than the import as such. */
static int check_role(const struct import *im, enum kind kind, struct err *err)
{
    if (kind == KIND_CONNECTION && im->rights.role < ROLE_ADMINISTRATOR)
        return err_set(err, E_DENIED, APIGW_0306, DET_IMPORT_ROLE, "administrator");
    if (kind == KIND_CDM_JOB && im->rights.cdm_role < ROLE_DEVELOPER)
        return err_set(err, E_DENIED, APIGW_0306, DET_IMPORT_CDM_ROLE, "developer");
    return 0;
}

static int make_definition(struct item_draft *m, struct str cluster, struct err *err)
{
    struct import_item *item = m->item;
    struct definition *d = &m->definition;
    int rc = check_role(m->im, item->save.kind, err);

    if (!rc)
        rc = edit_object(m, err);
    if (!rc)
        rc = take_item_secrets(m, err);
    if (!rc)
        rc = definition_make(d, item->save.kind, m->doc, &m->secrets, NULL, &m->arena,
                             err);
    if (!rc)
        rc = facts_set_cluster(&d->facts, item->save.kind, cluster, &m->arena, err);
    if (rc)
        return rc;
    item->facts = d->facts;
    if (keep_texts(&item->facts, &m->im->arena) || keep_refs(m->im, m->item, d) ||
        keep_connections(m))
        return err_nomem(err);
    sha256(buf_str(&d->text), m->item->sha256);
    if (item->save.kind == KIND_JOB && m->item->secrets.n)
        return job_nodes(m->doc, &m->item->nodes, &m->im->arena, err);
    return 0;
}

/* Names the item before a definition is made of it, so that a report can tell which item
 * has failed. */
static int name_draft(struct item_draft *m, struct str cluster, struct err *err)
{
    struct facts *f = &m->item->facts;
    struct str name = json_member_text(m->doc, m->at, "name");

    f->name =
        name.p ? arena_str(&m->im->arena, utf8_cut(name, IMPORT_NAME_MAX)) : STR("");
    f->scope = arena_str(&m->im->arena, cluster);
    f->directory = STR("");
    return f->name.p && f->scope.p ? 0 : err_nomem(err);
}

/* ---- staging ---- */

int import_stage(struct import *im, struct err *err)
{
    int64_t ids[IMPORT_BATCH];
    struct stage write;
    int rc;

    if (!im->n_staged)
        return 0;
    stage_init(&write);
    write.blobs = im->blobs;
    write.ids = ids;
    write.n = im->n_staged;
    im->staged_any = true;
    rc = store_write(im->catalog->store, &write.write);
    if (rc)
        err_move(&write.write.err, err);
    for (size_t i = 0; i < im->n_staged; i++) {
        im->staged[i]->blob = rc ? 0 : ids[i];
        buf_release(&im->blobs[i].stored);
    }
    im->n_staged = im->staged_bytes = 0;
    return rc;
}

void import_unstage(struct catalog *c)
{
    struct unstage u;

    do {
        unstage_init(&u);
        if (store_write(c->store, &u.write))
            u.more = false;
        err_clear(&u.write.err);
    } while (u.more);
}

/* Looks for the blob of that content: what an object has already need not be compressed
 * once more. */
static int find_blob(struct import *im, struct import_item *item, struct err *err)
{
    struct snapshot *s;
    int rc = store_snapshot(&s, im->catalog->store, err);

    if (rc)
        return rc;
    rc = snapshot_find_blob(s, item->sha256, &item->blob, err);
    snapshot_end(s);
    return rc;
}

static int stage_item(struct import *im, struct import_item *item, struct str text,
                      struct err *err)
{
    struct new_blob *blob = &im->blobs[im->n_staged];
    int rc = find_blob(im, item, err);

    if (rc || item->blob || im->request.options->dry_run)
        return rc;
    rc = blob_make(blob, text, err);
    if (rc) {
        buf_release(&blob->stored);
        return rc;
    }
    blob->refs = item->refs;
    blob->n_refs = item->n_refs;
    im->staged[im->n_staged++] = item;
    im->staged_bytes += blob->stored.len;
    if (im->n_staged < IMPORT_BATCH && im->staged_bytes < IMPORT_BATCH_BYTES)
        return 0;
    return import_stage(im, err);
}

/* ---- the whole of it ---- */

static int other_content(const struct import_item *other, struct err *err)
{
    return err_set(err, E_INVALID, DLF_3051, DET_OTHER_CONTENT, CSTR(other->entry));
}

/* Compares secrets as well, for the hash is of a definition without them. */
static bool same_content(const struct import_item *a, const struct import_item *b)
{
    const struct secrets *x = &a->secrets, *y = &b->secrets;
    bool same = memcmp(a->sha256, b->sha256, SHA256_BYTES) == 0 && x->n == y->n;

    for (size_t i = 0; same && i < x->n; i++)
        same = str_eq(x->items[i].path, y->items[i].path) &&
               str_eq(x->items[i].value, y->items[i].value);
    return same;
}

/* Puts the item into the tree, unless one of its name is there already.  When their
 * contents differ, both get a fault. */
static int enter_item(struct import *im, struct import_item *item, bool *is_new,
                      struct err *err)
{
    struct import_item **slot = tsearch(item, &im->tree, import_by_name), *first;
    struct err other = ERR_INIT;
    int rc;

    *is_new = false;
    if (!slot)
        return err_nomem(err);
    first = *slot;
    *is_new = first == item;
    if (*is_new || same_content(first, item))
        return 0;
    if (!first->fault.ec) {
        rc = import_blame(first, other_content(item, &other), &other);
        if (rc)
            return rc;
    }
    return other_content(first, err);
}

static void release_draft(struct item_draft *m)
{
    json_release(&m->edited_doc);
    json_release(&m->clean_doc);
    buf_wipe(&m->edited);
    buf_release(&m->clean);
    secrets_release(&m->secrets);
    definition_release(&m->definition);
    arena_wipe(&m->arena);
}

/* Drops the item that was added last: it is a copy of another one. */
static void drop_last(struct import *im)
{
    struct secrets *s = &im->items[--im->n]->secrets;

    im->secret_bytes -= s->values.len;
    secrets_release(s);
}

int import_object(struct import *im, struct str entry, enum kind kind, struct str cluster,
                  const struct json_doc *doc, uint32_t at, struct err *err)
{
    struct item_draft m = { .im = im,
                            .edited = BUF_INIT(4 * DEFINITION_MAX),
                            .clean = BUF_INIT(4 * DEFINITION_MAX),
                            .doc = doc,
                            .at = at };
    bool is_new = true;
    int rc = import_add(im, entry, kind, &m.item, err);

    if (rc)
        return rc;
    rc = name_draft(&m, cluster, err);
    if (!rc)
        rc = make_definition(&m, cluster, err);
    if (!rc)
        rc = enter_item(im, m.item, &is_new, err);
    if (!rc && is_new)
        rc = stage_item(im, m.item, buf_str(&m.definition.text), err);
    release_draft(&m);
    if (!rc && !is_new)
        drop_last(im);
    return import_blame(m.item, rc, err);
}
