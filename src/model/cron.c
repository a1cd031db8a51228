#include "model/cron.h"

#include <stddef.h>

struct cron_field {
    const char *name;
    int min, max;
    const char *extra; /* letters and marks beside , - * / */
    const char *only;  /* the only text allowed now, or NULL */
};

static const struct cron_field cron_fields[] = {
    { "second", 0, 59, "", "0" }, { "minute", 0, 59, "", NULL },
    { "hour", 0, 23, "", NULL },  { "day", 1, 31, "?LWC", NULL },
    { "month", 1, 12, "", "*" },  { "week", 1, 7, "?LC#", NULL },
};
#define CRON_FIELDS 6

/* One number within the field's range, from *p on. */
static bool number_at(const struct cron_field *f, const char **p, const char *end)
{
    const char *start = *p;
    int v = 0;

    while (*p < end && **p >= '0' && **p <= '9' && *p - start < 3)
        v = v * 10 + *(*p)++ - '0';
    return *p > start && v >= f->min && v <= f->max;
}

/* A positive step behind a slash: it may be any number up to the range. */
static bool step_at(const struct cron_field *f, const char **p, const char *end)
{
    struct cron_field step = { .min = 1, .max = f->max };

    return number_at(&step, p, end);
}

static bool takes(const struct cron_field *f, const char **p, const char *end, char mark)
{
    if (*p >= end || **p != mark || !strchr(f->extra, mark))
        return false;
    ++*p;
    return true;
}

/* What may follow a number: -n, #n, L, W, C. */
static bool after_number(const struct cron_field *f, const char **p, const char *end)
{
    if (*p < end && **p == '-') {
        ++*p;
        return number_at(f, p, end);
    }
    if (takes(f, p, end, '#')) {
        struct cron_field nth = { .min = 1, .max = 5 };

        return number_at(&nth, p, end);
    }
    if (!takes(f, p, end, 'L') && !takes(f, p, end, 'W'))
        takes(f, p, end, 'C');
    return true;
}

/* One piece between commas: *, ?, L, LW, a number, a range; with a step. */
static bool piece_ok(const struct cron_field *f, struct str piece)
{
    const char *p = piece.p, *end = piece.p + piece.n;
    bool ok;

    if (p < end && *p == '*') {
        p++;
        ok = true;
    } else if (takes(f, &p, end, '?')) {
        return p == end;
    } else if (takes(f, &p, end, 'L')) {
        takes(f, &p, end, 'W');
        return p == end;
    } else {
        ok = number_at(f, &p, end) && after_number(f, &p, end);
    }
    if (ok && p < end && *p == '/') {
        p++;
        ok = step_at(f, &p, end);
    }
    return ok && p == end;
}

static bool field_ok(const struct cron_field *f, struct str text, struct str *part)
{
    *part = text;
    if (f->only)
        return str_is(text, f->only);
    while (str_next(&text, ',', part))
        if (!piece_ok(f, *part))
            return false;
    return true;
}

static struct str next_word(struct str *rest)
{
    struct str word;
    size_t i = 0;

    while (rest->n && rest->p[0] == ' ')
        *rest = str_from(*rest, 1);
    while (i < rest->n && rest->p[i] != ' ')
        i++;
    word = (struct str){ rest->p, i };
    *rest = str_from(*rest, i);
    return word;
}

const char *cron_fault(struct str expression, struct str *part, int *fields)
{
    struct str rest = expression, word[CRON_FIELDS], w;

    *part = STR("");
    *fields = 0;
    while ((w = next_word(&rest)).n) {
        if (*fields < CRON_FIELDS)
            word[*fields] = w;
        ++*fields;
    }
    if (*fields != CRON_FIELDS)
        return "fields";
    for (int i = 0; i < CRON_FIELDS; i++)
        if (!field_ok(&cron_fields[i], word[i], part))
            return cron_fields[i].name;
    return NULL;
}
