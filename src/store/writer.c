#include "store/store_int.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"

/*
 * The writer thread: takes the writes that wait, runs them in one transaction
 * (each in a savepoint, when there are several), commits, and only then tells
 * their owners.
 */

/* The writes that wait, at most WRITES_A_COMMIT. */
static struct write *take_batch(struct store *s)
{
    struct write *batch = s->first, **end = &s->first;

    for (int n = 0; *end && n < WRITES_A_COMMIT; n++)
        end = &(*end)->next;
    s->first = *end;
    *end = NULL;
    if (!s->first)
        s->last = &s->first;
    return batch;
}

/* NULL when it is time to sweep or to end. */
static struct write *wait_for_batch(struct store *s, bool *closing)
{
    struct timespec until = clock_mono_until(s->sweep_at_ns);
    struct write *batch = NULL;
    int timeout = 0;

    pthread_mutex_lock(&s->queue_lock);
    while (!s->first && !s->closing && !timeout)
        timeout = pthread_cond_timedwait(&s->queue_filled, &s->queue_lock, &until);
    if (s->first)
        batch = take_batch(s);
    *closing = s->closing && !batch;
    pthread_mutex_unlock(&s->queue_lock);
    return batch;
}

/* Whoever asked for it may by now have lost what they may. */
static int run_judged(struct db *db, struct write *w)
{
    int rc = authority_judge(db, w->authority, NULL, NULL, &w->err);

    return rc ? rc : w->run(db, w, &w->err);
}

/* What a write does, and its line for the audit log. */
static void run_one(struct store *s, struct write *w)
{
    w->rc = run_judged(s->db, w);
    if (!w->rc)
        w->rc = audit_add(s, w, &w->err);
}

static void run_in_savepoint(struct store *s, struct write *w)
{
    struct db *db = s->db;
    struct err ignored = ERR_INIT;

    w->rc = db_run(db, &w->err, SQL_SAVEPOINT, "");
    if (w->rc)
        return;
    run_one(s, w);
    if (w->rc && db_run(db, &ignored, SQL_SAVEPOINT_UNDO, ""))
        err_clear(&ignored);
    if (db_run(db, &ignored, SQL_SAVEPOINT_END, "") && !w->rc) {
        w->rc = err_move(&ignored, &w->err);
    }
    err_clear(&ignored);
}

/* All of them failed: those that have no reason of their own, for this one. */
static void fail_all(struct write *batch, const struct err *err)
{
    for (struct write *w = batch; w; w = w->next)
        if (!w->rc)
            w->rc = err_copy(&w->err, err);
}

static void run_batch(struct store *s, struct write *batch)
{
    struct err err = ERR_INIT, ignored = ERR_INIT;
    int64_t began = clock_mono_ns();
    bool alone = !batch->next;
    int rc = db_run(s->db, &err, SQL_BEGIN_WRITE, "");

    audit_begin(s);
    for (struct write *w = batch; !rc && w; w = w->next) {
        if (alone)
            run_one(s, w);
        else
            run_in_savepoint(s, w);
        if (w->rc && (alone || !db_in_transaction(s->db)))
            rc = err_copy(&err, &w->err);
    }
    if (!rc)
        rc = audit_end(s, &err);
    if (!rc)
        rc = db_run(s->db, &err, SQL_COMMIT, "");
    if (!rc)
        audit_committed(s);
    if (rc) {
        if (db_in_transaction(s->db) && db_run(s->db, &ignored, SQL_ROLLBACK, ""))
            err_clear(&ignored);
        fail_all(batch, &err);
    }
    err_clear(&err);
    metric_add(METRIC_WRITE_NS, clock_mono_ns() - began);
    metric_add(METRIC_COMMITS, 1);
    while (batch) {
        struct write *next = batch->next; /* done() may free it */

        metric_add(METRIC_WRITES, 1);
        batch->done(batch);
        batch = next;
    }
}

static void ignore_done(struct write *w)
{
    (void)w;
}

/* Sweeps one batch when it is time, busy or not; while there is more it stays
 * time, and writes that wait come in between. */
static void sweep_if_due(struct store *s)
{
    int64_t now_ns = clock_mono_ns();
    struct sweep one;

    if (now_ns < s->sweep_at_ns)
        return;
    sweep_init(&one);
    one.write.done = ignore_done;
    one.now_ms = s->opened_ms + (now_ns - s->opened_ns) / 1000000;
    one.before_ms = one.now_ms - s->options.sweep_age_ms;
    run_batch(s, &one.write);
    if (one.write.rc)
        log_error("sweep: %s", one.write.err.arg[0] ? one.write.err.arg[0] : "failed");
    err_clear(&one.write.err);
    if (one.write.rc || (one.deleted < SWEEP_BATCH && one.seen < SWEEP_BATCH))
        s->sweep_at_ns = now_ns + SWEEP_EVERY_S * 1000000000LL;
}

static void *writer(void *arg)
{
    struct store *s = arg;
    bool closing = false;

    while (!closing) {
        struct write *batch = wait_for_batch(s, &closing);

        if (batch)
            run_batch(s, batch);
        if (!closing)
            sweep_if_due(s);
    }
    return NULL;
}

int writer_start(struct store *s, struct err *err)
{
    s->last = &s->first;
    pthread_mutex_init(&s->queue_lock, NULL);
    clock_cond_init(&s->queue_filled);
    s->opened_ms = clock_ms();
    s->opened_ns = clock_mono_ns();
    s->sweep_at_ns = s->options.sweep_age_ms < SWEEP_NEVER ? s->opened_ns : INT64_MAX;
    if (pthread_create(&s->writer, NULL, writer, s))
        return err_fault(err, E_INTERNAL, "cannot start a thread");
    pthread_setname_np(s->writer, "writer"); /* for ps, and for tests */
    s->writing = true;
    return 0;
}

void writer_stop(struct store *s)
{
    if (!s->writing)
        return;
    pthread_mutex_lock(&s->queue_lock);
    s->closing = true;
    pthread_cond_signal(&s->queue_filled);
    pthread_mutex_unlock(&s->queue_lock);
    pthread_join(s->writer, NULL);
    pthread_mutex_destroy(&s->queue_lock);
    pthread_cond_destroy(&s->queue_filled);
}

void store_submit(struct store *s, struct write *w)
{
    w->next = NULL;
    pthread_mutex_lock(&s->queue_lock);
    *s->last = w;
    s->last = &w->next;
    pthread_mutex_unlock(&s->queue_lock);
    pthread_cond_signal(&s->queue_filled); /* it finds the lock free */
}

/* What store_write() waits on. */
struct wait {
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool is_done;
};

static void wake(struct write *w)
{
    struct wait *wait = w->arg;

    pthread_mutex_lock(&wait->lock);
    wait->is_done = true;
    pthread_cond_signal(&wait->ended);
    pthread_mutex_unlock(&wait->lock);
}

int store_write(struct store *s, struct write *w)
{
    struct wait wait = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false };

    w->done = wake;
    w->arg = &wait;
    store_submit(s, w);
    pthread_mutex_lock(&wait.lock);
    while (!wait.is_done)
        pthread_cond_wait(&wait.ended, &wait.lock);
    pthread_mutex_unlock(&wait.lock);
    return w->rc;
}
