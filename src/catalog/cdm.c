#include "catalog/catalog.h"

#include "base/limits.h"
#include "catalog/object.h"

/* CDM clusters: what DLF needs of them is their name. */

struct finding {
    struct str uid;
    struct arena *arena;
    struct str *name;
    bool found;
};

static void match(void *arg, const struct cluster *c)
{
    struct finding *f = arg;

    if (!str_eq(c->uid, f->uid))
        return;
    f->found = true;
    *f->name = arena_str(f->arena, c->name);
}

int catalog_cluster(struct catalog *c, const struct place *place, struct str uid,
                    struct arena *arena, struct str *name, struct err *err)
{
    struct finding f = { uid, arena, name, false };
    struct workspace w;
    struct snapshot *s;
    int rc = place_open(c, place, &s, &w, arena, err);

    *name = STR_NONE;
    if (rc)
        return rc;
    rc = snapshot_clusters(s, place->project, match, &f, err);
    snapshot_end(s);
    if (!rc && !f.found)
        return err_set(err, E_NOTFOUND, CDM_0001, DET_NO_CLUSTER);
    return rc || name->p ? rc : err_nomem(err);
}

struct showing {
    struct jw jw;
    struct str uid; /* STR_NONE: all */
    size_t shown;
};

/* A cluster is always at work; it is a name and no machine. */
static void show(void *arg, const struct cluster *c)
{
    struct showing *s = arg;
    struct jw *jw = &s->jw;

    if (s->uid.p && !str_eq(s->uid, c->uid))
        return;
    s->shown++;
    jw_object(jw, STR_NONE);
    jw_string(jw, STR("id"), c->uid);
    jw_string(jw, STR("name"), c->name);
    jw_string(jw, STR("status"), STR("200"));
    jw_string(jw, STR("statusDetail"), STR("Normal"));
    jw_string(jw, STR("isFrozen"), STR("0"));
    jw_object(jw, STR("datastore"));
    jw_string(jw, STR("type"), STR("cdm"));
    jw_string(jw, STR("version"), STR(DLFD_VERSION));
    jw_end(jw, '}');
    jw_array(jw, STR("instances"));
    jw_end(jw, ']');
    jw_string(jw, STR("config_status"), STR("In-Sync"));
    jw_end(jw, '}');
}

int catalog_show_clusters(struct catalog *c, const struct place *place, struct str uid,
                          struct buf *json, struct err *err)
{
    struct showing showing = { .jw = JW_INIT(json, false), .uid = uid };
    struct arena arena = ARENA_INIT;
    struct workspace w;
    struct snapshot *s;
    int rc = place_open(c, place, &s, &w, &arena, err);

    arena_release(&arena);
    if (rc)
        return rc;
    if (!uid.p) {
        jw_object(&showing.jw, STR_NONE);
        jw_array(&showing.jw, STR("clusters"));
    }
    rc = snapshot_clusters(s, place->project, show, &showing, err);
    snapshot_end(s);
    if (!uid.p) {
        jw_end(&showing.jw, ']');
        jw_end(&showing.jw, '}');
    }
    return rc || showing.shown ? rc : err_set(err, E_NOTFOUND, CDM_0001, DET_NO_CLUSTER);
}
