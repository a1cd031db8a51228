#include "cli/command.h"

#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/limits.h"

enum { NOUN, VERB, ARGUMENT, WORDS };

/* A call as it is read: the names of the options that are known, --help behind those of
 * the table, and the words that were given. */
struct command_line {
    const struct command_table *table;
    struct args args;
    const char *word[WORDS];
    bool help;
};

static bool is_noun(const struct command_table *t, const char *word)
{
    for (int i = 0; word && i < t->n; i++)
        if (strcmp(t->command[i].noun, word) == 0)
            return true;
    return false;
}

/* ---- usage ---- */

static void print_command(FILE *out, const struct command_line *line,
                          const struct command *c)
{
    const struct command_table *t = line->table;

    fprintf(out, "%s %s%s%s%s%s", t->program, c->noun, *c->verb ? " " : "", c->verb,
            *c->arg ? " " : "", c->arg);
    for (int i = 0; i < t->n_options; i++) {
        bool needed = c->needs >> i & 1;

        if (needed || c->may >> i & 1)
            fprintf(out, needed ? " --%s%s%s" : " [--%s%s%s]", line->args.name[i],
                    *t->option[i].value ? " " : "", t->option[i].value);
    }
    putc('\n', out);
}

/* The usage of a noun, or of all. */
static void print_usage(FILE *out, const struct command_line *line, const char *noun)
{
    const struct command_table *t = line->table;
    const char *head = "usage:";

    for (int i = 0; i < t->n; i++) {
        if (noun && strcmp(noun, t->command[i].noun) != 0)
            continue;
        fprintf(out, "%-6s ", head);
        print_command(out, line, &t->command[i]);
        head = "";
    }
    fprintf(out, "%s\n", t->footer);
}

/* Says what is wrong, and how its noun is used; gives the exit status. */
static int refuse_line(const struct command_line *line, const char *why)
{
    const char *program = line->table->program;

    fprintf(stderr, "%s: %s\n", program, why ? why : "out of memory");
    if (is_noun(line->table, line->word[NOUN]))
        print_usage(stderr, line, line->word[NOUN]);
    else
        fprintf(stderr, "usage: %s COMMAND ... (`%s --help` shows the commands)\n",
                program, program);
    return 2;
}

/* ---- reading ---- */

static void read_word(struct command_line *line, struct buf *wrong)
{
    int i = 0;

    while (i < WORDS && line->word[i])
        i++;
    if (i < WORDS)
        line->word[i] = line->args.text;
    else
        buf_addf(wrong, "%.100s: one word too many", line->args.text);
}

static void read_words(struct command_line *line, struct command_call *call,
                       struct buf *wrong)
{
    struct args *a = &line->args;
    int i;

    while (!wrong->len && (i = args_next(a)) != ARGS_END)
        if (i == ARGS_WORD)
            read_word(line, wrong);
        else if (i == ARGS_NO_VALUE)
            buf_addf(wrong, "%s: a value is missing", a->text);
        else if (i < 0)
            buf_addf(wrong, "%.100s: no such option", a->text);
        else if (i == line->table->n_options)
            line->help = true;
        else
            call->option[i] = a->text ? a->text : "";
}

/* The command of the words; where there is no verb, what stands in its place is the
 * argument. */
static const struct command *find_command(const struct command_line *line,
                                          struct command_call *call)
{
    const char *noun = line->word[NOUN], *verb = line->word[VERB];

    for (int i = 0; noun && i < line->table->n; i++) {
        const struct command *c = &line->table->command[i];
        bool short_form = !*c->verb && !line->word[ARGUMENT];

        if (strcmp(noun, c->noun) != 0)
            continue;
        if (!short_form && !(*c->verb && verb && strcmp(verb, c->verb) == 0))
            continue;
        call->command = i;
        call->arg = line->word[short_form ? VERB : ARGUMENT];
        return c;
    }
    return NULL;
}

static void no_such_command(const struct command_line *line, struct buf *wrong)
{
    const char *noun = line->word[NOUN], *verb = line->word[VERB];

    if (!noun)
        buf_adds(wrong, "which command?");
    else if (!is_noun(line->table, noun))
        buf_addf(wrong, "%.100s: no such command", noun);
    else if (!verb)
        buf_addf(wrong, "%s: which command?", noun);
    else
        buf_addf(wrong, "%s %.100s: no such command", noun, verb);
}

/* ---- rules ---- */

static void check_text(const char *dashes, const char *name, const struct text_rule *rule,
                       const char *text, struct buf *wrong)
{
    if (!rule->ok(rule, text))
        buf_addf(wrong, "%s%s: %s", dashes, name, rule->expected);
}

static void check_option(const struct command_line *line, const struct command *c, int i,
                         const char *text, struct buf *wrong)
{
    const struct command_option *option = &line->table->option[i];
    unsigned takes = c->needs | c->may | line->table->all_may;
    const char *name = line->args.name[i];

    if (!text && c->needs >> i & 1)
        buf_addf(wrong, "--%s is required", name);
    else if (text && !(takes >> i & 1))
        buf_addf(wrong, "this command takes no --%s", name);
    else if (text && *option->value)
        check_text("--", name, option->rule, text, wrong);
}

static void check_argument(const struct command *c, const char *text, struct buf *wrong)
{
    if (*c->arg && !text)
        buf_addf(wrong, "%s is required", c->arg);
    else if (!*c->arg && text)
        buf_addf(wrong, "%.100s: one word too many", text);
    else if (text)
        check_text("", c->arg, c->rule, text, wrong);
}

static void check_call(const struct command_line *line, struct command_call *call,
                       struct buf *wrong)
{
    const struct command *c = find_command(line, call);

    if (!c) {
        no_such_command(line, wrong);
        return;
    }
    for (int i = 0; i < line->table->n_options && !wrong->len; i++)
        check_option(line, c, i, call->option[i], wrong);
    if (!wrong->len)
        check_argument(c, call->arg, wrong);
}

/* ---- the whole of it ---- */

static struct command_line line_of(const struct command_table *t)
{
    struct command_line line = { .table = t };

    for (int i = 0; i < t->n_options; i++)
        args_add(&line.args, t->option[i].name, *t->option[i].value);
    args_add(&line.args, "help", false);
    return line;
}

bool command_read(const struct command_table *t, int argc, char **argv,
                  struct command_call *out, int *status)
{
    struct command_line line = line_of(t);
    struct buf wrong = BUF_INIT(KIB);

    *out = (struct command_call){ .arg = NULL };
    args_start(&line.args, argc, argv);
    read_words(&line, out, &wrong);
    if (!wrong.len && !line.help)
        check_call(&line, out, &wrong);
    *status = wrong.len ? refuse_line(&line, buf_cstr(&wrong)) : 0;
    if (!wrong.len && line.help)
        print_usage(stdout, &line, is_noun(t, line.word[NOUN]) ? line.word[NOUN] : NULL);
    buf_release(&wrong);
    return !*status && !line.help;
}

int command_refuse(const struct command_table *t, const struct command_call *call,
                   const char *why)
{
    struct command_line line = line_of(t);

    line.word[NOUN] = t->command[call->command].noun;
    return refuse_line(&line, why);
}
