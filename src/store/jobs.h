#ifndef STORE_JOBS_H
#define STORE_JOBS_H

#include "store/objects.h"

/* Appends those of `names` that no job has, separated by commas, 100 at most. */
int snapshot_unknown_jobs(struct snapshot *s, int64_t workspace, const struct str *names,
                          size_t n, struct buf *unknown, struct err *err) MUST_CHECK;

/* Calls `each` for the jobs whose dependJobs name the job `name`, by name. */
int snapshot_downstream(struct snapshot *s, int64_t workspace, struct str name,
                        void (*each)(void *arg, int64_t id, struct str job), void *arg,
                        struct err *err) MUST_CHECK;

/* Finds jobs by name, with one statement: out[i] is the job names[i], and its id is 0
 * when there is none.  With `submitted` it finds their latest submitted definitions, and
 * jobs that were never submitted are missing. */
int snapshot_jobs(struct snapshot *s, int64_t workspace, bool submitted,
                  const struct str *names, size_t n, struct object *out,
                  struct arena *arena, struct err *err) MUST_CHECK;

/* Something that one of the jobs refers to; object.id is 0 when it does not exist. */
struct depend {
    size_t job; /* index into the blobs given */
    struct ref ref;
    struct object object;
};

/*
 * Calls `each` for everything that the definitions `blobs` refer to, in no particular
 * order; a name that several resources share gives several calls.  CDM jobs are looked up
 * in the project `cdm`; with "" none exists.  With `submitted` scripts are read in their
 * submitted versions; kinds without versions count as submitted once saved.  A result of
 * `each` other than 0 stops it and is returned.  Texts live until `each` returns.  It
 * takes one statement.
 */
int snapshot_depends(struct snapshot *s, struct str cdm, int64_t workspace,
                     bool submitted, const int64_t *blobs, size_t n,
                     int (*each)(void *arg, const struct depend *d, struct err *err),
                     void *arg, struct err *err) MUST_CHECK;

#endif
