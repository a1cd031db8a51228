#include "api/call.h"

#include <stdlib.h>
#include <unistd.h>

#include "api/import_body.h"
#include "base/limits.h"
#include "base/log.h"
#include "import/import.h"
#include "tasks/tasks.h"

/*
 * Imports.  A worker looks whether the object is there, begins
 * the task, and lets the request go with its id; another one, which does nothing else,
 * reads the archive and writes what it holds, one import after the other.
 */

/* The request that sleeps until it has its answer; in its arena. */
struct import_answer {
    struct call *call;
    struct import_call *import; /* until an importer has it */
    char uid[ID_HEX_BYTES];
    struct buf json; /* of a dry run, or of check-file */
};

/* One import; it outlives its request. */
struct import_call {
    struct task task;
    struct api *api;
    struct arena arena;
    struct import_options body;
    struct import_request request;
    struct authority authority; /* of its place */
    struct obs_path path;
    enum language language;
    int64_t id;
    char uid[ID_HEX_BYTES];
    struct import_answer *answer; /* NULL when it has been given */
    size_t reserved;              /* of api->import_memory */
};

/* Its body's memory was given back with the request; an import keeps what it needs. */
static bool reserve(struct import_call *ic)
{
    atomic_size_t *memory = &ic->api->import_memory;

    ic->reserved = sizeof(*ic) + ic->arena.bytes;
    return atomic_fetch_add(memory, ic->reserved) + ic->reserved <= IMPORTS_MEMORY_MAX;
}

static void import_call_free(struct import_call *ic)
{
    atomic_fetch_sub(&ic->api->import_memory, ic->reserved);
    arena_wipe(&ic->arena); /* keys of connections may be secrets */
    free(ic);
}

/* Lets the request go on, whose outcome is known. */
static void wake(struct call *c, int rc)
{
    if (!rc)
        audit_call(c, client_status(c, 200));
    call_wake(c, rc);
}

/* ---- the work ---- */

/* What is wrong with the archive as a whole is what cannot be read of it. */
static int explain_archive(int rc, struct err *err)
{
    if ((rc == E_INVALID || rc == E_LIMIT) && err->api == API_OK)
        err->api = DLF_0815;
    return rc;
}

static int read_archive(struct import_call *ic, int *fd, struct import **im,
                        struct err *err)
{
    int rc = atomic_load(&ic->api->stopping)
                 ? err_set(err, E_BUSY, APIGW_0613, DET_STOPPED)
                 : catalog_check_workspace(ic->api->catalog, &ic->request.place, err);

    if (!rc)
        rc = storage_fetch(ic->api, "path", &ic->path, fd, err);
    if (!rc)
        rc = explain_archive(import_read(im, ic->api->catalog, &ic->request, *fd, err),
                             err);
    return rc;
}

static int run_import(struct import_call *ic, struct err *err)
{
    struct import *im = NULL;
    int fd = -1;
    int rc = read_archive(ic, &fd, &im, err);

    if (!rc && ic->body.dry_run)
        rc = import_plan(im, ic->language, &ic->answer->json, err);
    else if (!rc)
        rc = import_run(im, ic->id, err);
    import_free(im);
    if (fd >= 0)
        close(fd);
    return rc;
}

static bool fail_task(struct import_call *ic, const struct err *why)
{
    struct err err = ERR_INIT;
    int rc = task_fail(ic->api->catalog, ic->id, why, ic->request.audit, &err);

    if (rc)
        log_error("task %s: its end cannot be written", ic->uid);
    err_clear(&err);
    return !rc;
}

/* On the importing thread, when the request has its answer.  While the disk is full no
 * end is written and no other import would come further: a client waits, and is told in
 * the end.  What a stop leaves ends with the next start. */
static void end_task(struct import_call *ic, int rc, const struct err *why)
{
    while (rc && !fail_task(ic, why) && !atomic_load(&ic->api->stopping))
        sleep(1);
    log_info("task %s: ended", ic->uid);
}

static void work(struct task *task)
{
    struct import_call *ic = (struct import_call *)task;
    struct err err = ERR_INIT;
    int rc = run_import(ic, &err);

    if (ic->answer) {
        ic->answer->call->err = err;
        wake(ic->answer->call, rc);
    } else {
        end_task(ic, rc, &err);
        err_clear(&err);
    }
    import_call_free(ic);
}

/* ---- before it: on a worker for object storage ---- */

static int begin(struct import_call *ic, struct err *err)
{
    struct call *c = ic->answer->call;
    struct str line;
    int rc = catalog_check_workspace(ic->api->catalog, &ic->request.place, err);

    if (!rc)
        rc = storage_need(ic->api, "path", ic->body.path, &ic->path, err);
    if (rc || ic->body.dry_run)
        return rc;
    rc = audit_of_write(c, &line, err);
    if (!rc)
        rc = task_begin(ic->api->catalog, &ic->request.place, ic->request.kind,
                        ic->body.path, line, &ic->id, ic->uid, err);
    if (rc)
        return rc;
    memcpy(ic->answer->uid, ic->uid, sizeof(ic->uid));
    c->audited = line.n;
    rc = audit_of_task(c, ic->uid, &ic->arena, &ic->request.audit, err);
    if (rc)
        fail_task(ic, err);
    return rc;
}

static int too_many(struct import_call *ic, struct err *err)
{
    err_set(err, E_BUSY, APIGW_0613, DET_IMPORTING);
    if (!ic->body.dry_run)
        fail_task(ic, err);
    return E_BUSY;
}

/* Hands it over; who imports may be done with it at once. */
static void look(struct call *c)
{
    struct import_answer *answer = c->op;
    struct import_call *ic = answer->import;
    struct workers *importers = ic->api->importers;
    bool dry = ic->body.dry_run;
    int rc = begin(ic, &c->err);

    ic->task.run = work;
    if (!rc && !dry)
        ic->answer = NULL;
    if (!rc && workers_add(importers, &ic->task)) {
        if (!dry)
            wake(c, 0);
        return;
    }
    if (!rc)
        rc = too_many(ic, &c->err);
    import_call_free(ic);
    wake(c, rc);
}

/* ---- the request ---- */

static void give_answer(struct call *c)
{
    struct import_answer *a = c->op;
    struct buf json = BUF_INIT(KIB);

    if (a->json.len) {
        call_json(c, &a->json);
    } else {
        buf_addf(&json, "{\"taskId\":\"%s\"}", a->uid);
        call_json(c, &json);
    }
}

static void free_answer(void *op)
{
    struct import_answer *a = op;

    buf_release(&a->json);
}

static struct import_answer *new_answer(struct call *c)
{
    struct import_answer *a = arena_alloc(&c->http->arena, sizeof(*a));

    if (!a)
        return NULL;
    *a = (struct import_answer){ .call = c, .json = BUF_INIT(IMPORT_PLAN_MAX) };
    c->op = a;
    c->op_free = free_answer;
    return a;
}

/* For the audit log, which tells what is only looked at. */
static void note_subject(struct call *c, const struct import_options *body)
{
    struct buf text = BUF_INIT(4 * KIB);

    buf_adds(&text, body->dry_run ? "dry run of " : "");
    buf_addstr(&text, body->path);
    c->subject = arena_buf(&c->http->arena, &text);
    buf_release(&text);
}

/* By what the import acts: its own, for the request's ends before it. */
static int keep_authority(struct import_call *ic, const struct authority *from,
                          struct err *err)
{
    struct authority *a = &ic->authority;

    if (!from)
        return 0;
    *a = *from;
    a->token = arena_str(&ic->arena, from->token);
    a->access_key = arena_str(&ic->arena, from->access_key);
    a->project = ic->request.place.project;
    a->workspace = ic->request.place.workspace;
    ic->request.place.authority = a;
    return a->token.p && a->access_key.p ? 0 : err_nomem(err);
}

/* What outlives the request. */
static int keep_request(struct import_call *ic, struct call *c, enum task_kind kind)
{
    struct place *p = &ic->request.place;

    p->project = arena_str(&ic->arena, c->place.project);
    p->workspace = arena_str(&ic->arena, c->place.workspace);
    p->user = arena_str(&ic->arena, c->place.user);
    p->cluster = STR("");
    ic->language = c->language;
    ic->request.kind = kind;
    ic->request.options = &ic->body;
    ic->request.stop = &c->api->stopping;
    ic->answer = new_answer(c);
    note_subject(c, &ic->body);
    if (!p->project.p || !p->workspace.p || !p->user.p || !ic->answer || !c->subject.p)
        return err_nomem(&c->err);
    return keep_authority(ic, c->place.authority, &c->err);
}

static int read_request(struct import_call *ic, struct call *c, enum task_kind kind)
{
    int rc = kind == TASK_IMPORT_JOBS
                 ? import_body_read(&ic->body, c->body, &ic->arena, &c->err)
                 : import_body_read_connections(&ic->body, c->body, &ic->arena, &c->err);

    return rc ? rc : keep_request(ic, c, kind);
}

/* NULL: see c->err. */
static struct import_call *new_import(struct call *c, enum task_kind kind)
{
    struct import_call *ic = calloc(1, sizeof(*ic));
    int rc;

    if (!ic) {
        err_nomem(&c->err);
        return NULL;
    }
    ic->api = c->api;
    rc = read_request(ic, c, kind);
    if (!rc && !reserve(ic))
        rc = err_set(&c->err, E_BUSY, APIGW_0613, DET_IMPORTING);
    if (!rc)
        return ic;
    import_call_free(ic);
    return NULL;
}

static void import(struct call *c, enum task_kind kind)
{
    struct import_call *ic = new_import(c, kind);

    if (!ic) {
        call_fail(c);
        return;
    }
    ic->answer->import = ic;
    if (call_offload(c, c->api->workers, look, give_answer, DET_IMPORTING))
        import_call_free(ic);
}

void import_jobs(struct call *c)
{
    import(c, TASK_IMPORT_JOBS);
}

void import_connections(struct call *c)
{
    import(c, TASK_IMPORT_CONNECTIONS);
}

/* ---- check-file ---- */

/* On a worker's thread.  Who asks is judged when it begins, and before it is answered. */
static void check_archive(struct call *c)
{
    struct import_answer *a = c->op;
    struct obs_path path;
    int fd = -1;
    int rc = catalog_check_workspace(c->api->catalog, &c->place, &c->err);

    if (!rc)
        rc = storage_need(c->api, "path", c->subject, &path, &c->err);
    if (!rc)
        rc = storage_fetch(c->api, "path", &path, &fd, &c->err);
    if (!rc)
        rc = explain_archive(check_file(c->api->catalog, fd, &c->api->stopping,
                                        c->language, &a->json, &c->err),
                             &c->err);
    if (!rc)
        rc = catalog_check_workspace(c->api->catalog, &c->place, &c->err);
    if (fd >= 0)
        close(fd);
    wake(c, rc);
}

void show_file_info(struct call *c)
{
    struct str path = STR("");
    int rc = new_answer(c) ? 0 : err_nomem(&c->err);

    if (!rc)
        rc = check_file_body_read(&path, c->body, &c->http->arena, &c->err);
    if (rc) {
        call_fail(c);
        return;
    }
    c->subject = path;
    call_offload(c, c->api->workers, check_archive, give_answer, DET_IMPORTING);
}

/* ---- tasks ---- */

void show_task(struct call *c)
{
    struct buf json = BUF_INIT(4 * TASK_REPORT_MAX);

    if (task_show(c->api->catalog, &c->place, c->name, c->language, &json, &c->err)) {
        buf_release(&json);
        call_fail(c);
    } else {
        call_json(c, &json);
    }
}
