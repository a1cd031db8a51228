#ifndef STORE_CLUSTERS_H
#define STORE_CLUSTERS_H

#include "base/id.h"
#include "store/store.h"

/* A CDM cluster; every project has one named default. */
#define DEFAULT_CLUSTER "default"
struct cluster {
    struct str uid, name;
    int64_t created; /* ms since 1970; 0: the default one */
};

/* Calls `each` for the clusters of `project`: the default one first, then by name. */
int snapshot_clusters(struct snapshot *s, struct str project,
                      void (*each)(void *arg, const struct cluster *c), void *arg,
                      struct err *err) MUST_CHECK;
/* Makes the id of the project's default cluster, which follows from the project's id. */
void default_cluster_uid(struct str project, char uid[ID_UUID_BYTES]);

/* Creates a cluster.  E_EXISTS when the name is in use; E_DENIED, STORE_OTHER_PROJECT. */
struct cluster_new {
    struct write write;
    struct str project, name;
    char uid[ID_UUID_BYTES]; /* out */
};
void cluster_new_init(struct cluster_new *n);

/* Deletes a cluster with its links and jobs.  E_NOTFOUND; E_DENIED when it has any and
 * `force` is not set. */
struct cluster_delete {
    struct write write;
    struct str project, name;
    bool force;
};
void cluster_delete_init(struct cluster_delete *d);

#endif
