#include "base/workers.h"

#include <pthread.h>
#include <stdlib.h>

struct workers {
    pthread_mutex_t lock;
    pthread_cond_t filled;
    struct work *first, **last;
    int waiting, max_waiting;
    bool closing;
    int n_threads;
    pthread_t thread[];
};

/* NULL when it is time to end. */
static struct work *take(struct workers *w)
{
    struct work *t;

    pthread_mutex_lock(&w->lock);
    while (!w->first && !w->closing)
        pthread_cond_wait(&w->filled, &w->lock);
    t = w->first;
    if (t) {
        w->first = t->next;
        w->waiting--;
    }
    if (!w->first)
        w->last = &w->first;
    pthread_mutex_unlock(&w->lock);
    return t;
}

static void *work(void *arg)
{
    struct work *t;

    while ((t = take(arg)))
        t->run(t);
    return NULL;
}

struct workers *workers_start(int threads, int max_waiting)
{
    struct workers *w = calloc(1, sizeof(*w) + (size_t)threads * sizeof(w->thread[0]));

    if (!w)
        return NULL;
    w->max_waiting = max_waiting;
    w->last = &w->first;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->filled, NULL);
    while (w->n_threads < threads &&
           pthread_create(&w->thread[w->n_threads], NULL, work, w) == 0)
        w->n_threads++;
    if (w->n_threads == threads)
        return w;
    workers_stop(w);
    return NULL;
}

bool workers_add(struct workers *w, struct work *t)
{
    bool room;

    t->next = NULL;
    pthread_mutex_lock(&w->lock);
    room = w->waiting < w->max_waiting;
    if (room) {
        *w->last = t;
        w->last = &t->next;
        w->waiting++;
        pthread_cond_signal(&w->filled);
    }
    pthread_mutex_unlock(&w->lock);
    return room;
}

void workers_stop(struct workers *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->closing = true;
    pthread_cond_broadcast(&w->filled);
    pthread_mutex_unlock(&w->lock);
    for (int i = 0; i < w->n_threads; i++)
        pthread_join(w->thread[i], NULL);
    pthread_mutex_destroy(&w->lock);
    pthread_cond_destroy(&w->filled);
    free(w);
}
