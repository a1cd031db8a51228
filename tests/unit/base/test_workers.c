#include "base/workers.h"

#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdatomic.h>

#include "unit/t.h"

struct numbered_task {
    struct work work;
    int turn;
};
static atomic_int turns;

static void note_turn(struct work *t)
{
    ((struct numbered_task *)t)->turn = atomic_fetch_add(&turns, 1);
}

/* A task that goes on until it is told to end. */
static sem_t begun, may_end;

static void wait_to_end(struct work *t)
{
    sem_post(&begun);
    sem_wait(&may_end);
    note_turn(t);
}

static int set_up(void **state)
{
    (void)state;
    turns = 0;
    return sem_init(&begun, 0, 0) || sem_init(&may_end, 0, 0);
}

static int tear_down(void **state)
{
    (void)state;
    return sem_destroy(&begun) || sem_destroy(&may_end);
}

static void test_workers_keep_order_and_limit(void **state)
{
    struct numbered_task list[6];
    struct workers *w = workers_start(1, 4);
    size_t added = 0;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(list); i++)
        list[i] = (struct numbered_task){ .work.run = note_turn, .turn = -1 };
    list[0].work.run = wait_to_end;
    assert_true(workers_add(w, &list[0].work));
    sem_wait(&begun); /* it is being run: four more may wait */
    for (size_t i = 1; i < COUNT_OF(list); i++)
        added += workers_add(w, &list[i].work);
    assert_int_equal(added, 4);
    sem_post(&may_end);
    workers_stop(w); /* runs what waits */
    for (int i = 0; i < 5; i++)
        assert_int_equal(list[i].turn, i);
    assert_int_equal(list[5].turn, -1);
}

/* As many tasks go on at once as there are threads. */
static void test_each_thread_has_a_task(void **state)
{
    struct numbered_task list[3];
    struct workers *w = workers_start(3, 3);

    (void)state;
    for (size_t i = 0; i < COUNT_OF(list); i++) {
        list[i] = (struct numbered_task){ .work.run = wait_to_end };
        assert_true(workers_add(w, &list[i].work));
    }
    for (size_t i = 0; i < COUNT_OF(list); i++)
        sem_wait(&begun); /* none has ended */
    assert_int_equal(turns, 0);
    for (size_t i = 0; i < COUNT_OF(list); i++)
        sem_post(&may_end);
    workers_stop(w);
    assert_int_equal(turns, COUNT_OF(list));
}

static struct numbered_task many[4000];

static void *add_many(void *workers)
{
    static atomic_int next;
    int i;

    while ((i = atomic_fetch_add(&next, 1)) < (int)COUNT_OF(many))
        while (!workers_add(workers, &many[i].work))
            sched_yield();
    return NULL;
}

static void test_each_task_runs_once(void **state)
{
    struct workers *w = workers_start(3, 8);
    pthread_t thread[3];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(many); i++)
        many[i].work.run = note_turn;
    for (size_t i = 0; i < COUNT_OF(thread); i++)
        pthread_create(&thread[i], NULL, add_many, w);
    for (size_t i = 0; i < COUNT_OF(thread); i++)
        pthread_join(thread[i], NULL);
    workers_stop(w);
    assert_int_equal(turns, COUNT_OF(many));
}

static void test_a_stop_accepts_none(void **state)
{
    (void)state;
    workers_stop(NULL);
}

#define WITH_TURNS(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
static const struct CMUnitTest tests[] = {
    WITH_TURNS(test_workers_keep_order_and_limit),
    WITH_TURNS(test_each_thread_has_a_task),
    WITH_TURNS(test_each_task_runs_once),
    cmocka_unit_test(test_a_stop_accepts_none),
};
T_MAIN(tests)
