#include "model/node_types.h"

const struct node_name node_names[] = {
#define NODE(type, property, what) { type, property, what },
#include "model/node_types.def"
#undef NODE
};
const size_t n_node_names = sizeof(node_names) / sizeof(node_names[0]);

bool type_matches(const char *rule, struct str type)
{
    return strcmp(rule, "*") == 0 || str_same_loosely(type, rule, " -_");
}

bool is_literal(struct str value)
{
    return value.n && !str_has(value, "${") && !str_has(value, "#{");
}
