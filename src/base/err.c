#include "base/err.h"

#include <stdlib.h>
#include <string.h>

int err_fill(struct err *err, enum ec ec, int api, int detail, const char **texts)
{
    err_clear(err);
    err->ec = ec;
    err->api = api;
    err->detail = detail;
    for (int i = 0; i < ERR_ARGS && texts[i + 1]; i++)
        err->arg[i] = strdup(texts[i + 1]);
    return ec;
}

void err_clear(struct err *err)
{
    for (int i = 0; i < ERR_ARGS; i++)
        free(err->arg[i]);
    *err = ERR_INIT;
}
