#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/*
 * A piece of text that somebody else owns: `n` bytes at `p`, without a final
 * NUL.  A value, passed by copy.  Comparison is by bytes.
 */
struct str {
    const char *p;
    size_t n;
};

#define STR(literal) ((struct str){ (literal), sizeof(literal) - 1 })
/* For printf("%.*s"): only for texts that are known to be short. */
#define STR_ARG(s) (int)(s).n, (s).p

static inline struct str str_of(const char *text)
{
    return (struct str){ text, text ? strlen(text) : 0 };
}

static inline bool str_eq(struct str a, struct str b)
{
    return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline bool str_is(struct str a, const char *text)
{
    return str_eq(a, str_of(text));
}

static inline bool str_starts(struct str a, const char *prefix)
{
    size_t n = strlen(prefix);

    return a.n >= n && memcmp(a.p, prefix, n) == 0;
}

/* <0, 0, >0 by bytes; a prefix comes first. */
static inline int str_cmp(struct str a, struct str b)
{
    size_t n = a.n < b.n ? a.n : b.n;
    int c = n ? memcmp(a.p, b.p, n) : 0;

    return c ? c : (a.n > b.n) - (a.n < b.n);
}

/* The text from byte `at` on; `at` is at most a.n. */
static inline struct str str_from(struct str a, size_t at)
{
    return (struct str){ at ? a.p + at : a.p, a.n - at };
}

/* The next of several lines, taken off `rest`; false when there is none, or it is empty.
 */
static inline bool str_line(struct str *rest, struct str *line)
{
    const char *end = rest->n ? (const char *)memchr(rest->p, '\n', rest->n) : NULL;

    *line = (struct str){ rest->p, end ? (size_t)(end - rest->p) : rest->n };
    *rest = str_from(*rest, line->n + (end ? 1 : 0));
    return line->n > 0;
}

/* So many of the lines of `a`, each with its end, as have `max` bytes together; of a
 * longer one the first. */
static inline struct str str_lines(struct str a, size_t max)
{
    const char *end = a.n > max ? (const char *)memrchr(a.p, '\n', max) : NULL;

    if (a.n > max && !end)
        end = (const char *)memchr(a.p, '\n', a.n);
    return (struct str){ a.p, end ? (size_t)(end - a.p) + 1 : a.n };
}

/* Whether `part` stands anywhere in `a`. */
static inline bool str_has(struct str a, const char *part)
{
    return a.p && memmem(a.p, a.n, part, strlen(part)) != NULL;
}

#endif
