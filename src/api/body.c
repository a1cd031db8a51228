#include "api/call.h"

#include <stdio.h>
#include <strings.h>

#include "base/limits.h"

/* The JSON body of a request, whatever it is about. */

static bool is_media_type(struct str type, const char *name)
{
    return type.n == strlen(name) && strncasecmp(type.p, name, type.n) == 0;
}

/* The charset parameter, when there is one, says UTF-8. */
static bool charset_ok(const char *parameters)
{
    const char *charset = strcasestr(parameters, "charset=");

    if (!charset)
        return true;
    charset += strlen("charset=");
    charset += *charset == '"';
    return strncasecmp(charset, "utf-8", 5) == 0 || strncasecmp(charset, "utf8", 4) == 0;
}

int call_check_media_type(struct call *c)
{
    bool heeded = !c->signer || c->type_signed;
    const char *header = heeded ? http_header(c->http, "Content-Type") : NULL;
    char given[100];
    struct str type;

    if (!header || !c->http->body.len)
        return 0;
    type = (struct str){ header, strcspn(header, "; \t") };
    if ((is_media_type(type, "application/json") && charset_ok(header + type.n)) ||
        is_media_type(type, "application/x-www-form-urlencoded") || type.n == 0)
        return 0;
    snprintf(given, sizeof(given), "%s", header);
    return err_set(&c->err, E_INVALID, DLF_3051_MEDIA_TYPE, DET_MEDIA_TYPE, given);
}

/* JSON null is what some clients send for no body at all. */
static int read_json(struct call *c)
{
    struct str text = buf_str(&c->http->body);
    int rc = call_check_media_type(c);

    if (!rc)
        rc = json_read(&c->json, text, JSON_MAX_VALUES, &c->err);
    if (rc || json_type(&c->json, 0) == JSON_NULL)
        return rc;
    if (json_type(&c->json, 0) != JSON_OBJECT)
        return err_set(&c->err, E_INVALID, DLF_3051, DET_TYPE, "body", "object",
                       json_type_name(json_type(&c->json, 0)));
    c->body = &c->json;
    return 0;
}

void call_forget_body(struct call *c)
{
    json_release(&c->json);
    c->body = NULL;
}

int call_read_body(struct call *c)
{
    enum body_rule rule = c->route->body;
    int rc = c->http->body.len && rule != BODY_NONE ? read_json(c) : 0;

    if (!rc && (rule == BODY_MUST || rule == BODY_IAM) && !c->body)
        rc = err_set(&c->err, E_INVALID, DLF_3051, DET_NO_BODY);
    return rc;
}
