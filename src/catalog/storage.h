#ifndef CATALOG_STORAGE_H
#define CATALOG_STORAGE_H

#include "obs/obs.h"
#include "errors/errors.h"

/*
 * Objects in object storage that a request names by the member `field` of its body.
 * Errors of obs/ have only a kind; these functions give them the API's code: DLF_0803,
 * DLF_1242 or DLF_0815.
 */

/* Parses the path `text`, and sets *there to whether the object exists.  E_INVALID;
 * E_NOTFOUND: the bucket does not exist. */
int storage_find(struct obs *obs, const char *field, struct str text,
                 struct obs_path *path, bool *there, struct err *err) MUST_CHECK;

/* As storage_find(); E_NOTFOUND, DLF_0815, when the object is not there. */
int storage_need(struct obs *obs, const char *field, struct str text,
                 struct obs_path *path, struct err *err) MUST_CHECK;

/* Gives an error of obs/ the API's code and a sentence about `field`; returns its kind.
 */
int storage_explain(const char *field, struct err *err);

#endif
