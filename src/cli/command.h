#ifndef CLI_COMMAND_H
#define CLI_COMMAND_H

#include <stdbool.h>

#include "base/err.h"
#include "cli/args.h"

/*
 * Commands of a program, such as `dlfd admin user create NAME [--admin]`: two words, or
 * one, then at most one argument, and options in any order.  A table says what each
 * takes; command_read() reads a call by it, holds each text against its rule, and says
 * what is wrong and how the command is used.
 */
#define COMMAND_OPTIONS_MAX 16

/* What the text of an argument or an option has to be. */
struct text_rule {
    bool (*ok)(const struct text_rule *rule, const char *text);
    const void *by;       /* what ok() goes by */
    const char *expected; /* "1 to 64 letters expected" */
};

struct command_option {
    const char *name;             /* with _ for - */
    const char *value;            /* the word for its value; "" when it takes none */
    const struct text_rule *rule; /* of its value */
};

struct command {
    const char *noun, *verb;      /* "" when it has no verb */
    const char *arg;              /* the word for its argument; "" when it takes none */
    const struct text_rule *rule; /* of its argument */
    unsigned needs, may;          /* a bit for each of the options, in their order */
};

struct command_table {
    const char *program; /* "dlfd admin" */
    const struct command *command;
    int n;
    const struct command_option *option; /* as its usage names them, one after another */
    int n_options;
    unsigned all_may;   /* options that each command takes; `footer` tells of them */
    const char *footer; /* the last line of the usage */
};

struct command_call {
    int command;     /* the number of its row */
    const char *arg; /* NULL when it takes none */
    const char
        *option[COMMAND_OPTIONS_MAX]; /* what was given: a value, or "" of a flag */
};

/*
 * Reads the call that begins at argv[1].  True: it is right, and to be carried out; the
 * texts of `out` belong to argv.  False: there is nothing to do, and *status is what the
 * program ends with: 0, and the usage was printed, for --help was given; 2, and standard
 * error says what is wrong.
 */
bool command_read(const struct command_table *t, int argc, char **argv,
                  struct command_call *out, int *status) MUST_CHECK;

/* Says what else is wrong with a call that was read, in the same way; gives 2. */
int command_refuse(const struct command_table *t, const struct command_call *call,
                   const char *why);

#endif
