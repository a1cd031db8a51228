#ifndef STORE_SQLITE_FROZEN_H
#define STORE_SQLITE_FROZEN_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>

#include "base/buf.h"
#include "base/err.h"

/*
 * Private to store/: a database in a folder that cannot be written, such as a snapshot or
 * a mount that is read-only.  SQLite wants to make files beside a database that has a log
 * (FILE-wal): an index of it, FILE-shm, that all processes share.  So
 *   - where nothing is in the log, the file is read as it is, without any lock; when it
 *     has changed at the end, what was read is worth nothing;
 *   - where the log has something in it, its index has to be there already.
 */
struct frozen {
    bool is;      /* it cannot be written */
    bool has_log; /* with something in it */
    struct stat file;
};

/* Looks at `path`; one that does not exist is not frozen.  E_IO when it cannot be read
 * so. */
int frozen_look(struct frozen *f, const char *path, struct err *err) MUST_CHECK;

/* The name to open it with, as a URI. */
void frozen_uri(const struct frozen *f, const char *path, struct buf *out);

/* E_BUSY when it has changed since frozen_look(). */
int frozen_check(const struct frozen *f, const char *path, struct err *err) MUST_CHECK;

#endif
