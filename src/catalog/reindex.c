#include "catalog/catalog.h"

#include <stdlib.h>

#include "archive/deflate.h"
#include "base/limits.h"
#include "catalog/object.h"
#include "store/reindex.h"

/*
 * All definitions made anew, some at a time, in one transaction.  A definition that
 * today's rules refuse is kept as it is, and the caller is told of it.
 */

/* One definition of an object or of a version, and what is made of it. */
struct renewal {
    struct object old; /* old.id is 0 at the end */
    struct owner owner;
    struct secrets secrets; /* those with a value stood in the definition in clear */
    struct buf clean;       /* the stored form without them; empty when it had none */
    struct definition made;
    struct err why; /* what is wrong with it; why.ec is 0 when nothing is */
    struct save save;
    struct new_blob blob; /* of the save */
    struct arena arena;
};

static void release(struct renewal *r)
{
    err_clear(&r->why);
    definition_release(&r->made);
    secrets_release(&r->secrets);
    buf_release(&r->clean);
    buf_release(&r->blob.stored);
    arena_wipe(&r->arena);
}

/* Writes the stored form of a body that lost its secrets. */
static void write_clean(struct renewal *r, const struct json_doc *doc)
{
    bool wrapped = r->owner.kind == KIND_CDM_JOB;
    struct jw jw = JW_INIT(&r->clean, true);

    if (wrapped) {
        jw_object(&jw, STR_NONE);
        jw_array(&jw, STR("jobs"));
    }
    jw_value(&jw, STR_NONE, doc, 0);
    if (wrapped) {
        jw_end(&jw, ']');
        jw_end(&jw, '}');
    }
    buf_addc(&r->clean, '\n');
}

/* Takes secrets out of the body `doc`, as a save does; `doc` is free of them then, and
 * borrows from `text`. */
static int take_secrets(struct renewal *r, struct json_doc *doc, struct buf *text,
                        struct err *err)
{
    enum secret_rule rule;
    int rc;

    if (!object_may_hold_secrets(r->owner.kind, doc, &rule))
        return 0;
    rc = secrets_take(&r->secrets, doc, 0, rule, text, &r->arena, err);
    if (rc || !r->secrets.n_values)
        return rc;
    json_release(doc);
    *doc = (struct json_doc){ 0 };
    rc = json_read(doc, buf_str(text), JSON_STORED_MAX_VALUES, err);
    if (!rc)
        write_clean(r, doc);
    return rc || !r->clean.bad ? rc : err_nomem(err);
}

/* Makes the definition by the rules that a save follows, except that a connection may
 * lack its secrets, because it may have been imported. */
static int make(struct snapshot *s, struct renewal *r, struct err *err)
{
    struct buf text = BUF_INIT(DEFINITION_MAX), one = BUF_INIT(DEFINITION_MAX),
               clean = BUF_INIT(DEFINITION_MAX);
    struct json_doc doc = { 0 };
    struct stored stored = { .id = r->old.id, .secret_paths = r->old.secret_paths };
    int rc = is_kind(r->owner.kind) && !r->owner.fault
                 ? object_read_definition(s, &r->old, &text, err)
                 : err_fault(err, E_INTERNAL, "its row is damaged");

    r->secrets.may_lack = true;
    r->clean = BUF_INIT(DEFINITION_MAX);
    if (!rc)
        rc = definition_body(buf_str(&text), r->owner.kind, &doc, &one, err);
    if (!rc)
        rc = take_secrets(r, &doc, &clean, err);
    stored.text = r->clean.len ? buf_str(&r->clean) : buf_str(&text);
    if (!rc)
        rc = definition_make(&r->made, r->owner.kind, &doc, &r->secrets, &stored,
                             &r->arena, err);
    json_release(&doc);
    buf_wipe(&text);
    buf_wipe(&one);
    buf_release(&clean);
    return rc;
}

/* What does not follow from the text stays. */
static void keep_facts(struct facts *f, const struct object *old, enum kind kind)
{
    if (kind == KIND_SCRIPT)
        f->owner = old->facts.owner;
    if (kind_row(kind)->is_cdm) {
        f->scope = old->facts.scope;
        f->process_type = old->facts.process_type;
    }
}

/* Prepares to store `text` in place of the old definition. */
static int prepare(struct renewal *r, struct str text, const struct facts *facts,
                   struct err *err)
{
    struct save *save = &r->save;

    save_init(save);
    save->project = r->owner.project;
    save->workspace = r->owner.workspace;
    save->kind = r->owner.kind;
    save->old = &r->old;
    save->facts = facts;
    save->blob = &r->blob;
    save->again = true;
    save->version = r->owner.version;
    save->secrets = r->secrets.items;
    save->n_secrets = r->secrets.n;
    buf_release(&r->blob.stored);
    return blob_make(&r->blob, text, err);
}

static void note_written(const struct renewal *r, struct reindex *all)
{
    all->changed += memcmp(r->blob.sha256, r->old.sha256, SHA256_BYTES) != 0;
    all->sealed += (int64_t)r->secrets.n_values;
}

static int write_alone(struct catalog *c, struct renewal *r, struct reindex *all,
                       struct err *err)
{
    if (store_write(c->store, &r->save.write) == 0)
        note_written(r, all);
    return catalog_save_result(&r->save, err);
}

/* A definition that is refused is kept, but not the secrets in it. */
static int write_cleaned(struct catalog *c, struct renewal *r, struct reindex *all,
                         struct err *err)
{
    int rc;

    if (!r->clean.len)
        return 0;
    r->blob.refs = NULL;
    r->blob.n_refs = 0;
    rc = prepare(r, buf_str(&r->clean), &r->old.facts, err);
    r->save.keep_refs = true;
    return rc ? rc : write_alone(c, r, all, err);
}

/* ---- what today's rules refuse ---- */

/* The fault is the definition's own: it breaks a rule, its new form is in the way of
 * another object, or it is damaged. */
static bool is_refusal(int rc)
{
    return rc == E_INVALID || rc == E_LIMIT || rc == E_EXISTS || rc == E_INTERNAL;
}

static void name_definition(const struct renewal *r, struct buf *out)
{
    const struct facts *f = &r->old.facts;

    buf_addf(out, "%s ", kind_name(r->owner.kind));
    if (f->scope.n && kind_row(r->owner.kind)->is_cdm)
        buf_addf(out, "%.*s/", STR_ARG(f->scope));
    buf_addstr(out, f->name);
    if (r->owner.version)
        buf_addf(out, ", version %lld,", (long long)r->owner.number);
    if (!kind_row(r->owner.kind)->is_cdm)
        buf_addf(out, " of workspace %.*s", STR_ARG(r->owner.workspace_name));
    buf_addf(out, " of project %.*s", STR_ARG(r->owner.project));
}

/* Says which definition is refused and why; what is not its own fault is returned. */
static int refuse(struct reindex *all, struct renewal *r, struct err *err)
{
    struct buf text = BUF_INIT(2 * ERROR_DETAIL_MAX);
    int rc = r->why.ec;

    if (!is_refusal(rc)) {
        err_move(&r->why, err);
        return rc;
    }
    buf_adds(&text, "today's rules refuse ");
    name_definition(r, &text);
    buf_adds(&text, ": ");
    error_sentence(&r->why, LANG_EN, &text);
    rc = buf_cstr(&text) ? 0 : err_nomem(err);
    if (!rc)
        all->say(text.ptr);
    all->refused++;
    buf_release(&text);
    return rc;
}

/* ---- one after another ---- */

/* Objects, or their versions. */
typedef int next_fn(struct snapshot *s, int64_t after, struct object *out,
                    struct owner *owner, struct arena *arena, struct err *err);

/* Reads the one behind `after`, and makes it anew. */
static int make_next(struct snapshot *s, next_fn *find, int64_t after, struct renewal *r,
                     struct err *err)
{
    int rc;

    *r = (struct renewal){ .arena = ARENA_INIT };
    rc = find(s, after, &r->old, &r->owner, &r->arena, err);
    if (!rc && r->old.id && make(s, r, &r->why) == 0)
        r->why = ERR_INIT;
    return rc;
}

static int64_t place_of(const struct renewal *r)
{
    return r->owner.version ? r->owner.version : r->old.id;
}

/* ---- several at once: a commit waits for the disk ---- */

struct batch {
    struct renewal item[REINDEX_BATCH];
    size_t n, bytes;
};

/* Reads and makes so many as are written together; *after is 0 behind the last one. */
static int fill(struct batch *b, struct snapshot *s, next_fn *find, int64_t *after,
                struct err *err)
{
    int rc = 0;

    b->n = b->bytes = 0;
    do {
        struct renewal *r = &b->item[b->n];

        rc = make_next(s, find, *after, r, err);
        *after = rc ? 0 : place_of(r);
        if (!*after) {
            release(r);
            return rc;
        }
        b->bytes += r->clean.len;
        if (!r->why.ec) {
            keep_facts(&r->made.facts, &r->old, r->owner.kind);
            r->blob.refs = r->made.refs;
            r->blob.n_refs = r->made.n_refs;
            if (prepare(r, buf_str(&r->made.text), &r->made.facts, &r->why) == 0)
                b->bytes += r->made.text.len + r->blob.stored.len;
            r->save.replaced = r->made.replaced;
        }
        b->n++;
    } while (b->n < REINDEX_BATCH && b->bytes < REINDEX_BATCH_BYTES);
    return 0;
}

/* All in one transaction; when one of them fails, each in its own. */
static void write_batch(struct catalog *c, struct batch *b, struct reindex *all)
{
    struct save *saves[REINDEX_BATCH];
    struct save_all together;
    int rc;

    save_all_init(&together);
    together.saves = saves;
    for (size_t i = 0; i < b->n; i++)
        if (!b->item[i].why.ec)
            saves[together.n++] = &b->item[i].save;
    rc = together.n ? store_write(c->store, &together.write) : 0;
    err_clear(&together.write.err);
    for (size_t i = 0; i < b->n; i++) {
        struct renewal *r = &b->item[i];

        if (r->why.ec)
            continue;
        if (rc)
            write_alone(c, r, all, &r->why);
        else
            note_written(r, all);
    }
}

/* Tells what is refused; what is not its own fault ends it all. */
static int end_batch(struct catalog *c, struct batch *b, struct reindex *all,
                     int64_t *count, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < b->n; i++) {
        struct renewal *r = &b->item[i];

        *count += !r->why.ec;
        if (is_refusal(r->why.ec))
            rc = write_cleaned(c, r, all, err);
        if (!rc && r->why.ec)
            rc = refuse(all, r, err);
    }
    return rc;
}

static int renew_all(struct catalog *c, next_fn *find, struct reindex *all,
                     int64_t *count, struct err *err)
{
    struct batch *b = calloc(1, sizeof(*b));
    int rc = b ? 0 : err_nomem(err);
    int64_t after = 0;

    do {
        struct snapshot *s;

        if (!rc)
            rc = store_snapshot(&s, c->store, err);
        if (rc)
            break;
        rc = fill(b, s, find, &after, err);
        snapshot_end(s);
        if (!rc)
            write_batch(c, b, all);
        if (!rc)
            rc = end_batch(c, b, all, count, err);
        for (size_t i = 0; i < b->n; i++)
            release(&b->item[i]);
    } while (!rc && after);
    free(b);
    return rc;
}

int catalog_reindex(struct catalog *c, struct reindex *all, struct err *err)
{
    int64_t versions = 0;
    int rc = renew_all(c, snapshot_next_object, all, &all->objects, err);

    return rc ? rc : renew_all(c, snapshot_next_version, all, &versions, err);
}

static int check_all(struct snapshot *s, next_fn *find, struct reindex *all,
                     struct err *err)
{
    int64_t after = 0;
    struct renewal r;
    int rc;

    do {
        rc = make_next(s, find, after, &r, err);
        after = place_of(&r);
        if (r.why.ec)
            rc = refuse(all, &r, err);
        release(&r);
    } while (!rc && after);
    return rc;
}

int catalog_check(struct snapshot *s, struct reindex *all, struct err *err)
{
    int rc = check_all(s, snapshot_next_object, all, err);

    return rc ? rc : check_all(s, snapshot_next_version, all, err);
}
