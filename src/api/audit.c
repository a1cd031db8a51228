#include "api/call.h"

#include <string.h>

#include "api/audit_log.h"
#include "api/audit_sum.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "base/utf8.h"

/*
 * The audit log: who did what, one JSON object a line.  Of all requests those that
 * write, export or sign in, and those that were refused.  A line is made when the outcome
 * is known, not when somebody takes the answer: a write's before the write, which it is a
 * part of (store/audit.h), all others when they are judged.
 */

int audit_open(struct api *api, struct err *err)
{
    return *api->audit_path
               ? audit_log_open(&api->audit, api->audit_path, api->catalog->store, err)
               : 0;
}

void audit_reopen(struct api *api)
{
    if (api->audit)
        audit_log_reopen(api->audit);
}

void audit_close(struct api *api)
{
    audit_log_close(api->audit);
    api->audit = NULL;
}

static bool is_audited_route(const struct call *c)
{
    return c->route &&
           (c->route->permission >= PERM_EXPORT || c->route->flags & ROUTE_AUDITED);
}

static bool is_refusal(int status)
{
    return status == 401 || status == 403 || status == 429;
}

/* ---- a line ---- */

/* What is kept of a client's texts, bytes with quotes; the object has what is left. */
#define USER_MAX 160
#define TEXT_MAX 70
#define OBJECT_MIN 16

/* A member behind others; the writer of JSON has fewer escapes. */
static void add_text(struct jw *jw, const char *key, struct str text, size_t max)
{
    buf_addf(jw->out, ",\"%s\":", key);
    utf8_add_quoted(jw->out, text, max);
}

static void write_who(struct jw *jw, const struct call *c)
{
    char peer[HTTP_PEER_BYTES];

    http_peer(c->http, true, peer);
    jw_string(jw, STR("request_id"), str_of(c->http->id));
    jw_string(jw, STR("address"), str_of(peer));
    add_text(jw, "user", c->who.account.name.n ? c->who.account.name : c->claimed,
             USER_MAX);
    add_text(jw, "domain", c->who.account.domain_name, TEXT_MAX);
    add_text(jw, "credential", c->signer ? c->signer->claim.access : c->who.credential,
             TEXT_MAX);
}

static void write_what(struct jw *jw, const struct call *c, const char *suffix)
{
    struct buf operation = BUF_INIT(KIB);

    buf_addf(&operation, "%s%s", c->route ? c->route->operation : "-", suffix);
    jw_string(jw, STR("operation"), buf_str(&operation));
    buf_release(&operation);
    add_text(jw, "project", c->place.project, TEXT_MAX);
    add_text(jw, "workspace", c->place.workspace, TEXT_MAX);
}

/* What it is about, in so many bytes of the line as are left when `after` follow. */
static void write_object(struct jw *jw, const struct call *c, size_t after)
{
    size_t others = jw->out->len + strlen(",\"object\":") + after;

    add_text(jw, "object", c->subject.n ? c->subject : c->name,
             others + OBJECT_MIN < AUDIT_SUM_LINE_MAX ? AUDIT_SUM_LINE_MAX - others
                                                      : OBJECT_MIN);
}

static void write_line(const struct call *c, int status, struct buf *out)
{
    struct jw jw = JW_INIT(out, false);
    struct buf end = BUF_INIT(KIB);
    char time[CLOCK_TEXT_BYTES];

    clock_text(clock_ms(), time);
    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("time"), str_of(time));
    write_who(&jw, c);
    write_what(&jw, c, "");
    buf_addf(&end, ",\"status\":%d,\"error_code\":\"%s\"}", status,
             c->code ? c->code : "");
    write_object(&jw, c, end.len);
    buf_addbuf(out, &end);
    buf_release(&end);
}

/* ---- when it is written ---- */

/* Whoever is not known may ask any number of times; a password that was looked at took
 * the server's time, so that there are few. */
static bool is_anonymous(const struct call *c)
{
    return !c->who.account.name.n && !c->hashed;
}

void audit_call(struct call *c, int status)
{
    struct buf line = BUF_INIT(2 * AUDIT_LINE_MAX);
    char peer[HTTP_PEER_BYTES];

    if (!c->api->audit || c->audited || (!is_refusal(status) && !is_audited_route(c)))
        return;
    c->audited = true;
    write_line(c, status, &line);
    http_peer(c->http, false, peer);
    if (line.bad)
        metric_add(METRIC_AUDIT_DROPPED, 1);
    else if (is_anonymous(c))
        audit_log_refuse(c->api->audit, str_of(peer), buf_str(&line));
    else
        audit_log_add(c->api->audit, buf_str(&line));
    buf_release(&line);
}

/* What a write is answered with when it holds. */
static int status_of_success(const struct call *c)
{
    if (c->route->flags & ROUTE_CREATED)
        return 201;
    return c->route->flags & ROUTE_OK ? client_status(c, 200) : 204;
}

/* Moves a line into an arena; E_NOMEM, also of a line that could not be made. */
static int keep(struct buf *line, struct arena *arena, struct str *text, struct err *err)
{
    *text = arena_buf(arena, line);
    buf_release(line);
    return text->p ? 0 : err_nomem(err);
}

int audit_of_write(struct call *c, struct str *text, struct err *err)
{
    struct buf line = BUF_INIT(2 * AUDIT_LINE_MAX);

    *text = STR("");
    if (!c->api->audit || !is_audited_route(c))
        return 0;
    write_line(c, status_of_success(c), &line);
    return keep(&line, &c->http->arena, text, err);
}

#define TASK_END_MAX                                                                     \
    260 /* time, status, counts: what task_audit() and import_audit() add */

int audit_of_task(const struct call *c, const char *uid, struct arena *arena,
                  struct str *text, struct err *err)
{
    struct buf line = BUF_INIT(2 * AUDIT_LINE_MAX);
    struct jw jw = JW_INIT(&line, false);
    int rc;

    *text = STR("");
    if (!c->api->audit)
        return 0;
    jw_object(&jw, STR_NONE);
    write_who(&jw, c);
    write_what(&jw, c, "End");
    jw_string(&jw, STR("task"), str_of(uid));
    write_object(&jw, c, TASK_END_MAX);
    rc = keep(&line, arena, text, err);
    if (!rc)
        *text = str_from(*text, 1); /* without its bracket */
    return rc;
}
