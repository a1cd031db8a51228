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
    for (size_t at = 0; at <= text.n;) {
        struct str piece = str_from(text, at);
        const char *comma = piece.n ? memchr(piece.p, ',', piece.n) : NULL;

        if (comma)
            piece.n = (size_t)(comma - piece.p);
        *part = piece;
        if (!piece_ok(f, piece))
            return false;
        at += piece.n + 1;
    }
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

static bool read_digits(struct str *s, int n, int *out)
{
    *out = 0;
    if (s->n < (size_t)n)
        return false;
    for (int i = 0; i < n; i++) {
        if (s->p[i] < '0' || s->p[i] > '9')
            return false;
        *out = *out * 10 + s->p[i] - '0';
    }
    *s = str_from(*s, (size_t)n);
    return true;
}

static bool read_mark(struct str *s, char mark)
{
    if (!s->n || s->p[0] != mark)
        return false;
    *s = str_from(*s, 1);
    return true;
}

static bool read_offset(struct str *s, int *minutes)
{
    int sign, h, m = 0;
    bool colon;

    *minutes = 0;
    if (read_mark(s, 'Z'))
        return true;
    sign = read_mark(s, '-') ? -1 : read_mark(s, '+') ? 1 : 0;
    if (!sign || !read_digits(s, 2, &h))
        return false;
    colon = read_mark(s, ':');
    if ((colon || s->n) && !read_digits(s, 2, &m))
        return false;
    *minutes = sign * (h * 60 + m);
    return h <= 18 && m < 60;
}

static int days_in_month(int year, int month)
{
    static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

    return month == 2 && leap ? 29 : days[month - 1];
}

/* Days since 1970-01-01 in the Gregorian calendar. */
static int64_t days_since_epoch(int year, int month, int day)
{
    int64_t y = year - (month <= 2), era = y / 400, of_era = y % 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

bool time_parse(struct str s, int64_t *ms)
{
    int year, month, day, hour, minute, second, offset;

    if (!read_digits(&s, 4, &year) || !read_mark(&s, '-') ||
        !read_digits(&s, 2, &month) || !read_mark(&s, '-') || !read_digits(&s, 2, &day) ||
        !read_mark(&s, 'T') || !read_digits(&s, 2, &hour) || !read_mark(&s, ':') ||
        !read_digits(&s, 2, &minute) || !read_mark(&s, ':') ||
        !read_digits(&s, 2, &second) || !read_offset(&s, &offset))
        return false;
    if (s.n || year < 1 || month < 1 || month > 12 || day < 1 ||
        day > days_in_month(year, month) || hour > 23 || minute > 59 || second > 59)
        return false;
    *ms = ((days_since_epoch(year, month, day) * 24 + hour) * 60 + minute - offset) *
              60000 +
          second * 1000;
    return true;
}
