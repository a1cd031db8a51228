#include <netdb.h>
#include <stdlib.h>

#include "http/http_int.h"

/* Addresses to listen on. */

static bool is_port(const char *text)
{
    size_t n = strspn(text, "0123456789");

    return n > 0 && n <= 5 && !text[n] && strtoul(text, NULL, 10) <= 65535;
}

struct addrinfo *listen_resolve(const char *listen)
{
    struct addrinfo hints = { .ai_family = AF_UNSPEC,
                              .ai_socktype = SOCK_STREAM,
                              .ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE };
    const char *colon = strrchr(listen, ':');
    struct addrinfo *found = NULL;
    struct str host;
    char *text;

    if (!colon || !is_port(colon + 1))
        return NULL;
    host = (struct str){ listen, (size_t)(colon - listen) };
    if (host.n > 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
        host = (struct str){ host.p + 1, host.n - 2 };
    text = strndup(host.p, host.n);
    if (text && getaddrinfo(text, colon + 1, &hints, &found) != 0)
        found = NULL;
    free(text);
    return found;
}

int http_loopback(const char *listen)
{
    struct addrinfo *a = listen_resolve(listen);
    bool is = false;

    if (!a)
        return -1;
    if (a->ai_family == AF_INET) {
        const struct sockaddr_in *in = (const void *)a->ai_addr;

        is = ntohl(in->sin_addr.s_addr) >> 24 == 127;
    } else if (a->ai_family == AF_INET6) {
        const struct sockaddr_in6 *in6 = (const void *)a->ai_addr;

        is = IN6_IS_ADDR_LOOPBACK(&in6->sin6_addr);
    }
    freeaddrinfo(a);
    return is;
}
