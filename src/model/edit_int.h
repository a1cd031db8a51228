#ifndef MODEL_EDIT_INT_H
#define MODEL_EDIT_INT_H

#include "model/edit.h"

/*
 * Private to model/.  Find the edit for a name or for a setting, and mark it as used;
 * NULL when there is none.
 */
const struct renaming *edits_renaming(const struct edits *e, enum env what,
                                      struct str name);
const struct setting *edits_setting(const struct edits *e, struct str of, struct str type,
                                    struct str name);

/* Finds the settings of one connection: returns the first of *n that follow each other.
 */
struct setting *edits_settings_of(const struct edits *e, struct str of, struct str type,
                                  size_t *n);

#endif
