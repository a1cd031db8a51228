#ifndef IMPORT_IMPORT_H
#define IMPORT_IMPORT_H

#include "model/edit.h"
#include "obs/obs.h"
#include "tasks/tasks.h"

/*
 * Import: what an archive holds becomes objects of a workspace.  import.c has the steps,
 * and their order.
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
struct imports {
    struct catalog *catalog;
    struct obs *obs; /* where archives are */
    struct tasks *tasks;
    const char *scratch;  /* the folder for files without names */
    uint64_t max_bytes;   /* of an archive that is read */
    atomic_size_t memory; /* of the requests whose imports wait or run */
};

/* How an import is to be done. */
struct import_options {
    struct str path; /* obs://bucket/key, by its shape */
    bool overwrite;  /* sameNamePolicy is OVERWRITE */
    bool submit;     /* targetStatus is not SAVED */
    bool carry_on;   /* onError is continue */
    bool dry_run;
    struct edits edits;
};

/* ---- from a request to its task (start.c) ---- */

/* One import; it outlives its request. */
struct import_task {
    struct task task; /* first, for the way back from the runner */
    struct imports *all;
    struct arena arena;            /* of all that it points to */
    struct import_options options; /* for the caller to fill */
    struct place place;
    struct authority authority; /* of its place */
    enum task_kind kind;        /* of connections, or of jobs and all else */
    enum language language;
    struct obs_path path;
    size_t reserved; /* of all->memory */
    /* Of a dry run: called once, on the runner's thread, with the plan, or with why there
     * is none; both are its own then. */
    void (*planned)(void *arg, int rc, struct err *err, struct buf *json);
    void *arg;
};

/* Copies what outlives the request.  E_NOMEM. */
int import_task_new(struct import_task **out, struct imports *all,
                    const struct place *place, enum task_kind kind,
                    enum language language, struct err *err) MUST_CHECK;

/* Accepts NULL. */
void import_task_free(struct import_task *t);

/* When its options are there: E_BUSY, APIGW_0613: those that wait hold enough memory. */
int import_admit(struct import_task *t, struct err *err) MUST_CHECK;

/*
 * Finds the archive, begins the task, with `audit` as the audit log's line about that,
 * and hands it to the runner; in a dry run there is no task, and planned() is called, but
 * not after a failure.  Takes `t`, also when it fails.  *begun: the task's row and the
 * line were written, even when it fails after that.  May wait for object storage.
 * E_NOTFOUND, E_INVALID, E_DENIED; E_BUSY: too many wait.
 */
int import_start(struct import_task *t, struct str audit, bool *begun,
                 struct err *err) MUST_CHECK;

/* ---- the steps (import.c) ---- */

/* task.run of an import. */
int import_task_run(struct task *task, struct err *err) MUST_CHECK;

/* Appends {"jobs", "scripts"}: what the archive of that path holds of them.  The place is
 * judged before and after.  E_NOTFOUND, E_INVALID, E_LIMIT, E_DENIED; E_BUSY: the server
 * stops. */
int import_check_file(struct imports *all, const struct place *place, struct str path,
                      enum language language, struct buf *json,
                      struct err *err) MUST_CHECK;

/* What follows is for import.c, and for tests of the steps: what an import is about. */
struct import_request {
    struct place place;
    enum task_kind kind;
    const struct import_options *options;
    const atomic_bool *stop; /* set from outside: end soon, with E_BUSY */
    struct str audit;        /* as in struct task */
};

struct import;

/*
 * Reads, checks and stages what the archive has.  It is the whole of `fd`, which is used
 * until import_free().  In a dry run nothing is staged.  E_INVALID, E_LIMIT: it is no
 * archive that is read, and why, without an API code; E_BUSY: stopped.
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
