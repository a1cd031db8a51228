#ifndef STORE_VERSIONS_H
#define STORE_VERSIONS_H

#include "store/objects.h"

/* Makes *o, which was read before, refer to the definition of its version `number`
 * instead of the saved one.  It changes nothing in the catalogue.  E_NOTFOUND. */
int snapshot_version(struct snapshot *s, int64_t number, struct object *o,
                     struct err *err) MUST_CHECK;

#endif
