#ifndef DLFD_FRESH_FILE_H
#define DLFD_FRESH_FILE_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * A file that gets its name when it is complete, and never in the place of another: until
 * then it is NAME.XXXXXX in the same folder, with letters that no other file there has.
 * A process that is killed may leave that one.
 */
struct fresh_file {
    const char *name; /* the caller's */
    struct buf path;  /* where it is for now */
};

/* Makes it, empty, with mode 0600.  E_IO; the error's first text says why. */
int fresh_file_make(struct fresh_file *f, const char *name, struct err *err) MUST_CHECK;

/* Gives it its name, durably.  E_EXISTS, or E_IO. */
int fresh_file_publish(struct fresh_file *f, struct err *err) MUST_CHECK;

/* Removes it, unless it has its name, and what a database has beside its file. */
void fresh_file_drop(struct fresh_file *f);

/* Whether there is something of that name, a link that leads nowhere too. */
bool name_is_taken(const char *name);

/* Removes a database, and what it has beside its file. */
void database_remove(const char *path);

#endif
