#include "api/call.h"

#include <strings.h>

#include "api/access_log.h"
#include "api/path.h"
#include "base/clock.h"
#include "base/limits.h"

/*
 * The steps of a request: its head becomes a route, a workspace and a caller; its body
 * becomes JSON; the route's handler answers; at the end it is logged and counted.
 */

/* ---- the head ---- */

static enum language read_language(const struct http_request *r)
{
    const char *text = http_header(r, "X-Language");

    if (text && (!strcasecmp(text, "zh_cn") || !strcasecmp(text, "zh-cn")))
        return LANG_ZH;
    return LANG_EN;
}

/* NULL: out of memory, and answered. */
static struct call *begin(void *self, struct http_request *r)
{
    struct call *c = arena_alloc(&r->arena, sizeof(*c));

    if (!c) {
        http_answer(r, 503, NULL);
        return NULL;
    }
    r->state = c;
    c->http = r;
    c->api = self;
    c->language = read_language(r);
    return c;
}

/* The workspace's id: a header; of a link, which has none, also a parameter. */
static int read_workspace(struct call *c)
{
    const char *header = http_header(c->http, "workspace");
    struct arena *arena = &c->http->arena;
    struct str given = STR_NONE;
    int rc = 0;

    if (c->form == FORM_CDM)
        return 0;
    if (c->route->flags & ROUTE_LINK)
        rc = query_get(c->http->query, "workspace", &given, arena, &c->err);
    if (!given.p)
        given = arena_str(arena, str_of(header ? header : ""));
    c->place.workspace = given; /* without a text it would be the default one */
    return rc || given.p ? rc : err_nomem(&c->err);
}

/* A signature covers the body, also where it is ignored. */
static size_t body_max(const struct call *c)
{
    if (c->route->body == BODY_IAM)
        return IAM_BODY_MAX;
    return c->route->body == BODY_NONE && !c->signer ? 0 : BODY_MAX;
}

static void on_head(void *self, struct http_request *r)
{
    struct call *c = begin(self, r);

    if (!c)
        return;
    if (route_find(c) || read_workspace(c) || sign_in_head(c))
        call_fail(c);
    else
        r->body_max = body_max(c);
}

static void on_refuse(void *self, struct http_request *r, enum http_fault why)
{
    struct call *c = r->state ? r->state : begin(self, r);

    if (c)
        call_refuse(c, why);
}

/* ---- the body ---- */

void call_run(struct call *c)
{
    c->ran = true;
    if (c->route->flags & ROUTE_MEMO && export_recall(c))
        return;
    if (call_read_body(c))
        call_fail(c);
    else
        c->route->handler(c);
    call_forget_body(c);
}

static void on_run(void *self, struct http_request *r)
{
    struct call *c = r->state;

    (void)self;
    if (sign_in_body(c))
        call_fail(c);
    else
        call_run(c);
}

/* ---- the end ---- */

/* Audits a request that has no line yet: no write or task did that for it. */
static void on_send(void *self, const struct http_request *r)
{
    (void)self;
    if (r->state)
        audit_call(r->state, r->status);
}

static void on_done(void *self, struct http_request *r)
{
    int64_t ns = clock_mono_ns() - r->started_ns;
    struct call *c = r->state;

    (void)self;
    access_log_write(r, c, ns);
    metrics_count(route_index(c ? c->route : NULL), r->status, ns);
    if (!c)
        return;
    if (c->ran)
        audit_call(c, r->status);
    err_clear(&c->err);
    if (c->write)
        err_clear(&c->write->err); /* that nobody waited for */
    if (c->op_free)
        c->op_free(c->op);
    json_release(&c->json);
}

static const struct http_cors cors = {
    .methods = "GET, HEAD, POST, PUT, DELETE",
    .request_headers = "Accept-Language, Authorization, Content-Type, If-Match, "
                       "If-None-Match, workspace, X-Auth-Token, X-Domain-Id, X-Language, "
                       "X-Project-Id, X-Sdk-Content-Sha256, X-Sdk-Date, X-Subject-Token",
    .answer_headers = "Allow, Content-Disposition, ETag, Retry-After, "
                      "X-Dlf-Error-Detail, X-Dlf-Export-Counts, X-Dlf-Missing-Depends, "
                      "X-Dlf-Secrets-Lost, X-IAM-Trace-Id, X-Request-Id, X-Subject-Token",
};

struct http_app api_app(struct api *api)
{
    return (struct http_app){ api, on_head, on_refuse, on_run, on_send, on_done, &cors };
}
