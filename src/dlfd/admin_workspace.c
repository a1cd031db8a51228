#include "dlfd/admin_int.h"
#include "store/workspaces.h"

#include <stdio.h>

int admin_workspace_create(struct folder *f, const struct admin_call *call,
                           struct err *err)
{
    struct workspace_new w;
    int rc;

    workspace_new_init(&w);
    w.project = str_of(call->project);
    w.name = str_of(call->name);
    rc = admin_write(f, &w.write, "", "a workspace of that name is there already",
                     ADMIN_NO_PROJECT, err);
    if (!rc)
        puts(w.uid);
    return rc;
}

static void print_workspace(void *arg, const struct workspace *w)
{
    (void)arg;
    printf("%s  %.*s  jobs=%lld scripts=%lld resources=%lld\n", w->uid.p,
           STR_ARG(w->name), (long long)w->jobs, (long long)w->scripts,
           (long long)w->resources);
}

int admin_workspace_list(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct snapshot *s;
    int rc = store_snapshot(&s, f->store, err);

    if (rc)
        return rc;
    rc = snapshot_workspaces(s, str_of(call->project), print_workspace, NULL, err);
    snapshot_end(s);
    return rc;
}

int admin_workspace_delete(struct folder *f, const struct admin_call *call,
                           struct err *err)
{
    struct workspace_delete w;

    workspace_delete_init(&w);
    w.project = str_of(call->project);
    w.name = str_of(call->name);
    w.force = call->force != NULL;
    return admin_write(
        f, &w.write, "the project has no workspace of that name", "",
        "it is the default workspace, or not empty: --force deletes it with all "
        "that it holds",
        err);
}
