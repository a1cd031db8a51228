#include "catalog/catalog.h"

#include <stdlib.h>

#include "base/limits.h"
#include "catalog/object.h"
#include "store/jobs.h"

int catalog_check_workspace(struct catalog *c, const struct place *place, struct err *err)
{
    struct arena arena = ARENA_INIT;
    struct workspace w;
    struct snapshot *s;
    int rc = place_open(c, place, &s, &w, &arena, err);

    if (!rc)
        snapshot_end(s);
    arena_release(&arena);
    return rc;
}

/* ---- JSON of one object ---- */

/* The server's members, in front of the definition's and behind them. */
static void write_before(struct jw *jw, enum kind kind, const struct object *o)
{
    if (kind == KIND_JOB || kind_row(kind)->is_cdm)
        jw_int(jw, STR("id"), o->id);
    else if (kind != KIND_CONNECTION)
        jw_string(jw, STR("id"), o->uid);
    if (kind == KIND_RESOURCE)
        jw_string(jw, STR("resourceId"), o->uid);
}

static void write_behind_cdm(struct jw *jw, enum kind kind, const struct object *o)
{
    jw_string(jw, STR("creation-user"), o->create_user);
    jw_int(jw, STR("creation-date"), o->create_time);
    jw_string(jw, STR("update-user"), o->update_user);
    jw_int(jw, STR("update-date"), o->update_time);
    if (kind == KIND_LINK)
        return;
    jw_bool(jw, STR("enabled"), true);
    jw_string(jw, STR("status"), STR("NEW")); /* none has ever been started */
}

static void write_behind(struct jw *jw, enum kind kind, const struct object *o)
{
    if (kind_row(kind)->is_cdm)
        write_behind_cdm(jw, kind, o);
    if (kind == KIND_JOB) {
        jw_string(jw, STR("lastUpdateUser"), o->update_user);
        jw_int(jw, STR("createTime"), o->create_time);
    }
    if (kind == KIND_SCRIPT) {
        jw_string(jw, STR("owner"), o->facts.owner);
        jw_string(jw, STR("createUser"), o->create_user);
        if (o->version)
            jw_int(jw, STR("version"), o->version);
    }
}

/* What ends a row of the v2 list of scripts. */
static void write_behind_v2(struct jw *jw, const struct object *o)
{
    jw_string(jw, STR("create_user"), o->create_user);
    jw_int(jw, STR("modify_time"), o->update_time);
    jw_string(jw, STR("owner"), o->facts.owner);
    jw_int(jw, STR("version"), o->version);
}

/* `more` is JSON for the end of a shown object: ,"key":value or nothing. */
static int write_definition(struct jw *jw, enum kind kind, bool v2,
                            const struct object *o, struct str stored, struct str more,
                            struct err *err)
{
    struct buf text = BUF_INIT(DEFINITION_MAX);
    int rc = object_inflate(o, stored, &text, err);

    jw_object(jw, STR_NONE);
    write_before(jw, kind, o);
    if (!rc)
        rc = v2 ? definition_show_v2(jw, buf_str(&text), err)
                : definition_show(jw, kind, buf_str(&text), o->secret_paths, err);
    if (v2)
        write_behind_v2(jw, o);
    else
        write_behind(jw, kind, o);
    buf_addstr(jw->out, more);
    jw_end(jw, '}');
    buf_release(&text);
    if (!rc && jw->out->bad)
        rc = err_nomem(err);
    return rc;
}

struct downstream {
    struct jw jw;
    struct str workspace;
};

static void add_downstream(void *arg, int64_t id, struct str job)
{
    struct downstream *d = arg;

    jw_object(&d->jw, STR_NONE);
    jw_string(&d->jw, STR("workSpace"), d->workspace);
    jw_string(&d->jw, STR("jobName"), job);
    jw_int(&d->jw, STR("jobId"), id);
    jw_end(&d->jw, '}');
}

static int write_downstream(struct snapshot *s, const struct workspace *w,
                            struct str name, struct buf *more, struct err *err)
{
    struct downstream d = { JW_INIT(more, false), w->name };
    int rc;

    buf_adds(more, ",\"downstreamJobs\":");
    jw_array(&d.jw, STR_NONE);
    rc = snapshot_downstream(s, w->id, name, add_downstream, &d, err);
    jw_end(&d.jw, ']');
    return rc;
}

/* Puts the definition of a version in place of the saved one. */
static int choose_version(struct snapshot *s, enum kind kind, int64_t version,
                          struct object *o, struct err *err)
{
    int rc;

    if (version == SHOW_SAVED || !o->id)
        return 0;
    rc = snapshot_version(s, version == SHOW_SUBMITTED ? o->version : version, o, err);
    if (rc != E_NOTFOUND)
        return rc;
    return err_set(err, rc, kind_row(kind)->not_held, DET_NO_VERSION);
}

int catalog_show(struct catalog *c, const struct place *place, enum kind kind,
                 struct str key, int64_t version, bool downstream, struct buf *json,
                 uint8_t digest[SHA256_BYTES], struct err *err)
{
    struct buf stored = BUF_INIT(DEFINITION_MAX), more = BUF_INIT(DEFINITION_MAX);
    struct jw jw = JW_INIT(json, false);
    struct arena arena = ARENA_INIT;
    struct workspace w;
    struct snapshot *s;
    struct object o = { 0 };
    int rc = place_open(c, place, &s, &w, &arena, err);

    if (!rc) {
        rc = snapshot_object(s, w.id, kind, place->cluster, key, &o, &arena, err);
        if (!rc)
            rc = choose_version(s, kind, version, &o, err);
        if (!rc && downstream)
            rc = write_downstream(s, &w, key, &more, err);
        if (!rc && o.id)
            rc = snapshot_blobs(s, &o.blob, 1, &stored, err);
        snapshot_end(s);
    }
    if (kind == KIND_SCRIPT)
        buf_adds(&more, ",\"autoAcquireLock\":true");
    if (!rc && !o.id)
        rc = object_not_held(kind, key, err);
    if (!rc && more.bad)
        rc = err_nomem(err);
    if (!rc)
        rc =
            write_definition(&jw, kind, false, &o, buf_str(&stored), buf_str(&more), err);
    memcpy(digest, o.sha256, SHA256_BYTES);
    buf_release(&stored);
    buf_release(&more);
    arena_release(&arena);
    return rc;
}

/* ---- lists ---- */

/* A list that is being written.  Jobs are shown by their rows alone; scripts
 * and resources with their definitions, fetched in batches. */
struct list {
    struct stream stream;
    struct catalog *catalog;
    const struct list_request *request;
    enum kind kind;
    struct object *rows; /* in the caller's arena */
    size_t n, at;
    int64_t total;
    struct jw jw;
    enum { LIST_HEAD, LIST_ROWS, LIST_END } state;
};

static void write_job_row(struct jw *jw, const struct object *o)
{
    const struct facts *f = &o->facts;

    jw_object(jw, STR_NONE);
    jw_string(jw, STR("name"), f->name);
    jw_string(jw, STR("jobType"), f->process_type);
    jw_string(jw, STR("status"), STR("STOPPED")); /* none has ever been started */
    if (f->owner.n)
        jw_string(jw, STR("owner"), f->owner);
    jw_int(jw, STR("priority"), f->priority);
    jw_string(jw, STR("createUser"), o->create_user);
    jw_int(jw, STR("createTime"), o->create_time);
    if (f->end_time)
        jw_int(jw, STR("endTime"), f->end_time);
    jw_int(jw, STR("lastUpdateTime"), o->update_time);
    jw_string(jw, STR("lastUpdateUser"), o->update_user);
    jw_string(jw, STR("path"), f->directory);
    jw_bool(jw, STR("singleNodeJobFlag"), f->single_node);
    jw_end(jw, '}');
}

#define LIST_BATCH_ROWS 100

/* So many rows from l->at on as one batch takes, at least one. */
static size_t batch_size(const struct list *l)
{
    uint64_t bytes = 0;
    size_t n = 0;

    for (; l->at + n < l->n && n < LIST_BATCH_ROWS; n++) {
        bytes += l->rows[l->at + n].raw_size;
        if (n > 0 && bytes > BLOB_BATCH_MAX)
            break;
    }
    return n;
}

static int write_batch(struct list *l, struct err *err)
{
    struct buf stored = BUF_INIT(DEFINITION_MAX + BLOB_BATCH_MAX);
    int64_t blobs[LIST_BATCH_ROWS] = { 0 };
    size_t n = batch_size(l), offset = 0;
    int rc;

    for (size_t i = 0; i < n; i++)
        blobs[i] = l->rows[l->at + i].blob;
    rc = store_blobs(l->catalog->store, blobs, n, &stored, err);
    for (size_t i = 0; !rc && i < n; i++, l->at++) {
        const struct object *o = &l->rows[l->at];
        struct str one = { stored.ptr + offset, o->stored_size };

        if (one.n > stored.len - offset) {
            rc = row_damaged("blob", o->blob, err);
            break;
        }
        rc = write_definition(&l->jw, l->kind, l->request->v2, o, one, STR(""), err);
        offset += o->stored_size;
    }
    buf_release(&stored);
    return rc;
}

static void write_head(struct list *l)
{
    jw_object(&l->jw, STR_NONE);
    if (l->kind != KIND_LINK)
        jw_int(&l->jw, STR("total"), l->total);
    jw_array(&l->jw, str_of(kind_row(l->kind)->list));
    l->state = LIST_ROWS;
}

static int list_next(struct stream *stream, struct buf *piece, struct err *err)
{
    struct list *l = (struct list *)stream;
    int rc = 0;

    l->jw.out = piece;
    if (l->state == LIST_HEAD) {
        write_head(l);
    } else if (l->state == LIST_ROWS && l->at == l->n) {
        jw_end(&l->jw, ']');
        buf_adds(piece, l->request->tail);
        jw_end(&l->jw, '}');
        l->state = LIST_END;
    } else if (l->state == LIST_ROWS && l->kind == KIND_JOB) {
        for (; l->at < l->n; l->at++)
            write_job_row(&l->jw, &l->rows[l->at]);
    } else if (l->state == LIST_ROWS) {
        rc = write_batch(l, err);
    }
    if (!rc && piece->bad)
        rc = err_nomem(err);
    return rc;
}

static void list_free(struct stream *stream)
{
    free(stream);
}

static int read_only(struct snapshot *s, const struct workspace *w,
                     const struct place *place, struct list *l, struct arena *arena,
                     struct err *err)
{
    struct str name = l->request->only;
    int rc =
        snapshot_object(s, w->id, l->kind, place->cluster, name, l->rows, arena, err);

    l->n = 1;
    l->total = 1;
    return rc || l->rows[0].id ? rc : object_not_held(l->kind, name, err);
}

static int read_rows(struct catalog *c, const struct place *place, struct list *l,
                     struct arena *arena, struct err *err)
{
    struct workspace w;
    struct snapshot *s;
    int rc = place_open(c, place, &s, &w, arena, err);

    if (rc)
        return rc;
    if (l->request->only.p)
        rc = read_only(s, &w, place, l, arena, err);
    else
        rc = snapshot_list(s, &w, &l->request->query, l->rows, &l->n, &l->total, arena,
                           err);
    snapshot_end(s);
    return rc;
}

/* A piece is a batch, or one definition that is larger. */
static void note_piece(struct stream *s, size_t raw_size)
{
    size_t piece = raw_size > BLOB_BATCH_MAX ? raw_size : BLOB_BATCH_MAX;

    s->piece = s->piece > piece ? s->piece : piece;
    s->least = s->piece;
}

int catalog_list(struct catalog *c, const struct place *place,
                 const struct list_request *request, struct arena *arena,
                 struct stream **out, uint64_t *size_hint, struct err *err)
{
    enum kind kind = request->query.kind;
    struct list *l = calloc(1, sizeof(*l));
    int rc = 0;

    if (l) {
        *l = (struct list){ .stream = { .next = list_next, .free = list_free },
                            .catalog = c,
                            .request = request,
                            .kind = kind,
                            .jw = JW_INIT(NULL, false) };
        l->rows = arena_array(arena, (size_t)request->query.limit, sizeof(*l->rows));
    }
    if (!l || !l->rows)
        rc = err_nomem(err);
    if (!rc)
        rc = read_rows(c, place, l, arena, err);
    if (rc) {
        free(l);
        return rc;
    }
    *size_hint = 0;
    for (size_t i = 0; kind != KIND_JOB && i < l->n; i++) {
        *size_hint += l->rows[i].raw_size;
        note_piece(&l->stream, l->rows[i].raw_size);
    }
    *out = &l->stream;
    return 0;
}
