#ifndef MODEL_EDIT_INT_H
#define MODEL_EDIT_INT_H

#include "model/edit.h"

/*
 * Private to model/: what a name or a setting becomes, which counts as used then; NULL:
 * nothing else.
 */
const struct renaming *edits_renaming(const struct edits *e, enum env what,
                                      struct str name);
const struct setting *edits_setting(const struct edits *e, struct str of, struct str type,
                                    struct str name);

/* Those of one connection, which stand together; *n of them. */
struct setting *edits_settings_of(const struct edits *e, struct str of, struct str type,
                                  size_t *n);

#endif
