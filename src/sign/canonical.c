#include "sign/sign_int.h"

#include <stdlib.h>
#include <strings.h>

#include "base/arena.h"
#include "base/limits.h"
#include "base/percent.h"
#include "base/banned.h"

/* One pair of a query, decoded. */
struct pair {
    struct str key, value;
    struct str name; /* the key, encoded */
    size_t at;       /* its place among the pairs */
};

/* Appends `s` encoded, with `between` for each `mark`. */
static void encode(struct buf *out, struct str s, char mark, const char *between)
{
    struct str piece;

    while (str_next(&s, mark, &piece)) {
        percent_encode(out, piece);
        buf_adds(out, s.p ? between : "");
    }
}

int canonical_path(struct buf *out, struct str path, struct err *err)
{
    struct buf text = BUF_INIT(path.n);
    bool ok = percent_decode(&text, path);
    int rc = sign_buf_rc(&text, err);

    if (!rc && !ok)
        rc = sign_fail(err, E_INVALID);
    if (!rc) {
        encode(out, buf_str(&text), '/', "/");
        if (!text.len || text.ptr[text.len - 1] != '/')
            buf_addc(out, '/');
        rc = sign_buf_rc(out, err);
    }
    buf_release(&text);
    return rc;
}

static int by_place(const struct pair *a, const struct pair *b)
{
    return (a->at > b->at) - (a->at < b->at);
}

static int by_value(const void *p, const void *q)
{
    const struct pair *a = p, *b = q;
    int c = str_cmp(a->key, b->key);

    return c ? c : str_cmp(a->value, b->value);
}

static int by_key(const void *p, const void *q)
{
    const struct pair *a = p, *b = q;
    int c = str_cmp(a->key, b->key);

    return c ? c : by_place(a, b);
}

static int by_name(const void *p, const void *q)
{
    const struct pair *a = p, *b = q;
    size_t n = a->name.n < b->name.n ? a->name.n : b->name.n;
    int c = n ? strncasecmp(a->name.p, b->name.p, n) : 0;

    if (!c)
        c = (a->name.n > b->name.n) - (a->name.n < b->name.n);
    return c ? c : by_key(p, q);
}

static const struct {
    int (*order)(const void *, const void *);
    bool first_only;
    const char *blank;
} styles[] = {
    [QUERY_SDK] = { by_value, false, "%20" },
    [QUERY_SCOPED] = { by_name, true, "%20" },
    [QUERY_FORM] = { by_key, false, "+" },
};

static size_t count(struct str s, char c)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i] == c;
    return n;
}

static struct str added(const struct buf *text, size_t from)
{
    return (struct str){ text->ptr + from, text->len - from };
}

/* Appends to `text`, which has room; false when an escape is faulty. */
static bool decode(struct buf *text, struct str raw, struct str *out)
{
    size_t from = text->len;
    bool ok = percent_decode(text, raw);

    *out = added(text, from);
    return ok;
}

static bool read_pair(struct buf *text, struct str raw, struct pair *pair)
{
    struct str key = str_cut(&raw, '=');
    size_t from;

    if (!decode(text, key, &pair->key) || !decode(text, raw, &pair->value))
        return false;
    from = text->len;
    percent_encode(text, pair->key);
    pair->name = added(text, from);
    return true;
}

/* A copy of the query, with a blank for +, comes first in `text`. */
static bool read_pairs(struct buf *text, struct str query, struct pair *pairs, size_t *n)
{
    struct str rest;

    for (size_t i = 0; i < query.n; i++)
        buf_addc(text, query.p[i] == '+' ? ' ' : query.p[i]);
    rest = buf_str(text);
    for (*n = 0; rest.n;) {
        struct str raw = str_cut(&rest, '&');

        if (!raw.n)
            continue;
        if (!read_pair(text, raw, &pairs[*n]))
            return false;
        pairs[*n].at = *n;
        ++*n;
    }
    return true;
}

static void write_pairs(struct buf *out, const struct pair *pairs, size_t n,
                        enum query_style style)
{
    for (size_t i = 0; i < n; i++) {
        if (i && styles[style].first_only && str_eq(pairs[i].key, pairs[i - 1].key))
            continue;
        buf_adds(out, i ? "&" : "");
        encode(out, pairs[i].key, ' ', styles[style].blank);
        buf_addc(out, '=');
        encode(out, pairs[i].value, ' ', styles[style].blank);
    }
}

/* The pairs of a query, and what they point into. */
struct pairs {
    struct arena arena;
    struct buf text;
    struct pair *pair;
    size_t n;
};

static int pairs_init(struct pairs *p, struct str query, struct err *err)
{
    *p = (struct pairs){ .arena = ARENA_INIT,
                         .text = BUF_INIT(5 * query.n + 1) }; /* decoded, keys encoded */
    p->pair = arena_array(&p->arena, count(query, '&') + 1, sizeof(*p->pair));
    buf_reserve(&p->text, p->text.max); /* it does not move: pairs point into it */
    if (!p->pair || p->text.bad)
        return sign_fail(err, E_NOMEM);
    return read_pairs(&p->text, query, p->pair, &p->n) ? 0 : sign_fail(err, E_INVALID);
}

static void pairs_release(struct pairs *p)
{
    buf_release(&p->text);
    arena_release(&p->arena);
}

int canonical_query(struct buf *out, struct str query, enum query_style style,
                    struct err *err)
{
    struct pairs p;
    int rc;

    if (!query.n)
        return 0;
    rc = pairs_init(&p, query, err);
    if (!rc) {
        qsort(p.pair, p.n, sizeof(*p.pair), styles[style].order);
        write_pairs(out, p.pair, p.n, style);
        rc = sign_buf_rc(out, err);
    }
    pairs_release(&p);
    return rc;
}

int canonical_query_is_whole(struct str query, enum query_style style, bool *whole,
                             struct err *err)
{
    struct pairs p;
    int rc;

    *whole = true;
    if (!query.n)
        return 0;
    rc = pairs_init(&p, query, err);
    if (!rc)
        qsort(p.pair, p.n, sizeof(*p.pair), by_key);
    for (size_t i = 1; !rc && i < p.n; i++)
        if (str_eq(p.pair[i].key, p.pair[i - 1].key) &&
            (styles[style].first_only ||
             str_cmp(p.pair[i].value, p.pair[i - 1].value) < 0))
            *whole = false;
    pairs_release(&p);
    return rc;
}

static size_t find_values(const struct sign_request *r, struct str name, bool trimmed,
                          struct str *values)
{
    size_t n = 0;

    for (size_t i = 0; i < r->n_headers; i++) {
        struct str value = r->headers[i].value;

        if (sign_header_is(&r->headers[i], name))
            values[n++] = trimmed ? sign_trim(value) : value;
    }
    return n;
}

void sign_add_collapsed(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.n; i++) {
        bool blank = sign_is_blank(s.p[i]);

        if (!blank)
            buf_addc(out, s.p[i]);
        else if (!i || !sign_is_blank(s.p[i - 1]))
            buf_addc(out, ' ');
    }
}

static void write_lines(struct buf *out, struct str name, const struct str *values,
                        size_t n, bool trimmed)
{
    for (size_t i = 0; i < n; i++) {
        buf_addstr(out, name);
        buf_addc(out, ':');
        if (trimmed)
            buf_addstr(out, values[i]);
        else
            sign_add_collapsed(out, values[i]);
        buf_addc(out, '\n');
    }
}

int canonical_headers(struct buf *out, const struct sign_claim *claim,
                      const struct sign_request *r, bool *all, struct err *err)
{
    bool trimmed = claim->form != SIGN_SDK_SCOPED;
    struct str names = claim->signed_headers, *values;
    struct arena arena = ARENA_INIT;

    *all = true;
    values = arena_array(&arena, r->n_headers + 1, sizeof(*values));
    if (!values)
        return sign_fail(err, E_NOMEM);
    while (names.n) {
        struct str name = str_cut(&names, ';');
        size_t n = find_values(r, name, trimmed, values);

        if (!n) {
            *all = false;
            values[n++] = STR("");
        }
        qsort(values, n, sizeof(*values), str_by_text);
        write_lines(out, name, values, n, trimmed);
    }
    arena_release(&arena);
    return sign_buf_rc(out, err);
}
