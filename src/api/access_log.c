#include "api/access_log.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

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

void access_log_write(const struct http_request *r, const struct call *c, int64_t ns)
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
