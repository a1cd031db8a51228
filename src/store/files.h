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

/* Whether the file exists and can be read, but neither be written nor get others beside
 * it. */
bool store_is_frozen(const char *path);

/*
 * Copies the catalogue of the file `from`, also one in use, as it is at one instant,
 * into the file `to`, also over one that is there: whole, or not at all.
 */
int store_copy(const char *from, const char *to, struct err *err) MUST_CHECK;

/*
 * Leaves nothing in the files of the catalogue `path` that is not in use: deletes
 * definitions that no object or version has, at once, also staged ones, then vacuums the
 * database and empties its log.  No import may run.  E_BUSY: another process reads it.
 */
int store_scrub(const char *path, struct err *err) MUST_CHECK;

#endif
