#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/id.h"
#include "base/shared.h"
#include "base/stream.h"

/*
 * HTTP/1.1 over libmicrohttpd: requests come in, answers go out.  Knows no
 * routes and no errors of the API; the application behind it does.
 *
 * A request goes head -> body -> run -> answer.  All of it is on one of the
 * threads that serve connections, unless run() suspends it.
 */
struct http_server;
struct http_request;

/* Why a request is refused without having been read whole. */
enum http_fault {
    HTTP_SOUND, /* it is not refused */
    HTTP_BODY_TOO_LARGE,
    HTTP_BODY_BUDGET,   /* no memory for it now */
    HTTP_ANSWER_BUDGET, /* no memory now for its answer, which is thrown away */
    HTTP_TARGET_TOO_LONG,
    HTTP_HEADERS_TOO_LARGE,
    HTTP_TOO_MANY_HEADERS,
    HTTP_BAD_LINE, /* of the request */
    HTTP_BAD_VERSION,
    HTTP_BAD_NAME, /* of a header */
    HTTP_BAD_BYTE, /* in the head */
    HTTP_BAD_LENGTH,
    HTTP_TWO_LENGTHS,
    HTTP_LENGTH_AND_CODING,
    HTTP_BAD_CODING,
    HTTP_BAD_CHUNK,
    HTTP_BAD_HOST,
    HTTP_FOREIGN_HOST,
    HTTP_FOREIGN_ORIGIN,
};

/*
 * What the pages of the origins in `allow_origin` may use: browsers ask for it before
 * such a page sends a request (CORS, https://fetch.spec.whatwg.org).  Each is a list with
 * commas.
 */
struct http_cors {
    const char *methods;
    const char *request_headers;
    const char *answer_headers; /* that a page may read */
};

struct http_app {
    void *self;
    /* The head is here: sets r->body_max, or answers already.  A body that
     * follows all the same is read and thrown away. */
    void (*head)(void *self, struct http_request *r);
    /* Answers why it is refused; of a head's faults, in place of head(). */
    void (*refuse)(void *self, struct http_request *r, enum http_fault why);
    /* The body is complete: answers, or suspends. */
    void (*run)(void *self, struct http_request *r);
    /* The answer is about to be sent: r->status is known. */
    void (*send)(void *self, const struct http_request *r);
    /* The answer was sent, or the connection was lost: logs the request and frees what
     * belongs to it. */
    void (*done)(void *self, struct http_request *r);
    const struct http_cors *cors; /* NULL: pages of other origins read no answer */
};

struct http_request {
    const char *method;
    struct str path, query; /* as on the wire, without the question mark */
    size_t body_max;        /* bytes; set by head(); 0: a body is ignored */
    struct buf body;
    struct arena arena;    /* lives as long as the request */
    char id[ID_HEX_BYTES]; /* X-Request-Id */
    int64_t started_ns;    /* clock_mono_ns() */
    void *state;           /* the application's */
    /* For done(): */
    int status;          /* 0: never answered */
    uint64_t sent_bytes; /* of the answer's body */
};

struct http_options {
    const char *name;   /* of the option that `listen` comes from */
    const char *listen; /* ADDRESS:PORT, [ADDRESS]:PORT; port 0: any free */
    int threads;
    int max_connections;        /* more are closed at once */
    int64_t header_timeout_s;   /* until a request's head is here */
    int64_t transfer_timeout_s; /* for a body, and for an answer; see limits.h */
    bool local_only;            /* Host must be a loopback name or address */
    const char *allow_origin;   /* other origins that may call, with commas */
    const char *tls_cert;       /* a file, see http_reload(); "": plain HTTP */
    const char *tls_key;        /* likewise */
    uint64_t max_body_memory;   /* of all bodies that are being received */
    uint64_t max_answer_memory; /* of all bodies that are being sent */
    struct http_app app;
};

/* Starts to serve.  E_INVALID: `listen` is no address, or as http_reload(); E_IO: cannot
 * bind; the error's first text says it. */
int http_start(struct http_server **out, const struct http_options *options,
               struct err *err) MUST_CHECK;

/* The port that it listens on. */
int http_port(const struct http_server *s);

/*
 * Reads the certificate and the key anew, for the connections that are yet to come;
 * those that are open go on.  Both are PEM; the server's own certificate stands first,
 * those that lead to its issuer after it.  E_IO, E_INVALID: a file cannot be read, is
 * none, or the two are no pair; the error's first text names the option and the file,
 * and what was served is served on.  What clients may refuse (a certificate that is out
 * of date), and a key that everyone may read, is logged.  Does nothing in plain HTTP.
 */
int http_reload(struct http_server *s, struct err *err) MUST_CHECK;

/* Stops accepting connections, waits for running requests (SHUTDOWN_GRACE_S at most), and
 * frees the server. */
void http_stop(struct http_server *s);

/* 1: `listen` is an address that only this machine reaches; 0: others, too;
 * -1: it is no ADDRESS:PORT. */
int http_loopback(const char *listen);

/* A header of the request; NULL when it is absent. */
const char *http_header(const struct http_request *r, const char *name);

/* Calls `each` for every header line of the request, so for a repeated header repeatedly.
 */
void http_each_header(const struct http_request *r,
                      void (*each)(void *arg, struct str name, struct str value),
                      void *arg);

/* The client's address: whole, or of IPv6 only the network, which one client can
 * have all of (/64). */
#define HTTP_PEER_BYTES 48
void http_peer(const struct http_request *r, bool whole, char out[HTTP_PEER_BYTES]);

/* Adds a header to the answer; both texts are copied.  At most
 * ANSWER_MAX_HEADERS.  When memory is out, or `value` is NULL because it was before, the
 * client gets 503 without a body instead of the answer. */
void http_add_header(struct http_request *r, const char *name, const char *value);

/* Answers with `body`, and takes it over.  When it is bad, answers 503 without a body. */
void http_answer(struct http_request *r, int status, struct buf *body);

/* Answers with shared bytes, and takes over this use of them. */
void http_answer_shared(struct http_request *r, int status, struct shared *body);

/* Answers with a stream, which is taken over; `size` is exact, or
 * HTTP_SIZE_UNKNOWN. */
#define HTTP_SIZE_UNKNOWN UINT64_MAX
void http_answer_stream(struct http_request *r, int status, struct stream *stream,
                        uint64_t size);

/*
 * From run(): the request sleeps, without a thread, until http_resume() is
 * called from any thread; then `then` runs as run() would.
 */
void http_suspend(struct http_request *r, void (*then)(struct http_request *r));
void http_resume(struct http_request *r);

#endif
