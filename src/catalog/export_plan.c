#include "catalog/export_int.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "catalog/object.h"
#include "base/banned.h"
#include "store/jobs.h"

/*
 * The plan of an export: names become objects, objects become the entries of
 * the archive.  A constant number of statements, whatever the number of jobs;
 * no content is read.  catalog/export_send.c sends what is planned.
 */

/* The archive format's number, part of every ETag: a release that lays archives
 * out in another way counts it up. */
#define ARCHIVE_FORMAT "opendlf-archive-1\n"

/* A dependency that is not held; a script's name has the folder that stood
 * before it, a CDM job's has its cluster. */
struct missing {
    size_t job;
    enum kind kind;
    struct str name;
};

struct plan {
    struct catalog *catalog;
    const struct export_request *request;
    struct export_int *out;
    struct str project;
    struct object *jobs; /* request->n */
    struct item *items;  /* the jobs and what they depend on */
    size_t n_items, cap_items;
    struct missing *missing;
    size_t n_missing, cap_missing;
    struct rights rights;
    struct revisions revisions;
};

static int over_limit(uint64_t is, int detail, uint64_t max, struct err *err)
{
    return err_set(err, E_LIMIT, DLF_3051, detail, NUM(is), NUM(max));
}

/* Room for one more; what is held and what is missing count alike, so that the
 * plan itself is bounded. */
static int grow(struct plan *p, void **list, size_t n, size_t *cap, size_t size,
                struct err *err)
{
    uint64_t total = p->n_items + p->n_missing + 1;
    void *more;

    if (total > p->catalog->max_archive_entries)
        return over_limit(total, DET_ARCHIVE_ENTRIES, p->catalog->max_archive_entries,
                          err);
    if (n < *cap)
        return 0;
    *cap = *cap ? *cap * 2 : 64;
    more = reallocarray(*list, *cap, size);
    if (!more)
        return err_nomem(err);
    *list = more;
    return 0;
}

static int add_item(struct plan *p, size_t job, enum kind kind, const struct object *o,
                    struct err *err)
{
    struct item *item;
    int rc =
        grow(p, (void **)&p->items, p->n_items, &p->cap_items, sizeof(*p->items), err);

    if (rc)
        return rc;
    item = &p->items[p->n_items++];
    *item = (struct item){ .job = job,
                           .kind = kind,
                           .id = o->id,
                           .blob = o->blob,
                           .crc32 = o->crc32,
                           .raw_size = o->raw_size,
                           .stored_size = o->stored_size };
    memcpy(item->stored_sha256, o->stored_sha256, SHA256_BYTES);
    item->name = arena_str(&p->out->arena, o->facts.name);
    item->scope = arena_str(&p->out->arena, o->facts.scope);
    return item->name.p && item->scope.p ? 0 : err_nomem(err);
}

/* ---- jobs ---- */

static bool all_held(const struct plan *p)
{
    for (size_t i = 0; i < p->request->n; i++)
        if (!p->jobs[i].id)
            return false;
    return true;
}

/* Names every job that is not there. */
static int name_missing_jobs(const struct plan *p, int detail, struct err *err)
{
    struct buf names = BUF_INIT(ERROR_DETAIL_MAX);

    for (size_t i = 0; i < p->request->n; i++) {
        if (p->jobs[i].id)
            continue;
        if (names.len)
            buf_adds(&names, ", ");
        buf_addstr(&names, p->request->names[i]);
    }
    if (detail == DET_UNKNOWN_JOBS)
        err_set(err, E_NOTFOUND, DLF_0100, detail,
                p->request->layout == EXPORT_SINGLE ? "job_name" : "jobList",
                buf_cstr(&names));
    else
        err_set(err, E_NOTFOUND, DLF_0100, detail, buf_cstr(&names));
    buf_release(&names);
    return E_NOTFOUND;
}

static int find_jobs(struct plan *p, struct snapshot *s, int64_t workspace,
                     struct err *err)
{
    const struct export_request *r = p->request;
    int detail = DET_UNKNOWN_JOBS;
    int rc;

    p->jobs = arena_array(&p->out->arena, r->n, sizeof(*p->jobs));
    if (!p->jobs)
        return err_nomem(err);
    rc = snapshot_jobs(s, workspace, false, r->names, r->n, p->jobs, &p->out->arena, err);
    if (!rc && r->submitted && all_held(p)) {
        detail = DET_NEVER_SUBMITTED;
        rc = snapshot_jobs(s, workspace, true, r->names, r->n, p->jobs, &p->out->arena,
                           err);
    }
    if (!rc && !all_held(p))
        return name_missing_jobs(p, detail, err);
    for (size_t i = 0; !rc && i < r->n; i++)
        rc = add_item(p, i, KIND_JOB, &p->jobs[i], err);
    return rc;
}

/* ---- what they depend on ---- */

static int add_missing(struct plan *p, const struct depend *d, struct err *err)
{
    struct buf name = BUF_INIT(BODY_MAX * 2);
    struct missing *m;
    int rc = grow(p, (void **)&p->missing, p->n_missing, &p->cap_missing,
                  sizeof(*p->missing), err);

    if (rc)
        return rc;
    buf_addstr(&name, d->ref.scope);
    if (d->ref.kind == REF_CDM)
        buf_addc(&name, '/');
    buf_addstr(&name, d->ref.name);
    m = &p->missing[p->n_missing++];
    *m = (struct missing){ d->job, kind_of_ref(d->ref.kind),
                           arena_buf(&p->out->arena, &name) };
    buf_release(&name);
    return m->name.p ? 0 : err_nomem(err);
}

static int add_depend(void *arg, const struct depend *d, struct err *err)
{
    return d->object.id ? add_item(arg, d->job, kind_of_ref(d->ref.kind), &d->object, err)
                        : add_missing(arg, d, err);
}

static int find_depends(struct plan *p, struct snapshot *s, int64_t workspace,
                        struct err *err)
{
    int64_t blobs[EXPORT_MAX_JOBS];

    if (!p->request->depend)
        return 0;
    for (size_t i = 0; i < p->request->n; i++)
        blobs[i] = p->jobs[i].blob;
    return snapshot_depends(s, reads_cdm(p->rights) ? p->project : STR(""), workspace,
                            p->request->submitted, blobs, p->request->n, add_depend, p,
                            err);
}

static int add_connection(void *arg, const struct object *o, struct err *err)
{
    return add_item(arg, 0, KIND_CONNECTION, o, err);
}

static int find_connections(struct plan *p, struct snapshot *s, int64_t workspace,
                            struct err *err)
{
    int rc = snapshot_all(s, workspace, KIND_CONNECTION, add_connection, p, err);

    if (!rc && !p->n_items)
        rc = err_set(err, E_NOTFOUND, DLF_6322, DET_NO_CONNECTIONS);
    return rc;
}

static int query_plan(struct plan *p, const struct place *place, struct err *err)
{
    struct workspace w;
    struct snapshot *s;
    int rc = place_enter(p->catalog, place, &s, &w, &p->rights, &p->out->arena, err);

    if (rc)
        return rc;
    if (p->request->layout == EXPORT_CONNECTIONS)
        rc = find_connections(p, s, w.id, err);
    else
        rc = find_jobs(p, s, w.id, err);
    if (!rc)
        rc = find_depends(p, s, w.id, err);
    if (!rc)
        rc = snapshot_revisions(s, place->project, place->workspace, &p->revisions, err);
    snapshot_end(s);
    return rc;
}

/* ---- missing dependencies ---- */

static int by_job_and_name(const void *a, const void *b)
{
    const struct missing *x = a, *y = b;
    int c = (x->job > y->job) - (x->job < y->job);

    if (!c)
        c = (int)x->kind - (int)y->kind;
    return c ? c : str_cmp(x->name, y->name);
}

/* kind/name@job, ... in at most `max` bytes. */
static void list_missing(const struct plan *p, struct buf *out, size_t max)
{
    struct buf one = BUF_INIT(BODY_MAX * 4);
    bool fits = true;

    for (size_t i = 0; fits && i < p->n_missing; i++) {
        const struct missing *m = &p->missing[i];

        buf_clear(&one);
        buf_addf(&one, "%s/", kind_name(m->kind));
        buf_addstr(&one, m->name);
        buf_addc(&one, '@');
        buf_addstr(&one, p->request->names[m->job]);
        fits = buf_add_item(out, buf_str(&one), max);
    }
    buf_release(&one);
}

static int fail_missing(const struct plan *p, struct err *err)
{
    struct buf list = BUF_INIT(ERROR_DETAIL_MAX);
    bool script = false, resource = false;

    for (size_t i = 0; i < p->n_missing; i++) {
        script |= p->missing[i].kind == KIND_SCRIPT;
        resource |= p->missing[i].kind == KIND_RESOURCE;
    }
    list_missing(p, &list, ERROR_DETAIL_MAX - 8);
    err_set(err, E_NOTFOUND,
            script     ? DLF_6201
            : resource ? DLF_6241
                       : DLF_3051,
            DET_MISSING_DEPENDS, buf_cstr(&list));
    buf_release(&list);
    return E_NOTFOUND;
}

static int report_missing(struct plan *p, struct err *err)
{
    struct export *e = &p->out->export;
    struct export_missing *shown;

    if (!p->n_missing)
        return 0;
    qsort(p->missing, p->n_missing, sizeof(*p->missing), by_job_and_name);
    if (p->request->fail_missing)
        return fail_missing(p, err);
    e->missing = p->n_missing;
    e->n_shown =
        p->n_missing < EXPORT_MISSING_SHOWN ? p->n_missing : EXPORT_MISSING_SHOWN;
    shown = arena_array(&p->out->arena, e->n_shown, sizeof(*shown));
    e->shown = shown;
    for (size_t i = 0; shown && i < e->n_shown; i++) {
        const struct missing *m = &p->missing[i];
        struct str job = arena_str(&p->out->arena, p->request->names[m->job]);

        shown[i] = (struct export_missing){ m->kind, m->name, job };
        if (!job.p)
            return err_nomem(err);
    }
    return shown ? 0 : err_nomem(err);
}

/* ---- entries ---- */

static int by_identity(const void *a, const void *b)
{
    const struct item *x = a, *y = b;
    int c = (x->job > y->job) - (x->job < y->job);

    if (!c)
        c = (int)x->kind - (int)y->kind;
    if (!c)
        c = str_cmp(x->name, y->name);
    return c ? c : str_cmp(x->scope, y->scope);
}

static int by_entry_name(const void *a, const void *b)
{
    const struct zip_entry *x = a, *y = b;
    size_t i = ((const struct item *)x->owner)->job;
    size_t j = ((const struct item *)y->owner)->job;

    return i != j ? (i > j) - (i < j) : str_cmp(x->name, y->name);
}

/* jobs/<job>/<name>.<ending> of a batch, CDM jobs in cdms/<cluster>/ below it; a folder
 * for each kind in a single export.  The second resource of a name is <name>~2, and so
 * on. */
static int add_entry(struct plan *p, const struct item *item, int number, struct err *err)
{
    const struct kind_row *kind = kind_row(item->kind);
    struct zip_entry *e = &p->out->entries[p->out->n++];
    bool batch = p->request->layout == EXPORT_BATCH;
    struct buf name = BUF_INIT(4 * KIB);

    buf_adds(&name, batch ? "jobs/" : kind->folder);
    if (batch) {
        buf_addstr(&name, p->request->names[item->job]);
        buf_addc(&name, '/');
    }
    if (kind->is_cdm)
        buf_addf(&name, "%s%.*s/", batch ? kind->folder : "", STR_ARG(item->scope));
    buf_addstr(&name, item->name);
    if (number > 1)
        buf_addf(&name, "~%d", number);
    buf_adds(&name, kind->suffix);
    *e = (struct zip_entry){ .name = arena_buf(&p->out->arena, &name),
                             .crc32 = item->crc32,
                             .raw_size = item->raw_size,
                             .stored_size = item->stored_size,
                             .owner = item };
    buf_release(&name);
    return e->name.p ? 0 : err_nomem(err);
}

/* Objects of one name in one folder stand together now, by their directory. */
static int make_entries(struct plan *p, struct err *err)
{
    struct export_int *out = p->out;
    int number = 0, rc = 0;

    out->entries = arena_array(&out->arena, p->n_items, sizeof(*out->entries));
    if (!out->entries)
        return err_nomem(err);
    qsort(p->items, p->n_items, sizeof(*p->items), by_identity);
    for (size_t i = 0; !rc && i < p->n_items; i++) {
        const struct item *item = &p->items[i], *before = i ? item - 1 : NULL;
        bool same = before && before->job == item->job && before->kind == item->kind &&
                    str_eq(before->name, item->name);

        if (same && before->id == item->id)
            continue; /* named twice: by its name and by its location */
        number = same && item->kind == KIND_RESOURCE ? number + 1 : 1;
        rc = add_entry(p, item, number, err);
        out->export.count[item->kind]++;
        out->unpacked += item->raw_size;
    }
    qsort(out->entries, out->n, sizeof(*out->entries), by_entry_name);
    out->export.size = zipw_size(out->entries, out->n);
    return rc;
}

static int check_limits(const struct plan *p, struct err *err)
{
    const struct catalog *c = p->catalog;
    const struct export_int *out = p->out;

    if (out->n > c->max_archive_entries)
        return over_limit(out->n, DET_ARCHIVE_ENTRIES, c->max_archive_entries, err);
    if (out->unpacked > c->max_unpacked_bytes)
        return over_limit(out->unpacked, DET_ARCHIVE_UNPACKED, c->max_unpacked_bytes,
                          err);
    if (out->export.size > c->max_archive_bytes)
        return over_limit(out->export.size, DET_ARCHIVE_BYTES, c->max_archive_bytes, err);
    return 0;
}

static void digest_archive(struct export_int *out)
{
    struct sha256_ctx c;

    sha256_init(&c);
    sha256_update(&c, strlen(ARCHIVE_FORMAT), (const uint8_t *)ARCHIVE_FORMAT);
    for (size_t i = 0; i < out->n; i++) {
        const struct zip_entry *e = &out->entries[i];
        const struct item *item = e->owner;

        sha256_update(&c, e->name.n, (const uint8_t *)e->name.p);
        sha256_update(&c, 1, (const uint8_t *)"");
        sha256_update(&c, SHA256_BYTES, item->stored_sha256);
    }
    sha256_digest(&c, SHA256_BYTES, out->export.digest);
}

/* ---- the whole plan ---- */

static int complete(struct plan *p, const struct place *place, struct err *err)
{
    int rc = query_plan(p, place, err);

    if (!rc)
        rc = report_missing(p, err);
    if (!rc)
        rc = make_entries(p, err);
    if (!rc)
        rc = check_limits(p, err);
    if (rc)
        return rc;
    digest_archive(p->out);
    if (p->request->digest && p->revisions.workspace)
        export_remember(p->out, p->request->digest, &p->revisions, p->rights);
    return 0;
}

int catalog_export_plan(struct catalog *c, const struct place *place,
                        const struct export_request *request, struct export **out,
                        struct err *err)
{
    struct export_int *e = calloc(1, sizeof(*e));
    struct plan p = {
        .catalog = c, .request = request, .out = e, .project = place->project
    };
    int rc;

    if (!e)
        return err_nomem(err);
    e->store = c->store;
    e->cache = c->cache;
    rc = complete(&p, place, err);
    e->items = p.items;
    free(p.missing);
    if (rc) {
        catalog_export_free(&e->export);
        return rc;
    }
    *out = &e->export;
    return 0;
}
