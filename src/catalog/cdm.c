#include "catalog/catalog.h"

#include "catalog/object.h"

/* CDM clusters: what DLF needs of them is their name. */

struct cluster_list {
    struct str uid; /* STR_NONE: all */
    struct arena *arena;
    struct cluster *items;
    size_t n;
    bool bad; /* out of memory */
};

static void add_cluster(void *arg, const struct cluster *c)
{
    struct cluster_list *l = arg;
    struct cluster *more;

    if (l->bad || (l->uid.p && !str_eq(c->uid, l->uid)))
        return;
    more = arena_grow(l->arena, l->items, l->n, sizeof(*more));
    if (more) {
        l->items = more;
        more += l->n++;
        *more = (struct cluster){ .uid = arena_str(l->arena, c->uid),
                                  .name = arena_str(l->arena, c->name),
                                  .created = c->created };
    }
    l->bad = !more || !more->uid.p || !more->name.p;
}

int catalog_clusters(struct catalog *c, const struct place *place, struct str uid,
                     struct arena *arena, struct cluster **out, size_t *n,
                     struct err *err)
{
    struct cluster_list l = { .uid = uid, .arena = arena };
    struct workspace w;
    struct snapshot *s;
    int rc = place_open(c, place, &s, &w, arena, err);

    if (rc)
        return rc;
    rc = snapshot_clusters(s, place->project, add_cluster, &l, err);
    snapshot_end(s);
    *out = l.items;
    *n = l.n;
    if (!rc && l.bad)
        return err_nomem(err);
    return rc || l.n ? rc : err_set(err, E_NOTFOUND, CDM_0001, DET_NO_CLUSTER);
}
