#ifndef STORE_WORKSPACES_H
#define STORE_WORKSPACES_H

#include "base/id.h"
#include "store/store.h"

/* Workspaces of projects.  What store.h says of errors holds in all headers of store/. */

struct workspace {
    int64_t id; /* 0: the default workspace of a project that has nothing yet */
    struct str uid, name;
    int64_t revision; /* another one after each change of a definition or name */
    int64_t jobs, real_time_jobs, scripts, resources;
};

/* Instead of an id: the workspace of a project that holds what is CDM's; it is
 * told by where it points to, so that no client can name it. */
extern const struct str cdm_workspace;

/*
 * The workspace `uid` of `project`, or its default one when `uid` is empty.
 * E_NOTFOUND, STORE_NO_WORKSPACE: not of this project, or it has no default any more.
 */
int snapshot_workspace(struct snapshot *s, struct str project, struct str uid,
                       struct workspace *out, struct arena *arena,
                       struct err *err) MUST_CHECK;

/* What an export's outcome depends on, beside its request: another definition or
 * name in the workspace, or of CDM in its project, is another revision. */
struct revisions {
    int64_t workspace; /* 0: it has no row, or is not there */
    int64_t revision, cdm;
};

/* As in the snapshot; as they are now, by one statement. */
int snapshot_revisions(struct snapshot *s, struct str project, struct str uid,
                       struct revisions *out, struct err *err) MUST_CHECK;
int store_revisions(struct store *s, struct str project, struct str uid,
                    struct revisions *out, struct err *err) MUST_CHECK;

/* Calls `each` for the workspaces of `project`, by name. */
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
