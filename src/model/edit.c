#include "model/edit.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/sort.h"
#include "model/edit_int.h"
#include "model/rules.h"

/* ---- what is to be written ---- */

/* One change: the value `at` becomes `text`; or the object there gets a member of that
 * key; or, with `outer`, a member that is an object with it. */
struct edit {
    uint32_t at;
    bool adds;
    struct str outer, key, text;
};

struct editing {
    const struct edits *edits;
    const struct json_doc *doc;
    struct edit *list;
    size_t n;
    struct arena *arena;
    bool failed;
};

static void add(struct editing *ed, struct edit edit)
{
    struct edit *list = arena_grow(ed->arena, ed->list, ed->n, sizeof(*list));

    ed->failed |= !list || !edit.text.p;
    if (!list)
        return;
    ed->list = list;
    list[ed->n++] = edit;
}

/* A member's text: in place of the one that is there, or at the end. */
static void set_member(struct editing *ed, uint32_t object, const char *key,
                       struct str text)
{
    uint32_t at = json_member(ed->doc, object, key);

    if (at)
        add(ed, (struct edit){ .at = at, .text = text });
    else
        add(ed, (struct edit){
                    .at = object, .adds = true, .key = str_of(key), .text = text });
}

/* Likewise a member of a member, which has none of that key. */
static void add_below(struct editing *ed, uint32_t object, const char *outer,
                      struct str key, struct str text)
{
    uint32_t at = json_member(ed->doc, object, outer);

    if (!at || json_type(ed->doc, at) == JSON_NULL)
        add(ed, (struct edit){ .at = at ? at : object,
                               .adds = !at,
                               .outer = str_of(outer),
                               .key = key,
                               .text = text });
    else if (json_type(ed->doc, at) == JSON_OBJECT) /* else the form says so */
        add(ed, (struct edit){ .at = at, .adds = true, .key = key, .text = text });
}

static void set_execute_user(struct editing *ed, uint32_t at)
{
    uint32_t config = json_member(ed->doc, at, "basicConfig");
    uint32_t user = config ? json_member(ed->doc, config, "executeUser") : 0;

    if (user)
        add(ed, (struct edit){ .at = user, .text = ed->edits->execute_user });
    else
        add_below(ed, at, "basicConfig", STR("executeUser"), ed->edits->execute_user);
}

/* ---- names ---- */

struct row {
    enum kind kind;
    enum { TOP, CONFIG } place;
    const char *type, *name;
    enum env what;
};
static const struct row rows[] = {
#define ENVIRONMENT(kind, place, type, name, what) { kind, place, type, name, what },
#include "model/environment.def"
#undef ENVIRONMENT
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

/* Of several clusters, between commas, each. */
static struct str rename_list(struct editing *ed, enum env what, struct str names)
{
    struct buf out = BUF_INIT(DEFINITION_MAX);
    struct str one, text;

    while (str_next(&names, ',', &one)) {
        for (; one.n && one.p[0] == ' '; one = str_from(one, 1))
            buf_addc(&out, ' ');
        buf_addstr(&out, edits_rename(ed->edits, what, one));
        if (names.p)
            buf_addc(&out, ',');
    }
    text = arena_buf(ed->arena, &out);
    buf_release(&out);
    return text;
}

/* The longest directory above it, or itself, that is renamed. */
static struct str rename_directory(struct editing *ed, struct str path)
{
    struct buf out = BUF_INIT(DEFINITION_MAX);
    struct str above = path = directory_key(path), below;
    const struct renaming *r;

    while (!(r = edits_renaming(ed->edits, ENV_DIRECTORY, above)) && above.n > 1) {
        do
            above.n--;
        while (above.n > 1 && above.p[above.n] != '/');
    }
    if (!r)
        return path;
    below = str_from(path, above.n > 1 ? above.n : 0); /* "" or /b/c */
    if (!str_is(r->to, "/"))
        buf_addstr(&out, r->to);
    if (!str_is(below, "/"))
        buf_addstr(&out, below);
    if (!out.len)
        buf_addc(&out, '/');
    below = arena_buf(ed->arena, &out);
    buf_release(&out);
    return below;
}

static struct str renamed(struct editing *ed, enum env what, struct str name)
{
    if (what == ENV_DIRECTORY)
        return rename_directory(ed, name);
    if (what == ENV_CDM_CLUSTER && memchr(name.p, ',', name.n))
        return rename_list(ed, what, name);
    return edits_rename(ed->edits, what, name);
}

static void rename_value(struct editing *ed, enum env what, uint32_t at)
{
    struct str old, new;

    if (!at || json_type(ed->doc, at) != JSON_STRING)
        return;
    old = json_text(ed->doc, at);
    if (!is_literal(old))
        return;
    new = renamed(ed, what, old);
    if (!new.p || !str_eq(new, what == ENV_DIRECTORY ? directory_key(old) : old))
        add(ed, (struct edit){ .at = at, .text = new });
}

/* What has no directory stands in the root. */
static void rename_root(struct editing *ed, uint32_t at)
{
    struct str new = rename_directory(ed, STR("/"));
    uint32_t member = json_member(ed->doc, at, "directory");

    if (member && json_type(ed->doc, member) == JSON_STRING &&
        json_text(ed->doc, member).n)
        return;
    if (!str_is(new, "/"))
        set_member(ed, at, "directory", new);
}

typedef void visit_fn(struct editing *ed, enum env what, uint32_t at);

static void visit_property(struct editing *ed, uint32_t node, uint32_t property,
                           visit_fn *visit)
{
    struct str type = json_member_text(ed->doc, node, "type");
    struct str name = json_member_text(ed->doc, property, "name");

    for (size_t i = 0; i < n_node_names; i++)
        if (node_names[i].what < ENV_SCRIPT && str_is(name, node_names[i].property) &&
            type_matches(node_names[i].type, type))
            visit(ed, node_names[i].what, json_member(ed->doc, property, "value"));
}

static void visit_node(struct editing *ed, uint32_t node, visit_fn *visit)
{
    uint32_t properties = json_member(ed->doc, node, "properties");

    if (!properties || json_type(ed->doc, properties) != JSON_ARRAY)
        return;
    JSON_EACH (i, ed->doc, properties)
        if (json_type(ed->doc, i) == JSON_OBJECT)
            visit_property(ed, node, i, visit);
}

static void visit_nodes(struct editing *ed, uint32_t at, visit_fn *visit)
{
    uint32_t nodes = json_member(ed->doc, at, "nodes");

    if (!nodes || json_type(ed->doc, nodes) != JSON_ARRAY)
        return;
    JSON_EACH (i, ed->doc, nodes)
        if (json_type(ed->doc, i) == JSON_OBJECT)
            visit_node(ed, i, visit);
}

static struct str type_of(const struct json_doc *doc, uint32_t at)
{
    struct str type = json_member_text(doc, at, "type");

    return type.p ? type : json_member_text(doc, at, "connectionType");
}

static void visit_config(struct editing *ed, const struct row *row, uint32_t at,
                         visit_fn *visit)
{
    uint32_t config = json_member(ed->doc, at, "config");

    if (config && json_type(ed->doc, config) == JSON_OBJECT &&
        type_matches(row->type, type_of(ed->doc, at)))
        visit(ed, row->what, json_member(ed->doc, config, row->name));
}

/* Goes through all that rows of the kind name. */
static void visit_names(struct editing *ed, enum kind kind, uint32_t at, visit_fn *visit)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (rows[i].kind != kind)
            continue;
        if (rows[i].place == CONFIG)
            visit_config(ed, &rows[i], at, visit);
        else
            visit(ed, rows[i].what, json_member(ed->doc, at, rows[i].name));
    }
    if (kind == KIND_JOB)
        visit_nodes(ed, at, visit);
}

/* ---- settings ---- */

static void set_params(struct editing *ed, uint32_t at)
{
    struct str job = json_member_text(ed->doc, at, "name");
    uint32_t params = json_member(ed->doc, at, "params");

    if (!params || json_type(ed->doc, params) != JSON_ARRAY)
        return;
    JSON_EACH (i, ed->doc, params) {
        const struct setting *own = NULL, *all;
        struct str name;

        if (json_type(ed->doc, i) != JSON_OBJECT)
            continue;
        name = json_member_text(ed->doc, i, "name");
        if (!name.p)
            continue;
        if (job.p)
            own = edits_setting(ed->edits, job, STR_NONE, name);
        all = edits_setting(ed->edits, STR_NONE, STR_NONE, name);
        if (own || all)
            set_member(ed, i, "value", own ? own->value : all->value);
    }
}

/* Replaces the keys that are there; the others are added.  Both may be many. */
static void set_config(struct editing *ed, uint32_t at)
{
    struct str name = json_member_text(ed->doc, at, "name"), type = type_of(ed->doc, at);
    uint32_t config = json_member(ed->doc, at, "config");
    const struct setting *s;
    struct setting *all;
    bool *there;
    size_t n;

    all = edits_settings_of(ed->edits, name, type, &n);
    there = arena_array(ed->arena, n, sizeof(*there));
    if (!there) {
        ed->failed = true;
        return;
    }
    if (config && json_type(ed->doc, config) == JSON_OBJECT)
        JSON_EACH (i, ed->doc, config) {
            s = edits_setting(ed->edits, name, type, json_key(ed->doc, i));
            if (!s)
                continue;
            add(ed, (struct edit){ .at = i, .text = s->value });
            there[s - all] = true;
        }
    for (size_t i = 0; i < n; i++) {
        all[i].used = true;
        if (!there[i])
            add_below(ed, at, "config", all[i].name, all[i].value);
    }
}

/* ---- writing ---- */

static int by_value(const void *a, const void *b)
{
    const struct edit *x = a, *y = b;

    return (x->at > y->at) - (x->at < y->at);
}

static int by_place(const void *a, const void *b)
{
    const struct edit *x = a, *y = b;
    int c = by_value(a, b);

    if (!c)
        c = str_cmp(x->outer, y->outer);
    return c ? c : str_cmp(x->key, y->key);
}

/* Returns the first edit of the value `at`, or NULL. */
static const struct edit *edits_at(const struct editing *ed, uint32_t at)
{
    const struct edit key = { .at = at };
    size_t i = lower_bound(&key, ed->list, ed->n, sizeof(key), by_value);

    return i < ed->n && ed->list[i].at == at ? &ed->list[i] : NULL;
}

/* The members of an object that is made anew: those from `e` on that belong there. */
static const struct edit *write_outer(struct jw *jw, const struct editing *ed,
                                      const struct edit *e)
{
    const struct edit *first = e, *end = ed->list + ed->n;

    jw_object(jw, e->outer);
    for (; e < end && e->at == first->at && str_eq(e->outer, first->outer); e++)
        jw_string(jw, e->key, e->text);
    jw_end(jw, '}');
    return e;
}

static void write_added(struct jw *jw, const struct editing *ed, const struct edit *e)
{
    const struct edit *first = e, *end = ed->list + ed->n;

    while (e && e < end && e->at == first->at) {
        if (e->outer.p) {
            e = write_outer(jw, ed, e);
        } else {
            jw_string(jw, e->key, e->text);
            e++;
        }
    }
}

static void write_value(struct jw *jw, const struct editing *ed, struct str key,
                        uint32_t at)
{
    const struct edit *e = edits_at(ed, at);
    enum json_type type = json_type(ed->doc, at);

    if (e && !e->adds) {
        if (e->outer.p)
            write_outer(jw, ed, e); /* in the place of null */
        else
            jw_string(jw, key, e->text);
    } else if (type == JSON_OBJECT || type == JSON_ARRAY) {
        if (type == JSON_OBJECT)
            jw_object(jw, key);
        else
            jw_array(jw, key);
        JSON_EACH (i, ed->doc, at)
            write_value(jw, ed, type == JSON_OBJECT ? json_key(ed->doc, i) : STR_NONE, i);
        write_added(jw, ed, e);
        jw_end(jw, type == JSON_OBJECT ? '}' : ']');
    } else {
        jw_value(jw, key, ed->doc, at);
    }
}

static void collect(struct editing *ed, enum kind kind, uint32_t at)
{
    const struct edits *e = ed->edits;

    if (e->n_renamings) {
        visit_names(ed, kind, at, rename_value);
        if (kind != KIND_CONNECTION)
            rename_root(ed, at);
    }
    if (kind == KIND_JOB && e->n_settings)
        set_params(ed, at);
    if (kind == KIND_JOB && e->execute_user.p)
        set_execute_user(ed, at);
    if (kind == KIND_CONNECTION && e->n_settings)
        set_config(ed, at);
}

/* At once: growth would leave copies of secrets behind.  An escape has 6 bytes. */
static void reserve(const struct editing *ed, struct buf *out)
{
    size_t n = ed->doc->text.n;

    for (size_t i = 0; i < ed->n; i++)
        n += 6 * (ed->list[i].key.n + ed->list[i].text.n) + 40;
    buf_reserve(out, n < out->max ? n : out->max);
}

int edits_apply(const struct edits *e, enum kind kind, const struct json_doc *doc,
                uint32_t at, struct buf *out, bool *changed, struct arena *arena,
                struct err *err)
{
    struct editing ed = { .edits = e, .doc = doc, .arena = arena };
    struct jw jw = JW_INIT(out, false);

    *changed = false;
    if (kind_row(kind)->is_cdm)
        return 0;
    collect(&ed, kind, at);
    if (ed.failed)
        return err_nomem(err);
    if (!ed.n)
        return 0;
    qsort(ed.list, ed.n, sizeof(*ed.list), by_place);
    *changed = true;
    reserve(&ed, out);
    write_value(&jw, &ed, STR_NONE, at);
    return out->bad ? err_nomem(err) : 0;
}

/* ---- connections ---- */

struct naming {
    struct editing editing; /* first, for the way back */
    void (*each)(void *arg, struct str name);
    void *arg;
};

static void visit_connection(struct editing *ed, enum env what, uint32_t at)
{
    struct naming *n = (struct naming *)ed;
    struct str name;

    if (what != ENV_CONNECTION || !at || json_type(ed->doc, at) != JSON_STRING)
        return;
    name = json_text(ed->doc, at);
    if (is_literal(name))
        n->each(n->arg, name);
}

void definition_connections(enum kind kind, const struct json_doc *doc, uint32_t at,
                            void (*each)(void *arg, struct str name), void *arg)
{
    struct naming n = { .editing = { .doc = doc }, .each = each, .arg = arg };

    if (kind == KIND_JOB || kind == KIND_SCRIPT)
        visit_names(&n.editing, kind, at, visit_connection);
}
