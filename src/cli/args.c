#include "cli/args.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>

void args_add(struct args *a, const char *name, bool takes_value)
{
    char *spelled = a->name[a->n];

    assert(a->n < ARGS_MAX && strlen(name) < ARGS_NAME_BYTES);
    for (size_t i = 0; name[i]; i++)
        spelled[i] = name[i] == '_' ? '-' : name[i];
    a->known[a->n].has_arg = takes_value ? required_argument : no_argument;
    a->n++;
}

void args_start(struct args *a, int argc, char **argv)
{
    for (int i = 0; i < a->n; i++)
        a->known[i].name = a->name[i]; /* here, for a struct args may be copied */
    a->argc = argc;
    a->argv = argv;
    a->at = 1;
    optind = 0; /* getopt_long() begins anew */
}

int args_find(const struct args *a, const char *name, size_t n)
{
    for (int i = 0; i < a->n; i++)
        if (strlen(a->name[i]) == n && memcmp(a->name[i], name, n) == 0)
            return i;
    return -1;
}

/* getopt_long() takes the beginning of a name for the name, and letters behind one dash
 * for options. */
static bool is_unknown(const struct args *a, const char *arg)
{
    return *arg == '-' &&
           (arg[1] != '-' || args_find(a, arg + 2, strcspn(arg + 2, "=")) < 0);
}

int args_next(struct args *a)
{
    int index = 0, found;

    if (a->at >= a->argc)
        return ARGS_END;
    a->text = a->argv[a->at];
    if (is_unknown(a, a->text))
        return ARGS_UNKNOWN;
    found = getopt_long(a->argc, a->argv, "-:", a->known, &index);
    a->at = optind;
    if (found == ':')
        return ARGS_NO_VALUE;
    if (found == '?') /* a value for one that takes none */
        return ARGS_UNKNOWN;
    a->text = optarg;
    return found ? ARGS_WORD : index;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t m = a < b ? a : b;

    return m < c ? m : c;
}

/* How many letters must change to make `b` of `a` (Levenshtein). */
static size_t distance(const char *a, const char *b)
{
    size_t row[ARGS_NAME_BYTES], n = strlen(b);

    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 1; a[i - 1]; i++) {
        size_t corner = row[0];

        row[0] = i;
        for (size_t j = 1; j <= n; j++) {
            size_t above = row[j];

            row[j] = least(above + 1, row[j - 1] + 1, corner + (a[i - 1] != b[j - 1]));
            corner = above;
        }
    }
    return row[n];
}

const char *args_nearest(const struct args *a, int n, const char *name)
{
    const char *nearest = "";
    size_t best = SIZE_MAX;

    for (int i = 0; i < n; i++) {
        size_t d = distance(name, a->name[i]);

        if (d < best) {
            best = d;
            nearest = a->name[i];
        }
    }
    return nearest;
}
