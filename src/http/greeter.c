#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "http/http_int.h"

/*
 * Handshakes.  While one waits for its client, the library would ask it again and again
 * without a pause (0.9.75 leaves the connection marked as readable): a client that
 * stalls would cost a core.  So such a connection is suspended, and one thread, the
 * greeter, resumes it when there are bytes, or an end of them.
 */
#define GREETS_AT_ONCE 64

static void go_on(struct conn *c)
{
    struct http_server *s = c->server;

    MHD_resume_connection(c->connection);
    server_count(s, 0, -1); /* c may be gone by now */
}

/* None is suspended any more once the server stops. */
static bool may_suspend(struct http_server *s)
{
    bool may;

    pthread_mutex_lock(&s->lock);
    may = !atomic_load(&s->stopping);
    s->suspended += may;
    pthread_mutex_unlock(&s->lock);
    return may;
}

void greeter_wait(struct conn *c)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT,
                                 .data.ptr = c };
    int how = c->watched ? EPOLL_CTL_MOD : EPOLL_CTL_ADD;

    if (!may_suspend(c->server))
        return;
    MHD_suspend_connection(c->connection);
    c->watched = true;
    if (epoll_ctl(c->server->greets, how, c->fd, &event) != 0)
        go_on(c);
}

void greeter_end_all(struct http_server *s)
{
    struct conn *c;

    pthread_mutex_lock(&s->conns_lock);
    LIST_FOREACH (c, &s->conns, link)
        if (atomic_load(&c->greets))
            shutdown(c->fd, SHUT_RDWR);
    pthread_mutex_unlock(&s->conns_lock);
}

static void *greeter(void *server)
{
    struct http_server *s = server;
    struct epoll_event event[GREETS_AT_ONCE];
    bool ends = false;

    while (!ends) {
        int n = epoll_wait(s->greets, event, GREETS_AT_ONCE, -1);

        for (int i = 0; i < n; i++) {
            if (event[i].data.ptr)
                go_on(event[i].data.ptr);
            else
                ends = true;
        }
    }
    return NULL;
}

bool greeter_start(struct http_server *s)
{
    struct epoll_event end = { .events = EPOLLIN };

    s->greets = epoll_create1(EPOLL_CLOEXEC);
    s->greeted = eventfd(0, EFD_CLOEXEC);
    if (epoll_ctl(s->greets, EPOLL_CTL_ADD, s->greeted, &end) == 0 &&
        pthread_create(&s->greeter, NULL, greeter, s) == 0)
        return true;
    close(s->greets);
    close(s->greeted);
    return false;
}

void greeter_stop(struct http_server *s)
{
    eventfd_write(s->greeted, 1);
    pthread_join(s->greeter, NULL);
    close(s->greets);
    close(s->greeted);
}
