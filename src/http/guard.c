#include <ctype.h>

#include "http/http_int.h"

/*
 * What is refused before routing: heads that libmicrohttpd accepts and that two
 * programs could read in two ways (architecture, section 7), and requests that
 * another site's web page makes a browser send (decision 25).
 */

struct head {
    size_t bytes;
    int lengths, codings, hosts, origins;
    const char *coding, *host, *origin;
    bool bad_name;
};

/* RFC 9110, 5.6.2: a token. */
static bool is_token(const char *name, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (!isalnum((unsigned char)name[i]) && !memchr("!#$%&'*+-.^_`|~", name[i], 15))
            return false;
    return n > 0;
}

static void note(int *times, const char **value, const char *given)
{
    (*times)++;
    *value = given ? given : "";
}

static enum MHD_Result read_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                   size_t name_n, const char *value, size_t value_n)
{
    struct head *h = arg;
    const char *length;

    (void)kind;
    h->bytes += name_n + value_n + 4; /* a colon, a blank, the line's end */
    h->bad_name |= !is_token(name, name_n);
    if (strcasecmp(name, MHD_HTTP_HEADER_CONTENT_LENGTH) == 0)
        note(&h->lengths, &length, value);
    else if (strcasecmp(name, MHD_HTTP_HEADER_TRANSFER_ENCODING) == 0)
        note(&h->codings, &h->coding, value);
    else if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0)
        note(&h->hosts, &h->host, value);
    else if (strcasecmp(name, MHD_HTTP_HEADER_ORIGIN) == 0)
        note(&h->origins, &h->origin, value);
    return MHD_YES;
}

/* ---- framing ---- */

/* RFC 3986, 3.2.2: what a name, an address or a port is made of.  It stands in
 * addresses that answers give. */
static bool is_host(const char *host)
{
    return strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                        "-._~%!$&'()*+,;=:[]") == strlen(host);
}

static enum http_fault judge_framing(const struct head *h, const char *version)
{
    bool is_1_1 = strcmp(version, MHD_HTTP_VERSION_1_1) == 0;

    if (!is_1_1 && strcmp(version, MHD_HTTP_VERSION_1_0) != 0)
        return HTTP_BAD_VERSION;
    if (h->bytes > HEADERS_MAX_BYTES)
        return HTTP_HEADERS_TOO_LARGE;
    if (h->bad_name)
        return HTTP_BAD_NAME;
    if (h->lengths > 1)
        return HTTP_TWO_LENGTHS;
    if (h->lengths && h->codings)
        return HTTP_LENGTH_AND_CODING;
    if (h->codings > 1 ||
        (h->codings && (!is_1_1 || strcasecmp(h->coding, "chunked") != 0)))
        return HTTP_BAD_CODING;
    if (h->hosts > 1 || (is_1_1 && !h->hosts) || (h->host && !is_host(h->host)))
        return HTTP_BAD_HOST;
    return HTTP_SOUND;
}

/* ---- other sites ---- */

/* Whether a Host is a name or an address that only this machine has. */
static bool is_local(const char *host)
{
    const char *colon = strrchr(host, ':');
    size_t n = colon && !strchr(colon, ']') ? (size_t)(colon - host) : strlen(host);
    struct str name = { host, n };

    return (n == 9 && strncasecmp(host, "localhost", n) == 0) || str_is(name, "[::1]") ||
           (str_starts(name, "127.") && strspn(host, "0123456789.") == n);
}

/* Whether `list`, with commas between, has the origin. */
static bool is_listed(const char *list, const char *origin)
{
    size_t n = strlen(origin);

    while (*list) {
        size_t one = strcspn(list, ",");

        if (one == n && strncasecmp(list, origin, n) == 0)
            return true;
        list += one + (list[one] == ',');
    }
    return false;
}

static bool is_own(const struct head *h, const char *scheme)
{
    size_t n = strlen(scheme);

    return h->host && strncasecmp(h->origin, scheme, n) == 0 &&
           strcasecmp(h->origin + n, h->host) == 0;
}

static enum http_fault judge_origin(const struct head *h, bool listed,
                                    const struct http_options *o)
{
    const char *scheme = has_tls(o) ? "https://" : "http://";

    if (o->local_only && h->host && !is_local(h->host))
        return HTTP_FOREIGN_HOST;
    if (h->origin && (h->origins > 1 || (!is_own(h, scheme) && !listed)))
        return HTTP_FOREIGN_ORIGIN;
    return HTTP_SOUND;
}

enum http_fault guard_head(struct request *r, const char *version)
{
    struct head head = { 0 };
    enum http_fault fault;

    MHD_get_connection_values_n(r->connection, MHD_HEADER_KIND, read_header, &head);
    r->listed =
        head.origins == 1 && is_listed(r->server->options.allow_origin, head.origin);
    if (!r->http.path.p)
        return HTTP_TARGET_TOO_LONG;
    fault = judge_framing(&head, version);
    return fault ? fault : judge_origin(&head, r->listed, &r->server->options);
}
