#include "http/http_int.h"

/*
 * What is refused before routing: what the judge found in the bytes (judge.h), a Host
 * that is missing or can be read in two ways, and requests that another site's web page
 * makes a browser send.
 */

struct head {
    int hosts, origins;
    const char *host, *origin;
};

static void note(int *times, const char **value, const char *given)
{
    (*times)++;
    *value = given ? given : "";
}

static enum MHD_Result read_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                   size_t name_n, const char *value, size_t value_n)
{
    struct head *h = arg;

    (void)kind, (void)name_n, (void)value_n;
    if (strcasecmp(name, MHD_HTTP_HEADER_HOST) == 0)
        note(&h->hosts, &h->host, value);
    else if (strcasecmp(name, MHD_HTTP_HEADER_ORIGIN) == 0)
        note(&h->origins, &h->origin, value);
    return MHD_YES;
}

/* ---- Host ---- */

/* RFC 3986, 3.2.2: what a name, an address or a port is made of.  It stands in
 * addresses that answers give. */
static bool is_host(const char *host)
{
    return strspn(host, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
                        "-._~%!$&'()*+,;=:[]") == strlen(host);
}

static enum http_fault judge_host(const struct head *h, const char *version)
{
    bool needed = strcmp(version, MHD_HTTP_VERSION_1_1) == 0;

    if (h->hosts > 1 || (needed && !h->hosts) || (h->host && !is_host(h->host)))
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

/* Whether `list`, with commas and blanks between, has the origin. */
static bool is_listed(const char *list, const char *origin)
{
    size_t n = strlen(origin);

    while (*(list += strspn(list, ", \t"))) {
        size_t one = strcspn(list, ", \t");

        if (one == n && strncasecmp(list, origin, n) == 0)
            return true;
        list += one;
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
    const char *scheme = tls_is_on(o) ? "https://" : "http://";

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
    fault = wire_fault(r);
    if (!fault)
        fault = judge_host(&head, version);
    return fault ? fault : judge_origin(&head, r->listed, &r->server->options);
}
