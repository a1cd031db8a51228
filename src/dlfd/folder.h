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
    bool alone;           /* take the lock, and keep it until folder_close() */
    bool bare;            /* do not open the catalogue: f->store stays NULL */
    bool reads;           /* only read: a catalogue that cannot be written stays closed */
    bool makes;           /* make the folder and a catalogue where there are none */
    bool without_sign_in; /* see struct store_options */
    int readers;
    int64_t sweep_age_ms;
};

struct folder {
    int lock;            /* descriptor of DIR/lock while we hold it; else -1 */
    struct store *store; /* NULL while the catalogue is not open */
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

/* Closes the store, wipes the keys and gives the lock back.  The struct may be opened
 * again. */
void folder_close(struct folder *f);

#endif
