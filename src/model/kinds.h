#ifndef MODEL_KINDS_H
#define MODEL_KINDS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The kinds of objects.  model/kinds.def has a row for each with all data by which kinds
 * differ; the code by which they differ is in their rules (model/rules.h).  To add a
 * kind, add a row, a file with its rules, and its routes in api/routes.def.
 */
enum kind {
#define KIND(symbol, number, ...) symbol = number,
#include "model/kinds.def"
#undef KIND
    KINDS
};

struct kind_row {
    const char *name;      /* what plans, reports and lists call it */
    const char *said;      /* what sentences call it; the plural has an s */
    const char *list;      /* the member of an answer that has several */
    const char *parameter; /* of a query that searches a list by name; NULL: none */
    const char *folder;    /* of its files in an archive; NULL: archives have none */
    const char *suffix;    /* of the names of such files */
    int rank;              /* an import writes kinds with a lower rank first */
    bool is_cdm;           /* it belongs to a cluster, and is in the CDM workspace */
    bool has_versions;     /* it can be submitted, and has a quota */
    /* The API's codes for the store's errors: there is no object of that name; the name
     * is in use; the quota is reached. */
    int not_held, taken, full;
};

/* Returns the row of a kind.  `kind` may be any number, since rows of the catalogue can
 * be damaged; a number that is no kind gets a row that is called object. */
const struct kind_row *kind_row(int64_t kind);

bool is_kind(int64_t number);

/* What plans, reports and lists call a kind. */
const char *kind_name(enum kind kind);

#endif
