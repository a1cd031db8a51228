#ifndef MODEL_NODE_SECRETS_H
#define MODEL_NODE_SECRETS_H

#include "model/secrets.h"

/*
 * What happens to the secrets of a job's nodes when a node is renamed.  A body that
 * renames a node cannot bring them along, because the API never shows secrets.
 */
struct job_node {
    struct str name, type;
};

struct job_nodes {
    struct job_node *items; /* by name */
    size_t n;
};

/* The nodes of the job at the root of `doc`, copied into `arena`.  E_NOMEM. */
int job_nodes(const struct json_doc *doc, struct job_nodes *out, struct arena *arena,
              struct err *err) MUST_CHECK;

/* A stored secret with the path `from`, if there is one, gets the path `to`. */
struct secret_move {
    struct str from, to;
};

/*
 * Finds the secrets that move with renamed nodes, from a definition with the nodes `old`
 * to one with the nodes `new`, whose secrets can be at `places`.  A node counts as
 * renamed when it is the only one of its type that is gone and exactly one of that type
 * is new.  Only places that both nodes have are used.  The result is in `arena`. E_NOMEM.
 */
struct secret_moves {
    struct secret_move *items;
    size_t n;
};
int secrets_follow(const struct job_nodes *old, const struct job_nodes *new,
                   const struct secret *places, size_t n_places, struct secret_moves *out,
                   struct arena *arena, struct err *err) MUST_CHECK;

/* Appends those of the paths `stored` (one a line) that would be lost, since they are at
 * none of `places` and do not move. */
void secrets_lost(struct str stored, const struct secret *places, size_t n_places,
                  const struct secret_moves *moves, struct buf *lost);

/* Appends a path in the form for people: nodes.call.properties.auth.value is call.auth.
 */
void secret_path_show(struct buf *out, struct str path);

#endif
