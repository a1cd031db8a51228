#include "import/import_int.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/utf8.h"
#include "base/banned.h"

/* The look at the catalogue, in one snapshot: what is to become of each item, and which
 * names would lead nowhere. */

/* ---- decisions ---- */

struct look {
    struct import *im;
    struct snapshot *snapshot;
    struct workspace jobs, cdm;
    struct rights rights;
    struct arena arena, rows; /* of the look; of the object that is looked at */
    struct str *resources;    /* the names of those in the archive, sorted */
    size_t n_resources;
};

/* The object is in l->rows, until the next call. */
static int look_up(struct look *l, enum kind kind, struct str scope, struct str name,
                   struct object *held, struct err *err)
{
    int64_t workspace = kind_row(kind)->is_cdm ? l->cdm.id : l->jobs.id;

    if (l->rows.bytes > MIB)
        arena_release(&l->rows);
    return snapshot_held(l->snapshot, workspace, kind, scope, name, held, &l->rows, err);
}

/* Gives what was decided by its kind the API's code and text. */
static void blame_decision(struct import_item *item, const struct import_decision *d)
{
    struct write *w = &item->save.write;

    w->rc = err_set(&w->err, (enum ec)d->ec, d->api, d->detail);
    item->is_refused = catalog_save_result(&item->save, &item->fault) != 0;
    w->rc = 0;
    err_clear(&w->err);
}

/* Forgets what the look before this one came to. */
static void forget_decision(struct import_item *item)
{
    if (item->is_refused)
        err_clear(&item->fault);
    item->is_refused = false;
    buf_release(&item->save.lost);
    item->save.moves = (struct secret_moves){ .n = 0 };
    item->held_secrets = STR("");
}

static int decide_item(struct look *l, struct import_item *item, struct import_held *held,
                       struct err *err)
{
    struct import_decision d;
    struct object object;
    int rc;

    forget_decision(item);
    if (item->fault.ec)
        return 0;
    rc = look_up(l, item->save.kind, item->facts.scope, item->facts.name, &object, err);
    if (rc)
        return rc;
    held->object = &object;
    d = import_decide(held, item, l->im->request.options);
    import_count(held, item, &d);
    item->action = d.action;
    if (d.action == IMPORT_ERROR)
        blame_decision(item, &d);
    else if (d.writes && object.id)
        rc = import_follow_secrets(l->im, item, l->snapshot, &object, err);
    return rc;
}

static int decide_all(struct look *l, struct err *err)
{
    struct import *im = l->im;
    struct import_held held = { .jobs = l->jobs.jobs, .scripts = l->jobs.scripts };
    int rc = snapshot_has_dli(l->snapshot, l->jobs.id, &held.dli, err);

    for (size_t i = 0; !rc && i < im->n; i++)
        rc = decide_item(l, im->items[i], &held, err);
    return rc;
}

/* ---- references ---- */

/* A name in an item's definition, by which another object is looked for. */
struct mention {
    enum kind kind;
    struct str scope, name;
    const struct import_item *by;
};

static int by_target(const void *a, const void *b)
{
    const struct mention *x = a, *y = b;
    int c = (int)x->kind - (int)y->kind;

    if (!c)
        c = str_cmp(x->scope, y->scope);
    if (!c)
        c = str_cmp(x->name, y->name);
    if (!c)
        c = (int)x->by->save.kind - (int)y->by->save.kind;
    return c ? c : str_cmp(x->by->facts.name, y->by->facts.name);
}

/* A CDM job is looked for in the cluster that is named, a link in the item's own; the
 * folder in front of a script's name does not matter. */
static struct mention mention_of(const struct import_item *item, const struct ref *ref)
{
    struct mention n = { kind_of_ref(ref->kind), STR(""), ref->name, item };

    if (ref->kind == REF_CDM)
        n.scope = ref->scope;
    if (ref->kind == REF_LINK)
        n.scope = item->facts.scope;
    return n;
}

static bool is_sound(const struct import_item *item)
{
    return !item->fault.ec;
}

static size_t add_mentions(const struct import_item *item, struct mention *out)
{
    size_t n = 0;

    if (!is_sound(item) || item->action == IMPORT_SKIP)
        return 0;
    for (size_t i = 0; i < item->n_refs; i++)
        if (item->refs[i].kind != REF_LOCATION)
            out[n++] = mention_of(item, &item->refs[i]);
    for (size_t i = 0; i < item->n_connections; i++)
        out[n++] =
            (struct mention){ KIND_CONNECTION, STR(""), item->connections[i], item };
    return n;
}

/* Returns all names in the items, *n of them, sorted by what is named; NULL: no memory.
 */
static struct mention *list_mentions(const struct import *im, size_t *n)
{
    struct mention *all;
    size_t room = 1;

    for (size_t i = 0; i < im->n; i++)
        room += im->items[i]->n_refs + im->items[i]->n_connections;
    all = reallocarray(NULL, room, sizeof(*all));
    *n = 0;
    for (size_t i = 0; all && i < im->n; i++)
        *n += add_mentions(im->items[i], all + *n);
    if (all)
        qsort(all, *n, sizeof(*all), by_target);
    return all;
}

static int list_resources(struct look *l, struct err *err)
{
    const struct import *im = l->im;

    l->resources = reallocarray(NULL, im->n + 1, sizeof(*l->resources));
    if (!l->resources)
        return err_nomem(err);
    for (size_t i = 0; i < im->n; i++)
        if (im->items[i]->save.kind == KIND_RESOURCE && is_sound(im->items[i]))
            l->resources[l->n_resources++] = im->items[i]->facts.name;
    qsort(l->resources, l->n_resources, sizeof(*l->resources), str_by_text);
    return 0;
}

/* Finds whether the object comes with the archive, or is held. */
static int is_there(struct look *l, const struct mention *n, bool *there, struct err *err)
{
    const struct import_item *item;
    struct object held;
    int rc;

    if (n->kind == KIND_RESOURCE) { /* whichever directory it is in */
        *there =
            bsearch(&n->name, l->resources, l->n_resources, sizeof(n->name), str_by_text);
        return *there
                   ? 0
                   : snapshot_has_resource(l->snapshot, l->jobs.id, n->name, there, err);
    }
    item = import_find(l->im, n->kind, n->scope, n->name);
    *there = item && is_sound(item);
    if (*there)
        return 0;
    if (kind_row(n->kind)->is_cdm && !reads_cdm(l->rights))
        return 0; /* what may not be read does not exist */
    rc = look_up(l, n->kind, n->scope, n->name, &held, err);
    *there = !rc && held.id;
    return rc;
}

static int add_dangling(struct import *im, const struct mention *n, struct err *err)
{
    struct dangling *more = list_grow(im->dangling, im->n_dangling, sizeof(*more));
    struct buf name = BUF_INIT(4 * KIB);

    if (!more)
        return err_nomem(err);
    im->dangling = more;
    if (n->scope.n)
        buf_addf(&name, "%.*s/", STR_ARG(utf8_cut(n->scope, KIB)));
    buf_addstr(&name, utf8_cut(n->name, 2 * KIB));
    more[im->n_dangling++] =
        (struct dangling){ n->kind, arena_buf(&im->arena, &name), n->by };
    buf_release(&name);
    return more[im->n_dangling - 1].name.p ? 0 : err_nomem(err);
}

static bool same_target(const struct mention *a, const struct mention *b)
{
    return a->kind == b->kind && str_eq(a->scope, b->scope) && str_eq(a->name, b->name);
}

static bool same_mention(const struct mention *a, const struct mention *b)
{
    return same_target(a, b) && a->by == b->by;
}

static int find_dangling(struct look *l, struct err *err)
{
    size_t n;
    struct mention *all = list_mentions(l->im, &n);
    bool there = true;
    int rc = all ? list_resources(l, err) : err_nomem(err);

    for (size_t i = 0; !rc && i < n; i++) {
        if (!i || !same_target(&all[i], &all[i - 1]))
            rc = is_there(l, &all[i], &there, err);
        if (!rc && !there && (!i || !same_mention(&all[i], &all[i - 1])))
            rc = add_dangling(l->im, &all[i], err);
    }
    free(l->resources);
    free(all);
    return rc;
}

/* ---- names that a file system may take for one ---- */

struct folded {
    struct str form, name;
    enum kind kind;
};

static int by_form(const void *a, const void *b)
{
    const struct folded *x = a, *y = b;
    int c = (int)x->kind - (int)y->kind;

    if (!c)
        c = str_cmp(x->form, y->form);
    return c ? c : str_cmp(x->name, y->name);
}

static int fold_name(struct folded *out, enum kind kind, struct str name,
                     struct arena *arena)
{
    struct buf form = BUF_INIT(64 * KIB);

    utf8_fold(&form, name);
    *out = (struct folded){ arena_buf(arena, &form), name, kind };
    if (form.bad)
        out->form.p = NULL;
    buf_release(&form);
    return out->form.p ? 0 : E_NOMEM;
}

/* Folds two names of an item: its own with its scope, and that of its file. */
static int fold_item(struct folded *out, const struct import_item *item,
                     struct arena *arena)
{
    const struct facts *f = &item->facts;
    struct buf name = BUF_INIT(64 * KIB);
    struct str whole;

    if (f->scope.n)
        buf_addf(&name, "%.*s/", STR_ARG(f->scope));
    buf_addstr(&name, f->name);
    whole = arena_buf(arena, &name);
    buf_release(&name);
    if (!whole.p || fold_name(&out[0], item->save.kind, whole, arena))
        return E_NOMEM;
    return fold_name(&out[1], KINDS, item->entry, arena);
}

/* Adds `text`, which it releases, to a list. */
static int add_line(struct import *im, struct str **list, size_t *n, struct buf *text)
{
    struct str *more = list_grow(*list, *n, sizeof(*more));
    struct str kept = arena_buf(&im->arena, text);
    bool ok = more && kept.p && !text->bad;

    buf_release(text);
    if (more)
        *list = more;
    if (ok)
        more[(*n)++] = kept;
    return ok ? 0 : E_NOMEM;
}

static int add_warning(struct import *im, const struct folded *a, const struct folded *b,
                       struct err *err)
{
    struct buf text = BUF_INIT(16 * KIB);

    buf_addf(&text, "%s ", a->kind == KINDS ? "file" : kind_name(a->kind));
    buf_addstr(&text, utf8_cut(a->name, 4 * KIB));
    buf_adds(&text, ", ");
    buf_addstr(&text, utf8_cut(b->name, 4 * KIB));
    return add_line(im, &im->warnings, &im->n_warnings, &text) ? err_nomem(err) : 0;
}

struct unused {
    struct import *im;
    bool failed;
};

/* Adds "member/name", or "member/of/name", to the import's list of names that a mapping
 * gives and no item uses.  Without memory it sets `failed`. */
static void add_unused(void *arg, const char *member, struct str of, struct str name)
{
    struct unused *u = arg;
    struct buf text = BUF_INIT(16 * KIB);

    buf_addf(&text, "%s/", member);
    if (of.p) {
        buf_addstr(&text, utf8_cut(of, IMPORT_NAME_MAX));
        buf_addc(&text, '/');
    }
    buf_addstr(&text, utf8_cut(name, IMPORT_NAME_MAX));
    if (add_line(u->im, &u->im->unused, &u->im->n_unused, &text))
        u->failed = true;
}

static int find_unused(struct import *im, struct err *err)
{
    struct unused u = { .im = im };

    edits_unused(&im->request.options->edits, add_unused, &u);
    return u.failed ? err_nomem(err) : 0;
}

static int find_alike(struct import *im, struct err *err)
{
    struct folded *all = reallocarray(NULL, 2 * im->n + 1, sizeof(*all));
    struct arena arena = ARENA_INIT;
    int rc = all ? 0 : err_nomem(err);

    for (size_t i = 0; !rc && i < im->n; i++)
        if (fold_item(&all[2 * i], im->items[i], &arena))
            rc = err_nomem(err);
    if (!rc)
        qsort(all, 2 * im->n, sizeof(*all), by_form);
    for (size_t i = 1; !rc && i < 2 * im->n; i++)
        if (all[i].kind == all[i - 1].kind && str_eq(all[i].form, all[i - 1].form) &&
            !str_eq(all[i].name, all[i - 1].name))
            rc = add_warning(im, &all[i - 1], &all[i], err);
    arena_release(&arena);
    free(all);
    return rc;
}

/* ---- the whole ---- */

static int look_in_snapshot(struct look *l, struct err *err)
{
    const struct place *p = &l->im->request.place;
    int rc = place_enter(l->im->catalog, p, &l->snapshot, &l->jobs, &l->rights, &l->arena,
                         err);

    if (rc)
        return rc;
    rc = snapshot_workspace(l->snapshot, p->project, cdm_workspace, &l->cdm, &l->arena,
                            err);
    if (!rc)
        rc = decide_all(l, err);
    if (!rc)
        rc = find_dangling(l, err);
    snapshot_end(l->snapshot);
    return rc;
}

int import_look(struct import *im, struct err *err)
{
    struct look l = { .im = im };
    int rc;

    im->n_dangling = im->n_warnings = im->n_unused = 0;
    rc = look_in_snapshot(&l, err);
    arena_release(&l.arena);
    arena_release(&l.rows);
    if (!rc)
        rc = find_alike(im, err);
    return rc ? rc : find_unused(im, err);
}
