#include "tasks/tasks.h"

#include <stdlib.h>
#include <unistd.h>

#include "auth/refusal.h"
#include "base/log.h"
#include "base/banned.h"

struct tasks {
    struct catalog *catalog;
    struct workers *workers; /* one thread: one task after the other */
    atomic_bool stopping;
};

int tasks_open(struct tasks **out, struct catalog *c, int max_waiting, bool audited,
               struct err *err)
{
    struct tasks *all = calloc(1, sizeof(*all));
    int rc;

    if (!all)
        return err_nomem(err);
    all->catalog = c;
    rc = tasks_interrupted(c, audited, err);
    if (!rc)
        all->workers = workers_start(1, max_waiting);
    if (!rc && !all->workers)
        rc = err_nomem(err);
    if (rc)
        free(all);
    else
        *out = all;
    return rc;
}

void tasks_stop(struct tasks *all)
{
    atomic_store(&all->stopping, true);
}

const atomic_bool *tasks_stopping(const struct tasks *all)
{
    return &all->stopping;
}

void tasks_close(struct tasks *all)
{
    if (all)
        workers_stop(all->workers);
    free(all);
}

void task_init(struct task *t, struct tasks *all)
{
    *t = (struct task){ .tasks = all, .audit = STR("") };
    id_hex(t->uid);
}

int task_begin(struct task *t, const struct place *place, enum task_kind kind,
               struct str path, struct str audit, struct err *err)
{
    struct task_new new;
    int rc;

    task_new_init(&new);
    new.write.authority = place->authority;
    new.write.audit = audit;
    new.project = place->project;
    new.workspace = place->workspace;
    new.path = path;
    new.kind = kind;
    new.uid = str_of(t->uid);
    rc = store_write(t->tasks->catalog->store, &new.write);
    if (rc) {
        refusal_explain(&new.write.err);
        return err_move(&new.write.err, err);
    }
    t->id = new.id;
    return 0;
}

static bool write_failure(const struct task *t, const struct err *why)
{
    struct err err = ERR_INIT;
    int rc = task_fail(t->tasks->catalog, t->id, why, t->audit, &err);

    if (rc)
        log_error("task %s: its end cannot be written", t->uid);
    err_clear(&err);
    return !rc;
}

void task_give_up(struct task *t, const struct err *why)
{
    write_failure(t, why);
}

/* While the disk is full no end is written, and no other task would come further: a
 * client waits, and is told in the end.  What a stop leaves ends with the next start. */
static void end_task(struct task *t, int rc, const struct err *why)
{
    while (rc && !write_failure(t, why) && !atomic_load(&t->tasks->stopping))
        sleep(1);
    log_info("task %s: ended", t->uid);
}

static void run_task(struct work *work)
{
    struct task *t = (struct task *)work;
    struct err why = ERR_INIT;
    int rc = t->run(t, &why);

    if (t->id)
        end_task(t, rc, &why);
    err_clear(&why);
    t->free(t);
}

int task_queue(struct task *t, struct err *err)
{
    t->work.run = run_task;
    return workers_add(t->tasks->workers, &t->work)
               ? 0
               : err_set(err, E_BUSY, APIGW_0613, DET_IMPORTING);
}
