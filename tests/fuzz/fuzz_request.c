/*
 * What stands in a request beside its path and a definition: the bodies of exports
 * and of token requests, entity tags in headers, and, for the first byte, which of them.
 */
#include <stdlib.h>
#include <string.h>

#include "api/call.h"
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "api/export_body.h"
#include "api/token_body.h"

/* Whoever is taken has shown something, but for a token in a header. */
static void try_token(const struct json_doc *doc)
{
    struct token_body body;
    struct err err = ERR_INIT;

    if (!token_body_read(&body, doc, &err) &&
        ((body.method != TOKEN_BY_TOKEN && !body.secret.n) ||
         (body.method == TOKEN_BY_PASSWORD && !body.id.n &&
          !(body.name.n && (body.domain.n || body.domain_name.n)))))
        abort();
    err_clear(&err);
}

static void try_body(struct str text)
{
    struct arena arena = ARENA_INIT;
    struct json_doc doc = { 0 };
    struct export_body body;
    struct err err = ERR_INIT;
    int rc = json_read(&doc, text, JSON_MAX_VALUES, &err);

    if (!rc && json_type(&doc, 0) == JSON_OBJECT) {
        rc = export_body_read(&body, &doc, &arena, &err);
        err_clear(&err);
        rc = export_body_read_batch(&body, &doc, &arena, &err);
        if (!rc && (body.n < 1 || body.n > EXPORT_MAX_JOBS))
            abort();
        try_token(&doc);
    }
    err_clear(&err);
    json_release(&doc);
    arena_release(&arena);
}

/* A tag that stands whole in the list is found; none is in an empty one. */
static void try_etag(struct str text)
{
    static const char etag[] = "\"0123456789abcdef\"";
    char *header = strndup(text.p ? text.p : "", text.n);
    bool weak, strong;

    if (!header)
        return;
    strong = etag_matches(header, etag, false);
    weak = etag_matches(header, etag, true);
    if ((strong && !weak) || (weak && !strchr(header, '*') && !strstr(header, etag)))
        abort();
    free(header);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct str text = { (const char *)data + 1, size ? size - 1 : 0 };

    if (!size)
        return 0;
    if (data[0] & 1)
        try_etag(text);
    else
        try_body(text);
    return 0;
}
