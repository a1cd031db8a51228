#ifndef API_PATH_H
#define API_PATH_H

#include "base/arena.h"
#include "base/err.h"
#include "base/limits.h"

/*
 * A request's path, split on its slashes and then decoded, each segment once:
 * a%2Fb is one segment.  One slash at the end is ignored.
 */
struct path {
    struct str segment[PATH_MAX_SEGMENTS];
    int n; /* -1: more than any route has, or no slash in front */
};

/* E_INVALID when a segment is not percent-encoded UTF-8 without NUL. */
int path_split(struct path *out, struct str raw, struct arena *arena,
               struct err *err) MUST_CHECK;

/*
 * Whether `path` is of the form of `pattern`, such as /v1/{project_id}/jobs; the
 * segments at {project_id}, {cluster_id} and another {name} are put into `names`.
 */
struct path_names {
    struct str project, cluster, name;
};
bool path_matches(const struct path *path, const char *pattern, struct path_names *names);

/*
 * The value of `key` in a query, decoded, + as a blank; .p is NULL when it is
 * absent, the first holds when it stands twice.  E_INVALID as above.
 */
int query_get(struct str query, const char *key, struct str *value, struct arena *arena,
              struct err *err) MUST_CHECK;

/* All values of `key`, in their order: *n counts them, of which the first `max`
 * are in `values`. */
int query_list(struct str query, const char *key, struct str *values, size_t max,
               size_t *n, struct arena *arena, struct err *err) MUST_CHECK;

#endif
