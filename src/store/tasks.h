#ifndef STORE_TASKS_H
#define STORE_TASKS_H

#include "base/id.h"
#include "store/store.h"

enum task_kind { TASK_IMPORT_JOBS = 1, TASK_IMPORT_CONNECTIONS = 2 };

/* Begins a task in the workspace, and drops those that ended TASK_KEPT_MS ago.
 * E_NOTFOUND, STORE_NO_WORKSPACE; E_DENIED, STORE_OTHER_PROJECT. */
struct task_new {
    struct write write;
    struct str project, workspace, path;
    enum task_kind kind;
    struct str uid; /* its id on the wire, which no other has */
    int64_t id;     /* out: its row's */
};
void task_new_init(struct task_new *t);

/* How a task ended; the report is the catalogue's. */
struct task_end {
    struct write write;
    int64_t id; /* 0: of all that run, as none does when a server starts */
    bool failed;
    struct str report;
};
void task_end_init(struct task_end *t);

/* As the write does, in the transaction of another one: what a task wrote and that it
 * ended are one. */
int task_end_write(struct db *db, const struct task_end *t, struct err *err) MUST_CHECK;

struct shown_task {
    int64_t id;
    struct str uid, path, status, report;
    enum task_kind kind;
    int64_t started, ended; /* ms since 1970; 0: it runs */
};

/* E_NOTFOUND, no API code. */
int snapshot_task(struct snapshot *s, int64_t workspace, struct str uid,
                  struct shown_task *out, struct arena *arena,
                  struct err *err) MUST_CHECK;

#endif
