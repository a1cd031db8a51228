#include "errors/errors.h"

#include "base/utf8.h"

static const struct error_row rows[API_ERRORS] = {
#define ERROR(symbol, code, status, en, zh, cause, todo)                                 \
    [symbol] = { code, status, { en, zh }, cause, todo },
#include "errors/errors.def"
#undef ERROR
};

static const char *const sentences[DETAILS][2] = {
#define DETAIL(symbol, en, zh) [symbol] = { en, zh },
#include "errors/details.def"
#undef DETAIL
};

_Static_assert(DET_TEXT == ERR_TEXT, "base/ says texts by this row");

const struct error_row *error_row(int api)
{
    return &rows[api > API_OK && api < API_ERRORS ? api : APIGW_0601];
}

int err_nomem(struct err *err)
{
    return err_set(err, E_NOMEM, APIGW_0601, DET_NOMEM);
}

int err_fault(struct err *err, enum ec ec, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    err_vsay(err, ec, APIGW_0601, format, list);
    va_end(list);
    return ec;
}

/* A text that a client may have sent, with ? for what is not UTF-8. */
static void add_text(struct buf *out, struct str s)
{
    uint32_t code_point;

    for (size_t i = 0; i < s.n;) {
        int len = utf8_decode(s.p + i, s.n - i, &code_point);

        buf_add(out, len ? s.p + i : "?", len ? (size_t)len : 1);
        i += len ? (size_t)len : 1;
    }
}

/* Appends a text with the error's arguments for %1 to %4; one that found no memory makes
 * the output bad. */
static void fill_in(const struct err *err, const char *p, struct buf *out)
{
    for (; *p; p++) {
        if (*p != '%') {
            buf_addc(out, *p);
            continue;
        }
        p++;
        if (err->arg[*p - '1'])
            add_text(out, str_of(err->arg[*p - '1']));
        else
            out->bad = E_NOMEM;
    }
}

void error_detail(const struct err *err, enum language language, struct buf *out)
{
    fill_in(err, sentences[err->detail][language], out);
}

void error_text(const struct err *err, enum language language, struct buf *out)
{
    fill_in(err, error_row(err->api)->text[language], out);
}

void error_sentence(const struct err *err, enum language language, struct buf *out)
{
    size_t before = out->len;

    error_detail(err, language, out);
    if (out->len == before)
        error_text(err, language, out);
}
