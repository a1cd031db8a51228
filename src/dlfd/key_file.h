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

/* Reads a file that nobody else may use, at most the *n bytes of `text`, and sets *n to
 * those that were read; on failure, too, the caller wipes them.  E_NOTFOUND, E_IO, or
 * E_DENIED when others may use it.  The error's first text says it, after `what`. */
int private_file_read(const char *what, const char *path, char *text, size_t *n,
                      struct err *err) MUST_CHECK;

/* Reads f->path.  E_NOTFOUND when there is none; E_DENIED when others may read
 * it; E_INVALID when it is no key file.  The error's first text says it. */
int key_file_read(struct key_file *f, struct err *err) MUST_CHECK;

/* Writes it so that at any instant the old or the new file is there whole. */
int key_file_write(const struct key_file *f, struct err *err) MUST_CHECK;

/* Writes any file so, with mode 0600; false: errno says why. */
bool file_replace(const char *path, const char *text, size_t n);

/* Makes the folder's entry of `path` as durable as the file's contents. */
bool key_file_sync_folder(const char *path);

void key_file_wipe(struct key_file *f);

#endif
