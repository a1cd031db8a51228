#ifndef STORE_TASKS_H
#define STORE_TASKS_H

#include "base/id.h"
#include "store/store.h"

enum task_kind { TASK_IMPORT_JOBS = 1, TASK_IMPORT_CONNECTIONS = 2 };

/* Adds the row of a running task in the workspace, and deletes the rows of tasks that
 * ended more than TASK_KEPT_MS ago.  E_NOTFOUND, STORE_NO_WORKSPACE; E_DENIED,
 * STORE_OTHER_PROJECT. */
struct task_new {
    struct write write;
    struct str project, workspace, path;
    enum task_kind kind;
    struct str uid; /* its id in the API; the caller makes a new one */
    int64_t id;     /* out: the id of its row */
};
void task_new_init(struct task_new *t);

/* Notes how a task ended.  The store does not look into the report. */
struct task_end {
    struct write write;
    int64_t id; /* 0: all tasks that are noted as running, when a server starts */
    bool failed;
    struct str report;
};
void task_end_init(struct task_end *t);

/* As the write task_end, but in the transaction of another write, so that a task's
 * changes and its end are committed together. */
int task_end_write(struct db *db, const struct task_end *t, struct err *err) MUST_CHECK;

struct shown_task {
    int64_t id;
    struct str uid, path, status, report;
    enum task_kind kind;
    int64_t started, ended; /* ms since 1970; `ended` is 0 while it runs */
};

/* Finds a task by its id in the API.  E_NOTFOUND. */
int snapshot_task(struct snapshot *s, int64_t workspace, struct str uid,
                  struct shown_task *out, struct arena *arena,
                  struct err *err) MUST_CHECK;

#endif
