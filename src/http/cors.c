#include "http/http_int.h"

/*
 * Pages of other origins, which --allow-origin lists: browsers let them read only what an
 * answer says that they may, and ask with OPTIONS before they send most requests (CORS).
 * Credentials are headers that the page sets itself, so cookies are never allowed.
 */
#define QUESTION_AGE_S "600"

bool cors_is_question(const struct request *r)
{
    return r->listed && r->server->options.app.cors &&
           strcmp(r->http.method, MHD_HTTP_METHOD_OPTIONS) == 0 &&
           http_header(&r->http, "Access-Control-Request-Method");
}

static void add(struct MHD_Response *response, const char *name, const char *value)
{
    MHD_add_response_header(response, name, value);
}

void cors_add_headers(const struct request *r, struct MHD_Response *response)
{
    const struct http_cors *cors = r->server->options.app.cors;

    if (!cors || !*r->server->options.allow_origin)
        return;
    add(response, MHD_HTTP_HEADER_VARY, MHD_HTTP_HEADER_ORIGIN);
    if (!r->listed)
        return;
    add(response, "Access-Control-Allow-Origin",
        http_header(&r->http, MHD_HTTP_HEADER_ORIGIN));
    if (!cors_is_question(r)) {
        add(response, "Access-Control-Expose-Headers", cors->answer_headers);
        return;
    }
    add(response, "Access-Control-Allow-Methods", cors->methods);
    add(response, "Access-Control-Allow-Headers", cors->request_headers);
    add(response, "Access-Control-Max-Age", QUESTION_AGE_S);
}
