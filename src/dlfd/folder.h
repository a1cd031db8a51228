#ifndef DLFD_FOLDER_H
#define DLFD_FOLDER_H

#include <stdbool.h>

#include "store/store.h"

/*
 * The data folder: DIR/lock, held by the server that uses it, and
 * DIR/catalog.db, the catalogue.
 */
struct folder {
    int lock; /* its descriptor; -1: not held */
    struct store *store;
};

/*
 * Opens the folder, and makes it when it is missing.  With `alone` the lock is
 * required: E_BUSY when another process has it.  The error's first text says
 * what is wrong.
 */
int folder_open(struct folder *f, const char *path, bool alone, int readers,
                int64_t sweep_age_ms, struct err *err) MUST_CHECK;
void folder_close(struct folder *f);

#endif
