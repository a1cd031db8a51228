#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Files as wholes: read, and written so that a crash at any instant leaves no half of
 * one. Nothing here knows what a file is for.  Where a function gives false, errno says
 * why.
 */

/* Writes all of `bytes`, going on after interruptions. */
bool file_write_all(int fd, struct str bytes) MUST_CHECK;

/* Writes a file with mode 0600, durably: PATH.new is written, then renamed, so that at
 * any instant the old or the new file is there whole. */
bool file_replace(const char *path, struct str text) MUST_CHECK;

/*
 * Reads a file that nobody else may use: at most the *n bytes that `text` has room for,
 * and sets *n to those that were read.  The caller wipes them, on failure too.
 * E_NOTFOUND, E_IO, or E_DENIED when its mode lets others use it; the error's first text
 * says "WHAT PATH: why".
 */
int file_read_private(const char *what, const char *path, char *text, size_t *n,
                      struct err *err) MUST_CHECK;

/*
 * A file that gets its name only when it is complete, and never replaces another.  Until
 * then its name is NAME.XXXXXX, in the same folder, with letters that no other file there
 * has.  A process that is killed may leave it behind under that name.
 */
struct file_draft {
    const char *name; /* the caller's */
    struct buf
        path; /* its present name; empty before it is made or once it is published */
};

/* Creates the file, empty, with mode 0600.  E_INVALID or E_IO; the error's first text
 * says why. */
int file_draft_make(struct file_draft *d, const char *name, struct err *err) MUST_CHECK;

/* Gives the file its name, durably.  E_EXISTS when another file has it, or E_IO. */
int file_draft_publish(struct file_draft *d, struct err *err) MUST_CHECK;

/* Deletes the file, unless it was published. */
void file_draft_drop(struct file_draft *d);

#endif
