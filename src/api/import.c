#include "api/call.h"

#include "api/import_body.h"
#include "base/limits.h"

/*
 * Imports and check-file.  A worker starts the import, and the request goes on with the
 * id of its task, or, of a dry run, with the plan.
 */

/* What the request waits for; in its arena. */
struct import_answer {
    struct call *call;
    struct import_task *import; /* until it is started */
    char uid[ID_HEX_BYTES];
    struct buf json; /* of a dry run, or of check-file */
};

/* Lets the request go on, and tells the audit log of a success. */
static void wake_audited(struct call *c, int rc)
{
    if (!rc)
        audit_call(c, client_status(c, 200));
    call_wake(c, rc);
}

static void give_answer(struct call *c)
{
    struct import_answer *a = c->op;

    if (!a->json.len)
        buf_addf(&a->json, "{\"taskId\":\"%s\"}", a->uid);
    call_json(c, &a->json);
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

/* ---- imports ---- */

static void take_plan(void *arg, int rc, struct err *err, struct buf *json)
{
    struct import_answer *a = arg;

    a->json = *json;
    if (rc)
        err_move(err, &a->call->err);
    wake_audited(a->call, rc);
}

/* On a worker's thread.  A dry run's request may be gone once it is started. */
static void start_import(struct call *c)
{
    struct import_answer *a = c->op;
    struct import_task *t = a->import;
    struct str line = STR("");
    bool dry_run = t->options.dry_run, begun = false;
    int rc = 0;

    if (!dry_run)
        rc = audit_of_write(c, &line, &c->err);
    if (!rc && !dry_run)
        rc = audit_of_task(c, a->uid, &t->arena, &t->task.audit, &c->err);
    if (rc)
        import_task_free(t);
    else
        rc = import_start(t, line, &begun, &c->err);
    if (!rc && dry_run)
        return;
    c->audited |= begun && line.n;
    wake_audited(c, rc);
}

/* Notes for the audit log which archive it is, and whether it is only looked at. */
static void note_subject(struct call *c, const struct import_options *body)
{
    struct buf text = BUF_INIT(4 * KIB);

    buf_adds(&text, body->dry_run ? "dry run of " : "");
    buf_addstr(&text, body->path);
    c->subject = arena_buf(&c->http->arena, &text);
    buf_release(&text);
}

/* Makes *out, which the caller frees, also after a failure. */
static int read_import(struct call *c, enum task_kind kind, struct import_task **out)
{
    struct import_task *t;
    int rc = import_task_new(out, c->api->imports, &c->place, kind, c->language, &c->err);

    if (rc)
        return rc;
    t = *out;
    rc = kind == TASK_IMPORT_JOBS
             ? import_body_read(&t->options, c->body, &t->arena, &c->err)
             : import_body_read_connections(&t->options, c->body, &t->arena, &c->err);
    if (rc)
        return rc;
    note_subject(c, &t->options);
    return c->subject.p ? import_admit(t, &c->err) : err_nomem(&c->err);
}

static void import(struct call *c, enum task_kind kind)
{
    struct import_answer *a = new_answer(c);
    struct import_task *t = NULL;
    int rc = a ? read_import(c, kind, &t) : err_nomem(&c->err);

    if (rc) {
        import_task_free(t);
        call_fail(c);
        return;
    }
    a->import = t;
    memcpy(a->uid, t->task.uid, sizeof(a->uid));
    t->planned = take_plan;
    t->arg = a;
    if (call_offload(c, c->api->workers, start_import, give_answer, DET_IMPORTING))
        import_task_free(t);
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

/* On a worker's thread. */
static void check_archive(struct call *c)
{
    struct import_answer *a = c->op;

    wake_audited(c, import_check_file(c->api->imports, &c->place, c->subject, c->language,
                                      &a->json, &c->err));
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
