#ifndef UNIT_STORE_CONFORMANCE_H
#define UNIT_STORE_CONFORMANCE_H

#include <semaphore.h>

#include "unit/world.h"

/*
 * The store's conformance suite: each test_*.c of this folder that ends with
 * CONFORMANCE_MAIN is written against the store's headers alone, and runs on each engine
 * of the table in conformance.c.  What only SQLite has is tested by test_sqlite.c.
 */
struct engine {
    const char *name;
    /* Opens the catalogue of `folder`, which is the test's own. */
    int (*open)(struct store **out, const char *folder, bool may_migrate,
                struct err *err);
    /* Appends the secret of that path as it is stored: no call of the store gives one. */
    void (*read_sealed)(const char *folder, const char *path, struct buf *out);
};

/* Closes the store of a world, and opens it again. */
void reopen(struct world *w);

/* Holds the writer thread in the done() of a write, until open_gate(). */
struct gate {
    struct saving first;
    sem_t reached, go;
};
void close_gate(struct world *w, struct gate *g);
void open_gate(struct gate *g);
void gate_release(struct gate *g);

/* Runs the tests on each engine, or on the one of that name. */
int conformance_run(const struct CMUnitTest *tests, size_t n, const char *engine,
                    int argc, char **argv);

#define CONFORMANCE_MAIN(tests)                                                          \
    int main(int argc, char **argv)                                                      \
    {                                                                                    \
        return conformance_run(tests, COUNT_OF(tests), NULL, argc, argv);                \
    }

#endif
