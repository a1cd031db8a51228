#include "base/str.h"

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

int str_by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

struct str str_cut(struct str *rest, char mark)
{
    const char *end = rest->n ? memchr(rest->p, mark, rest->n) : NULL;
    struct str piece = { rest->p, end ? (size_t)(end - rest->p) : rest->n };

    *rest = str_from(*rest, piece.n + (end ? 1 : 0));
    return piece;
}

bool str_next(struct str *rest, char mark, struct str *piece)
{
    const char *from = rest->p;
    bool last = !rest->n || !memchr(rest->p, mark, rest->n);

    *piece = str_cut(rest, mark);
    if (last)
        *rest = (struct str){ NULL, 0 };
    return from != NULL;
}

bool str_line(struct str *rest, struct str *line)
{
    *line = str_cut(rest, '\n');
    return line->n > 0;
}

struct str str_lines(struct str a, size_t max)
{
    const char *end = a.n > max ? memrchr(a.p, '\n', max) : NULL;

    if (a.n > max && !end)
        end = memchr(a.p, '\n', a.n);
    return (struct str){ a.p, end ? (size_t)(end - a.p) + 1 : a.n };
}

bool str_same_loosely(struct str a, const char *b, const char *skip)
{
    for (size_t i = 0; i < a.n; i++) {
        if (*b && lower(a.p[i]) == lower(*b))
            b++;
        else if (!a.p[i] || !strchr(skip, a.p[i]))
            return false;
    }
    return !*b;
}
