#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/wipe.h"
#include "http/http_int.h"

/*
 * Bytes on their way: those of TLS in place of the library's own functions, and all that
 * comes in, TLS or not, past the judge (judge.h, ADR 20).
 */

#define FULL_RECORD (16 * KIB)

static ssize_t on_pull(gnutls_transport_ptr_t conn, void *out, size_t max)
{
    struct conn *c = conn;
    ssize_t n = recvfrom(c->fd, out, max, 0, NULL, NULL);

    if (n < 0 && errno == EAGAIN && atomic_load(&c->greets)) {
        greeter_wait(c);
        errno = EAGAIN;
    }
    return n;
}

/* A record at a time is the library's pace.  Behind a full one there is more: without
 * that word each would be a segment of its own, with a seventh more of CPU. */
static ssize_t on_push(gnutls_transport_ptr_t conn, const giovec_t *parts, int n)
{
    struct conn *c = conn;
    struct msghdr record = { .msg_iov = (struct iovec *)parts, .msg_iovlen = (size_t)n };
    size_t size = 0;

    for (int i = 0; i < n; i++)
        size += parts[i].iov_len;
    c->more = size > FULL_RECORD;
    return sendmsg(c->fd, &record, MSG_NOSIGNAL | (c->more ? MSG_MORE : 0));
}

static int on_finished(gnutls_session_t session, unsigned type, unsigned when,
                       unsigned incoming, const gnutls_datum_t *message)
{
    struct conn *c = gnutls_transport_get_ptr(session);

    (void)type, (void)when, (void)incoming, (void)message;
    if (++c->finished == 2) /* the server's and the client's */
        atomic_store(&c->greets, false);
    return 0;
}

/* ---- what comes in ---- */

#define PIECE (16 * KIB)
#define ROUNDS_MAX 64
#define FDS_A_BLOCK 1024
#define BLOCKS 1024

/* The connections of plain HTTP by their socket, in blocks that are never freed. */
static _Atomic(struct conn *) *_Atomic conns[BLOCKS];

/* NULL: not one of ours, or there is no memory. */
static _Atomic(struct conn *) *place_of(int fd, bool make)
{
    _Atomic(struct conn *) *_Atomic *block, *mine, *before = NULL;

    if (fd < 0 || fd >= BLOCKS * FDS_A_BLOCK)
        return NULL;
    block = &conns[fd / FDS_A_BLOCK];
    if (!atomic_load(block) && make) {
        mine = calloc(FDS_A_BLOCK, sizeof(*mine));
        if (!mine || !atomic_compare_exchange_strong(block, &before, mine))
            free(mine);
    }
    return atomic_load(block) ? atomic_load(block) + fd % FDS_A_BLOCK : NULL;
}

static ssize_t read_raw(struct conn *c, char *out, size_t max)
{
    unsigned char sequence[8];

    return c->session ? gnutls_record_recv_seq(c->session, out, max, sequence)
                      : recvfrom(c->fd, out, max, 0, NULL, NULL);
}

/* What was held back; the bytes that were there to be given. */
static size_t take_held(struct conn *c, char *out, size_t max)
{
    size_t n = c->n_held < max ? c->n_held : max;

    memcpy(out, c->held, n);
    c->n_held -= n;
    memmove(c->held, c->held + n, c->n_held);
    wipe(c->held + c->n_held, n);
    return n;
}

/* Content is read to where it is wanted, whatever it is. */
static size_t read_content(struct conn *c, char *out, size_t *wanted, ssize_t *got)
{
    uint64_t left = judge_content(&c->judge);

    *wanted = *wanted < left ? *wanted : (size_t)left;
    *got = read_raw(c, out, *wanted);
    if (*got <= 0)
        return 0;
    judge_skip(&c->judge, (uint64_t)*got);
    return (size_t)*got;
}

/* Where there is little room, what does not fit is held back. */
static size_t read_little(struct conn *c, char *out, size_t wanted, ssize_t *got)
{
    char in[JUDGE_MORE], judged[2 * JUDGE_MORE];
    size_t n;

    *got = read_raw(c, in, wanted);
    if (*got <= 0)
        return 0;
    n = judge_feed(&c->judge, in, (size_t)*got, judged);
    memcpy(c->held, judged, n);
    c->n_held = n;
    wipe(in, sizeof(in));
    wipe(judged, sizeof(judged));
    return take_held(c, out, wanted);
}

/* Reads a piece, gives what passes of it, and leaves none of it on the stack: it may hold
 * tokens and passwords. */
static size_t read_judged_piece(struct conn *c, char *out, size_t wanted, ssize_t *got)
{
    char in[PIECE];
    size_t n;

    *got = read_raw(c, in, wanted);
    if (*got <= 0)
        return 0;
    n = judge_feed(&c->judge, in, (size_t)*got, out);
    wipe(in, (size_t)*got);
    return n;
}

/* Reads `*wanted` bytes at most, or less, which it says, and gives what passes; *got is
 * as of recv(2). */
static size_t read_piece(struct conn *c, char *out, size_t *wanted, ssize_t *got)
{
    if (judge_content(&c->judge))
        return read_content(c, out, wanted, got);
    if (*wanted <= JUDGE_MORE)
        return read_little(c, out, *wanted, got);
    *wanted -= JUDGE_MORE;
    *wanted = *wanted < PIECE ? *wanted : PIECE;
    return read_judged_piece(c, out, *wanted, got);
}

/* As recv(2): what is sound.  It reads on until nothing more is there, since the library
 * takes less than it asked for as a sign of that; and after a fault, so that unread bytes
 * do not reset the connection before the client has the answer. */
static ssize_t read_judged(struct conn *c, char *out, size_t max)
{
    size_t n = take_held(c, out, max);

    for (int i = 0; n < max && i < ROUNDS_MAX; i++) {
        size_t wanted = max - n;
        ssize_t got;

        n += read_piece(c, out + n, &wanted, &got);
        if (got <= 0)
            return n ? (ssize_t)n : got;
        if ((size_t)got < wanted && n && !c->judge.fault)
            break;
    }
    if (n)
        return (ssize_t)n;
    errno = EAGAIN;
    return c->session ? GNUTLS_E_AGAIN : -1;
}

/*
 * The library's calls come here, since a symbol of the executable goes before those of
 * shared libraries.  So do calls of other libraries, on sockets and sessions of theirs.
 */
ssize_t wire_recv(int fd, void *out, size_t max, int flags) __asm__("recv");
ssize_t wire_record_recv(gnutls_session_t session, void *out,
                         size_t max) __asm__("gnutls_record_recv");

__attribute__((used)) ssize_t wire_recv(int fd, void *out, size_t max, int flags)
{
    _Atomic(struct conn *) *place = place_of(fd, false);
    struct conn *c = place ? atomic_load(place) : NULL;

    return c ? read_judged(c, out, max) : recvfrom(fd, out, max, flags, NULL, NULL);
}

/* Only the server's sessions have a pointer there: it is meant for a cache of sessions,
 * which neither the server nor its clients have. */
__attribute__((used)) ssize_t wire_record_recv(gnutls_session_t session, void *out,
                                               size_t max)
{
    struct conn *c = gnutls_db_get_ptr(session);
    unsigned char sequence[8];

    return c ? read_judged(c, out, max)
             : gnutls_record_recv_seq(session, out, max, sequence);
}

enum http_fault wire_fault(const struct request *r)
{
    const struct judge *j = &r->conn->judge;

    return r->conn->requests == j->requests ? j->fault : HTTP_SOUND;
}

/* ---- begin and end ---- */

static void begin_tls(struct conn *c)
{
    c->session =
        MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)
            ->tls_session;
    atomic_store(&c->greets, true);
    gnutls_db_set_ptr(c->session, c);
    gnutls_transport_set_ptr(c->session, c);
    gnutls_transport_set_pull_function(c->session, on_pull);
    gnutls_transport_set_vec_push_function(c->session, on_push);
    gnutls_handshake_set_hook_function(c->session, GNUTLS_HANDSHAKE_FINISHED,
                                       GNUTLS_HOOK_POST, on_finished);
}

/* Without memory its requests are refused, since they are not judged. */
void wire_begin(struct conn *c)
{
    _Atomic(struct conn *) *place;

    if (tls_is_on(&c->server->options)) {
        begin_tls(c);
        return;
    }
    place = place_of(c->fd, true);
    if (place)
        atomic_store(place, c);
}

void wire_end(struct conn *c)
{
    _Atomic(struct conn *) *place = c->session ? NULL : place_of(c->fd, false);

    if (place)
        atomic_store(place, NULL);
}

void wire_flush(struct conn *c)
{
    int on = 1;

    if (c->more) /* setting this sends what waits */
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}
