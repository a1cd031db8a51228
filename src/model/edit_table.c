#include "model/edit_int.h"

#include <stdlib.h>

#include "base/sort.h"

/* The renamings and settings of an import, sorted, and what has used them. */

static int by_renaming(const void *a, const void *b)
{
    const struct renaming *x = a, *y = b;
    int c = (int)x->what - (int)y->what;

    return c ? c : str_cmp(x->from, y->from);
}

/* Those of every job stand in front. */
static int by_setting(const void *a, const void *b)
{
    const struct setting *x = a, *y = b;
    int c = (x->of.p != NULL) - (y->of.p != NULL);

    if (!c)
        c = str_cmp(x->of, y->of);
    if (!c)
        c = str_cmp(x->type, y->type);
    return c ? c : str_cmp(x->name, y->name);
}

static int by_renaming_then_order(const void *a, const void *b)
{
    const struct renaming *x = a, *y = b;
    int c = by_renaming(x, y);

    return c ? c : (x->order < y->order) - (x->order > y->order);
}

static int by_setting_then_order(const void *a, const void *b)
{
    const struct setting *x = a, *y = b;
    int c = by_setting(x, y);

    return c ? c : (x->order < y->order) - (x->order > y->order);
}

void edits_sort_renamings(struct renaming *r, size_t *n)
{
    for (size_t i = 0; i < *n; i++)
        r[i].order = i;
    qsort(r, *n, sizeof(*r), by_renaming_then_order);
    *n = unique(r, *n, sizeof(*r), by_renaming);
}

void edits_sort_settings(struct setting *s, size_t *n)
{
    for (size_t i = 0; i < *n; i++)
        s[i].order = i;
    qsort(s, *n, sizeof(*s), by_setting_then_order);
    *n = unique(s, *n, sizeof(*s), by_setting);
}

static struct renaming *look_up(const struct edits *e, enum env what, struct str name)
{
    struct renaming key = { .what = what, .from = name };

    return e->n_renamings ? bsearch(&key, e->renamings, e->n_renamings,
                                    sizeof(*e->renamings), by_renaming)
                          : NULL;
}

const struct renaming *edits_renaming(const struct edits *e, enum env what,
                                      struct str name)
{
    struct renaming *r = look_up(e, what, name);

    if (r)
        r->used = true;
    return r;
}

const struct setting *edits_setting(const struct edits *e, struct str of, struct str type,
                                    struct str name)
{
    struct setting key = { .of = of, .type = type, .name = name }, *s = NULL;

    if (e->n_settings)
        s = bsearch(&key, e->settings, e->n_settings, sizeof(key), by_setting);
    if (s)
        s->used = true;
    return s;
}

static bool is_cluster(enum env what)
{
    return what >= ENV_DWS_CLUSTER && what <= ENV_CDM_CLUSTER;
}

/* One name of a mapping stands for clusters of each kind: it is told once, when none has
 * it. */
static bool is_unused(const struct edits *e, const struct renaming *r)
{
    const struct renaming *other;

    for (int i = ENV_DWS_CLUSTER; is_cluster(r->what) && i <= ENV_CDM_CLUSTER; i++) {
        other = look_up(e, (enum env)i, r->from);
        if (other && (other->used || other->what < r->what))
            return false;
    }
    return !r->used;
}

void edits_unused(const struct edits *e,
                  void (*each)(void *arg, const char *member, struct str of,
                               struct str name),
                  void *arg)
{
    static const char *const members[] = {
        [ENV_CONNECTION] = "connections", [ENV_DATABASE] = "databases",
        [ENV_QUEUE] = "queues",           [ENV_DWS_CLUSTER] = "clusters",
        [ENV_MRS_CLUSTER] = "clusters",   [ENV_CDM_CLUSTER] = "clusters",
        [ENV_STREAM] = "streams",         [ENV_DIRECTORY] = "directories",
    };

    for (size_t i = 0; i < e->n_renamings; i++)
        if (is_unused(e, &e->renamings[i]))
            each(arg, members[e->renamings[i].what], STR_NONE, e->renamings[i].from);
    for (size_t i = 0; i < e->n_settings; i++)
        if (!e->settings[i].used)
            each(arg, "params", e->settings[i].of, e->settings[i].name);
}

struct str edits_rename(const struct edits *e, enum env what, struct str name)
{
    const struct renaming *r = edits_renaming(e, what, name);

    return r ? r->to : name;
}

struct setting *edits_settings_of(const struct edits *e, struct str of, struct str type,
                                  size_t *n)
{
    const struct setting key = { .of = of, .type = type, .name = STR("") };
    struct setting *s = e->settings;
    size_t from = lower_bound(&key, s, e->n_settings, sizeof(key), by_setting);
    size_t to = from;

    while (to < e->n_settings && str_eq(s[to].of, of) && str_eq(s[to].type, type))
        to++;
    *n = to - from;
    return s + from;
}
