#include "store/audit.h"

#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "store/store_int.h"

/* Lines of the audit log that wait to be copied: rows, and on the writer thread what
 * becomes of them. */

/* ---- the writer ---- */

/* What waits, after it changed; from any thread. */
static int64_t count_waiting(struct audit_rows *a)
{
    int64_t waiting = atomic_load(&a->last) - atomic_load(&a->copied);

    waiting = waiting < a->max ? waiting : a->max;
    atomic_store(&metric_of[METRIC_AUDIT_WAITING], waiting);
    return waiting;
}

int audit_start(struct store *s, struct err *err)
{
    struct audit_rows *a = &s->audit;
    struct query *q = db_query(s->db, SQL_AUDIT_BOUNDS, "");
    int rc = db_next(q, err);

    if (rc != 1)
        return rc;
    a->next = db_int(q, 1) + 1;
    a->removed = db_int(q, 0) - 1;
    db_end(q);
    a->max = s->options.max_audit_rows ? s->options.max_audit_rows : AUDIT_ROWS_MAX;
    atomic_store(&a->last, a->next - 1);
    atomic_store(&a->copied, a->removed);
    count_waiting(a);
    return 0;
}

void audit_begin(struct store *s)
{
    s->audit.added = 0;
    s->audit.removing = s->audit.removed;
}

int audit_add(struct store *s, const struct write *w, struct err *err)
{
    int rc;

    if (!w->audit.n)
        return 0;
    rc = db_run(s->db, err, SQL_AUDIT_ADD, "is", s->audit.next, w->audit);
    if (!rc) {
        s->audit.next++;
        s->audit.added++;
    }
    return rc;
}

/* Up to which row all can go: those that were copied, and the oldest of too many. */
static int64_t removable(const struct audit_rows *a)
{
    int64_t copied = atomic_load(&a->copied), oldest = a->next - 1 - a->max;

    return copied > oldest ? copied : oldest;
}

static int remove_rows(struct store *s, struct err *err)
{
    struct audit_rows *a = &s->audit;
    int64_t up_to = removable(a);

    if (up_to <= a->removed)
        return 0;
    a->removing = up_to;
    return db_run(s->db, err, SQL_AUDIT_REMOVE, "i", up_to);
}

int audit_end(struct store *s, struct err *err)
{
    return s->audit.added ? remove_rows(s, err) : 0;
}

/* Says once that many wait, and once that the oldest are dropped. */
static void alarm_if_many(struct audit_rows *a, int64_t waiting, int64_t dropped)
{
    if (waiting < a->max / 20)
        a->alarmed = 0;
    if (waiting >= a->max / 10 && a->alarmed < 1) {
        a->alarmed = 1;
        log_error("audit log: %lld lines wait in the database for its file",
                  (long long)waiting);
    }
    if (dropped > 0 && a->alarmed < 2) {
        a->alarmed = 2;
        log_error("audit log: %lld lines wait in the database for its file: the oldest "
                  "are dropped now",
                  (long long)waiting);
    }
}

void audit_committed(struct store *s)
{
    struct audit_rows *a = &s->audit;
    int64_t copied = atomic_load(&a->copied), dropped = 0;

    if (a->removing > copied)
        dropped = a->removing - (a->removed > copied ? a->removed : copied);
    a->removed = a->removing;
    if (!a->added)
        return;
    atomic_store(&a->last, a->next - 1);
    metric_add(METRIC_AUDIT_DROPPED, dropped);
    alarm_if_many(a, count_waiting(a), dropped);
    if (a->wake)
        a->wake(a->wake_arg);
}

/* ---- who copies them ---- */

void store_on_audit(struct store *s, void (*wake)(void *arg), void *arg)
{
    s->audit.wake_arg = arg;
    s->audit.wake = wake;
}

int64_t store_audit_last(struct store *s)
{
    return atomic_load(&s->audit.last);
}

void store_audit_copied(struct store *s, int64_t id)
{
    atomic_store(&s->audit.copied, id);
    count_waiting(&s->audit);
}

int store_audit_rows(struct store *s, int64_t after, int64_t max,
                     void (*each)(void *arg, int64_t id, struct str line), void *arg,
                     struct err *err)
{
    struct reader *one = reader_take(s);
    struct query *q = db_query(one->snapshot.db, SQL_AUDIT_ROWS, "ii", after, max);
    int rc;

    while ((rc = db_next(q, err)) == 1)
        each(arg, db_int(q, 0), db_text(q, 1));
    reader_give(one);
    return rc;
}

/* ---- removing them while nothing is written ---- */

struct audit_trim {
    struct write write;
    struct store *store;
};

static int run_trim(struct db *db, struct write *write, struct err *err)
{
    struct store *s = ((struct audit_trim *)write)->store;

    (void)db;
    return remove_rows(s, err);
}

int store_audit_trim(struct store *s, struct err *err)
{
    struct audit_trim t = { .write.run = run_trim, .store = s };
    int rc = store_write(s, &t.write);

    if (rc)
        *err = t.write.err;
    return rc;
}
