#include "model/node_secrets.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/sort.h"
#include "errors/errors.h"
#include "base/banned.h"

/* ---- nodes ---- */

static int by_name(const void *a, const void *b)
{
    const struct job_node *x = a, *y = b;

    return str_cmp(x->name, y->name);
}

static int by_type(const void *a, const void *b)
{
    const struct job_node *x = a, *y = b;

    return str_cmp(x->type, y->type);
}

static struct str text_of(const struct json_doc *doc, uint32_t node, const char *key,
                          struct arena *arena)
{
    struct str text = STR_NONE;

    if (json_type(doc, node) == JSON_OBJECT)
        text = json_member_text(doc, node, key);
    return text.n ? arena_str(arena, text) : STR("");
}

int job_nodes(const struct json_doc *doc, struct job_nodes *out, struct arena *arena,
              struct err *err)
{
    uint32_t nodes = json_member(doc, 0, "nodes");
    bool is_list = nodes && json_type(doc, nodes) == JSON_ARRAY;

    *out = (struct job_nodes){ .items = NULL };
    if (!is_list || !doc->value[nodes].len)
        return 0;
    out->items = arena_array(arena, doc->value[nodes].len, sizeof(*out->items));
    if (!out->items)
        return err_nomem(err);
    JSON_EACH (i, doc, nodes) {
        struct job_node *node = &out->items[out->n++];

        node->name = text_of(doc, i, "name", arena);
        node->type = text_of(doc, i, "type", arena);
        if (!node->name.p || !node->type.p)
            return err_nomem(err);
    }
    qsort(out->items, out->n, sizeof(*out->items), by_name);
    return 0;
}

/* Those of `all` that `others` do not have, by type. */
static struct job_nodes without(const struct job_nodes *all,
                                const struct job_nodes *others)
{
    struct job_nodes out = { reallocarray(NULL, all->n + 1, sizeof(*out.items)), 0 };

    for (size_t i = 0; out.items && i < all->n; i++)
        if (!others->n || !bsearch(&all->items[i], others->items, others->n,
                                   sizeof(*others->items), by_name))
            out.items[out.n++] = all->items[i];
    if (out.items)
        qsort(out.items, out.n, sizeof(*out.items), by_type);
    return out;
}

/* Returns how many nodes from `i` on, itself included, have the type of node `i`.  The
 * nodes are sorted by type. */
static size_t same_type(const struct job_nodes *nodes, size_t i)
{
    size_t n = 1;

    while (i + n < nodes->n && by_type(&nodes->items[i], &nodes->items[i + n]) == 0)
        n++;
    return n;
}

/* ---- moves ---- */

struct following {
    struct job_nodes gone, came;
    struct str *places; /* sorted */
    size_t n_places;
    struct secret_moves *out;
    struct arena *arena;
};

/* Returns the paths of `places` in order; the caller frees the array, whose texts stay
 * those of `places`.  NULL without memory. */
static struct str *sort_paths(const struct secret *places, size_t n)
{
    struct str *paths = reallocarray(NULL, n + 1, sizeof(*paths));

    for (size_t i = 0; paths && i < n; i++)
        paths[i] = places[i].path;
    if (paths)
        qsort(paths, n, sizeof(*paths), str_by_text);
    return paths;
}

static bool is_place(const struct str *sorted, size_t n, struct str path)
{
    return n && bsearch(&path, sorted, n, sizeof(*sorted), str_by_text);
}

/* The first place that is not before `path`. */
static size_t first_from(const struct following *f, struct str path)
{
    return lower_bound(&path, f->places, f->n_places, sizeof(path), str_by_text);
}

/* What the paths of a node's secrets begin with. */
static struct str path_of(struct str node, struct buf *out)
{
    secret_path_add(out, STR("nodes"));
    secret_path_add(out, node);
    buf_addc(out, '.');
    return buf_str(out);
}

static bool add_move(struct following *f, struct str from, struct str to)
{
    struct secret_move *m = &f->out->items[f->out->n];

    if (is_place(f->places, f->n_places, from))
        return true; /* it stays where it is */
    *m = (struct secret_move){ arena_str(f->arena, from), arena_str(f->arena, to) };
    f->out->n++;
    return m->from.p && m->to.p;
}

/* The places of one node that was renamed; false: no memory. */
static bool follow_node(struct following *f, struct str old, struct str new)
{
    struct buf from = BUF_INIT(DEFINITION_MAX), to = BUF_INIT(DEFINITION_MAX);
    struct str prefix = path_of(new, &to);
    size_t before = path_of(old, &from).n;
    bool ok = !from.bad && !to.bad;

    for (size_t i = first_from(f, prefix);
         ok && i < f->n_places && f->out->n < f->n_places; i++) {
        struct str place = f->places[i];

        if (place.n < prefix.n || memcmp(place.p, prefix.p, prefix.n) != 0)
            break;
        from.len = before;
        buf_addstr(&from, str_from(place, prefix.n));
        ok = !from.bad && add_move(f, buf_str(&from), place);
    }
    buf_release(&from);
    buf_release(&to);
    return ok;
}

static bool follow_all(struct following *f)
{
    size_t i = 0, k = 0;
    bool ok = true;

    while (ok && i < f->gone.n && k < f->came.n) {
        const struct job_node *old = &f->gone.items[i], *new = &f->came.items[k];
        int c = by_type(old, new);
        size_t n_old = same_type(&f->gone, i), n_new = same_type(&f->came, k);

        if (c == 0 && n_old == 1 && n_new == 1)
            ok = follow_node(f, old->name, new->name);
        i += c <= 0 ? n_old : 0;
        k += c >= 0 ? n_new : 0;
    }
    return ok;
}

int secrets_follow(const struct job_nodes *old, const struct job_nodes *new,
                   const struct secret *places, size_t n_places, struct secret_moves *out,
                   struct arena *arena, struct err *err)
{
    struct following f = { .gone = without(old, new),
                           .came = without(new, old),
                           .places = sort_paths(places, n_places),
                           .n_places = n_places,
                           .out = out,
                           .arena = arena };
    bool ok = f.gone.items && f.came.items && f.places;

    *out = (struct secret_moves){ .n = 0 };
    if (ok && f.gone.n && f.came.n && n_places) {
        out->items = arena_array(arena, n_places, sizeof(*out->items));
        ok = out->items && follow_all(&f);
    }
    free(f.gone.items);
    free(f.came.items);
    free(f.places);
    return ok ? 0 : err_nomem(err);
}

/* ---- what is lost ---- */

static struct str *sort_from(const struct secret_moves *moves)
{
    struct str *paths = reallocarray(NULL, moves->n + 1, sizeof(*paths));

    for (size_t i = 0; paths && i < moves->n; i++)
        paths[i] = moves->items[i].from;
    if (paths)
        qsort(paths, moves->n, sizeof(*paths), str_by_text);
    return paths;
}

void secrets_lost(struct str stored, const struct secret *places, size_t n_places,
                  const struct secret_moves *moves, struct buf *lost)
{
    struct str *kept = sort_paths(places, n_places), *moved = sort_from(moves), line;

    if (!kept || !moved)
        lost->bad = E_NOMEM;
    while (kept && moved && str_line(&stored, &line)) {
        if (is_place(kept, n_places, line) || is_place(moved, moves->n, line))
            continue;
        if (lost->len)
            buf_addc(lost, '\n');
        buf_addstr(lost, line);
    }
    free(kept);
    free(moved);
}

void secret_path_show(struct buf *out, struct str path)
{
    /* nodes.NODE.properties.PROPERTY.value[.LINE]: these say nothing to people */
    static const char *const silent[] = { "nodes", "properties", "value" };
    struct buf part = BUF_INIT(DEFINITION_MAX);
    size_t said = 0, k = 0;

    while (secret_path_next(&path, &part)) {
        struct str text = buf_str(&part);

        if (k < 3 && str_is(text, silent[k]) && (k || !said)) {
            k++;
            continue;
        }
        if (said++)
            buf_addc(out, '.');
        buf_addbuf(out, &part);
    }
    buf_release(&part);
}
