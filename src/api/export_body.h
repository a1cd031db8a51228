#ifndef API_EXPORT_BODY_H
#define API_EXPORT_BODY_H

#include "catalog/catalog.h"
#include "json/json.h"

/* The body of both exports, with its defaults. */
struct export_body {
    const struct str *names; /* of a batch: jobList without repetitions */
    size_t n;
    bool depend;         /* exportDepend, true */
    bool submitted;      /* exportStatus is SUBMIT */
    bool fail_missing;   /* missingDepend is fail */
    struct str obs_path; /* empty: none */
};

/* The body of a single export; `doc` is NULL when there is none.  E_INVALID. */
int export_body_read(struct export_body *out, const struct json_doc *doc,
                     struct arena *arena, struct err *err) MUST_CHECK;

/* Removes repeated names, keeping the first of each; returns the new length. */
size_t export_unique_names(struct str *names, size_t n);

/* The body of a batch export.  E_INVALID. */
int export_body_read_batch(struct export_body *out, const struct json_doc *doc,
                           struct arena *arena, struct err *err) MUST_CHECK;

/* A request for the catalogue, which borrows the names. */
struct export_request export_request_of(const struct export_body *body,
                                        enum export_layout layout);

#endif
