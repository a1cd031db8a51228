#include "dlfd/admin_int.h"
#include "store/clusters.h"

#include <stdio.h>

int admin_cluster_create(struct folder *f, const struct admin_call *call)
{
    struct cluster_new n;
    int rc;

    cluster_new_init(&n);
    n.project = str_of(call->project);
    n.name = str_of(call->name);
    rc = admin_write(f, &n.write, "", "a cluster of that name is there already",
                     ADMIN_NO_PROJECT);
    if (!rc)
        puts(n.uid);
    return rc;
}

static void print_row(void *arg, const struct cluster *c)
{
    (void)arg;
    printf("%.*s  %.*s\n", STR_ARG(c->uid), STR_ARG(c->name));
}

int admin_cluster_list(struct folder *f, const struct admin_call *call)
{
    struct err err = ERR_INIT;
    struct snapshot *s;
    int rc = store_snapshot(&s, f->store, &err);

    if (!rc) {
        rc = snapshot_clusters(s, str_of(call->project), print_row, NULL, &err);
        snapshot_end(s);
    }
    if (rc)
        rc = admin_failed(&err, "out of memory");
    err_clear(&err);
    return rc;
}

int admin_cluster_delete(struct folder *f, const struct admin_call *call)
{
    struct cluster_delete d;

    if (strcmp(call->name, DEFAULT_CLUSTER) == 0) {
        fputs("dlfd admin: every project has the cluster default; it stays\n", stderr);
        return 1;
    }
    cluster_delete_init(&d);
    d.project = str_of(call->project);
    d.name = str_of(call->name);
    d.force = call->force;
    return admin_write(f, &d.write, "the project has no cluster of that name", "",
                       "it is not empty: --force deletes it with its links and jobs");
}
