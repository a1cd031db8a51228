#include "base/err.h"

#include <stdlib.h>
#include <string.h>

int err_fill(struct err *err, enum ec ec, int api, int detail, const char **texts)
{
    struct err filled = { .ec = ec, .api = api, .detail = detail };

    for (int i = 0; i < ERR_ARGS && texts[i + 1]; i++)
        filled.arg[i] = strdup(texts[i + 1]);
    return err_move(&filled, err);
}

int err_copy(struct err *to, const struct err *from)
{
    struct err copy = { .ec = from->ec, .api = from->api, .detail = from->detail };

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
