#include "http/http.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "http/http_int.h"
#include "base/banned.h"

/* ---- the application's side ---- */

const char *http_header(const struct http_request *r, const char *name)
{
    return MHD_lookup_connection_value(request_of(r)->connection, MHD_HEADER_KIND, name);
}

/* What http_each_header() carries to each_header(). */
struct each {
    void (*each)(void *arg, struct str name, struct str value);
    void *arg;
};

static enum MHD_Result each_header(void *arg, enum MHD_ValueKind kind, const char *name,
                                   size_t name_n, const char *value, size_t n)
{
    const struct each *e = arg;

    (void)kind;
    e->each(e->arg, (struct str){ name, name_n },
            value ? (struct str){ value, n } : STR(""));
    return MHD_YES;
}

void http_each_header(const struct http_request *r,
                      void (*each)(void *arg, struct str name, struct str value),
                      void *arg)
{
    struct each e = { each, arg };

    MHD_get_connection_values_n(request_of(r)->connection, MHD_HEADER_KIND, each_header,
                                &e);
}

void http_peer(const struct http_request *r, bool whole, char out[HTTP_PEER_BYTES])
{
    const union MHD_ConnectionInfo *info = MHD_get_connection_info(
        request_of(r)->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    const struct sockaddr *a = info ? info->client_addr : NULL;

    snprintf(out, HTTP_PEER_BYTES, "-");
    if (a && a->sa_family == AF_INET) {
        inet_ntop(AF_INET, &((const struct sockaddr_in *)a)->sin_addr, out,
                  HTTP_PEER_BYTES);
    } else if (a && a->sa_family == AF_INET6) {
        struct in6_addr v6 = ((const struct sockaddr_in6 *)a)->sin6_addr;

        if (!whole && !IN6_IS_ADDR_V4MAPPED(&v6))
            memset(v6.s6_addr + 8, 0, 8);
        inet_ntop(AF_INET6, &v6, out, HTTP_PEER_BYTES);
    }
}

void http_add_header(struct http_request *http, const char *name, const char *value)
{
    struct answer *a = &request_of(http)->answer;
    struct header *h;

    if (a->headers == ANSWER_MAX_HEADERS)
        return;
    h = &a->header[a->headers];
    h->name = arena_str(&http->arena, str_of(name));
    h->value = value ? arena_str(&http->arena, str_of(value)) : (struct str){ NULL, 0 };
    if (h->name.p && h->value.p)
        a->headers++;
    else
        a->bad = true;
}

void http_answer(struct http_request *http, int status, struct buf *body)
{
    struct answer *a = &request_of(http)->answer;

    a->status = status;
    if (body) {
        a->bad |= body->bad != 0;
        a->body = *body;
        *body = BUF_INIT(0);
    }
    a->size = a->body.len;
}

void http_answer_shared(struct http_request *http, int status, struct shared *body)
{
    struct answer *a = &request_of(http)->answer;

    a->status = status;
    a->shared = body;
    a->size = body->bytes.len;
}

void http_answer_stream(struct http_request *http, int status, struct stream *stream,
                        uint64_t size)
{
    struct answer *a = &request_of(http)->answer;

    a->status = status;
    a->stream = stream;
    a->size = size;
}

static bool is_answered(const struct http_request *r)
{
    return request_of(r)->answer.status != 0;
}

void server_count(struct http_server *s, int active, int suspended)
{
    pthread_mutex_lock(&s->lock);
    s->active += active;
    s->suspended += suspended;
    pthread_cond_signal(&s->ended);
    pthread_mutex_unlock(&s->lock);
}

void http_suspend(struct http_request *http, void (*then)(struct http_request *r))
{
    struct request *r = request_of(http);

    r->then = then;
    r->state = SUSPENDED;
    server_count(r->server, 0, 1);
    MHD_suspend_connection(r->connection);
}

void http_resume(struct http_request *http)
{
    struct request *r = request_of(http);
    struct http_server *s = r->server;

    MHD_resume_connection(r->connection);
    server_count(s, 0, -1); /* r may be gone by now */
}

/* ---- receiving ---- */

static bool reserve(struct request *r, uint64_t bytes)
{
    struct http_server *s = r->server;
    uint64_t before = atomic_fetch_add(&s->body_memory, bytes);

    if (before + bytes > s->options.max_body_memory) {
        atomic_fetch_sub(&s->body_memory, bytes);
        return false;
    }
    r->reserved += bytes;
    return true;
}

static void let_body_go(struct request *r)
{
    buf_wipe(&r->http.body); /* it may hold secrets */
    atomic_fetch_sub(&r->server->body_memory, r->reserved);
    r->reserved = 0;
}

static void refuse(struct request *r, enum http_fault why)
{
    const struct http_app *app = &r->server->options.app;

    let_body_go(r);
    app->refuse(app->self, &r->http, why);
}

/* Room for `n` bytes more: counted against the budget before it is taken. */
static bool make_room(struct request *r, size_t n)
{
    struct buf *body = &r->http.body;
    size_t need = body->len + n, size = r->reserved ? 2 * r->reserved : BODY_STEP;

    if (need > r->http.body_max) {
        refuse(r, HTTP_BODY_TOO_LARGE);
        return false;
    }
    if (need <= r->reserved)
        return true;
    size = size < need ? need : size;
    size = size > r->http.body_max ? r->http.body_max : size;
    if (!reserve(r, size - r->reserved)) {
        refuse(r, HTTP_BODY_BUDGET);
        return false;
    }
    buf_reserve(body, size - body->len);
    if (body->bad)
        refuse(r, HTTP_BODY_BUDGET);
    return !body->bad;
}

static enum MHD_Result read_body(struct request *r, const char *data, size_t n)
{
    bool wanted = r->http.body_max > 0 && !is_answered(&r->http);

    r->received += n;
    conn_moved(r->conn, r->received);
    if (wanted && make_room(r, n)) {
        buf_add(&r->http.body, data, n);
        return MHD_YES;
    }
    r->drained += n;
    return r->drained > BODY_DRAIN_MAX ? MHD_NO : MHD_YES;
}

/* Announced lengths are judged before a byte is read. */
static void judge_length(struct request *r)
{
    const char *text = http_header(&r->http, MHD_HTTP_HEADER_CONTENT_LENGTH);
    unsigned long long length = text ? strtoull(text, NULL, 10) : 0;

    r->http.body = BUF_INIT(r->http.body_max);
    if (is_answered(&r->http) || !r->http.body_max || !length)
        return;
    if (length > r->http.body_max) {
        refuse(r, HTTP_BODY_TOO_LARGE);
    } else if (!reserve(r, length)) {
        refuse(r, HTTP_BODY_BUDGET);
    } else {
        buf_reserve(&r->http.body, length);
        if (r->http.body.bad)
            refuse(r, HTTP_BODY_BUDGET);
    }
}

/* Whether the client waits for a word before it sends its body, or announces
 * more than will be read of it. */
static bool can_answer_early(const struct request *r)
{
    const char *expect = http_header(&r->http, MHD_HTTP_HEADER_EXPECT);
    const char *length = http_header(&r->http, MHD_HTTP_HEADER_CONTENT_LENGTH);

    return (expect && strcasecmp(expect, "100-continue") == 0) ||
           (length && strtoull(length, NULL, 10) > BODY_DRAIN_MAX);
}

/* Nothing behind such a head is read: where its body ends is not certain. */
static enum MHD_Result refuse_head(struct request *r, enum http_fault fault)
{
    r->closes = true;
    refuse(r, fault);
    return answer_send(r);
}

/* Likewise; what was answered to its head is sent. */
static void refuse_body(struct request *r, enum http_fault fault)
{
    r->closes = true;
    if (!is_answered(&r->http))
        refuse(r, fault);
}

static enum MHD_Result read_head(struct request *r, const char *version)
{
    const struct http_app *app = &r->server->options.app;
    enum http_fault fault = guard_head(r, version);

    if (fault)
        return refuse_head(r, fault);
    r->state = READ_BODY;
    conn_begin(r->conn, true, r->server->options.transfer_timeout_s);
    if (cors_is_question(r))
        http_answer(&r->http, 204, NULL);
    else
        app->head(app->self, &r->http);
    judge_length(r);
    if (is_answered(&r->http) && can_answer_early(r))
        return answer_send(r);
    return MHD_YES;
}

static enum MHD_Result on_request(void *server, struct MHD_Connection *connection,
                                  const char *url, const char *method,
                                  const char *version, const char *data, size_t *n,
                                  void **context)
{
    struct request *r = *context;
    const struct http_app *app;

    (void)server;
    (void)url;
    if (!r)
        return MHD_NO;
    app = &r->server->options.app;
    r->connection = connection;
    r->http.method = method;
    if (r->state == READ_HEAD)
        return read_head(r, version);
    if (r->state == READ_BODY && *n) {
        size_t given = *n;

        *n = 0;
        return read_body(r, data, given);
    }
    conn_rest(r->conn);
    if (r->state == SUSPENDED) {
        r->state = READ_BODY; /* `then` may suspend it again */
        r->then(&r->http);
    } else if (wire_fault(r)) {
        refuse_body(r, wire_fault(r));
    } else if (!is_answered(&r->http)) {
        app->run(app->self, &r->http);
    }
    if (r->state == SUSPENDED)
        return MHD_YES;
    let_body_go(r);
    return answer_send(r);
}

/* ---- life of a request ---- */

static bool split_target(struct request *r, const char *target)
{
    struct str whole = str_of(target);
    const char *mark;

    whole = arena_str(&r->http.arena, whole);
    if (!whole.p)
        return false;
    mark = memchr(whole.p, '?', whole.n);
    r->http.path = whole;
    r->http.query = STR("");
    if (mark) {
        r->http.path.n = (size_t)(mark - whole.p);
        r->http.query = str_from(whole, r->http.path.n + 1);
    }
    return true;
}

/* The library splits what follows the mark into a list that nobody reads; of a few
 * hundred arguments it outgrows the connection's memory, and then no answer comes. */
static void hide_arguments(char *target)
{
    char *mark = strchr(target, '?');

    if (mark)
        mark[1] = '\0';
}

/* No request is served whose bytes came past wire.c. */
static bool is_judged(struct conn *c)
{
    return ++c->requests <= c->judge.requests;
}

/* The target as it is on the wire: nothing is decoded yet. */
static void *on_target(void *server, const char *target,
                       struct MHD_Connection *connection)
{
    struct http_server *s = server;
    struct request *r = calloc(1, sizeof(*r));

    if (!r)
        return NULL;
    r->server = s;
    r->conn = conn_of(connection);
    r->http.started_ns = clock_mono_ns();
    if (!r->conn || !is_judged(r->conn) || !split_target(r, target)) {
        free(r);
        return NULL;
    }
    hide_arguments((char *)target); /* the text is the connection's own */
    snprintf(r->http.id, sizeof(r->http.id), "%.16s%016llx", s->id_prefix,
             (unsigned long long)atomic_fetch_add(&s->counter, 1));
    if (r->conn->requests > 1)
        conn_begin(r->conn, true, s->options.header_timeout_s);
    server_count(s, 1, 0);
    return r;
}

static void on_completed(void *server, struct MHD_Connection *connection, void **context,
                         enum MHD_RequestTerminationCode why)
{
    struct http_server *s = server;
    struct request *r = *context;

    (void)connection;
    (void)why;
    if (!r)
        return;
    wire_flush(r->conn);
    s->options.app.done(s->options.app.self, &r->http);
    conn_begin(r->conn, true, CONNECTION_SILENCE_S + s->options.header_timeout_s);
    let_body_go(r);
    answer_done(r);
    answer_release(&r->answer);
    arena_wipe(&r->http.arena); /* passwords, tokens */
    free(r);
    *context = NULL;
    server_count(s, -1, 0);
}

static size_t on_unescape(void *arg, struct MHD_Connection *connection, char *text)
{
    (void)arg;
    (void)connection;
    return strlen(text);
}

/* ---- life of the server ---- */

/* TLS 1.3 and 1.2, and of the latter only what is forward secret and authenticated. */
#define TLS_PRIORITIES                                                                   \
    "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA:+ECDHE-RSA:"        \
    "-CIPHER-ALL:+AES-256-GCM:+CHACHA20-POLY1305:+AES-128-GCM"

static struct MHD_Daemon *start_daemon(struct http_server *s, const struct addrinfo *a)
{
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME;
    struct MHD_OptionItem pool[] = {
        { MHD_OPTION_THREAD_POOL_SIZE, s->options.threads, NULL },
        { MHD_OPTION_END, 0, NULL },
    };
    struct MHD_OptionItem tls[] = {
        { MHD_OPTION_HTTPS_PRIORITIES, 0, TLS_PRIORITIES },
        { MHD_OPTION_HTTPS_CERT_CALLBACK, 0, tls_on_certificate },
        { MHD_OPTION_END, 0, NULL },
    };

    /* Each thread has its share of the library's own limit: ours is to hold. */
    unsigned limit =
        (unsigned)(s->options.max_connections + 64) * (unsigned)s->options.threads;

    if (a->ai_family == AF_INET6)
        flags |= MHD_USE_IPv6;
    if (s->options.threads < 2)
        pool[0].option = MHD_OPTION_END;
    if (tls_is_on(&s->options))
        flags |= MHD_USE_TLS;
    else
        tls[0].option = MHD_OPTION_END;
    return MHD_start_daemon(
        flags, 0, conn_accept, s, on_request, s, MHD_OPTION_SOCK_ADDR, a->ai_addr,
        MHD_OPTION_URI_LOG_CALLBACK, on_target, s, MHD_OPTION_UNESCAPE_CALLBACK,
        on_unescape, NULL, MHD_OPTION_NOTIFY_COMPLETED, on_completed, s,
        MHD_OPTION_NOTIFY_CONNECTION, conn_notify, s, MHD_OPTION_CONNECTION_LIMIT, limit,
        MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_POOL,
        MHD_OPTION_CONNECTION_TIMEOUT, CONNECTION_SILENCE_S, MHD_OPTION_ARRAY, pool,
        MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
}

static int serve(struct http_server *s, const struct addrinfo *a, struct err *err)
{
    if (reaper_start(s)) {
        s->daemon = start_daemon(s, a);
        if (s->daemon)
            return 0;
        reaper_stop(s);
    }
    tls_stop(s);
    return err_say(
        err, E_IO,
        "%s: %.200s: cannot listen there: is the address this machine's, and the port free?",
        s->options.name, s->options.listen);
}

int http_start(struct http_server **out, const struct http_options *options,
               struct err *err)
{
    struct addrinfo *a = listen_resolve(options->listen);
    struct http_server *s;
    int rc;

    if (!a)
        return err_say(err, E_INVALID, "%s: %.200s: ADDRESS:PORT expected", options->name,
                       options->listen);
    s = calloc(1, sizeof(*s));
    if (!s) {
        freeaddrinfo(a);
        return err_say(err, E_NOMEM, "out of memory");
    }
    s->options = *options;
    id_hex(s->id_prefix);
    pthread_mutex_init(&s->lock, NULL);
    pthread_mutex_init(&s->answers_lock, NULL);
    clock_cond_init(&s->ended);
    rc = tls_start(s, err);
    if (!rc)
        rc = serve(s, a, err);
    freeaddrinfo(a);
    if (rc)
        free(s);
    else
        *out = s;
    return rc;
}

int http_port(const struct http_server *s)
{
    return MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
}

static void wait_for_requests(struct http_server *s)
{
    struct timespec until =
        clock_mono_until(clock_mono_ns() + SHUTDOWN_GRACE_S * 1000000000LL);
    int timeout = 0;

    pthread_mutex_lock(&s->lock);
    while (s->active && !timeout)
        timeout = pthread_cond_timedwait(&s->ended, &s->lock, &until);
    while (s->suspended) /* the writer always comes to an end */
        pthread_cond_wait(&s->ended, &s->lock);
    pthread_mutex_unlock(&s->lock);
}

/* From now on connections are refused.  The library's own way (quiesce) lets two of its
 * threads take the socket out of one epoll set, now and then, and ends the process; so
 * another socket, which nobody waits for, takes the place of the listening one. */
static void stop_listening(struct http_server *s)
{
    int listening = MHD_get_daemon_info(s->daemon, MHD_DAEMON_INFO_LISTEN_FD)->listen_fd;
    int other = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (other < 0 || dup3(other, listening, O_CLOEXEC) < 0)
        shutdown(listening, SHUT_RDWR);
    if (other >= 0)
        close(other);
}

void http_stop(struct http_server *s)
{
    stop_listening(s);
    atomic_store(&s->stopping, true);
    greeter_end_all(s);
    wait_for_requests(s);
    MHD_stop_daemon(s->daemon);
    tls_stop(s);
    reaper_stop(s);
    pthread_mutex_destroy(&s->lock);
    pthread_mutex_destroy(&s->answers_lock);
    pthread_cond_destroy(&s->ended);
    free(s);
}
