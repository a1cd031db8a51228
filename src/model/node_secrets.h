#ifndef MODEL_NODE_SECRETS_H
#define MODEL_NODE_SECRETS_H

#include "model/secrets.h"

/*
 * The secrets of a job's nodes when a node is renamed: a body that renames a node cannot
 * send them along, because nobody is shown them.
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

/* A stored secret of the path `from`, if there is one, belongs to the path `to` now. */
struct secret_move {
    struct str from, to;
};

/*
 * What follows its node from the definition with the nodes `old` to the one with the
 * nodes `new`, in which secrets can be at `places`: a node was renamed when it is the
 * only one of its type that is gone, and exactly one of that type is new.  Only places
 * that both nodes have matter.  The result is in `arena`.  E_NOMEM.
 */
struct secret_moves {
    struct secret_move *items;
    size_t n;
};
int secrets_follow(const struct job_nodes *old, const struct job_nodes *new,
                   const struct secret *places, size_t n_places, struct secret_moves *out,
                   struct arena *arena, struct err *err) MUST_CHECK;

/* Appends those of `stored`, paths one a line, that would be lost: they are at none of
 * `places`, and do not move. */
void secrets_lost(struct str stored, const struct secret *places, size_t n_places,
                  const struct secret_moves *moves, struct buf *lost);

/* Appends a path as people know it: nodes.call.properties.auth.value is call.auth. */
void secret_path_show(struct buf *out, struct str path);

#endif
