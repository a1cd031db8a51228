#include <arpa/inet.h>
#include <curl/curl.h>
#include <strings.h>

#include "obs/obs.h"
#include "base/str.h"
#include "base/banned.h"

/* Where a service is. */

#define HOST_BYTES "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]"

static bool is_loopback(const char *host)
{
    struct in_addr four;

    return strcasecmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0 ||
           (inet_pton(AF_INET, host, &four) == 1 && ntohl(four.s_addr) >> 24 == 127);
}

/* The library takes it apart, as it will when it connects: it knows each spelling of an
 * address, and looks nobody up for localhost. */
enum obs_way obs_endpoint_way(const char *endpoint)
{
    bool tls = strncmp(endpoint, "https://", 8) == 0;
    const char *text = endpoint + (tls ? 8 : 7);
    enum obs_way way = OBS_NO_ENDPOINT;
    char *host = NULL;
    CURLU *url;

    if ((!tls && strncmp(endpoint, "http://", 7) != 0) || text[strspn(text, HOST_BYTES)])
        return OBS_NO_ENDPOINT;
    url = curl_url();
    if (url && curl_url_set(url, CURLUPART_URL, endpoint, 0) == CURLUE_OK &&
        curl_url_get(url, CURLUPART_HOST, &host, 0) == CURLUE_OK)
        way = is_loopback(host) ? OBS_HERE : tls ? OBS_TLS : OBS_PLAIN;
    curl_free(host);
    curl_url_cleanup(url);
    return way;
}
