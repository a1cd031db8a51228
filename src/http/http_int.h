#ifndef HTTP_HTTP_INT_H
#define HTTP_HTTP_INT_H

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

#include "http/http.h"
#include "base/limits.h"

/* Private to http/: one request, the answer to it, the server. */

struct header {
    struct str name, value;
};

/* The answer, until it is handed to the library. */
struct answer {
    int status;
    struct header header[ANSWER_MAX_HEADERS];
    int headers;
    struct buf body;
    struct stream *stream;
    uint64_t size;
};

struct request {
    struct http_request http;
    struct http_server *server;
    struct MHD_Connection *connection;
    void (*then)(struct http_request *r); /* after a suspension */
    enum { READ_HEAD, READ_BODY, SUSPENDED, ANSWERED } state;
    uint64_t reserved; /* of the server's body memory */
    uint64_t drained;  /* bytes of the body thrown away */
    struct answer answer;
};

struct http_server {
    struct http_options options;
    struct MHD_Daemon *daemon;
    atomic_uint_fast64_t body_memory; /* reserved now */
    atomic_uint_fast64_t counter;     /* of requests, for their ids */
    char id_prefix[ID_HEX_BYTES];
    atomic_bool stopping;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int active, suspended;
};

static inline struct request *of_http(const struct http_request *r)
{
    return (struct request *)r;
}

/* send.c: hands the answer to the library. */
enum MHD_Result send_answer(struct request *r);

/* listen.c: the address of ADDRESS:PORT, for freeaddrinfo(); NULL: it is none. */
struct addrinfo *listen_resolve(const char *listen);

#endif
