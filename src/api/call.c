#include "api/call.h"

#include <stdio.h>
#include <strings.h>

#include "api/path.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

/* ---- answers ---- */

void call_json(struct call *c, struct buf *json)
{
    if (json->bad) {
        buf_release(json);
        err_nomem(&c->err);
        call_fail(c);
        return;
    }
    http_add_header(c->http, "Content-Type", "application/json;charset=UTF-8");
    http_answer(c->http, client_status(c, 200), json);
}

void call_no_content(struct call *c)
{
    http_answer(c->http, 204, NULL);
}

bool etag_matches(const char *header, const char *etag, bool weak)
{
    size_t n = strlen(etag);

    while (header && *header) {
        header += strspn(header, ", \t");
        if (*header == '*')
            return true;
        if (weak && header[0] == 'W' && header[1] == '/')
            header += 2;
        if (strncmp(header, etag, n) == 0)
            return true;
        header += strcspn(header, ",");
    }
    return false;
}

void call_unsent(struct call *c, int status, const char *etag)
{
    http_add_header(c->http, "ETag", etag);
    http_answer(c->http, status, NULL);
}

/* Clients with habits of their own: what differs, and for whom. */
static const struct {
    const char *user_agent; /* a prefix */
    const char *operation;
    int status, instead;
    const char *client;
} client_habits[] = {
    { "golangsdk/", "ExportJobList", 200, 202,
      "gophertelekomcloud takes 201 and 202 only" },
    { "golangsdk/", "ExportConnections", 200, 202,
      "gophertelekomcloud takes 201 and 202 only" },
    { "golangsdk/", "UpdateLink", 200, 202, "gophertelekomcloud: likewise" },
    { "golangsdk/", "CreateCdmJob", 200, 202, "gophertelekomcloud: likewise" },
    { "golangsdk/", "UpdateCdmJob", 200, 202, "gophertelekomcloud: likewise" },
    { "golangsdk/", "DeleteCdmJob", 200, 202, "gophertelekomcloud: likewise" },
};

int client_status(const struct call *c, int status)
{
    bool heeded = !c->signer || c->agent_signed;
    const char *agent = heeded ? http_header(c->http, "User-Agent") : NULL;

    for (size_t i = 0; agent && i < sizeof(client_habits) / sizeof(client_habits[0]); i++)
        if (str_starts(str_of(agent), client_habits[i].user_agent) &&
            str_is(str_of(c->route->operation), client_habits[i].operation) &&
            status == client_habits[i].status)
            return client_habits[i].instead;
    return status;
}

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
    if (c->route->handler == export_link)
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

static const struct {
    int api, detail;
} faults[] = {
    [HTTP_BODY_TOO_LARGE] = { DLF_3051_TOO_LARGE, DET_LARGER },
    [HTTP_BODY_BUDGET] = { APIGW_0613, DET_BODY_BUDGET },
    [HTTP_ANSWER_BUDGET] = { APIGW_0613, DET_ANSWER_BUDGET },
    [HTTP_TARGET_TOO_LONG] = { APIGW_0201_TARGET, DET_TARGET_LONG },
    [HTTP_HEADERS_TOO_LARGE] = { APIGW_0201_HEADERS, DET_HEADERS_LARGE },
    [HTTP_TOO_MANY_HEADERS] = { APIGW_0201_HEADERS, DET_HEADERS_MANY },
    [HTTP_BAD_LINE] = { APIGW_0201, DET_REQUEST_LINE },
    [HTTP_BAD_VERSION] = { APIGW_0201, DET_HTTP_VERSION },
    [HTTP_BAD_NAME] = { APIGW_0201, DET_HEADER_NAME },
    [HTTP_BAD_BYTE] = { APIGW_0201, DET_HEAD_BYTE },
    [HTTP_BAD_LENGTH] = { APIGW_0201, DET_LENGTH },
    [HTTP_TWO_LENGTHS] = { APIGW_0201, DET_TWO_LENGTHS },
    [HTTP_LENGTH_AND_CODING] = { APIGW_0201, DET_LENGTH_AND_CODING },
    [HTTP_BAD_CODING] = { APIGW_0201, DET_CODING },
    [HTTP_BAD_CHUNK] = { APIGW_0201, DET_CHUNK },
    [HTTP_BAD_HOST] = { APIGW_0201, DET_HOST },
    [HTTP_FOREIGN_HOST] = { APIGW_0306, DET_FOREIGN_HOST },
    [HTTP_FOREIGN_ORIGIN] = { APIGW_0306, DET_FOREIGN_ORIGIN },
};

static void on_refuse(void *self, struct http_request *r, enum http_fault why)
{
    struct call *c = r->state ? r->state : begin(self, r);
    int api = faults[why].api;
    char limit[24];

    if (!c)
        return;
    if (api == DLF_3051_TOO_LARGE && !c->admitted)
        api = APIGW_0201_BODY;
    snprintf(limit, sizeof(limit), "%zu", r->body_max);
    err_set(&c->err, E_INVALID, api, faults[why].detail, "body", limit);
    c->code = NULL; /* of the answer that it replaces */
    call_fail(c);
}

/* ---- the body ---- */

static bool is_media_type(struct str type, const char *name)
{
    return type.n == strlen(name) && strncasecmp(type.p, name, type.n) == 0;
}

/* The charset parameter, when there is one, says UTF-8. */
static bool charset_ok(const char *parameters)
{
    const char *charset = strcasestr(parameters, "charset=");

    if (!charset)
        return true;
    charset += strlen("charset=");
    charset += *charset == '"';
    return strncasecmp(charset, "utf-8", 5) == 0 || strncasecmp(charset, "utf8", 4) == 0;
}

int call_check_media_type(struct call *c)
{
    bool heeded = !c->signer || c->type_signed;
    const char *header = heeded ? http_header(c->http, "Content-Type") : NULL;
    char given[100];
    struct str type;

    if (!header || !c->http->body.len)
        return 0;
    type = (struct str){ header, strcspn(header, "; \t") };
    if ((is_media_type(type, "application/json") && charset_ok(header + type.n)) ||
        is_media_type(type, "application/x-www-form-urlencoded") || type.n == 0)
        return 0;
    snprintf(given, sizeof(given), "%s", header);
    return err_set(&c->err, E_INVALID, DLF_3051_MEDIA_TYPE, DET_MEDIA_TYPE, given);
}

/* JSON null is what some clients send for no body at all. */
static int read_json(struct call *c)
{
    struct str text = buf_str(&c->http->body);
    int rc = call_check_media_type(c);

    if (!rc)
        rc = json_read(&c->json, text, JSON_MAX_VALUES, &c->err);
    if (rc || json_type(&c->json, 0) == JSON_NULL)
        return rc;
    if (json_type(&c->json, 0) != JSON_OBJECT)
        return err_set(&c->err, E_INVALID, DLF_3051, DET_TYPE, "body", "object",
                       json_type_name(json_type(&c->json, 0)));
    c->body = &c->json;
    return 0;
}

static void forget_body(struct call *c)
{
    json_release(&c->json);
    c->body = NULL;
}

int call_read_body(struct call *c)
{
    enum body_rule rule = c->route->body;
    int rc = c->http->body.len && rule != BODY_NONE ? read_json(c) : 0;

    if (!rc && (rule == BODY_MUST || rule == BODY_LATE_MUST || rule == BODY_IAM) &&
        !c->body)
        rc = err_set(&c->err, E_INVALID, DLF_3051, DET_NO_BODY);
    return rc;
}

void call_run(struct call *c)
{
    bool late = c->route->body == BODY_LATE_MAY || c->route->body == BODY_LATE_MUST;

    c->ran = true;
    if (!late && call_read_body(c))
        call_fail(c);
    else
        c->route->handler(c);
    forget_body(c);
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

/* A client's text, with what a terminal could take amiss made visible. */
static struct str printable(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n && out->len < 512; i++) {
        unsigned char byte = (unsigned char)s.p[i];

        if (byte > 0x20 && byte < 0x7f)
            buf_addc(out, (char)byte);
        else
            buf_addf(out, "\\x%02x", byte);
    }
    return buf_str(out);
}

/* What the line about a request says; texts are "" where there is nothing. */
struct line {
    char time[CLOCK_TEXT_BYTES], duration[32];
    struct str method, path, workspace, project;
    const char *operation, *code, *missing;
};

static void write_text(struct buf *out, const struct http_request *r,
                       const struct line *l)
{
    buf_addf(out, "%s info %.*s %.*s %d %llu bytes %s ms req=%s op=%s", l->time,
             STR_ARG(l->method), STR_ARG(l->path), r->status,
             (unsigned long long)r->sent_bytes, l->duration, r->id, l->operation);
    if (l->workspace.n)
        buf_addf(out, " workspace=%.*s", STR_ARG(l->workspace));
    if (*l->code)
        buf_addf(out, " ec=%s", l->code);
    if (*l->missing)
        buf_addf(out, " missing=\"%s\"", l->missing);
    buf_addc(out, '\n');
}

static void write_json(struct buf *out, const struct http_request *r,
                       const struct line *l)
{
    struct jw jw = JW_INIT(out, false);

    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("time"), str_of(l->time));
    jw_string(&jw, STR("level"), STR("info"));
    jw_string(&jw, STR("message"), STR("request"));
    jw_string(&jw, STR("request_id"), str_of(r->id));
    jw_string(&jw, STR("method"), l->method);
    jw_string(&jw, STR("path"), l->path);
    jw_string(&jw, STR("operation"), str_of(l->operation));
    jw_string(&jw, STR("project"), l->project);
    jw_string(&jw, STR("workspace"), l->workspace);
    jw_int(&jw, STR("status"), r->status);
    jw_string(&jw, STR("error_code"), str_of(l->code));
    jw_literal(&jw, STR("duration_ms"), l->duration);
    jw_int(&jw, STR("bytes"), (int64_t)r->sent_bytes);
    jw_string(&jw, STR("missing"), str_of(l->missing));
    jw_end(&jw, '}');
    buf_addc(out, '\n');
}

static void log_request(const struct http_request *r, const struct call *c, int64_t ns)
{
    struct buf method = BUF_INIT(KIB), path = BUF_INIT(KIB), workspace = BUF_INIT(KIB),
               project = BUF_INIT(KIB), out = BUF_INIT(8 * KIB);
    struct line l = { .method = printable(&method, str_of(r->method)),
                      .path = printable(&path, r->path),
                      .project = STR(""),
                      .workspace = STR(""),
                      .operation = c && c->route ? c->route->operation : "-",
                      .code = c && c->code ? c->code : "",
                      .missing = c && c->missing ? c->missing : "" };

    clock_text(clock_ms(), l.time);
    snprintf(l.duration, sizeof(l.duration), "%.3f", (double)ns / 1e6);
    if (c && c->place.project.p)
        l.project = printable(&project, c->place.project);
    if (c)
        l.workspace = printable(&workspace, c->place.workspace);
    if (log_is_json())
        write_json(&out, r, &l);
    else
        write_text(&out, r, &l);
    log_line(&out);
    buf_release(&method);
    buf_release(&path);
    buf_release(&workspace);
    buf_release(&project);
}

/* What nobody has told the audit log of: answers that were made at once. */
static void on_send(void *self, const struct http_request *r)
{
    (void)self;
    if (r->state)
        audit(r->state, r->status);
}

static void on_done(void *self, struct http_request *r)
{
    int64_t ns = clock_mono_ns() - r->started_ns;
    struct call *c = r->state;

    (void)self;
    log_request(r, c, ns);
    metrics_count(route_index(c ? c->route : NULL), r->status, ns);
    if (!c)
        return;
    if (c->ran)
        audit(c, r->status);
    err_clear(&c->err);
    if (c->write)
        err_clear(&c->write->err); /* that nobody waited for */
    import_answer_release(c->import);
    json_release(&c->json);
    if (c->save)
        catalog_save_release(c->save);
    for (size_t i = 0; i < c->n_saves; i++)
        catalog_save_release(c->saves[i]);
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

void health(struct call *c)
{
    struct buf json = BUF_INIT(KIB);

    buf_adds(&json, "{\"status\":\"ok\"}");
    call_json(c, &json);
}

/* Ready is who can read the catalogue. */
void ready(struct call *c)
{
    struct place nowhere = { .project = STR("-"), .workspace = STR("") };

    if (catalog_check_workspace(c->api->catalog, &nowhere, &c->err))
        call_fail(c);
    else
        health(c);
}
