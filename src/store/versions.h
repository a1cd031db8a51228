#ifndef STORE_VERSIONS_H
#define STORE_VERSIONS_H

#include "store/objects.h"

/* Puts the definition of the version `number` of *o in place of the saved one.
 * E_NOTFOUND, no API code. */
int snapshot_version(struct snapshot *s, int64_t number, struct object *o,
                     struct err *err) MUST_CHECK;

#endif
