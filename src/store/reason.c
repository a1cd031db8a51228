#include "store/reason.h"

#include "errors/errors.h"

int store_fill(struct err *err, enum ec ec, enum store_reason reason, int detail,
               const char **texts)
{
    err_fill(err, ec, API_OK, detail, texts);
    err->reason = reason;
    return ec;
}
