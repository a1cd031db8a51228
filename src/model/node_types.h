#ifndef MODEL_NODE_TYPES_H
#define MODEL_NODE_TYPES_H

#include <stddef.h>

#include "json/json.h"

/*
 * Private to model/: what each property of a node refers to, from model/node_types.def.
 * edit.c has the same for other members, from environment.def.
 */
enum env {
    ENV_CONNECTION,
    ENV_DATABASE,
    ENV_QUEUE,
    ENV_DWS_CLUSTER,
    ENV_MRS_CLUSTER,
    ENV_CDM_CLUSTER, /* or several, separated by commas */
    ENV_STREAM,
    ENV_DIRECTORY, /* with all below it; the longest that matches is renamed */
    /* These are in the archive itself, so no mapping renames them. */
    ENV_SCRIPT,
    ENV_STATEMENT, /* the word statement: the node has a text of its own, and no script */
    ENV_RESOURCE,
    ENV_CDM_JOB /* in the cluster that another property of the node names */
};

struct node_name {
    const char *type, *property;
    enum env what;
};
extern const struct node_name node_names[];
extern const size_t n_node_names;

/* Whether the type of a node is that of a row. */
bool type_matches(const char *rule, struct str type);

/* Whether a value is a name: neither empty nor an expression. */
bool is_literal(struct str value);

#endif
