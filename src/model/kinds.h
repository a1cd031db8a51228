#ifndef MODEL_KINDS_H
#define MODEL_KINDS_H

#include <stdbool.h>
#include <stdint.h>

/*
 * The kinds of objects.  model/kinds.def has a row for each, and is the only place that
 * tells them apart by data; what a kind does in its own way are its rules
 * (model/rules.h).  Whoever adds a kind adds a row, a file with its rules, and the routes
 * that name it in api/routes.def.
 */
enum kind {
#define KIND(symbol, number, ...) symbol = number,
#include "model/kinds.def"
#undef KIND
    KINDS
};

struct kind_row {
    const char *name;      /* what plans, reports and lists call it */
    const char *said;      /* what sentences call it; of several with an s */
    const char *list;      /* the member of an answer that has several */
    const char *parameter; /* of a query that searches a list by name; NULL: none */
    const char *folder;    /* of its files in an archive; NULL: it is in none */
    const char *suffix;    /* of such a file */
    int rank;              /* an import writes it before what has a higher one */
    bool is_cdm;           /* it stands in a cluster, and in the workspace of CDM */
    bool has_versions;     /* it can be submitted, and has a quota */
    /* The API's codes for what the store only says by kind: there is none of that name;
     * the name is in use; the quota is reached. */
    int not_held, taken, full;
};

/* The row of a kind.  A damaged row of the catalogue may have any number: what is no kind
 * is called object, and belongs nowhere. */
const struct kind_row *kind_row(int64_t kind);

bool is_kind(int64_t number);

/* What plans, reports and lists call a kind. */
const char *kind_name(enum kind kind);

#endif
