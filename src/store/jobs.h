#ifndef STORE_JOBS_H
#define STORE_JOBS_H

#include "store/objects.h"

/* Appends those of `names` that are no jobs, comma-separated, 100 at most. */
int snapshot_unknown_jobs(struct snapshot *s, int64_t workspace, const struct str *names,
                          size_t n, struct buf *unknown, struct err *err) MUST_CHECK;

/* Calls `each` for the jobs whose dependJobs name the job `name`, by name. */
int snapshot_downstream(struct snapshot *s, int64_t workspace, struct str name,
                        void (*each)(void *arg, int64_t id, struct str job), void *arg,
                        struct err *err) MUST_CHECK;

/* The jobs of these names: out[i] is that of names[i], with id 0 where none is
 * held, or with `submitted` none was submitted: their definitions are the submitted
 * ones then.  One statement. */
int snapshot_jobs(struct snapshot *s, int64_t workspace, bool submitted,
                  const struct str *names, size_t n, struct object *out,
                  struct arena *arena, struct err *err) MUST_CHECK;

/* What one of the jobs needs; object.id is 0 when it is not held. */
struct depend {
    size_t job; /* index into the blobs given */
    struct ref ref;
    struct object object;
};

/*
 * Calls `each` for what the definitions `blobs` name, in no special order; a name of
 * several resources gives several calls.  CDM jobs are those of the project `cdm`; with
 * "" none of them exists.  With `submitted` scripts are their submitted versions; kinds
 * without versions count as submitted when saved.  `each` returns 0 to go on. Texts live
 * until it returns.  One statement.
 */
int snapshot_depends(struct snapshot *s, struct str cdm, int64_t workspace,
                     bool submitted, const int64_t *blobs, size_t n,
                     int (*each)(void *arg, const struct depend *d, struct err *err),
                     void *arg, struct err *err) MUST_CHECK;

#endif
