#include "api/call.h"

#include "base/workers.h"

/* Requests that sleep, without a thread, while somebody else works for them. */

/* On a serving thread again. */
static void go_on(struct http_request *r)
{
    struct call *c = r->state;

    if (c->rc)
        call_fail(c);
    else
        c->then(c);
}

static void fall_asleep(struct call *c, void (*then)(struct call *c))
{
    c->rc = 0;
    c->then = then;
    http_suspend(c->http, go_on);
}

void call_wake(struct call *c, int rc)
{
    c->rc = rc;
    if (rc)
        call_judge(c);
    http_resume(c->http);
}

/* ---- for the writer ---- */

static void on_written(struct write *w)
{
    struct http_request *r = w->arg;
    struct call *c = r->state;

    c->audited |= !w->rc && w->audit.n;
    http_resume(r);
}

void call_submit(struct call *c, struct write *w, void (*then)(struct call *c))
{
    if (audit_of_write(c, &w->audit, &c->err)) {
        call_fail(c);
        return;
    }
    c->write = w;
    w->arg = c->http;
    w->done = on_written;
    w->authority = c->place.authority;
    fall_asleep(c, then);
    store_submit(c->api->catalog->store, w);
}

/* ---- for a worker ---- */

struct offload {
    struct work work;
    struct call *call;
    void (*run)(struct call *c);
};

static void run_offload(struct work *work)
{
    struct offload *o = (struct offload *)work;

    o->run(o->call);
}

int call_offload(struct call *c, struct workers *workers, void (*run)(struct call *c),
                 void (*then)(struct call *c), int busy)
{
    struct offload *o = arena_alloc(&c->http->arena, sizeof(*o));
    int rc = o ? 0 : err_nomem(&c->err);

    if (rc) {
        call_fail(c);
        return rc;
    }
    *o = (struct offload){ .work = { .run = run_offload }, .call = c, .run = run };
    fall_asleep(c, then);
    if (workers_add(workers, &o->work))
        return 0;
    rc = err_set(&c->err, E_BUSY, APIGW_0613, busy);
    call_wake(c, rc);
    return rc;
}
