#ifndef DLFD_FOLDER_H
#define DLFD_FOLDER_H

#include <stdbool.h>

#include "dlfd/key_file.h"
#include "store/store.h"

/*
 * The data folder: DIR/lock, which the server that uses it has locked; DIR/catalog.db,
 * the catalogue; DIR/secret.key, unless the key file is elsewhere; and DIR/obs, the
 * objects of obs://, made when they are first used.
 */
struct folder_options {
    const char *path;
    const char *key_path; /* of the key file; "" is DIR/secret.key */
    bool alone;           /* the lock is required, and kept */
    bool bare;            /* the catalogue is not opened */
    bool reads; /* it is only read: the catalogue is opened where it can be written */
    bool makes; /* the folder and a catalogue, where there are none */
    bool without_sign_in; /* see struct store_options */
    int readers;
    int64_t sweep_age_ms;
};

struct folder {
    int lock; /* its descriptor; -1: somebody else may lock it */
    struct store *store;
    struct key_file keys;
    struct buf key_path, database, objects;
    struct buf exposed; /* DIR/exposed-secrets.csv (renew.h); it may not be there */
};

/* Whether there is a catalogue in the folder.  E_NOTFOUND or E_IO; the error's first text
 * says where it was looked for. */
int folder_find(const char *path, struct err *err) MUST_CHECK;

/*
 * Opens the folder.  Where it is missing, E_NOTFOUND, or with `makes` it is made, with a
 * new key.  E_BUSY when another process has the lock; E_DENIED when the key file is lost,
 * or not the one that the catalogue was written with.  The error's first text says what
 * is wrong, and what to do.
 */
int folder_open(struct folder *f, const struct folder_options *options,
                struct err *err) MUST_CHECK;
void folder_close(struct folder *f);

#endif
