#include <stdlib.h>

#include "base/log.h"
#include "base/metrics.h"
#include "http/http_int.h"

/* Answers on their way out. */

struct sender {
    struct conn *conn; /* NULL: the size, and with it the time, was known */
    struct stream *stream;
    struct buf piece;
    size_t at;
};

/* The next piece, when the last one is used up; its length, 0 at the end. */
static ssize_t fill(struct sender *s)
{
    struct err err = ERR_INIT;
    int rc;

    if (s->at < s->piece.len)
        return (ssize_t)(s->piece.len - s->at);
    buf_clear(&s->piece);
    s->at = 0;
    rc = s->stream->next(s->stream, &s->piece, &err);
    if (rc)
        log_error("an answer was cut short: %s", err.arg[0] ? err.arg[0] : "no memory");
    err_clear(&err);
    return rc ? -1 : (ssize_t)s->piece.len;
}

static ssize_t on_read(void *arg, uint64_t position, char *out, size_t max)
{
    struct sender *s = arg;
    ssize_t n = fill(s);

    if (n < 0)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (n == 0)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if ((size_t)n > max)
        n = (ssize_t)max;
    if (s->conn)
        conn_moved(s->conn, position);
    memcpy(out, s->piece.ptr + s->at, (size_t)n);
    s->at += (size_t)n;
    return n;
}

static void on_read_end(void *arg)
{
    struct sender *s = arg;

    s->stream->free(s->stream);
    buf_release(&s->piece);
    free(s);
}

static struct MHD_Response *stream_response(struct request *r)
{
    struct answer *a = &r->answer;
    struct sender *s = calloc(1, sizeof(*s));
    struct MHD_Response *response;

    if (!s)
        return NULL;
    *s = (struct sender){ .stream = a->stream,
                          .conn = a->size == HTTP_SIZE_UNKNOWN ? r->conn : NULL,
                          .piece = BUF_INIT(4 * DEFINITION_MAX) };
    if (!request_is_head(r))
        buf_reserve(&s->piece, a->stream->piece + 4 * KIB); /* and a header */
    response =
        MHD_create_response_from_callback(a->size, ANSWER_BLOCK, on_read, s, on_read_end);
    if (response) {
        a->stream = NULL;
        return response;
    }
    buf_release(&s->piece);
    free(s);
    return NULL;
}

static struct MHD_Response *buffer_response(struct answer *a)
{
    size_t n;
    char *bytes = buf_detach(&a->body, &n);
    struct MHD_Response *response;

    response = MHD_create_response_from_buffer_with_free_callback(n, bytes, free);
    if (!response)
        free(bytes);
    return response;
}

static void on_shared_end(void *shared)
{
    shared_release(shared);
}

static struct MHD_Response *shared_response(struct answer *a)
{
    struct MHD_Response *response =
        MHD_create_response_from_buffer_with_free_callback_cls(
            a->shared->bytes.len, a->shared->bytes.ptr, on_shared_end, a->shared);

    if (response)
        a->shared = NULL; /* the response's */
    return response;
}

static struct MHD_Response *make_response(struct request *r)
{
    if (r->answer.stream)
        return stream_response(r);
    return r->answer.shared ? shared_response(&r->answer) : buffer_response(&r->answer);
}

void answer_release(struct answer *a)
{
    buf_release(&a->body);
    shared_release(a->shared);
    if (a->stream)
        a->stream->free(a->stream);
    *a = (struct answer){ 0 };
}

/* What is not whole is not sent in part. */
static void refuse_bad(struct answer *a)
{
    static const struct header retry = { STR("Retry-After"), STR("1") };

    answer_release(a);
    *a = (struct answer){ .status = 503, .header = { retry }, .headers = 1 };
}

/* In place of an answer for which there is no memory now. */
static void answer_busy(struct request *r)
{
    const struct http_app *app = &r->server->options.app;

    metric_add(METRIC_ANSWERS_REFUSED, 1);
    answer_release(&r->answer);
    app->refuse(app->self, &r->http, HTTP_ANSWER_BUDGET);
}

enum MHD_Result answer_send(struct request *r)
{
    struct answer *a = &r->answer;
    struct MHD_Response *response;
    enum MHD_Result result;

    if (!answer_admit(r)) {
        answer_busy(r);
        answer_admit(r); /* a refusal is small */
    }
    if (a->bad)
        refuse_bad(a);
    response = make_response(r);
    if (!response)
        return MHD_NO;
    for (int i = 0; i < a->headers; i++)
        MHD_add_response_header(response, a->header[i].name.p, a->header[i].value.p);
    MHD_add_response_header(response, "X-Request-Id", r->http.id);
    cors_add_headers(r, response);
    if (r->closes || atomic_load(&r->server->stopping))
        MHD_add_response_header(response, MHD_HTTP_HEADER_CONNECTION, "close");
    r->http.status = a->status;
    r->http.sent_bytes = a->size == HTTP_SIZE_UNKNOWN ? 0 : a->size;
    r->state = ANSWERED;
    r->server->options.app.send(r->server->options.app.self, &r->http);
    conn_begin(r->conn, false, r->server->options.transfer_timeout_s);
    conn_moved(r->conn, r->http.sent_bytes);
    result = MHD_queue_response(r->connection, (unsigned)a->status, response);
    MHD_destroy_response(response);
    return result;
}
