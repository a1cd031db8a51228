#ifndef TASKS_TASKS_H
#define TASKS_TASKS_H

#include "catalog/catalog.h"
#include "errors/errors.h"
#include "store/tasks.h"

/* Tasks: what goes on after its request was answered, which a client can look at. */

/* Begins a task of an import; `uid` is its id on the wire, and `audit` the line of the
 * audit log about that. */
int task_begin(struct catalog *c, const struct place *place, enum task_kind kind,
               struct str path, struct str audit, int64_t *task, char uid[ID_HEX_BYTES],
               struct err *err) MUST_CHECK;

/* Appends a task as JSON.  E_NOTFOUND, DLF_0810. */
int task_show(struct catalog *c, const struct place *place, struct str uid,
              enum language language, struct buf *json, struct err *err) MUST_CHECK;

#endif
