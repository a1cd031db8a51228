#ifndef ERRORS_ERRORS_H
#define ERRORS_ERRORS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * The API's errors as rows: errors.def has each code with its status and its
 * text in both languages, details.def the sentences of error_detail.
 */
enum api_error {
    API_OK,
#define ERROR(symbol, code, status, en, zh, cause, todo) symbol,
#include "errors/errors.def"
#undef ERROR
    API_ERRORS
};

enum detail {
#define DETAIL(symbol, en, zh) symbol,
#include "errors/details.def"
#undef DETAIL
    DETAILS
};

struct error_row {
    const char *code; /* "DLF.3051" */
    int status;
    const char *text[2]; /* by language */
    const char *cause, *todo;
};

enum language { LANG_EN, LANG_ZH };

/* The row of err->api; an error without one is APIGW_0601. */
const struct error_row *error_row(int api);

/* Fails with E_NOMEM. */
int err_nomem(struct err *err);

/* As err_say(), for what no client can mend: the API's answer is APIGW.0601. */
__attribute__((format(printf, 3, 4))) int err_fault(struct err *err, enum ec ec,
                                                    const char *format, ...);

/* Appends the text of its row; some name what the error is about.  A name that found no
 * memory makes `out` bad. */
void error_text(const struct err *err, enum language language, struct buf *out);

/* Likewise the detail's sentence; nothing where there is none. */
void error_detail(const struct err *err, enum language language, struct buf *out);

/* Appends the detail's sentence, or the text of its row where there is no detail. */
void error_sentence(const struct err *err, enum language language, struct buf *out);

#endif
