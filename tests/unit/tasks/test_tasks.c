/* The runner of tasks: what becomes of a task's row, whatever becomes of the task. */
#include <semaphore.h>

#include "base/limits.h"
#include "tasks/tasks.h"
#include "unit/world.h"

/* A task of a test's own: what it does, and what was done with it. */
struct errand {
    struct task task; /* first, for the way back */
    struct world *w;
    enum ec fails; /* 0: it ends well */
    sem_t *wait;   /* it goes on when this is posted; NULL: at once */
    sem_t freed;
    int turn; /* the how manieth that ran */
};

static int turns;

static int end_well(struct errand *e, struct err *err)
{
    struct task_end end;

    task_end_init(&end);
    end.id = e->task.id;
    end.report = STR("{}");
    return store_write(e->w->store, &end.write) ? err_move(&end.write.err, err) : 0;
}

static int run_errand(struct task *t, struct err *err)
{
    struct errand *e = (struct errand *)t;

    e->turn = ++turns;
    if (e->wait)
        sem_wait(e->wait);
    if (atomic_load(tasks_stopping(t->tasks)))
        return err_set(err, E_BUSY, APIGW_0613, DET_STOPPED);
    if (e->fails)
        return err_set(err, e->fails, DLF_3051, DET_REQUIRED, "name");
    return t->id ? end_well(e, err) : 0;
}

static void free_errand(struct task *t)
{
    sem_post(&((struct errand *)t)->freed);
}

static void errand_init(struct world *w, struct errand *e, struct tasks *all)
{
    *e = (struct errand){ .w = w };
    sem_init(&e->freed, 0, 0);
    task_init(&e->task, all);
    e->task.run = run_errand;
    e->task.free = free_errand;
}

static void begin_errand(struct world *w, struct errand *e, struct tasks *all)
{
    errand_init(w, e, all);
    assert_ok(task_begin(&e->task, &w->place, TASK_IMPORT_JOBS, STR("obs://b/k"), STR(""),
                         &w->err),
              &w->err);
}

static struct tasks *open_tasks(struct world *w, int max_waiting)
{
    struct tasks *all;

    assert_ok(tasks_open(&all, &w->catalog, max_waiting, false, &w->err), &w->err);
    return all;
}

static void assert_shown(struct world *w, const struct errand *e, const char *text)
{
    struct buf json = BUF_INIT(MIB);

    assert_ok(
        task_show(&w->catalog, &w->place, str_of(e->task.uid), LANG_EN, &json, &w->err),
        &w->err);
    if (!str_has(buf_str(&json), text))
        fail_msg("%s is not in %s", text, buf_cstr(&json));
    buf_release(&json);
}

static void test_a_task_ends_as_it_says(void **state)
{
    struct world *w = *state;
    struct tasks *all = open_tasks(w, 4);
    struct errand good, bad;

    begin_errand(w, &good, all);
    begin_errand(w, &bad, all);
    bad.fails = E_INVALID;
    assert_shown(w, &good, "\"status\":\"RUNNING\"");
    assert_ok(task_queue(&good.task, &w->err), &w->err);
    assert_ok(task_queue(&bad.task, &w->err), &w->err);
    tasks_close(all);
    assert_shown(w, &good, "\"status\":\"SUCCESSFUL\"");
    assert_shown(w, &bad, "\"status\":\"FAILED\"");
    assert_shown(w, &bad, "name: required");
    assert_int_equal(sem_trywait(&good.freed), 0);
    assert_int_equal(sem_trywait(&bad.freed), 0);
}

static void test_tasks_run_in_their_order_and_wait_in_a_limit(void **state)
{
    struct world *w = *state;
    struct tasks *all = open_tasks(w, 2);
    struct errand e[4];
    size_t queued = 1;
    sem_t go;

    sem_init(&go, 0, 0);
    turns = 0;
    for (size_t i = 0; i < COUNT_OF(e); i++)
        begin_errand(w, &e[i], all);
    e[0].wait = &go;
    assert_ok(task_queue(&e[0].task, &w->err), &w->err);
    while (queued < COUNT_OF(e) && task_queue(&e[queued].task, &w->err) == 0)
        queued++;
    assert_in_range(queued, 2, 3); /* as the first has left the queue yet, or not */
    assert_int_equal(w->err.api, APIGW_0613);
    task_give_up(&e[queued].task, &w->err);
    assert_shown(w, &e[queued], "\"status\":\"FAILED\"");
    sem_post(&go);
    tasks_close(all);
    for (size_t i = 0; i < queued; i++) {
        assert_int_equal(e[i].turn, i + 1);
        assert_shown(w, &e[i], "\"status\":\"SUCCESSFUL\"");
    }
}

static void test_a_stop_ends_what_runs_and_waits(void **state)
{
    struct world *w = *state;
    struct tasks *all = open_tasks(w, 4);
    struct errand running, waiting;
    sem_t go;

    sem_init(&go, 0, 0);
    begin_errand(w, &running, all);
    begin_errand(w, &waiting, all);
    running.wait = &go;
    assert_ok(task_queue(&running.task, &w->err), &w->err);
    assert_ok(task_queue(&waiting.task, &w->err), &w->err);
    tasks_stop(all);
    sem_post(&go);
    tasks_close(all);
    assert_shown(w, &running, "\"status\":\"FAILED\"");
    assert_shown(w, &waiting, "\"status\":\"FAILED\"");
}

/* A dry run has no row: only run() learns of its end. */
static void test_a_task_without_a_row(void **state)
{
    struct world *w = *state;
    struct tasks *all = open_tasks(w, 4);
    struct errand e;

    errand_init(w, &e, all);
    e.fails = E_IO;
    assert_ok(task_queue(&e.task, &w->err), &w->err);
    tasks_close(all);
    assert_int_equal(sem_trywait(&e.freed), 0);
}

/* What a crash left running was not written: the next start says so. */
static void test_a_task_that_a_crash_left_running(void **state)
{
    struct world *w = *state;
    struct tasks *all = open_tasks(w, 4);
    struct errand ended, left;

    begin_errand(w, &ended, all);
    begin_errand(w, &left, all);
    assert_ok(task_queue(&ended.task, &w->err), &w->err);
    tasks_close(all);
    assert_shown(w, &left, "\"status\":\"RUNNING\"");
    all = open_tasks(w, 4);
    assert_shown(w, &left, "\"status\":\"FAILED\"");
    assert_shown(w, &ended, "\"status\":\"SUCCESSFUL\"");
    tasks_close(all);
}

static const struct CMUnitTest tests[] = {
    WITH_WORLD(test_a_task_ends_as_it_says),
    WITH_WORLD(test_tasks_run_in_their_order_and_wait_in_a_limit),
    WITH_WORLD(test_a_stop_ends_what_runs_and_waits),
    WITH_WORLD(test_a_task_without_a_row),
    WITH_WORLD(test_a_task_that_a_crash_left_running),
};
T_MAIN(tests)
