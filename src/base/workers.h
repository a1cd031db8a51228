#ifndef BASE_WORKERS_H
#define BASE_WORKERS_H

#include <stdbool.h>

/*
 * A few threads for long work, so that it does not hold up the threads that serve
 * connections.  Work is begun in the order in which it was added.
 */
struct workers;

/* Must be the first member of the caller's struct, and live until run() has returned. */
struct work {
    void (*run)(struct work *w);
    struct work *next; /* the workers' */
};

/* Starts the threads.  At most `max_waiting` works may wait for one.  NULL: no memory, or
 * no thread. */
struct workers *workers_start(int threads, int max_waiting);

/* Adds work.  Returns false, and does nothing, when `max_waiting` works wait already. */
bool workers_add(struct workers *all, struct work *w);

/* Does the work that is waiting, then ends the threads.  Accepts NULL. */
void workers_stop(struct workers *w);

#endif
