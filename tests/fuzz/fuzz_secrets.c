/*
 * A body without its secrets is JSON still, and has no more to take; no two secrets have
 * one path, and what was taken is nowhere in what is left.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "model/secrets.h"

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

/* Each has a path of its own, of one line, that can be taken apart. */
static void check_paths(const struct secrets *s)
{
    struct str *paths = calloc(s->n + 1, sizeof(*paths));

    for (size_t i = 0; i < s->n; i++) {
        struct buf part = BUF_INIT(MIB);
        struct str rest = paths[i] = s->items[i].path;

        MUST(!memchr(rest.p, '\n', rest.n));
        while (secret_path_next(&rest, &part))
            MUST(!part.bad);
        buf_release(&part);
    }
    qsort(paths, s->n, sizeof(*paths), by_text);
    for (size_t i = 1; i < s->n; i++)
        MUST(!str_eq(paths[i - 1], paths[i]));
    free(paths);
}

static size_t count(struct str text, struct str part)
{
    size_t n = 0;
    const char *at;

    while (text.n && (at = memmem(text.p, text.n, part.p, part.n))) {
        text = str_from(text, (size_t)(at - text.p) + 1);
        n++;
    }
    return n;
}

/* Of values that the text has once; with escapes the same can be written in two ways. */
static void check_left(const struct secrets *s, struct str text, const struct buf *clean)
{
    if (memchr(text.p, '\\', text.n))
        return;
    for (size_t i = 0; i < s->n; i++) {
        struct str value = s->items[i].value;

        if (value.n >= 8 && count(text, value) == 1)
            MUST(count(buf_str(clean), value) == 0);
    }
}

/* Takes from `text` into `clean`; how many, -1 when it is no JSON. */
static long take(struct str text, enum secret_rule rule, struct buf *clean)
{
    struct secrets secrets = { 0 };
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct json_doc doc;
    long n = -1;

    if (json_read(&doc, text, 10000, &err) == 0) {
        MUST(secrets_take(&secrets, &doc, 0, rule, clean, &arena, &err) == 0);
        check_paths(&secrets);
        check_left(&secrets, text, clean);
        n = (long)secrets.n_values;
    }
    secrets_release(&secrets);
    json_release(&doc);
    arena_release(&arena);
    err_clear(&err);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str text = { (const char *)data, n };

    for (int rule = SECRETS_CONFIG; rule <= SECRETS_NODES; rule++) {
        struct buf once = BUF_INIT(4 * MIB), twice = BUF_INIT(4 * MIB);

        if (take(text, (enum secret_rule)rule, &once) >= 0) {
            MUST(take(buf_str(&once), (enum secret_rule)rule, &twice) == 0);
            MUST(str_eq(buf_str(&once), buf_str(&twice)));
        }
        buf_release(&once);
        buf_release(&twice);
    }
    return 0;
}
