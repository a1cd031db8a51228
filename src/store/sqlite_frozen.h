#ifndef STORE_SQLITE_FROZEN_H
#define STORE_SQLITE_FROZEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Private to store/: a database that cannot be written, such as one in a snapshot or on a
 * read-only mount.  For a database with a log (FILE-wal) SQLite wants to create a file
 * beside it: the log's index, FILE-shm, which all processes share.  So
 *   - when the log is empty, the database is read without any lock; if it has changed at
 *     the end, what was read is of no use;
 *   - when the log is not empty, its index must exist already.
 */
struct frozen {
    bool is;      /* it cannot be written */
    bool has_log; /* its log is not empty */
    struct stat file;
};

/* Finds out how `path` can be read; a file that does not exist is not frozen.  E_IO when
 * a frozen one cannot be read. */
int frozen_look(struct frozen *f, const char *path, struct err *err) MUST_CHECK;

/* Makes the URI to open the database with. */
void frozen_uri(const struct frozen *f, const char *path, struct buf *out);

/* E_BUSY when it has changed since frozen_look(). */
int frozen_check(const struct frozen *f, const char *path, struct err *err) MUST_CHECK;

#endif
