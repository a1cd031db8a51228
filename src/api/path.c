#include "api/path.h"

#include "base/percent.h"
#include "base/utf8.h"
#include "errors/errors.h"

/* E_INVALID, with `detail` of `key`, when it is not percent-encoded UTF-8 without
 * NUL. */
static int decode(struct str raw, struct str *out, int detail, const char *key,
                  struct arena *arena, struct err *err)
{
    struct buf text = BUF_INIT(raw.n + 1);
    bool ok = percent_decode(&text, raw);
    struct str s = buf_str(&text);
    int rc = 0;

    *out = STR("");
    if (text.bad)
        rc = err_nomem(err);
    else if (!ok || !utf8_valid(s) || (s.n && memchr(s.p, '\0', s.n)))
        rc = err_set(err, E_INVALID, DLF_3051, detail, key);
    else
        *out = arena_str(arena, s);
    buf_release(&text);
    return out->p ? rc : err_nomem(err);
}

int path_split(struct path *out, struct str raw, struct arena *arena, struct err *err)
{
    struct str rest = raw, part;
    int rc;

    out->n = -1;
    if (!raw.n || raw.p[0] != '/')
        return 0;
    rest = str_from(rest, 1);
    if (rest.n && rest.p[rest.n - 1] == '/')
        rest.n--;
    if (!rest.n) {
        out->n = 0;
        return 0;
    }
    for (int n = 0; n < PATH_MAX_SEGMENTS && str_next(&rest, '/', &part); n++) {
        rc = decode(part, &out->segment[n], DET_PATH, "", arena, err);
        if (rc)
            return rc;
        if (!rest.p)
            out->n = n + 1;
    }
    return 0;
}

bool path_matches(const struct path *path, const char *pattern, struct path_names *names)
{
    struct str rest = str_of(pattern + 1);
    int i = 0;

    for (; rest.n && i < path->n; i++) {
        struct str part = str_cut(&rest, '/');

        if (part.p[0] != '{') {
            if (!str_eq(part, path->segment[i]))
                return false;
        } else if (str_is(part, "{project_id}")) {
            names->project = path->segment[i];
        } else if (str_is(part, "{cluster_id}")) {
            names->cluster = path->segment[i];
        } else {
            names->name = path->segment[i];
        }
    }
    return rest.n == 0 && i == path->n;
}

/* One value, with + as a blank. */
static int decode_value(struct str raw, const char *key, struct str *value,
                        struct arena *arena, struct err *err)
{
    char *text = (char *)arena_str(arena, raw).p;

    if (!text)
        return err_nomem(err);
    for (size_t i = 0; i < raw.n; i++)
        if (text[i] == '+')
            text[i] = ' ';
    return decode((struct str){ text, raw.n }, value, DET_QUERY, key, arena, err);
}

/* Keys are decoded as values are, so that a signature, which covers them decoded, is of
 * what is read. */
static int key_is(struct str raw, const char *key, bool *is, struct err *err)
{
    struct buf text = BUF_INIT(QUERY_KEY_MAX);
    bool ok = percent_decode(&text, raw);

    *is = ok && !text.bad && str_is(buf_str(&text), key);
    buf_release(&text);
    return text.bad == E_NOMEM ? err_nomem(err) : 0;
}

int query_list(struct str query, const char *key, struct str *values, size_t max,
               size_t *n, struct arena *arena, struct err *err)
{
    struct str rest = query;
    int rc = 0;

    *n = 0;
    while (!rc && rest.n) {
        struct str pair = str_cut(&rest, '&'), name = str_cut(&pair, '=');
        bool is = str_is(name, key);

        if (!is && name.n && memchr(name.p, '%', name.n))
            rc = key_is(name, key, &is, err);
        if (rc || !is)
            continue;
        if (*n < max)
            rc = decode_value(pair, key, &values[*n], arena, err);
        ++*n;
    }
    return rc;
}

int query_get(struct str query, const char *key, struct str *value, struct arena *arena,
              struct err *err)
{
    size_t n;

    *value = (struct str){ NULL, 0 };
    return query_list(query, key, value, 1, &n, arena, err);
}
