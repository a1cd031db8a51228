#include "store/damage.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"
#include "errors/errors.h"

int row_damaged_text(const char *table, struct str row, struct err *err)
{
    struct buf text = BUF_INIT(KIB);

    buf_addf(&text, "row %.*s of table %s is damaged", STR_ARG(utf8_cut(row, 200)),
             table);
    log_error("%s", buf_cstr(&text) ? text.ptr : "a row is damaged");
    err_set(err, E_INTERNAL, APIGW_0601, DET_TEXT, buf_cstr(&text));
    buf_release(&text);
    return E_INTERNAL;
}

int row_damaged(const char *table, int64_t row, struct err *err)
{
    char text[24];

    snprintf(text, sizeof(text), "%lld", (long long)row);
    return row_damaged_text(table, str_of(text), err);
}
