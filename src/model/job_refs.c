#include "model/job_form.h"

#include "base/sort.h"
#include "model/node_types.h"

/* The lists of references and of job names grow in the request's arena. */
struct list {
    struct arena *arena;
    void *items;
    size_t n;
    bool failed;
};

static void *list_add(struct list *l, size_t size)
{
    void *items = arena_grow(l->arena, l->items, l->n, size);

    if (!items) {
        l->failed = true;
        return NULL;
    }
    l->items = items;
    return (char *)items + l->n++ * size;
}

/* A property's text: the last of that name, only strings; empty when absent. */
static struct str property(const struct json_doc *doc, uint32_t node, const char *name)
{
    uint32_t properties = json_member(doc, node, "properties");
    struct str found = STR("");

    if (!properties)
        return found;
    JSON_EACH (i, doc, properties) {
        struct str value = json_member_text(doc, i, "value");

        if (value.p && str_is(json_member_text(doc, i, "name"), name))
            found = value;
    }
    return found;
}

static bool is_file(struct str value)
{
    return str_starts(value, "obs://") || str_starts(value, "hdfs://");
}

static void add_ref(struct list *l, enum ref_kind kind, struct str scope, struct str name)
{
    struct ref *ref = list_add(l, sizeof(*ref));

    if (!ref)
        return;
    *ref = (struct ref){ kind, arena_str(l->arena, scope), arena_str(l->arena, name) };
    l->failed |= !ref->scope.p || !ref->name.p;
}

/* The whole value, or the part after the last slash: no script's name has one. */
static void add_script(struct list *l, struct str value)
{
    const char *slash = memrchr(value.p, '/', value.n);
    size_t at = slash ? (size_t)(slash - value.p) + 1 : 0;

    if (at == value.n)
        at = 0;
    add_ref(l, REF_SCRIPT, (struct str){ value.p, at }, str_from(value, at));
}

/* A comma in the cluster's name separates two clusters. */
static void add_cdm(struct list *l, struct str clusters, struct str job)
{
    struct str one;

    while (str_next(&clusters, ',', &one)) {
        while (one.n && one.p[0] == ' ')
            one = str_from(one, 1);
        if (one.n)
            add_ref(l, REF_CDM, one, job);
    }
}

/* The text of the node's property that names `what`; empty where it has none. */
static struct str property_of(const struct json_doc *doc, uint32_t node, enum env what)
{
    struct str type = json_member_text(doc, node, "type");

    for (size_t i = 0; i < n_node_names; i++)
        if (node_names[i].what == what && type_matches(node_names[i].type, type))
            return property(doc, node, node_names[i].property);
    return STR("");
}

static bool is_statement(const struct json_doc *doc, uint32_t node)
{
    return str_same_loosely(property_of(doc, node, ENV_STATEMENT), "statement", "");
}

static void add_node_ref(struct list *l, const struct json_doc *doc, uint32_t node,
                         enum env what, struct str value)
{
    struct str cluster;

    if (what == ENV_SCRIPT && !is_statement(doc, node)) {
        add_script(l, value);
    } else if (what == ENV_CDM_JOB) {
        cluster = property_of(doc, node, ENV_CDM_CLUSTER);
        if (is_literal(cluster))
            add_cdm(l, cluster, value);
    } else if (what == ENV_RESOURCE) {
        add_ref(l, is_file(value) ? REF_LOCATION : REF_RESOURCE, STR(""), value);
    }
}

static void add_node_refs(struct list *l, const struct json_doc *doc, uint32_t node)
{
    struct str type = json_member_text(doc, node, "type"), value;

    for (size_t i = 0; i < n_node_names; i++) {
        if (node_names[i].what < ENV_SCRIPT || !type_matches(node_names[i].type, type))
            continue;
        value = property(doc, node, node_names[i].property);
        if (is_literal(value))
            add_node_ref(l, doc, node, node_names[i].what, value);
    }
}

/* One target, however it was written, is one reference. */
static int by_target(const void *a, const void *b)
{
    const struct ref *x = a, *y = b;
    int c = (int)x->kind - (int)y->kind;

    if (!c && x->kind == REF_CDM)
        c = str_cmp(x->scope, y->scope);
    return c ? c : str_cmp(x->name, y->name);
}

int job_refs(const struct making *m, const struct json_doc *doc)
{
    const struct definition *d = m->d;
    struct list l = { .arena = m->arena };
    uint32_t nodes = json_member(doc, 0, "nodes");

    for (size_t i = 0; i < d->n_depends; i++)
        add_ref(&l, REF_JOB, STR(""), d->depends[i]);

    JSON_EACH (i, doc, nodes)
        add_node_refs(&l, doc, i);
    if (l.failed)
        return err_nomem(m->err);
    m->d->refs = l.items;
    m->d->n_refs = sort_unique(l.items, l.n, sizeof(struct ref), by_target);
    return 0;
}

static void add_names(struct list *l, const struct json_doc *doc, uint32_t depend_jobs)
{
    uint32_t jobs = json_member(doc, depend_jobs, "jobs");

    if (!jobs)
        return;
    JSON_EACH (i, doc, jobs) {
        struct str *name = list_add(l, sizeof(*name));

        if (name)
            *name = arena_str(l->arena, json_text(doc, i));
        l->failed |= !name || !name->p;
    }
}

/* dependJobs of a cron or cronTrigger: an object, or an array of them. */
static void add_depend_jobs(struct list *l, const struct json_doc *doc, uint32_t cron)
{
    uint32_t at = cron ? json_member(doc, cron, "dependJobs") : 0;

    if (!at)
        return;
    if (json_type(doc, at) == JSON_OBJECT)
        add_names(l, doc, at);
    else
        JSON_EACH (i, doc, at)
            add_names(l, doc, i);
}

int job_depends(const struct json_doc *doc, struct arena *arena, const struct str **names,
                size_t *n, struct err *err)
{
    struct list l = { .arena = arena };
    uint32_t nodes = json_member(doc, 0, "nodes");
    uint32_t schedule = json_member(doc, 0, "schedule");

    add_depend_jobs(&l, doc, json_member(doc, schedule, "cron"));
    JSON_EACH (i, doc, nodes)
        add_depend_jobs(&l, doc, json_member(doc, i, "cronTrigger"));
    if (l.failed)
        return err_nomem(err);
    *names = l.items;
    *n = sort_unique(l.items, l.n, sizeof(struct str), str_by_text);
    return 0;
}
