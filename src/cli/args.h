#ifndef CLI_ARGS_H
#define CLI_ARGS_H

#include <getopt.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Reads the arguments of a program one by one, with getopt_long():
 *
 *     struct args a = { 0 };
 *
 *     args_add(&a, "max_jobs", true);
 *     args_start(&a, argc, argv);
 *     while ((at = args_next(&a)) != ARGS_END)
 *         ...
 *
 * An option is --name VALUE or --name=VALUE, or --name where it takes no value.  Its name
 * is given whole, and options and words may stand in any order.  As getopt_long() keeps
 * its place in variables of its own, one thread reads one list at a time.
 */
#define ARGS_MAX 64
#define ARGS_NAME_BYTES 64

struct args {
    int argc;
    char **argv;
    const char *text; /* see args_next() */
    int at;           /* the next argument */
    int n;            /* options that are known */
    char name[ARGS_MAX][ARGS_NAME_BYTES];
    struct option known[ARGS_MAX + 1];
};

/* What args_next() gives beside the number of an option. */
enum {
    ARGS_END = -1,
    ARGS_WORD = -2,    /* `text` is an argument that is no option */
    ARGS_UNKNOWN = -3, /* `text` is an argument that begins like an option */
    ARGS_NO_VALUE = -4 /* `text` is an option that lacks its value */
};

/* Makes an option known; the first has the number 0.  `name` is an identifier of C: its
 * _ are - on the command line, as in a->name. */
void args_add(struct args *a, const char *name, bool takes_value);

/* Begins with argv[1].  What a->text then points to belongs to argv. */
void args_start(struct args *a, int argc, char **argv);

/* The number of the next option, and a->text is its value, NULL where it takes none; else
 * one of the above. */
int args_next(struct args *a);

/* The number of the option with this name of `n` bytes; -1 when none has it. */
int args_find(const struct args *a, const char *name, size_t n);

/* Of the first `n` options the name that the fewest letters make of `name`. */
const char *args_nearest(const struct args *a, int n, const char *name);

#endif
