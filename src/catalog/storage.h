#ifndef CATALOG_STORAGE_H
#define CATALOG_STORAGE_H

#include "obs/obs.h"
#include "errors/errors.h"

/*
 * Objects that a request names: the member `field` of its body has the path.  What object
 * storage only says by kind gets the API's code: DLF_0803, DLF_1242, DLF_0815.
 */

/* Parses the path, and finds whether the object is there.  E_INVALID; E_NOTFOUND: there
 * is no such bucket. */
int storage_find(struct obs *obs, const char *field, struct str text,
                 struct obs_path *path, bool *there, struct err *err) MUST_CHECK;

/* As storage_find(); E_NOTFOUND, DLF_0815, when the object is not there. */
int storage_need(struct obs *obs, const char *field, struct str text,
                 struct obs_path *path, struct err *err) MUST_CHECK;

/* Gives an error of obs/ the API's code and a sentence about `field`; returns its kind.
 */
int storage_explain(const char *field, struct err *err);

#endif
