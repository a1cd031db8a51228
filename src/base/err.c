#include "base/err.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int err_fill(struct err *err, enum ec ec, int api, int detail, const char **texts)
{
    struct err filled = { .ec = ec, .api = api, .detail = detail };

    for (int i = 0; i < ERR_ARGS && texts[i + 1]; i++)
        filled.arg[i] = strdup(texts[i + 1]);
    return err_move(&filled, err);
}

const char *num_signed(char out[NUM_BYTES], intmax_t v)
{
    snprintf(out, NUM_BYTES, "%jd", v);
    return out;
}

const char *num_unsigned(char out[NUM_BYTES], uintmax_t v)
{
    snprintf(out, NUM_BYTES, "%ju", v);
    return out;
}

const char *err_cstr(char out[ERR_TEXT_MAX + 1], struct str s)
{
    if (s.n > ERR_TEXT_MAX)
        s.n = ERR_TEXT_MAX;
    if (s.n)
        memcpy(out, s.p, s.n);
    out[s.n] = '\0';
    return out;
}

int err_vsay(struct err *err, enum ec ec, int api, const char *format, va_list list)
{
    struct err said = { .ec = ec, .api = api, .detail = ERR_TEXT };

    if (vasprintf(&said.arg[0], format, list) < 0)
        said.arg[0] = NULL;
    return err_move(&said, err);
}

int err_say(struct err *err, enum ec ec, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    err_vsay(err, ec, 0, format, list);
    va_end(list);
    return ec;
}

int err_copy(struct err *to, const struct err *from)
{
    struct err copy = {
        .ec = from->ec, .api = from->api, .detail = from->detail, .reason = from->reason
    };

    for (int i = 0; i < ERR_ARGS; i++)
        copy.arg[i] = from->arg[i] ? strdup(from->arg[i]) : NULL;
    return err_move(&copy, to);
}

int err_move(struct err *from, struct err *to)
{
    err_clear(to);
    *to = *from;
    *from = ERR_INIT;
    return to->ec;
}

void err_clear(struct err *err)
{
    for (int i = 0; i < ERR_ARGS; i++)
        free(err->arg[i]);
    *err = ERR_INIT;
}
