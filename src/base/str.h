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

/* str_cmp() for qsort(), of an array of texts. */
int str_by_text(const void *a, const void *b);

/* Removes the text before the next `mark`, and the mark, from `rest` and returns the
 * text; without a mark it removes and returns all. */
struct str str_cut(struct str *rest, char mark);

/*
 * Goes through the pieces of a text between marks, which may be empty:
 * while (str_next(&rest, ',', &piece)).  After the last piece rest.p is NULL, so that a
 * loop can see whether another follows.
 */
bool str_next(struct str *rest, char mark, struct str *piece);

/* Removes the next line from `rest`; false when there is none, or when it is empty. */
bool str_line(struct str *rest, struct str *line);

/* Returns as many whole lines from the beginning of `a`, with their ends, as fit into
 * `max` bytes; if already the first line is longer, that line. */
struct str str_lines(struct str a, size_t max);

/* Whether `a` and `b` differ at most in the case of ASCII letters, and in characters of
 * `skip` that only `a` has. */
bool str_same_loosely(struct str a, const char *b, const char *skip);

/* Whether `a` contains `part`. */
static inline bool str_has(struct str a, const char *part)
{
    return a.p && memmem(a.p, a.n, part, strlen(part)) != NULL;
}

#endif
