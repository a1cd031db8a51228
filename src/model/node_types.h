#ifndef MODEL_NODE_TYPES_H
#define MODEL_NODE_TYPES_H

#include <stddef.h>

#include "json/json.h"

/*
 * Private to model/: what the properties of nodes name, by model/node_types.def; edit.c
 * has the same of the other members by environment.def.
 */
enum env {
    ENV_CONNECTION,
    ENV_DATABASE,
    ENV_QUEUE,
    ENV_DWS_CLUSTER,
    ENV_MRS_CLUSTER,
    ENV_CDM_CLUSTER, /* or several, between commas */
    ENV_STREAM,
    ENV_DIRECTORY, /* with all below it; the longest that matches is renamed */
    /* What is in the archive itself, so that nothing renames it. */
    ENV_SCRIPT,
    ENV_STATEMENT, /* the word statement: the node has a text of its own, and no script */
    ENV_RESOURCE,
    ENV_CDM_JOB /* of the cluster that another property of the node names */
};

struct node_name {
    const char *type, *property;
    enum env what;
};
extern const struct node_name node_names[];
extern const size_t n_node_names;

/* Whether a type is that of a row. */
bool type_matches(const char *rule, struct str type);

/* Whether a value is a name, and not an expression or nothing. */
bool is_literal(struct str value);

#endif
