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
        struct reader *r = &s->readers[s->n_readers];
        int rc = db_open(&r->snapshot.db, s->options.path, MIGRATE_NOT, err);

        if (rc)
            return rc;
        r->store = s;
        r->next = s->pool;
        s->pool = r;
    }
    return 0;
}

void pool_close(struct store *s)
{
    for (int i = 0; i < s->n_readers; i++)
        db_close(s->readers[i].snapshot.db);
    pthread_mutex_destroy(&s->pool_lock);
    pthread_cond_destroy(&s->pool_filled);
    free(s->readers);
}

void reader_give(struct reader *r)
{
    struct store *s = r->store;

    metric_add(METRIC_READ_NS, clock_mono_ns() - r->since_ns);
    pthread_mutex_lock(&s->pool_lock);
    r->next = s->pool;
    s->pool = r;
    pthread_cond_signal(&s->pool_filled);
    pthread_mutex_unlock(&s->pool_lock);
}

struct reader *reader_take(struct store *s)
{
    struct reader *r;

    pthread_mutex_lock(&s->pool_lock);
    while (!s->pool)
        pthread_cond_wait(&s->pool_filled, &s->pool_lock);
    r = s->pool;
    s->pool = r->next;
    pthread_mutex_unlock(&s->pool_lock);
    r->since_ns = clock_mono_ns();
    return r;
}

int store_snapshot(struct snapshot **out, struct store *s, struct err *err)
{
    struct reader *r = reader_take(s);
    int rc = db_run(r->snapshot.db, err, SQL_BEGIN_READ, "");

    if (rc) {
        reader_give(r);
        return rc;
    }
    *out = &r->snapshot;
    return 0;
}

void snapshot_end(struct snapshot *s)
{
    struct err err = ERR_INIT;

    if (db_run(s->db, &err, SQL_COMMIT, ""))
        err_clear(&err); /* a read transaction has nothing to lose */
    reader_give((struct reader *)s);
}
