#ifndef HTTP_HTTP_INT_H
#define HTTP_HTTP_INT_H

#include <gnutls/abstract.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "http/http.h"
#include "http/judge.h"
#include "base/limits.h"

/* Private to http/: one request, the answer to it, the server. */

struct header {
    struct str name, value;
};

/* The answer, until it is handed to the library. */
struct answer {
    int status;
    bool bad; /* a header or the body found no memory: it is not sent */
    struct header header[ANSWER_MAX_HEADERS];
    int headers;
    struct buf body; /* or: */
    struct shared *shared;
    struct stream *stream;
    uint64_t size;
};

/* One connection, and until when its phase is to end. */
struct conn {
    LIST_ENTRY(conn) link;
    int fd;
    unsigned requests;
    int64_t since_ns, seconds; /* of the phase; its own thread's */
    atomic_int_fast64_t until_ns;
    atomic_bool reads; /* the client is to send */
    int left;          /* the reaper's */
    struct http_server *server;
    struct MHD_Connection *connection;
    struct credential *credential; /* that its handshake took */
    atomic_bool greets;            /* the handshake is not over */
    int finished;                  /* its last messages, of 2 */
    bool watched;                  /* by the greeter */
    bool more;                     /* the last record was told to wait for more */
    /* What comes in; its own thread's. */
    gnutls_session_t session; /* NULL: plain HTTP */
    struct judge judge;
    char held[2 * JUDGE_MORE]; /* that the library's buffer had no room for */
    size_t n_held;
};

struct request {
    struct http_request http;
    struct http_server *server;
    struct MHD_Connection *connection;
    struct conn *conn;
    void (*then)(struct http_request *r); /* after a suspension */
    enum { READ_HEAD, READ_BODY, SUSPENDED, ANSWERED } state;
    bool listed;       /* a page of an origin in `allow_origin` sent it */
    bool closes;       /* no other request may follow on the connection */
    uint64_t reserved; /* of the server's body memory */
    uint64_t received; /* bytes of the body */
    uint64_t drained;  /* of these, thrown away */
    struct answer answer;
    uint64_t answer_bytes; /* of the server's answer memory */
    struct shared *sends;  /* counted there; its own use */
};

struct http_server {
    struct http_options options;
    struct MHD_Daemon *daemon;
    atomic_uint_fast64_t body_memory; /* reserved now */
    atomic_uint_fast64_t answer_memory;
    pthread_mutex_t answers_lock; /* over the senders of what answers share */
    atomic_uint_fast64_t counter; /* of requests, for their ids */
    char id_prefix[ID_HEX_BYTES];
    atomic_bool stopping;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    int active, suspended;
    LIST_HEAD(, conn) conns;
    pthread_mutex_t conns_lock;
    atomic_int n_conns;
    pthread_t reaper;
    pthread_cond_t reap;
    bool reaped;
    struct credential *credential; /* under its lock; NULL: plain HTTP */
    pthread_mutex_t credential_lock;
    pthread_t greeter;
    int greets, greeted; /* its epoll(7), and an eventfd(2) that ends it */
};

static inline struct request *request_of(const struct http_request *r)
{
    return (struct request *)r;
}

/* The answer's body is neither made nor sent. */
static inline bool request_is_head(const struct request *r)
{
    return str_is(str_of(r->http.method), "HEAD");
}

static inline bool tls_is_on(const struct http_options *o)
{
    return *o->tls_cert;
}

/* send.c: answer_send() hands the answer to the library; answer_release() frees what it
 * has. */
enum MHD_Result answer_send(struct request *r);
void answer_release(struct answer *a);

/* answers.c: answer_admit() reserves memory for sending the answer, and returns false
 * when there is not enough now; answer_done() gives it back. */
bool answer_admit(struct request *r);
void answer_done(struct request *r);

/* guard.c: what is wrong with the head of a request, HTTP_SOUND when nothing is. */
enum http_fault guard_head(struct request *r, const char *version);

/* cors.c: cors_is_question() tells a preflight request of a listed origin from others.
 * cors_add_headers() adds the CORS headers that an answer needs, if any. */
bool cors_is_question(const struct request *r);
void cors_add_headers(const struct request *r, struct MHD_Response *response);

/* reaper.c: callbacks of the library, and the connection of a request; conn_of() returns
 * NULL when there was no memory for it. */
void conn_notify(void *server, struct MHD_Connection *connection, void **context,
                 enum MHD_ConnectionNotificationCode what);
enum MHD_Result conn_accept(void *server, const struct sockaddr *address, socklen_t n);
struct conn *conn_of(struct MHD_Connection *connection);

/* conn_begin() begins a phase in which the client has so many seconds to send (`reads`)
 * or to receive.  conn_moved() gives it more time, for the bytes that were moved since
 * the phase began.  conn_rest() ends the phase: there is no limit while the server works.
 */
void conn_begin(struct conn *c, bool reads, int64_t seconds);
void conn_moved(struct conn *c, uint64_t bytes);
void conn_rest(struct conn *c);

/* Prepares s->conns and its locks, and starts the thread that closes connections whose
 * time is up.  Call it before a daemon accepts connections.  False: no thread. */
bool reaper_start(struct http_server *s);
void reaper_stop(struct http_server *s);

/* http.c: adds to the numbers of requests that are served and that are suspended. */
void server_count(struct http_server *s, int active, int suspended);

/* tls.c: certificate and key that never change, with a count of their users; accepts
 * NULL. */
void credential_release(struct credential *c);
/* Loads the certificate and key that s->options name, if any; see http_reload(). */
int tls_start(struct http_server *s, struct err *err) MUST_CHECK;
void tls_stop(struct http_server *s);
/* For the library: which credential a handshake takes. */
gnutls_certificate_retrieve_function2 tls_on_certificate;

/* wire.c: wire_begin() begins to judge the bytes of a connection, and wire_end() ends
 * that.  wire_flush() sends the last record of an answer that has ended, if it waits. */
void wire_begin(struct conn *c);
void wire_end(struct conn *c);
/* What is wrong with the bytes of the request so far; HTTP_SOUND when nothing is. */
enum http_fault wire_fault(const struct request *r);
void wire_flush(struct conn *c);

/* greeter.c: greeter_wait() lets a handshake wait for its client; greeter_end_all() ends
 * all handshakes that are not over. */
void greeter_wait(struct conn *c);
void greeter_end_all(struct http_server *s);
bool greeter_start(struct http_server *s);
void greeter_stop(struct http_server *s);

/* listen.c: resolves ADDRESS:PORT; the caller calls freeaddrinfo().  NULL: the text has
 * another form. */
struct addrinfo *listen_resolve(const char *listen);

#endif
