#include <stdlib.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "store/store_int.h"

/* The pool of connections for reading, and snapshots on them. */

int pool_open(struct store *s, struct err *err)
{
    pthread_mutex_init(&s->pool_lock, NULL);
    pthread_cond_init(&s->pool_filled, NULL);
    s->readers = calloc((size_t)s->options.readers, sizeof(*s->readers));
    if (!s->readers)
        return err_nomem(err);
    for (; s->n_readers < s->options.readers; s->n_readers++) {
        struct snapshot *one = &s->readers[s->n_readers];
        int rc = db_open(&one->db, s->options.path, MIGRATE_NOT, err);

        if (rc)
            return rc;
        one->store = s;
        one->next = s->pool;
        s->pool = one;
    }
    return 0;
}

void pool_close(struct store *s)
{
    for (int i = 0; i < s->n_readers; i++)
        db_close(s->readers[i].db);
    pthread_mutex_destroy(&s->pool_lock);
    pthread_cond_destroy(&s->pool_filled);
    free(s->readers);
}

void give_back(struct snapshot *one)
{
    struct store *s = one->store;

    metric_add(METRIC_READ_NS, clock_mono_ns() - one->since_ns);
    pthread_mutex_lock(&s->pool_lock);
    one->next = s->pool;
    s->pool = one;
    pthread_cond_signal(&s->pool_filled);
    pthread_mutex_unlock(&s->pool_lock);
}

struct snapshot *borrow(struct store *s)
{
    struct snapshot *one;

    pthread_mutex_lock(&s->pool_lock);
    while (!s->pool)
        pthread_cond_wait(&s->pool_filled, &s->pool_lock);
    one = s->pool;
    s->pool = one->next;
    pthread_mutex_unlock(&s->pool_lock);
    one->since_ns = clock_mono_ns();
    return one;
}

int store_snapshot(struct snapshot **out, struct store *s, struct err *err)
{
    struct snapshot *one = borrow(s);
    int rc = db_run(one->db, err, SQL_BEGIN_READ, "");
    if (rc) {
        give_back(one);
        return rc;
    }
    *out = one;
    return 0;
}

void snapshot_end(struct snapshot *one)
{
    struct err err = ERR_INIT;

    if (db_run(one->db, &err, SQL_COMMIT, ""))
        err_clear(&err); /* a read transaction has nothing to lose */
    give_back(one);
}
