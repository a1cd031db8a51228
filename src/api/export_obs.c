#include "api/export.h"

#include "base/clock.h"
#include "base/limits.h"
#include "catalog/storage.h"

/*
 * Exports with obsPath: the archive becomes an object, before the answer says where.  A
 * worker plans it and writes it; the request sleeps meanwhile.  Who asks is judged when
 * it begins, and with the plan, before anything is written.
 */
struct obs_export {
    struct export_body body;
    struct str folder, object; /* the answer, and the object's path */
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
static int name_object(struct call *c, struct obs_export *o)
{
    struct arena *arena = &c->http->arena;
    struct str path = o->body.obs_path,
               name = export_layout(c) == EXPORT_BATCH ? STR("jobs") : o->body.names[0];
    struct buf text = BUF_INIT(8 * KIB);
    size_t folder;

    while (path.n && path.p[path.n - 1] == '/')
        path.n--;
    buf_addstr(&text, path);
    buf_addf(&text, "/%.*s_exported/%lld", STR_ARG(name), (long long)next_ms(c->api));
    folder = text.len;
    buf_addf(&text, "/%.*s.zip", STR_ARG(name));
    o->object = arena_buf(arena, &text);
    o->folder = (struct str){ o->object.p, folder };
    buf_release(&text);
    return o->object.p && o->object.n ? 0 : err_nomem(&c->err);
}

static int put_object(struct call *c, const struct obs_export *o,
                      const struct obs_path *path)
{
    struct err *err = &c->err;
    struct export_request request = export_request_of(&o->body, export_layout(c));
    struct stream *content;
    struct export *e;
    int rc = catalog_export_plan(c->api->catalog, &c->place, &request, &e, err);

    if (rc)
        return rc;
    export_report(c, e);
    content = catalog_export_stream(e);
    rc = obs_put(c->api->obs, path, content, err);
    content->free(content);
    return rc ? storage_explain("obsPath", err) : 0;
}

/* On a worker's thread. */
static void export_object(struct call *c)
{
    struct obs_export *o = c->op;
    struct obs_path path;
    bool there; /* none is: its name is of this instant */
    int rc = catalog_check_workspace(c->api->catalog, &c->place, &c->err);

    if (!rc)
        rc = name_object(c, o);
    if (!rc)
        rc = storage_find(c->api->obs, "obsPath", o->object, &path, &there, &c->err);
    if (!rc)
        rc = put_object(c, o, &path);
    if (!rc)
        audit_call(c, client_status(c, 200));
    call_wake(c, rc);
}

static void answer_folder(struct call *c)
{
    struct obs_export *o = c->op;
    struct buf json = BUF_INIT(64 * KIB);
    struct jw jw = JW_INIT(&json, false);

    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("obsPath"), o->folder);
    jw_end(&jw, '}');
    call_json(c, &json);
}

void export_to_obs(struct call *c, const struct export_body *body)
{
    struct obs_export *o = arena_alloc(&c->http->arena, sizeof(*o));

    if (!o) {
        err_nomem(&c->err);
        call_fail(c);
        return;
    }
    *o = (struct obs_export){ .body = *body };
    c->op = o;
    call_offload(c, c->api->workers, export_object, answer_folder, DET_EXPORTING);
}
