#ifndef API_IMPORT_BODY_H
#define API_IMPORT_BODY_H

#include "import/import.h"

/* The bodies of both imports and of check-file. */

/* All texts are in `arena`.  E_INVALID; E_NOMEM. */
int import_body_read(struct import_options *out, const struct json_doc *doc,
                     struct arena *arena, struct err *err) MUST_CHECK;
int import_body_read_connections(struct import_options *out, const struct json_doc *doc,
                                 struct arena *arena, struct err *err) MUST_CHECK;
int check_file_body_read(struct str *path, const struct json_doc *doc,
                         struct arena *arena, struct err *err) MUST_CHECK;

#endif
