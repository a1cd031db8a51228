#include "api/call.h"

#include <stdio.h>

#include "api/path.h"

/* Query parameters of one request. */

/* What a detail repeats of a client's text. */
static const char *given(struct str text)
{
    return text.n < 100 ? text.p : "...";
}

int query_choice(struct call *c, const char *key, const char *first, const char *second,
                 bool *is_second)
{
    struct str text;
    char choices[64];
    int rc = query_get(c->http->query, key, &text, &c->http->arena, &c->err);

    if (rc || !text.p)
        return rc;
    *is_second = str_is(text, second);
    if (*is_second || str_is(text, first))
        return 0;
    snprintf(choices, sizeof(choices), "%s, %s", first, second);
    return err_set(&c->err, E_INVALID, DLF_3051, DET_ONE_OF, key, choices, given(text));
}

int query_bool(struct call *c, const char *key, bool *value)
{
    return query_choice(c, key, "false", "true", value);
}

/* Whether `text` is digits alone, of a number that fits. */
static bool read_int(struct str text, int64_t *value)
{
    *value = 0;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < '0' || text.p[i] > '9' ||
            __builtin_mul_overflow(*value, 10, value) ||
            __builtin_add_overflow(*value, text.p[i] - '0', value))
            return false;
    return text.n > 0;
}

int query_int(struct call *c, const char *key, int64_t min, int64_t max, int64_t *value)
{
    struct str text;
    int64_t v;
    int rc = query_get(c->http->query, key, &text, &c->http->arena, &c->err);

    if (rc || !text.p)
        return rc;
    if (read_int(text, &v) && v >= min && v <= max) {
        *value = v;
        return 0;
    }
    return err_set(&c->err, E_INVALID, DLF_3051, DET_RANGE, key, NUM(min), NUM(max),
                   given(text));
}
