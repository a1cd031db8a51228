#include "api/call.h"

#include "base/limits.h"
#include "base/percent.h"
#include "base/utf8.h"

static bool wants_errors_array(const struct call *c, int api)
{
    return c->route && c->route->flags & ROUTE_ERRORS &&
           (api == DLF_0819 || api == DLF_6201);
}

static void write_code(struct jw *jw, const struct call *c, const struct error_row *row)
{
    struct buf text = BUF_INIT(ERROR_DETAIL_MAX);

    error_text(&c->err, c->language, &text);
    jw_string(jw, STR("error_code"), str_of(row->code));
    jw_string(jw, STR("error_msg"), buf_str(&text));
    buf_release(&text);
}

/* CDM's own form: its clients read any of the four. */
static void write_cdm_error(struct call *c, const struct error_row *row,
                            struct str detail, struct buf *out)
{
    struct jw jw = JW_INIT(out, false);
    struct buf text = BUF_INIT(ERROR_DETAIL_MAX);

    error_text(&c->err, c->language, &text);
    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("code"), str_of(row->code));
    jw_string(&jw, STR("errCode"), str_of(row->code));
    jw_string(&jw, STR("message"), buf_str(&text));
    jw_string(&jw, STR("externalMessage"), buf_str(&text));
    if (detail.n && c->api->detail_mode == DETAIL_BODY)
        jw_string(&jw, STR("error_detail"), detail);
    jw_end(&jw, '}');
    buf_release(&text);
}

static const char *title_of(int status)
{
    static const struct {
        int status;
        const char *title;
    } titles[] = {
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 413, "Request Entity Too Large" },
        { 429, "Too Many Requests" },
        { 500, "Internal Server Error" },
        { 503, "Service Unavailable" },
    };

    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (titles[i].status == status)
            return titles[i].title;
    return "Error";
}

/* Writes the form of Keystone: "error" has the status, the text and the title; beside it
 * stands error_detail when the server sends details in bodies. */
static void write_iam_error(struct call *c, const struct error_row *row,
                            struct str detail, struct buf *out)
{
    struct jw jw = JW_INIT(out, false);
    struct buf text = BUF_INIT(ERROR_DETAIL_MAX);

    error_text(&c->err, c->language, &text);
    jw_object(&jw, STR_NONE);
    jw_object(&jw, STR("error"));
    jw_int(&jw, STR("code"), row->status);
    jw_string(&jw, STR("message"), buf_str(&text));
    jw_string(&jw, STR("title"), str_of(title_of(row->status)));
    jw_end(&jw, '}');
    if (detail.n && c->api->detail_mode == DETAIL_BODY)
        jw_string(&jw, STR("error_detail"), detail);
    jw_end(&jw, '}');
    buf_release(&text);
}

static void write_error(struct call *c, const struct error_row *row, struct str detail,
                        struct buf *out)
{
    struct jw jw = JW_INIT(out, false);

    jw_object(&jw, STR_NONE);
    write_code(&jw, c, row);
    if (detail.n && c->api->detail_mode == DETAIL_BODY)
        jw_string(&jw, STR("error_detail"), detail);
    if (str_starts(str_of(row->code), "APIGW"))
        jw_string(&jw, STR("request_id"), str_of(c->http->id));
    if (wants_errors_array(c, c->err.api)) {
        jw_array(&jw, STR("errors"));
        jw_object(&jw, STR_NONE);
        write_code(&jw, c, row);
        jw_end(&jw, '}');
        jw_end(&jw, ']');
    }
    jw_end(&jw, '}');
}

/* So much of the detail as 3,000 bytes of percent-encoding take. */
static void add_detail_header(struct call *c, struct str detail)
{
    struct buf value = BUF_INIT(3 * HEADER_LIST_MAX);
    size_t at = 0;

    while (at < detail.n) {
        uint32_t code_point;
        int n = utf8_decode(detail.p + at, detail.n - at, &code_point);
        struct str one = { detail.p + at, n ? (size_t)n : 1 };

        if (value.len + 3 * one.n > HEADER_LIST_MAX)
            break;
        percent_encode(&value, one);
        at += one.n;
    }
    http_add_header(c->http, "X-Dlf-Error-Detail", buf_cstr(&value));
    buf_release(&value);
}

/* A workspace that is not there counts before all that is wrong with a body;
 * it is looked up only when something is. */
static void let_workspace_win(struct call *c)
{
    struct err err = ERR_INIT;

    if (!c->admitted || !c->place.project.p || c->err.api == DLF_0819 ||
        error_row(c->err.api)->status >= 500)
        return;
    if (catalog_check_workspace(c->api->catalog, &c->place, &err) == E_NOTFOUND) {
        err_clear(&c->err);
        c->err = err;
        return;
    }
    err_clear(&err);
}

/* The rows that another form of errors has instead. */
static const struct {
    enum error_form form;
    int api, instead;
} forms[] = {
    { FORM_CDM, DLF_3051, CDM_0014 },           { FORM_IAM, DLF_3051, IAM_400 },
    { FORM_IAM, DLF_3051_MEDIA_TYPE, IAM_400 }, { FORM_IAM, APIGW_0201_BODY, IAM_413 },
    { FORM_IAM, APIGW_0301, IAM_401 },          { FORM_IAM, APIGW_0305, IAM_401 },
    { FORM_IAM, APIGW_0307, IAM_401 },
};

static void translate(struct call *c)
{
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
        if (forms[i].form == c->form && forms[i].api == c->err.api) {
            c->err.api = forms[i].instead;
            return;
        }
}

static void write_body(struct call *c, const struct error_row *row, struct str detail,
                       struct buf *out)
{
    if (c->form == FORM_CDM && row->status == 400)
        write_cdm_error(c, row, detail, out);
    else if (c->form == FORM_IAM && c->route)
        write_iam_error(c, row, detail, out);
    else
        write_error(c, row, detail, out);
}

static void add_headers(struct call *c, const struct error_row *row, struct str detail)
{
    http_add_header(c->http, "Content-Type", "application/json;charset=UTF-8");
    if (detail.n && c->api->detail_mode == DETAIL_HEADER)
        add_detail_header(c, detail);
    if (c->form == FORM_IAM)
        http_add_header(c->http, "X-IAM-Trace-Id", c->http->id);
    if (c->err.api == IAM_429 && c->err.arg[0])
        http_add_header(c->http, "Retry-After", c->err.arg[0]);
    else if (row->status == 503 || row->status == 429)
        http_add_header(c->http, "Retry-After", "1");
}

void call_judge(struct call *c)
{
    translate(c);
    let_workspace_win(c);
    c->code = error_row(c->err.api)->code;
    audit_call(c, error_row(c->err.api)->status);
}

void call_fail(struct call *c)
{
    struct buf detail = BUF_INIT(ERROR_DETAIL_MAX + KIB), body = BUF_INIT(MIB);
    const struct error_row *row;

    if (!c->code)
        call_judge(c);
    row = error_row(c->err.api);
    error_detail(&c->err, c->language, &detail);
    write_body(c, row, buf_str(&detail), &body);
    add_headers(c, row, buf_str(&detail));
    http_answer(c->http, row->status, &body);
    buf_release(&detail);
    err_clear(&c->err);
}
