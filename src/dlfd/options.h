#ifndef DLFD_OPTIONS_H
#define DLFD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"
#include "cli/args.h"

/*
 * The options of dlfd (options.def).  Where one comes from, in this order: the
 * flag, the variable DLFD_NAME, the --config file, its default.
 */
struct option_value {
    const char *text;
    const char *source; /* "flag", "variable", "file" or "default" */
    uint64_t number;    /* of COUNT, SIZE (bytes) and AGE (seconds) */
};

struct options {
#define OPTION(type, name, default, value, min, max, help, help_zh)                      \
    struct option_value name;
#include "dlfd/options.def"
#undef OPTION
    bool check;         /* --check-config: print the options, and do not serve */
    bool help, version; /* --help, --version: no option was read */
    struct arena arena; /* of the texts */
    struct args args;   /* the names, as they are written */
};

/* Reads all options; main() calls it once, before any thread starts, and releases `o`
 * also when it fails.  E_INVALID or E_NOMEM: the error's first text says what is wrong,
 * and names the nearest option where one is not known. */
int options_read(struct options *o, int argc, char **argv, struct err *err) MUST_CHECK;
/* Prints all as lines of a --config file, each with where it comes from. */
void options_print(const struct options *o);

void options_release(struct options *o);

/* Prints what --help says, in the language of the environment. */
void options_help(const struct options *o);

/* The data folder when none is given; NULL without a home. */
const char *options_default_data(struct arena *arena);

#endif
