#include "import/import_int.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/utf8.h"
#include "base/banned.h"

/* What an import would do, and what would dangle after it. */

/* ---- what is held ---- */

/* The catalogue as it is while a plan is made. */
struct looking {
    struct import *im;
    struct snapshot *snapshot;
    struct workspace jobs, cdm;
    struct rights rights;
    struct arena arena;
    int64_t new_jobs, new_scripts;
    bool has_dli;          /* a connection of that type, of which one is enough */
    struct str *resources; /* the names of those in the archive, sorted */
    size_t n_resources;
};

static int64_t workspace_of(const struct looking *l, enum kind kind)
{
    return kind >= KIND_LINK ? l->cdm.id : l->jobs.id;
}

static int find_held(struct looking *l, enum kind kind, struct str scope, struct str name,
                     struct object *held, struct err *err)
{
    return snapshot_held(l->snapshot, workspace_of(l, kind), kind, scope, name, held,
                         &l->arena, err);
}

static void set_fault(struct item *item, int rc)
{
    item->one.save.write.rc = rc;
    item->one.action = IMPORT_ERROR;
}

/* What the database would refuse of a new object. */
static void foresee_new(struct looking *l, struct item *item)
{
    struct save *s = &item->one.save;
    int64_t *new = s->kind == KIND_JOB ? &l->new_jobs : &l->new_scripts;
    int64_t held = s->kind == KIND_JOB ? l->jobs.jobs : l->jobs.scripts;
    bool is_dli = s->kind == KIND_CONNECTION && str_is(item->one.facts.location, "DLI");

    item->one.action = IMPORT_CREATE;
    if (s->quota && held + *new >= s->quota)
        set_fault(item, err_set(&s->write.err, E_LIMIT, API_OK, DET_NONE));
    else if (is_dli && l->has_dli)
        set_fault(item, err_set(&s->write.err, E_EXISTS, DLF_6271, DET_ONE_DLI));
    else if (s->quota)
        ++*new;
    l->has_dli |= is_dli;
}

static bool overwrites(const struct import *im)
{
    return im->request.body->overwrite;
}

static int foresee(struct looking *l, struct item *item, struct err *err)
{
    struct import_one *one = &item->one;
    struct object held;
    bool same;
    int rc;

    if (one->save.write.rc)
        return 0;
    rc = find_held(l, one->save.kind, one->facts.scope, one->facts.name, &held, err);
    if (rc)
        return rc;
    same = memcmp(held.sha256, item->sha256, SHA256_BYTES) == 0 &&
           !(overwrites(l->im) && save_has_secret(&one->save));
    if (!held.id)
        foresee_new(l, item);
    else if (same || !overwrites(l->im))
        one->action = same ? IMPORT_SAME : IMPORT_SKIP;
    else if (one->save.kind == KIND_CONNECTION &&
             !str_eq(held.facts.location, one->facts.location))
        set_fault(item, err_set(&one->save.write.err, E_INVALID, DLF_6323, DET_NONE));
    else {
        one->action = IMPORT_OVERWRITE;
        return import_follow_secrets(l->im, item, l->snapshot, &held, err);
    }
    return 0;
}

static int find_dli(void *arg, const struct object *o, struct err *err)
{
    struct looking *l = arg;

    (void)err;
    l->has_dli |= str_is(o->facts.location, "DLI");
    return 0;
}

static int foresee_all(struct looking *l, struct err *err)
{
    struct import *im = l->im;
    int rc = snapshot_all(l->snapshot, l->jobs.id, KIND_CONNECTION, find_dli, l, err);

    for (size_t i = 0; !rc && i < im->n; i++) {
        rc = foresee(l, im->items[i], err);
        if (l->arena.bytes > MIB)
            arena_release(&l->arena);
    }
    return rc;
}

/* ---- references ---- */

/* What an item names, as it is looked for. */
struct naming {
    enum kind kind;
    struct str scope, name;
    const struct item *by;
};

static enum kind kind_of_ref(enum ref_kind kind)
{
    static const enum kind kinds[] = { [REF_SCRIPT] = KIND_SCRIPT,
                                       [REF_RESOURCE] = KIND_RESOURCE,
                                       [REF_CDM] = KIND_CDM_JOB,
                                       [REF_JOB] = KIND_JOB,
                                       [REF_LINK] = KIND_LINK };

    return kinds[kind];
}

static int by_target(const void *a, const void *b)
{
    const struct naming *x = a, *y = b;
    int c = (int)x->kind - (int)y->kind;

    if (!c)
        c = str_cmp(x->scope, y->scope);
    if (!c)
        c = str_cmp(x->name, y->name);
    if (!c)
        c = (int)x->by->one.save.kind - (int)y->by->one.save.kind;
    return c ? c : str_cmp(x->by->one.facts.name, y->by->one.facts.name);
}

/* A location is never missing; a script's folder and a link's cluster are told apart. */
static struct naming naming_of(const struct item *item, const struct ref *ref)
{
    struct naming n = { kind_of_ref(ref->kind), STR(""), ref->name, item };

    if (ref->kind == REF_CDM)
        n.scope = ref->scope;
    if (ref->kind == REF_LINK)
        n.scope = item->one.facts.scope;
    return n;
}

static bool is_sound(const struct item *item)
{
    return !item->one.save.write.rc;
}

static size_t add_namings(const struct item *item, struct naming *out)
{
    size_t n = 0;

    if (!is_sound(item) || item->one.action == IMPORT_SKIP)
        return 0;
    for (size_t i = 0; i < item->n_refs; i++)
        if (item->refs[i].kind != REF_LOCATION)
            out[n++] = naming_of(item, &item->refs[i]);
    for (size_t i = 0; i < item->n_connections; i++)
        out[n++] =
            (struct naming){ KIND_CONNECTION, STR(""), item->connections[i], item };
    return n;
}

/* All that the items name, sorted by what is named; *n of them. */
static struct naming *list_namings(const struct import *im, size_t *n)
{
    struct naming *all;
    size_t room = 1;

    for (size_t i = 0; i < im->n; i++)
        room += im->items[i]->n_refs + im->items[i]->n_connections;
    all = reallocarray(NULL, room, sizeof(*all));
    *n = 0;
    for (size_t i = 0; all && i < im->n; i++)
        *n += add_namings(im->items[i], all + *n);
    if (all)
        qsort(all, *n, sizeof(*all), by_target);
    return all;
}

static int by_text(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

static int list_resources(struct looking *l, struct err *err)
{
    const struct import *im = l->im;

    l->resources = reallocarray(NULL, im->n + 1, sizeof(*l->resources));
    if (!l->resources)
        return err_nomem(err);
    for (size_t i = 0; i < im->n; i++)
        if (im->items[i]->one.save.kind == KIND_RESOURCE && is_sound(im->items[i]))
            l->resources[l->n_resources++] = im->items[i]->one.facts.name;
    qsort(l->resources, l->n_resources, sizeof(*l->resources), by_text);
    return 0;
}

/* Whether it comes with the archive, or is held. */
static int is_there(struct looking *l, const struct naming *n, bool *there,
                    struct err *err)
{
    const struct item *item;
    struct object held;
    int rc;

    if (n->kind == KIND_RESOURCE) { /* whichever directory it is in */
        *there =
            bsearch(&n->name, l->resources, l->n_resources, sizeof(n->name), by_text);
        return *there
                   ? 0
                   : snapshot_has_resource(l->snapshot, l->jobs.id, n->name, there, err);
    }
    item = import_find(l->im, n->kind, n->scope, n->name);
    *there = item && is_sound(item);
    if (*there)
        return 0;
    if (n->kind >= KIND_LINK && !reads_cdm(l->rights))
        return 0; /* what may not be read does not exist */
    rc = find_held(l, n->kind, n->scope, n->name, &held, err);
    *there = !rc && held.id;
    return rc;
}

static int add_dangling(struct import *im, const struct naming *n, struct err *err)
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

static bool same_target(const struct naming *a, const struct naming *b)
{
    return a->kind == b->kind && str_eq(a->scope, b->scope) && str_eq(a->name, b->name);
}

static bool same_naming(const struct naming *a, const struct naming *b)
{
    return same_target(a, b) && a->by == b->by;
}

static int find_dangling(struct looking *l, struct err *err)
{
    size_t n;
    struct naming *all = list_namings(l->im, &n);
    bool there = true;
    int rc = all ? list_resources(l, err) : err_nomem(err);

    for (size_t i = 0; !rc && i < n; i++) {
        if (!i || !same_target(&all[i], &all[i - 1]))
            rc = is_there(l, &all[i], &there, err);
        if (!rc && !there && (!i || !same_naming(&all[i], &all[i - 1])))
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

static int fold(struct folded *out, enum kind kind, struct str name, struct arena *arena)
{
    struct buf form = BUF_INIT(64 * KIB);

    utf8_fold(&form, name);
    *out = (struct folded){ arena_buf(arena, &form), name, kind };
    if (form.bad)
        out->form.p = NULL;
    buf_release(&form);
    return out->form.p ? 0 : E_NOMEM;
}

/* Of each item the name of its file, and its own with its scope. */
static int fold_item(struct folded *out, const struct item *item, struct arena *arena)
{
    const struct facts *f = &item->one.facts;
    struct buf name = BUF_INIT(64 * KIB);
    struct str whole;

    if (f->scope.n)
        buf_addf(&name, "%.*s/", STR_ARG(f->scope));
    buf_addstr(&name, f->name);
    whole = arena_buf(arena, &name);
    buf_release(&name);
    if (!whole.p || fold(&out[0], item->one.save.kind, whole, arena))
        return E_NOMEM;
    return fold(&out[1], KINDS, item->entry, arena);
}

/* Adds a text, which it releases, to a list. */
static int add_text(struct import *im, struct str **list, size_t *n, struct buf *text)
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
    return add_text(im, &im->warnings, &im->n_warnings, &text) ? err_nomem(err) : 0;
}

struct unused {
    struct import *im;
    bool failed;
};

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
    if (add_text(u->im, &u->im->unused, &u->im->n_unused, &text))
        u->failed = true;
}

static int find_unused(struct import *im, struct err *err)
{
    struct unused u = { .im = im };

    edits_unused(&im->request.body->edits, add_unused, &u);
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

/* ---- the plan ---- */

int import_look(struct import *im, struct err *err)
{
    struct looking l = { .im = im };
    const struct place *p = &im->request.place;
    int rc = place_enter(im->catalog, p, &l.snapshot, &l.jobs, &l.rights, &l.arena, err);

    if (rc) {
        arena_release(&l.arena);
        return rc;
    }
    rc = snapshot_workspace(l.snapshot, p->project, cdm_workspace, &l.cdm, &l.arena, err);
    if (!rc)
        rc = foresee_all(&l, err);
    if (!rc)
        rc = find_dangling(&l, err);
    snapshot_end(l.snapshot);
    arena_release(&l.arena);
    if (!rc)
        rc = find_alike(im, err);
    return rc ? rc : find_unused(im, err);
}

static const char *const actions[] = { "create", "overwrite", "skip", "same", "error" };

/* Of what is undone only faults are left. */
void import_counts(const struct import *im, bool undone, struct jw *jw)
{
    int64_t counts[IMPORT_ACTIONS] = { 0 };

    for (size_t i = 0; i < im->n; i++)
        counts[im->items[i]->one.action]++;
    jw_object(jw, STR("counts"));
    for (int i = 0; i < IMPORT_ACTIONS; i++)
        jw_int(jw, str_of(actions[i]), undone && i != IMPORT_ERROR ? 0 : counts[i]);
    jw_end(jw, '}');
    jw_int(jw, STR("passedOver"), (int64_t)im->passed_over);
}

static void print_item(struct jw *jw, struct item *item, enum language language)
{
    const struct import_one *one = &item->one;
    bool is_cdm = one->save.kind == KIND_CDM_JOB;
    struct buf message = BUF_INIT(4 * TASK_MESSAGE_MAX);
    struct err why = ERR_INIT;

    jw_object(jw, STR_NONE);
    jw_string(jw, STR("kind"), str_of(kind_name(one->save.kind)));
    jw_string(jw, STR("name"), one->facts.name);
    if (is_cdm)
        jw_string(jw, STR("cluster"), one->facts.scope);
    else if (one->save.kind != KIND_CONNECTION && one->facts.directory.n)
        jw_string(jw, STR("directory"), one->facts.directory);
    jw_string(jw, STR("entry"), item->entry);
    jw_string(jw, STR("action"), str_of(actions[one->action]));
    if (catalog_save_result(&item->one.save, &why)) {
        import_fault(&why, STR_NONE, language, &message);
        message.len = utf8_cut(buf_str(&message), TASK_PART_MESSAGE_MAX).n;
        jw_buf(jw, STR("message"), &message);
    }
    jw_end(jw, '}');
    buf_release(&message);
    err_clear(&why);
}

void import_needed_by(const struct dangling *d, struct buf *out)
{
    buf_addf(out, "%s/", kind_name(d->by->one.save.kind));
    if (d->by->one.save.kind == KIND_CDM_JOB)
        buf_addf(out, "%.*s/", STR_ARG(d->by->one.facts.scope));
    buf_addstr(out, d->by->one.facts.name);
}

static void print_dangling(struct jw *jw, const struct dangling *d)
{
    struct buf by = BUF_INIT(4 * KIB);

    import_needed_by(d, &by);
    jw_object(jw, STR_NONE);
    jw_string(jw, STR("kind"), str_of(kind_name(d->kind)));
    jw_string(jw, STR("name"), d->name);
    jw_buf(jw, STR("neededBy"), &by);
    jw_end(jw, '}');
    buf_release(&by);
}

static void print_warning(struct jw *jw, int detail, struct str names,
                          enum language language)
{
    struct buf text = BUF_INIT(2 * ERROR_DETAIL_MAX);

    import_sentence(detail, names, language, &text);
    jw_buf(jw, STR_NONE, &text);
    buf_release(&text);
}

static void print(struct jw *jw, struct import *im, enum language language)
{
    jw_object(jw, STR_NONE);
    import_counts(im, false, jw);
    jw_array(jw, STR("objects"));
    for (size_t i = 0; i < im->n; i++)
        print_item(jw, im->items[i], language);
    jw_end(jw, ']');
    jw_array(jw, STR("dangling"));
    for (size_t i = 0; i < im->n_dangling; i++)
        print_dangling(jw, &im->dangling[i]);
    jw_end(jw, ']');
    jw_array(jw, STR("warnings"));
    for (size_t i = 0; i < im->n_warnings; i++)
        print_warning(jw, DET_ALIKE, im->warnings[i], language);
    for (size_t i = 0; i < im->n_unused; i++)
        print_warning(jw, DET_UNUSED, im->unused[i], language);
    jw_end(jw, ']');
    import_print_lost(jw, im, false);
    jw_end(jw, '}');
}

static int plan_fault(const struct buf *json, struct err *err)
{
    if (json->bad == E_NOMEM)
        return err_nomem(err);
    return err_set(err, E_LIMIT, DLF_3051, DET_PLAN_LARGE, NUM(IMPORT_PLAN_MAX));
}

int import_plan(struct import *im, enum language language, struct buf *json,
                struct err *err)
{
    struct jw jw = JW_INIT(json, false);
    int rc = import_look(im, err);

    if (rc)
        return rc;
    print(&jw, im, language);
    return json->bad ? plan_fault(json, err) : 0;
}
