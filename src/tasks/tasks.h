#ifndef TASKS_TASKS_H
#define TASKS_TASKS_H

#include "catalog/catalog.h"
#include "errors/errors.h"
#include "json/json.h"
#include "store/tasks.h"

/* Tasks: what goes on after its request was answered, which a client can look at. */

/* Begins a task of an import; `uid` is its id on the wire, and `audit` the line of the
 * audit log about that. */
int task_begin(struct catalog *c, const struct place *place, enum task_kind kind,
               struct str path, struct str audit, int64_t *task, char uid[ID_HEX_BYTES],
               struct err *err) MUST_CHECK;

/*
 * Ends it FAILED.  `why` is as err_set() fills it; `audit` has the members of the audit
 * log's line about the end, or is "": there is to be none.
 */
int task_fail(struct catalog *c, int64_t task, const struct err *why, struct str audit,
              struct err *err) MUST_CHECK;

/* Likewise, with a whole report and a whole line of the audit log. */
int task_end_failed(struct catalog *c, int64_t task, const struct buf *report,
                    const struct buf *audit, struct err *err) MUST_CHECK;

/* Writes the member message of a report, when there is one, and releases the texts, of
 * which there is one in each language. */
void task_message(struct jw *jw, struct buf text[2]);

/* Begins the audit log's line about a task's end; the caller may add members, and ends
 * the object.  `why` is NULL when all went well.  False: there is to be no line. */
bool task_audit(struct jw *jw, struct str members, const struct err *why);

/* At start: those that a crash left running end FAILED.  If there are any, the audit log
 * has a line about all of them, if it is to have one. */
int tasks_interrupted(struct catalog *c, bool audited, struct err *err) MUST_CHECK;

/* Appends a task as JSON.  E_NOTFOUND, DLF_0810. */
int task_show(struct catalog *c, const struct place *place, struct str uid,
              enum language language, struct buf *json, struct err *err) MUST_CHECK;

#endif
