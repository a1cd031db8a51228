#include "dlfd/admin_int.h"

#include <stdio.h>

int admin_cluster_create(struct folder *f, const struct admin_call *call)
{
    struct cluster_new n;
    int rc;

    cluster_new_init(&n);
    n.project = str_of(call->project);
    n.name = str_of(call->name);
    rc = store_write(f->store, &n.write);
    if (rc)
        rc = admin_failed(&n.write.err, "a cluster of that name is there already");
    else
        puts(n.uid);
    err_clear(&n.write.err);
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
    int rc;

    if (strcmp(call->name, DEFAULT_CLUSTER) == 0) {
        fputs("dlfd admin: every project has the cluster default; it stays\n", stderr);
        return 1;
    }
    cluster_delete_init(&d);
    d.project = str_of(call->project);
    d.name = str_of(call->name);
    d.force = call->force;
    rc = store_write(f->store, &d.write);
    if (rc == E_DENIED)
        rc = admin_failed(&d.write.err, "it is not empty: --force deletes it with its "
                                        "links and jobs");
    else if (rc)
        rc = admin_failed(&d.write.err, "the project has no cluster of that name");
    err_clear(&d.write.err);
    return rc;
}
