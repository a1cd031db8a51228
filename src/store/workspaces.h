#ifndef STORE_WORKSPACES_H
#define STORE_WORKSPACES_H

#include "base/id.h"
#include "store/store.h"

/* Workspaces of projects.  What store.h says of errors holds in all headers of store/. */

struct workspace {
    int64_t id; /* 0: the default workspace of a project that has nothing yet */
    struct str uid, name;
    int64_t revision; /* changes whenever a definition or a name changes */
    int64_t jobs, real_time_jobs, scripts, resources;
};

/* Pass this instead of a workspace id to mean the project's hidden CDM workspace.  It is
 * compared by pointer, so that no text from a client can equal it. */
extern const struct str cdm_workspace;

/*
 * The workspace `uid` of `project`, or its default one when `uid` is empty.
 * E_NOTFOUND, STORE_NO_WORKSPACE: not of this project, or it has no default any more.
 */
int snapshot_workspace(struct snapshot *s, struct str project, struct str uid,
                       struct workspace *out, struct arena *arena,
                       struct err *err) MUST_CHECK;

/* What the result of an export depends on besides its request.  Every change of a
 * definition or a name, in the workspace or among the project's CDM objects, changes one
 * of the revisions. */
struct revisions {
    int64_t workspace; /* its id; 0: it has no row yet, or does not exist */
    int64_t revision, cdm;
};

/* The revisions in the snapshot; the revisions now, read with one statement. */
int snapshot_revisions(struct snapshot *s, struct str project, struct str uid,
                       struct revisions *out, struct err *err) MUST_CHECK;
int store_revisions(struct store *s, struct str project, struct str uid,
                    struct revisions *out, struct err *err) MUST_CHECK;

/* Calls `each` for the workspaces of `project`, in the order of their names. */
int snapshot_workspaces(struct snapshot *s, struct str project,
                        void (*each)(void *arg, const struct workspace *w), void *arg,
                        struct err *err) MUST_CHECK;

/* Creates the workspace `name` and, for a new project, the default one.
 * E_EXISTS when the name is in use; E_DENIED, STORE_OTHER_PROJECT. */
struct workspace_new {
    struct write write;
    struct str project, name;
    char uid[ID_HEX_BYTES]; /* out */
};
void workspace_new_init(struct workspace_new *w);

/* Deletes the workspace `name`.  E_NOTFOUND; E_DENIED when it is the default
 * one or holds anything, and `force` is not set. */
struct workspace_delete {
    struct write write;
    struct str project, name;
    bool force;
};
void workspace_delete_init(struct workspace_delete *w);

#endif
