#ifndef MODEL_IMPORT_BODY_H
#define MODEL_IMPORT_BODY_H

#include "model/edit.h"

/* The bodies of both imports and of check-file. */
struct import_body {
    struct str path; /* obs://bucket/key, by its shape */
    bool overwrite;  /* sameNamePolicy is OVERWRITE */
    bool submit;     /* targetStatus is not SAVED */
    bool carry_on;   /* onError is continue */
    bool dry_run;
    struct edits edits;
};

/* All texts are in `arena`.  E_INVALID; E_NOMEM. */
int import_body_read(struct import_body *out, const struct json_doc *doc,
                     struct arena *arena, struct err *err) MUST_CHECK;
int import_body_read_connections(struct import_body *out, const struct json_doc *doc,
                                 struct arena *arena, struct err *err) MUST_CHECK;
int check_file_body_read(struct str *path, const struct json_doc *doc,
                         struct arena *arena, struct err *err) MUST_CHECK;

#endif
