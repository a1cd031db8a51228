#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdbool.h>

#include "base/str.h"

/*
 * What a command prints on standard output, and whether it can be written: a file on a
 * full disk, or past the limit of its size, a pipe that nobody reads.  Commands print as
 * they like; main() ends with output_end().  Messages go to standard error and begin with
 * `who`, the program's name.
 */

/* Writes at once what is shown only once, before what it belongs to takes effect.  Gives
 * 1 when it cannot be written, and says that nothing was changed. */
int output_once(const char *who, struct str text);

/* Writes what is left, and closes standard output.  Gives `status`, or 1 when not all was
 * written, and says so. */
int output_end(const char *who, int status);

/* Prints the columns of a row, with two blanks between them. */
void output_row(const struct str *column, int n);

/* Whether LC_ALL, LC_MESSAGES or LANG, the first that is set, asks for Chinese. */
bool output_chinese(void);

/* Prints a text of words with one blank between them, in lines of at most 72 columns,
 * each indented by 6. */
void output_wrapped(const char *text);

#endif
