#include "store/damage.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "errors/errors.h"

int row_damaged_text(const char *table, struct str row, struct err *err)
{
    err_fault(err, E_INTERNAL, "row %.*s of table %s is damaged",
              STR_ARG(utf8_cut(row, 200)), table);
    log_error("%s", err->arg[0] ? err->arg[0] : "a row is damaged");
    return E_INTERNAL;
}

int row_damaged(const char *table, int64_t row, struct err *err)
{
    return row_damaged_text(table, str_of(NUM(row)), err);
}
