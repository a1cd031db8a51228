#include "api/call.h"

#include "base/clock.h"
#include "base/limits.h"

/*
 * Exports with obsPath: the archive becomes an object, before the answer says where.  A
 * worker plans it and writes it; the request sleeps meanwhile.  Who asks is judged when
 * it begins, and with the plan, before anything is written.
 */
struct obs_export {
    struct task task;
    struct call *call;
    struct export_body body;
    enum export_layout layout;
    struct str folder, object; /* the answer, and the object's path */
    bool busy;                 /* no worker was free */
    int rc;                    /* the worker's; the error is in call->err */
};

/* No two exports of this server have the same. */
static int64_t next_ms(struct api *api)
{
    int64_t last = atomic_load(&api->last_export_ms), now;

    do
        now = clock_ms() > last ? clock_ms() : last + 1;
    while (!atomic_compare_exchange_weak(&api->last_export_ms, &last, now));
    return now;
}

/* PATH/jobs_exported/MS/jobs.zip; of one job PATH/JOB_exported/MS/JOB.zip */
static int name_object(struct obs_export *o, struct err *err)
{
    struct arena *arena = &o->call->http->arena;
    struct str path = o->body.obs_path,
               name = o->layout == EXPORT_BATCH ? STR("jobs") : o->body.names[0];
    struct buf text = BUF_INIT(8 * KIB);
    size_t folder;

    while (path.n && path.p[path.n - 1] == '/')
        path.n--;
    buf_addstr(&text, path);
    buf_addf(&text, "/%.*s_exported/%lld", STR_ARG(name),
             (long long)next_ms(o->call->api));
    folder = text.len;
    buf_addf(&text, "/%.*s.zip", STR_ARG(name));
    o->object = arena_buf(arena, &text);
    o->folder = (struct str){ o->object.p, folder };
    buf_release(&text);
    return o->object.p && o->object.n ? 0 : err_nomem(err);
}

static int put(struct obs_export *o, const struct obs_path *path, struct err *err)
{
    struct call *c = o->call;
    struct export_request request = export_request_of(&o->body, o->layout);
    struct stream *content;
    struct export *e;
    int rc = catalog_export_plan(c->api->catalog, &c->place, &request, &e, err);

    if (rc)
        return rc;
    export_report(c, e, o->layout);
    content = catalog_export_stream(e);
    rc = obs_put(c->api->obs, path, content, err);
    content->free(content);
    return rc ? storage_explain("obsPath", err) : 0;
}

static void work(struct task *task)
{
    struct obs_export *o = (struct obs_export *)task;
    struct err *err = &o->call->err;
    struct obs_path path;
    bool there; /* none is: its name is of this instant */

    o->rc = catalog_check_workspace(o->call->api->catalog, &o->call->place, err);
    if (!o->rc)
        o->rc = name_object(o, err);
    if (!o->rc)
        o->rc = storage_find(o->call->api, "obsPath", o->object, &path, &there, err);
    if (!o->rc)
        o->rc = put(o, &path, err);
    if (o->rc)
        call_judge(o->call);
    else
        audit_call(o->call, client_status(o->call, 200));
    http_resume(o->call->http);
}

static void answer(struct http_request *r)
{
    struct call *c = r->state;
    struct obs_export *o = c->obs_export;
    struct buf json = BUF_INIT(64 * KIB);
    struct jw jw = JW_INIT(&json, false);

    if (o->busy)
        o->rc = err_set(&c->err, E_BUSY, APIGW_0613, DET_EXPORTING);
    if (o->rc) {
        call_fail(c);
        return;
    }
    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("obsPath"), o->folder);
    jw_end(&jw, '}');
    call_json(c, &json);
}

void export_to_obs(struct call *c, const struct export_body *body,
                   enum export_layout layout)
{
    struct obs_export *o = arena_alloc(&c->http->arena, sizeof(*o));

    if (!o) {
        err_nomem(&c->err);
        call_fail(c);
        return;
    }
    *o = (struct obs_export){
        .task = { .run = work }, .call = c, .body = *body, .layout = layout
    };
    c->obs_export = o;
    http_suspend(c->http, answer);
    o->busy = !workers_add(c->api->workers, &o->task);
    if (o->busy)
        http_resume(c->http);
}
