#ifndef DLFD_KEY_FILE_H
#define DLFD_KEY_FILE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/seal.h"

/*
 * The file with the key that secrets are sealed with: 64 hex digits a line, the
 * newest key first; a second line is the key before it, while `dlfd admin key
 * rotate` runs.  Mode 0600; others are refused.
 */
#define KEY_FILE_MAX_KEYS 2

struct key_file {
    const char *path;
    struct seal_key key[KEY_FILE_MAX_KEYS];
    int n;
};

/* Reads f->path.  E_NOTFOUND when there is none; E_DENIED when others may read
 * it; E_INVALID when it is no key file.  The error's first text says it. */
int key_file_read(struct key_file *f, struct err *err) MUST_CHECK;

/* Writes it so that at any instant the old or the new file is there whole. */
int key_file_write(const struct key_file *f, struct err *err) MUST_CHECK;

/* Wipes the keys; what was read has to end with it. */
void key_file_wipe(struct key_file *f);

#endif
