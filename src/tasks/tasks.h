#ifndef TASKS_TASKS_H
#define TASKS_TASKS_H

#include <stdatomic.h>

#include "base/workers.h"
#include "catalog/catalog.h"
#include "errors/errors.h"
#include "json/json.h"
#include "store/tasks.h"

/*
 * Tasks: work that goes on after its request was answered.  A task has a row, which
 * clients can look at, and a place in one queue; a thread runs one after the other.
 *
 *     task_begin()    writes the row: it is RUNNING
 *     task_queue()    hands it over: from here on it is the runner's
 *     task->run()     on the runner's thread; writes its end, together with its results
 *
 * A task that fails is ended FAILED by the runner.  One that a crash left running ends
 * FAILED at the next start: what it would have written was not.
 */
struct tasks;

/* The user's struct begins with it. */
struct task {
    struct work work; /* the runner's */
    struct tasks *tasks;
    int64_t id; /* of its row; 0: it has none, and nobody but run() learns of its end */
    char uid[ID_HEX_BYTES]; /* its id on the wire: task_init() makes it */
    /* Members of the audit log's line about the end; "": there is to be none. */
    struct str audit;
    /* 0: it has ended, and has written that.  Else the runner writes why it failed. */
    int (*run)(struct task *t, struct err *err);
    void (*free)(struct task *t); /* called once it has ended */
};

/* Ends the tasks that a crash left running, and starts the runner, for which at most
 * `max_waiting` may wait; `audited`: there is an audit log. */
int tasks_open(struct tasks **out, struct catalog *c, int max_waiting, bool audited,
               struct err *err) MUST_CHECK;

/* From now on tasks are to end soon, undone; for any thread.  What tasks look at. */
void tasks_stop(struct tasks *all);
const atomic_bool *tasks_stopping(const struct tasks *all);

/* Runs what waits, and ends.  Accepts NULL. */
void tasks_close(struct tasks *all);

/* Makes it one of the runner's, with an id, which nobody knows of yet. */
void task_init(struct task *t, struct tasks *all);

/* Writes its row, and `audit`, the audit log's line about that.  E_NOTFOUND, DLF_0819;
 * E_DENIED. */
int task_begin(struct task *t, const struct place *place, enum task_kind kind,
               struct str path, struct str audit, struct err *err) MUST_CHECK;

/* Ends it FAILED, before it was queued. */
void task_give_up(struct task *t, const struct err *why);

/* Hands it over, and it may be freed at once.  E_BUSY, APIGW_0613: as many wait already;
 * it is the caller's still. */
int task_queue(struct task *t, struct err *err) MUST_CHECK;

/* ---- how a task ends (end.c) ---- */

/* Ends the task of that row FAILED; `why` is as err_set() fills it, `audit` as in struct
 * task. */
int task_fail(struct catalog *c, int64_t id, const struct err *why, struct str audit,
              struct err *err) MUST_CHECK;

/* Likewise, with a whole report and a whole line of the audit log. */
int task_end_failed(struct catalog *c, int64_t id, const struct buf *report,
                    const struct buf *audit, struct err *err) MUST_CHECK;

/* Writes the member message of a report, when there is one, and releases the texts, of
 * which there is one in each language. */
void task_message(struct jw *jw, struct buf text[2]);

/* Begins the audit log's line about a task's end; the caller may add members, and ends
 * the object.  `why` is NULL when all went well.  False: there is to be no line. */
bool task_audit(struct jw *jw, struct str members, const struct err *why);

/* Ends the tasks that a crash left running.  If there are any, the audit log has a line
 * about all of them, if there is one. */
int tasks_interrupted(struct catalog *c, bool audited, struct err *err) MUST_CHECK;

/* ---- how a task is shown (show.c) ---- */

/* Appends a task as JSON.  E_NOTFOUND, DLF_0810. */
int task_show(struct catalog *c, const struct place *place, struct str uid,
              enum language language, struct buf *json, struct err *err) MUST_CHECK;

#endif
