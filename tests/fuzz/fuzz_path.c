/*
 * Paths and queries: what is decoded is valid UTF-8 without NUL, no longer than
 * it was, and a segment never holds more slashes than it had as %2F.
 */
#include <string.h>

#include "api/path.h"
#include "base/percent.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"

static void check_text(struct str s, size_t n)
{
    MUST(s.n <= n && utf8_valid(s) && !(s.n && memchr(s.p, '\0', s.n)));
}

/* Encoded again and split again, it is the same. */
static void check_again(const struct path *path, struct arena *arena)
{
    struct buf text = BUF_INIT(1 << 20);
    struct err err = ERR_INIT;
    struct path again;

    for (int i = 0; i < path->n; i++) {
        buf_addc(&text, '/');
        percent_encode(&text, path->segment[i]);
    }
    buf_addc(&text, '/');
    MUST(path_split(&again, buf_str(&text), arena, &err) == 0 && again.n == path->n);
    for (int i = 0; i < path->n; i++)
        MUST(str_eq(again.segment[i], path->segment[i]));
    buf_release(&text);
}

/* A parameter that may stand several times: no more are kept than there is room. */
static void check_list(struct str raw, struct arena *arena)
{
    struct str values[2] = { { NULL, 0 }, { NULL, 0 } };
    struct err err = ERR_INIT;
    size_t n;

    if (query_list(raw, "n", values, 2, &n, arena, &err) == 0)
        for (size_t i = 0; i < n && i < 2; i++)
            check_text(values[i], raw.n);
    err_clear(&err);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str raw = { (const char *)data, n }, value;
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct path_names names;
    struct path path;

    if (path_split(&path, raw, &arena, &err) == 0) {
        for (int i = 0; i < path.n; i++)
            check_text(path.segment[i], n);
        if (path.n > 0)
            check_again(&path, &arena);
        if (path_matches(&path, "/v1/{project_id}/jobs/{job_name}/export", &names))
            MUST(path.n == 5 && str_is(path.segment[2], "jobs"));
    }
    err_clear(&err);
    if (query_get(raw, "name", &value, &arena, &err) == 0 && value.p)
        check_text(value, n);
    err_clear(&err);
    check_list(raw, &arena);
    arena_release(&arena);
    return 0;
}
