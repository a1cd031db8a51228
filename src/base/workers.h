#ifndef BASE_WORKERS_H
#define BASE_WORKERS_H

#include <stdbool.h>

/*
 * A few threads for what takes long, so that it holds up no thread that serves
 * connections.  Work is done in the order in which they were added.
 */
struct workers;

/* The user's struct begins with it; it must live until run() has returned. */
struct work {
    void (*run)(struct work *w);
    struct work *next; /* the workers' */
};

/* At most `max_waiting` of them wait.  NULL: no memory, or no thread. */
struct workers *workers_start(int threads, int max_waiting);

/* False, and nothing done, when as many wait already. */
bool workers_add(struct workers *all, struct work *w);

/* Runs what waits, and ends.  Accepts NULL. */
void workers_stop(struct workers *w);

#endif
