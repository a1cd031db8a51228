#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include <stdatomic.h>

#include "catalog/catalog.h"
#include "errors/errors.h"
#include "model/edit.h"
#include "store/tasks.h"

/* How an import is to be done. */
struct import_options {
    struct str path; /* obs://bucket/key, by its shape */
    bool overwrite;  /* sameNamePolicy is OVERWRITE */
    bool submit;     /* targetStatus is not SAVED */
    bool carry_on;   /* onError is continue */
    bool dry_run;
    struct edits edits;
};

/*
 * Import: what an archive holds becomes objects of a workspace.
 *
 *     import_read(&im, c, &request, fd, err)     reads, checks and stages all of it
 *     import_plan(im, &json, language, err)      of a dry run: what would happen
 *     import_run(im, task, err)                  writes, and ends the task
 *     import_free(im)
 *
 * Files are told by their suffix, in any case: .job .script .resource .conn, and
 * cdms/CLUSTER/NAME.json; others are ignored, and the folders that they stand in do not
 * matter, so all layouts of exports are read.  What is imported is named by its own
 * `name`.  The same object twice is one, when its content is the same.
 *
 * Connections need the administrator's role, CDM jobs the developer's in the workspace
 * `default`.  Who imports is judged when the archive is read, when it is compared with
 * the catalogue, and in the transaction that writes.
 *
 * What is wrong with one object is kept with it, and with `carry_on` the others are
 * imported.  Memory: as many objects as an archive may have entries, IMPORT_MEMORY_MAX
 * for their names and references, one file at a time, and IMPORT_BATCH_BYTES of
 * definitions that wait to be staged.
 */
struct import_request {
    struct place place;
    enum task_kind kind; /* of connections, or of jobs and all else */
    const struct import_options *options;
    const atomic_bool *stop; /* set from outside: end soon, with E_BUSY */
    /* Members of the audit log's line about the end; "": there is to be none. */
    struct str audit;
};

struct import;

/*
 * The archive is the whole of `fd`, which is used until import_free().  In a dry run
 * nothing is staged.  E_INVALID, E_LIMIT: it is no archive that is read, and why, without
 * an API code; E_BUSY: stopped.
 */
int import_read(struct import **out, struct catalog *c,
                const struct import_request *request, int fd, struct err *err) MUST_CHECK;
void import_free(struct import *im); /* accepts NULL */

/* Forgets which definitions are staged, for no import goes on: at the end of each, and at
 * start.  What cannot be written of that is done when the next one ends. */
void import_unstage(struct catalog *c);

/* Appends the plan as JSON: {"counts", "objects", "dangling", "warnings",
 * "secretsLost"}. */
int import_plan(struct import *im, enum language language, struct buf *json,
                struct err *err) MUST_CHECK;

/* Writes what was read, in one transaction, and the end of the task in it.  A failure is
 * the task's end, too; what is returned is only that not even this could be written. */
int import_run(struct import *im, int64_t task, struct err *err) MUST_CHECK;

/* ---- check-file ---- */

/* Appends {"jobs", "scripts"}: what the archive holds of them.  E_INVALID, E_LIMIT;
 * E_BUSY when `stop`, which may be NULL, is set. */
int check_file(struct catalog *c, int fd, const atomic_bool *stop, enum language language,
               struct buf *json, struct err *err) MUST_CHECK;

#endif
