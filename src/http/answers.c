#include "base/metrics.h"
#include "http/http_int.h"

/*
 * Memory of the answers that are being sent (--max-answer-memory).  A buffer counts
 * whole, a stream by its piece and what it keeps beside, for as long as it is sent, and
 * bytes that several answers share count once.  Small answers are counted as well but
 * never refused, so that saves and errors are answered while slow readers hold the rest.
 */

/* Returns what an answer of `bytes` counts as: its size, but, unless the answer is small,
 * no more than half of the allowed memory.  So one larger than all of that memory can
 * still be sent. */
static uint64_t part_of(const struct http_server *s, uint64_t bytes)
{
    uint64_t most = s->options.max_answer_memory / 2;

    return bytes < most || bytes <= ANSWER_SMALL ? bytes : most;
}

static bool take(struct http_server *s, uint64_t bytes)
{
    uint64_t before = atomic_fetch_add(&s->answer_memory, bytes);

    if (bytes > ANSWER_SMALL && before + bytes > s->options.max_answer_memory) {
        atomic_fetch_sub(&s->answer_memory, bytes);
        return false;
    }
    metric_add(METRIC_ANSWER_BYTES, (int64_t)bytes);
    return true;
}

static void give_back(struct http_server *s, uint64_t bytes)
{
    atomic_fetch_sub(&s->answer_memory, bytes);
    metric_add(METRIC_ANSWER_BYTES, -(int64_t)bytes);
}

static uint64_t stream_bytes(const struct stream *s)
{
    return s->piece + 4 * KIB + s->beside + ANSWER_BLOCK;
}

/* While more than half of the memory is in use, streams make do with small pieces: more
 * clients are served, each a little slower. */
static void choose_piece(struct http_server *s, struct stream *stream)
{
    uint64_t used = atomic_load(&s->answer_memory) + part_of(s, stream_bytes(stream));

    if (used > s->options.max_answer_memory / 2 && stream->piece > stream->least)
        stream->piece = stream->least;
}

static bool take_shared(struct http_server *s, struct shared *shared)
{
    bool ok;

    pthread_mutex_lock(&s->answers_lock);
    ok = shared->senders > 0 || take(s, part_of(s, shared->bytes.len));
    shared->senders += ok;
    pthread_mutex_unlock(&s->answers_lock);
    return ok;
}

bool answer_admit(struct request *r)
{
    struct http_server *s = r->server;
    struct answer *a = &r->answer;
    uint64_t bytes;

    if (request_is_head(r))
        return true;
    if (a->shared) {
        if (take_shared(s, a->shared))
            r->sends = shared_use(a->shared);
        return r->sends;
    }
    if (a->stream)
        choose_piece(s, a->stream);
    else if (a->body.len > ANSWER_SMALL)
        buf_fit(&a->body);
    bytes = part_of(s, a->stream ? stream_bytes(a->stream) : a->body.cap);
    if (!take(s, bytes))
        return false;
    r->answer_bytes = bytes;
    return true;
}

void answer_done(struct request *r)
{
    struct http_server *s = r->server;

    if (r->sends) {
        pthread_mutex_lock(&s->answers_lock);
        if (--r->sends->senders == 0)
            give_back(s, part_of(s, r->sends->bytes.len));
        pthread_mutex_unlock(&s->answers_lock);
        shared_release(r->sends);
        r->sends = NULL;
    }
    if (r->answer_bytes)
        give_back(s, r->answer_bytes);
    r->answer_bytes = 0;
}
