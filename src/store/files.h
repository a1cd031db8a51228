#ifndef STORE_FILES_H
#define STORE_FILES_H

#include <stdbool.h>

#include "base/err.h"

/* The files of catalogues that this process does not have open. */

/* What the file of a catalogue is to this program. */
enum store_schema {
    SCHEMA_NONE,    /* there is no file, or there is nothing in it yet */
    SCHEMA_DAMAGED, /* no database, or what is left of one */
    SCHEMA_FOREIGN, /* the database of another program */
    SCHEMA_OLDER,
    SCHEMA_CURRENT,
    SCHEMA_NEWER
};
int store_schema(enum store_schema *out, const char *path, struct err *err) MUST_CHECK;

/* Whether the file exists and can be read, but it or its folder cannot be written. */
bool store_is_frozen(const char *path);

/*
 * Copies the catalogue in the file `from` to the file `to`, which it replaces.  `from`
 * may be in use: the copy is of one instant.  `to` gets the whole copy or stays as it
 * was.
 */
int store_copy(const char *from, const char *to, struct err *err) MUST_CHECK;

/*
 * Removes everything unused from the files of the catalogue `path`: deletes all blobs
 * that no object or version refers to, staged ones too and regardless of age, then
 * vacuums the database and empties its log.  No import may run.  E_BUSY: another process
 * is reading it.
 */
int store_scrub(const char *path, struct err *err) MUST_CHECK;

#endif
