#include "api/token_body.h"

#include "errors/errors.h"

/* The value at a path such as auth.identity.password; 0 when there is none. */
static uint32_t find(const struct json_doc *doc, const char *path)
{
    uint32_t at = 0;

    while (*path) {
        size_t n = strcspn(path, ".");

        if (json_type(doc, at) != JSON_OBJECT)
            return 0;
        at = json_find(doc, at, (struct str){ path, n });
        if (!at)
            return 0;
        path += n + (path[n] == '.');
    }
    return at;
}

/* The string at a path; "" when there is none. */
static struct str text_at(const struct json_doc *doc, const char *path)
{
    uint32_t at = find(doc, path);

    return at && json_type(doc, at) == JSON_STRING ? json_text(doc, at) : STR("");
}

static int lacks(const char *path, struct err *err)
{
    return err_set(err, E_INVALID, IAM_400, DET_REQUIRED, path);
}

#define USER "auth.identity.password.user."
static int read_password(struct token_body *out, const struct json_doc *doc,
                         struct err *err)
{
    out->id = text_at(doc, USER "id");
    if (!out->id.n) {
        out->name = text_at(doc, USER "name");
        out->domain = text_at(doc, USER "domain.id");
    }
    if (!out->id.n && !out->domain.n)
        out->domain_name = text_at(doc, USER "domain.name");
    out->secret = text_at(doc, USER "password");
    if (!out->id.n && !out->name.n)
        return lacks(USER "name", err);
    if (!out->id.n && !out->domain.n && !out->domain_name.n)
        return lacks(USER "domain.name", err);
    return out->secret.n ? 0 : lacks(USER "password", err);
}

static int read_access_key(struct token_body *out, const struct json_doc *doc,
                           struct err *err)
{
    out->access_key = text_at(doc, "auth.identity.hw_ak_sk.access.key");
    out->secret = text_at(doc, "auth.identity.hw_ak_sk.secret.key");
    if (!out->access_key.n)
        return lacks("auth.identity.hw_ak_sk.access.key", err);
    return out->secret.n ? 0 : lacks("auth.identity.hw_ak_sk.secret.key", err);
}

static int read_token(struct token_body *out, const struct json_doc *doc, struct err *err)
{
    (void)err;
    out->token = text_at(doc, "auth.identity.token.id");
    return 0;
}

static const struct method {
    const char *name, *list;
    int (*read)(struct token_body *out, const struct json_doc *doc, struct err *err);
} methods[] = {
    [TOKEN_BY_PASSWORD] = { "password", "[\"password\"]", read_password },
    [TOKEN_BY_TOKEN] = { "token", "[\"token\"]", read_token },
    [TOKEN_BY_ACCESS_KEY] = { "hw_ak_sk", "[\"hw_ak_sk\"]", read_access_key },
};
#define METHODS (sizeof(methods) / sizeof(methods[0]))

/* The one method's row; METHODS when it is another, or there are several. */
static size_t find_method(const struct json_doc *doc)
{
    uint32_t list = find(doc, "auth.identity.methods");
    size_t i = 0;

    if (!list || json_type(doc, list) != JSON_ARRAY || doc->value[list].len != 1 ||
        json_type(doc, list + 1) != JSON_STRING)
        return METHODS;
    while (i < METHODS && !str_is(json_text(doc, list + 1), methods[i].name))
        i++;
    return i;
}

int token_body_read(struct token_body *out, const struct json_doc *doc, struct err *err)
{
    size_t i = find_method(doc);

    if (i == METHODS)
        return err_set(err, E_INVALID, IAM_400, DET_METHOD);
    *out = (struct token_body){
        .method = (enum token_method)i,
        .methods = methods[i].list,
        .wants_project = find(doc, "auth.scope.project") != 0,
        .project = text_at(doc, "auth.scope.project.id"),
        .project_name = text_at(doc, "auth.scope.project.name"),
    };
    if (out->wants_project && !out->project.n && !out->project_name.n)
        return lacks("auth.scope.project.id", err);
    return methods[i].read(out, doc, err);
}
