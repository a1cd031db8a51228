#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "http/http_int.h"

/* The bytes of TLS on their way, in place of the library's own functions. */

#define FULL_RECORD (16 * KIB)

static ssize_t on_pull(gnutls_transport_ptr_t conn, void *out, size_t max)
{
    struct conn *c = conn;
    ssize_t n = recv(c->fd, out, max, 0);

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

void wire_begin(struct conn *c)
{
    gnutls_session_t session =
        MHD_get_connection_info(c->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)
            ->tls_session;

    atomic_store(&c->greets, true);
    gnutls_transport_set_ptr(session, c);
    gnutls_transport_set_pull_function(session, on_pull);
    gnutls_transport_set_vec_push_function(session, on_push);
    gnutls_handshake_set_hook_function(session, GNUTLS_HANDSHAKE_FINISHED,
                                       GNUTLS_HOOK_POST, on_finished);
}

void wire_flush(struct conn *c)
{
    int on = 1;

    if (c->more) /* setting this sends what waits */
        setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
}
