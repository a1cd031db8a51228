#ifndef DLFD_RENEW_H
#define DLFD_RENEW_H

#include "catalog/catalog.h"
#include "dlfd/folder.h"

/*
 * Makes all definitions of the folder anew (catalog_reindex()), and when they were of
 * another form, or secrets stood in them in clear:
 *
 *     1. deletes definitions that are not in use, vacuums the database, empties its log;
 *     2. checks all of the catalogue;
 *     3. lists the secrets that were found in clear in the file f->exposed, by their
 *        object and member, behind those that it lists already;
 *     4. deletes the copies that were made before migrations, and what is left of a
 *        restore that was cut short, unless the catalogue is damaged;
 *     5. notes that all of it is done.
 *
 * A process that ends in between leaves a folder for which the next call does the rest.
 * The caller holds the folder's lock, and nothing is served yet.
 */
int renew_definitions(struct folder *f, struct reindex *all, struct err *err) MUST_CHECK;

#endif
