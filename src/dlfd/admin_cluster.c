#include "cli/output.h"
#include "dlfd/admin_int.h"
#include "store/clusters.h"

#include <stdio.h>

int admin_cluster_create(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct cluster_new n;
    int rc;

    cluster_new_init(&n);
    n.project = str_of(call->project);
    n.name = str_of(call->name);
    rc = admin_write(f, &n.write, "", "a cluster of that name is there already",
                     ADMIN_NO_PROJECT, err);
    if (!rc)
        puts(n.uid);
    return rc;
}

static void print_cluster(void *arg, const struct cluster *c)
{
    (void)arg;
    output_row((struct str[]){ c->uid, c->name }, 2);
}

int admin_cluster_list(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct snapshot *s;
    int rc = store_snapshot(&s, f->store, err);

    if (rc)
        return rc;
    rc = snapshot_clusters(s, str_of(call->project), print_cluster, NULL, err);
    snapshot_end(s);
    return rc;
}

int admin_cluster_delete(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct cluster_delete d;

    if (strcmp(call->name, DEFAULT_CLUSTER) == 0)
        return err_say(err, E_DENIED, "every project has the cluster default; it stays");
    cluster_delete_init(&d);
    d.project = str_of(call->project);
    d.name = str_of(call->name);
    d.force = call->force != NULL;
    return admin_write(f, &d.write, "the project has no cluster of that name", "",
                       "it is not empty: --force deletes it with its links and jobs",
                       err);
}
