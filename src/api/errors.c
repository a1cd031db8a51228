#include "api/call.h"

#include "base/limits.h"
#include "base/percent.h"
#include "base/utf8.h"

/* Terraform's script resource reads only this to see that a script is gone. */
static bool wants_errors_array(const struct call *c, int api)
{
    return c->route && c->route->handler == show_script &&
           (api == DLF_0819 || api == DLF_6201);
}

static void write_code(struct jw *jw, const struct error_row *row, enum language language)
{
    jw_string(jw, STR("error_code"), str_of(row->code));
    jw_string(jw, STR("error_msg"), str_of(row->text[language]));
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

static void write_error(struct call *c, const struct error_row *row, struct str detail,
                        struct buf *out)
{
    struct jw jw = JW_INIT(out, false);

    jw_object(&jw, STR_NONE);
    write_code(&jw, row, c->language);
    if (detail.n && c->api->detail_mode == DETAIL_BODY)
        jw_string(&jw, STR("error_detail"), detail);
    if (str_starts(str_of(row->code), "APIGW"))
        jw_string(&jw, STR("request_id"), str_of(c->http->id));
    if (wants_errors_array(c, c->err.api)) {
        jw_array(&jw, STR("errors"));
        jw_object(&jw, STR_NONE);
        write_code(&jw, row, c->language);
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

/* A workspace that is not there counts before all that is wrong with a body
 * (spec/01, 2.4, row 4); it is looked up only when something is. */
static void let_workspace_win(struct call *c)
{
    struct err err = ERR_INIT;

    if (!c->place.project.p || c->err.api == DLF_0819 ||
        error_row(c->err.api)->status >= 500)
        return;
    if (catalog_check_workspace(c->api->catalog, &c->place, &err) == E_NOTFOUND) {
        err_clear(&c->err);
        c->err = err;
        return;
    }
    err_clear(&err);
}

void call_fail(struct call *c)
{
    struct buf detail = BUF_INIT(ERROR_DETAIL_MAX + KIB), body = BUF_INIT(MIB);
    const struct error_row *row;

    if (c->cdm && c->err.api == DLF_3051)
        c->err.api = CDM_0014;
    let_workspace_win(c);
    row = error_row(c->err.api);
    error_detail(&c->err, c->language, &detail);
    if (c->cdm && row->status == 400)
        write_cdm_error(c, row, buf_str(&detail), &body);
    else
        write_error(c, row, buf_str(&detail), &body);
    http_add_header(c->http, "Content-Type", "application/json;charset=UTF-8");
    if (detail.len && c->api->detail_mode == DETAIL_HEADER)
        add_detail_header(c, buf_str(&detail));
    if (row->status == 503)
        http_add_header(c->http, "Retry-After", "1");
    c->code = row->code;
    http_answer(c->http, row->status, &body);
    buf_release(&detail);
    err_clear(&c->err);
}
