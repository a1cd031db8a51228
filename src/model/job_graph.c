#include "model/job_form.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"

/*
 * The nodes of a job as a graph: names are unique, preNodeName and conditions
 * name other nodes, and in a batch job there is no circle.  Time and memory
 * grow with n log n, whatever a client sends.
 */
struct graph_node {
    struct str name;
    uint32_t at;    /* in the document */
    uint32_t index; /* among the nodes */
};

struct edge {
    uint32_t from, to; /* indices among the nodes: to waits for from */
};

struct graph {
    const struct json_doc *doc;
    struct graph_node *node; /* sorted by name */
    uint32_t n;
    struct edge *edge;
    uint32_t edges;
    struct err *err;
};

static int bad_graph(const struct graph *g, uint32_t at, int detail, struct str name)
{
    struct rule_at here = { .doc = g->doc, .at = at, .code = DLF_3051, .err = g->err };

    return rule_fail(&here, detail, CSTR(utf8_cut(name, KIB - 1)), NULL, NULL);
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct graph_node *)a)->name,
                   ((const struct graph_node *)b)->name);
}

static const struct graph_node *find(const struct graph *g, struct str name)
{
    struct graph_node key = { .name = name };

    return bsearch(&key, g->node, g->n, sizeof(key), by_name);
}

static int read_nodes(struct graph *g, uint32_t nodes)
{
    uint32_t index = 0;

    JSON_EACH (i, g->doc, nodes) {
        struct str name = json_member_text(g->doc, i, "name");

        g->node[index] = (struct graph_node){ name, i, index };
        index++;
    }
    qsort(g->node, g->n, sizeof(*g->node), by_name);
    for (uint32_t k = 1; k < g->n; k++) {
        const struct graph_node *a = &g->node[k - 1], *b = &g->node[k];

        if (str_eq(a->name, b->name))
            return bad_graph(
                g, json_member(g->doc, a->index > b->index ? a->at : b->at, "name"),
                DET_SAME_NAME, a->name);
    }
    return 0;
}

/* One name in preNodeName or a condition of the node `index`. */
static int add_edge(struct graph *g, uint32_t at, struct str name, uint32_t index,
                    bool counts)
{
    const struct graph_node *from = find(g, name);

    if (!from || from->index == index)
        return bad_graph(g, at, DET_UNKNOWN_NODE, name);
    if (counts)
        g->edge[g->edges++] = (struct edge){ from->index, index };
    return 0;
}

/* The names in preNodeName, which make edges, or in conditions, which do not. */
static int read_names(struct graph *g, uint32_t node, const char *member, uint32_t index)
{
    uint32_t list = json_member(g->doc, node, member);
    int rc = 0;

    if (!list)
        return 0;
    JSON_EACH (i, g->doc, list) {
        bool plain = json_type(g->doc, i) == JSON_STRING;
        uint32_t at = plain ? i : json_member(g->doc, i, "preNodeName");

        rc = add_edge(g, at, json_text(g->doc, at), index, plain);
        if (rc)
            break;
    }
    return rc;
}

static int by_from(const void *a, const void *b)
{
    const struct edge *x = a, *y = b;

    return (x->from > y->from) - (x->from < y->from);
}

/* Takes away nodes that wait for none until no such is left: what is left
 * then goes in a circle. */
static bool has_circle(struct graph *g, uint32_t *waits, uint32_t *first, uint32_t *ready)
{
    uint32_t head = 0, tail = 0;

    qsort(g->edge, g->edges, sizeof(*g->edge), by_from);
    for (uint32_t e = g->edges; e-- > 0;) {
        first[g->edge[e].from] = e + 1;
        waits[g->edge[e].to]++;
    }
    for (uint32_t i = 0; i < g->n; i++)
        if (waits[i] == 0)
            ready[tail++] = i;
    for (; head < tail; head++) {
        uint32_t from = ready[head];

        if (!first[from])
            continue;
        for (uint32_t e = first[from] - 1; e < g->edges && g->edge[e].from == from; e++)
            if (--waits[g->edge[e].to] == 0)
                ready[tail++] = g->edge[e].to;
    }
    return tail < g->n;
}

static int check_circle(struct graph *g, uint32_t nodes, struct arena *arena)
{
    uint32_t *waits = arena_array(arena, g->n, sizeof(*waits));
    uint32_t *first = arena_array(arena, g->n, sizeof(*first));
    uint32_t *ready = arena_array(arena, g->n, sizeof(*ready));

    if (!waits || !first || !ready)
        return err_nomem(g->err);
    return has_circle(g, waits, first, ready) ? bad_graph(g, nodes, DET_CYCLE, STR(""))
                                              : 0;
}

static uint32_t count_edges(const struct json_doc *doc, uint32_t nodes)
{
    uint32_t n = 0;

    JSON_EACH (i, doc, nodes) {
        uint32_t before = json_member(doc, i, "preNodeName");

        n += before ? doc->value[before].len : 0;
    }
    return n;
}

int job_graph_check(const struct json_doc *doc, struct arena *arena, struct err *err)
{
    uint32_t nodes = json_member(doc, 0, "nodes"), index = 0;
    struct graph g = { .doc = doc, .n = doc->value[nodes].len, .err = err };
    int rc;

    g.node = arena_array(arena, g.n + 1, sizeof(*g.node));
    g.edge = arena_array(arena, count_edges(doc, nodes) + 1, sizeof(*g.edge));
    if (!g.node || !g.edge)
        return err_nomem(err);
    rc = read_nodes(&g, nodes);
    JSON_EACH (i, doc, nodes) {
        if (!rc)
            rc = read_names(&g, i, "preNodeName", index);
        if (!rc)
            rc = read_names(&g, i, "conditions", index);
        index++;
    }
    if (!rc && str_is(json_member_text(doc, 0, "processType"), "BATCH"))
        rc = check_circle(&g, nodes, arena);
    return rc;
}
