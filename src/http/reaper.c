#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "http/http_int.h"

/*
 * The connections, and the one thread that ends those whose time is up: the
 * library's own timeout is for silence only, so that a byte a second would hold
 * a connection for ever.
 */
#define TICK_NS 500000000LL
#define SECOND_NS 1000000000LL

/* Called by the library when a connection begins and ends; at its end the socket
 * is still open, so that none is shut down that has a new owner. */
void conn_notify(void *server, struct MHD_Connection *connection, void **context,
                 enum MHD_ConnectionNotificationCode what)
{
    struct http_server *s = server;
    struct conn *c = *context;

    if (what == MHD_CONNECTION_NOTIFY_STARTED) {
        c = calloc(1, sizeof(*c));
        *context = c; /* without memory its first request is refused */
        if (!c)
            return;
        c->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
                    ->connect_fd;
        conn_begin(c, true, s->options.header_timeout_s);
        c->server = s;
        c->connection = connection;
        wire_begin(c);
        pthread_mutex_lock(&s->conns_lock);
        LIST_INSERT_HEAD(&s->conns, c, link);
        pthread_mutex_unlock(&s->conns_lock);
        atomic_fetch_add(&s->n_conns, 1);
        metric_add(METRIC_CONNECTIONS, 1);
    } else if (c) {
        pthread_mutex_lock(&s->conns_lock);
        LIST_REMOVE(c, link);
        pthread_mutex_unlock(&s->conns_lock);
        atomic_fetch_sub(&s->n_conns, 1);
        metric_add(METRIC_CONNECTIONS, -1);
        wire_end(c);
        credential_release(c->credential);
        free(c);
    }
}

enum MHD_Result conn_accept(void *server, const struct sockaddr *address, socklen_t n)
{
    struct http_server *s = server;

    (void)address;
    (void)n;
    if (atomic_load(&s->n_conns) < s->options.max_connections)
        return MHD_YES;
    metric_add(METRIC_CONNECTIONS_REFUSED, 1);
    return MHD_NO;
}

struct conn *conn_of(struct MHD_Connection *connection)
{
    return MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
        ->socket_context;
}

void conn_begin(struct conn *c, bool reads, int64_t seconds)
{
    atomic_store(&c->reads, reads);
    c->since_ns = clock_mono_ns();
    c->seconds = seconds;
    atomic_store(&c->until_ns, c->since_ns + seconds * SECOND_NS);
}

void conn_moved(struct conn *c, uint64_t bytes)
{
    int64_t more_s = (int64_t)(bytes / TRANSFER_BYTES_A_S);

    atomic_store(&c->until_ns, c->since_ns + (c->seconds + more_s) * SECOND_NS);
}

void conn_rest(struct conn *c)
{
    atomic_store(&c->reads, false);
    atomic_store(&c->until_ns, INT64_MAX);
}

/* Whether bytes of the client wait to be read: they may be a whole request. */
static bool has_unread(const struct conn *c)
{
    int n = 0;

    return ioctl(c->fd, FIONREAD, &n) == 0 && n > 0;
}

/* Whether the client of a connection that is being read has left: the library waits for
 * its timeout then.  Seen twice, since the library may be about to judge what it has just
 * read. */
static bool has_left(struct conn *c)
{
    struct pollfd one = { .fd = c->fd, .events = POLLRDHUP };

    if (!atomic_load(&c->reads) || poll(&one, 1, 0) != 1 || has_unread(c))
        c->left = 0;
    else
        c->left++;
    return c->left > 1;
}

/* With the lock held. */
static void end_late(struct http_server *s)
{
    int64_t now = clock_mono_ns();
    struct conn *c;

    LIST_FOREACH (c, &s->conns, link)
        if (atomic_load(&c->until_ns) < now || has_left(c))
            shutdown(c->fd, SHUT_RDWR); /* the library closes it */
}

static void *reaper(void *arg)
{
    struct http_server *s = arg;
    struct timespec until;

    pthread_mutex_lock(&s->conns_lock);
    while (!s->reaped) {
        end_late(s);
        until = clock_mono_until(clock_mono_ns() + TICK_NS);
        pthread_cond_timedwait(&s->reap, &s->conns_lock, &until);
    }
    pthread_mutex_unlock(&s->conns_lock);
    return NULL;
}

bool reaper_start(struct http_server *s)
{
    LIST_INIT(&s->conns);
    pthread_mutex_init(&s->conns_lock, NULL);
    clock_cond_init(&s->reap);
    return pthread_create(&s->reaper, NULL, reaper, s) == 0;
}

void reaper_stop(struct http_server *s)
{
    pthread_mutex_lock(&s->conns_lock);
    s->reaped = true;
    pthread_cond_signal(&s->reap);
    pthread_mutex_unlock(&s->conns_lock);
    pthread_join(s->reaper, NULL);
    pthread_cond_destroy(&s->reap);
    pthread_mutex_destroy(&s->conns_lock);
}
