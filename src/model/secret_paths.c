#include "model/secrets_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "errors/errors.h"
#include "base/banned.h"

/*
 * Where secrets are: the keys of members and the names of items, from the root on, with
 * dots between them.  No two places have the same path, and none has a line feed.
 */

/* ---- parts ---- */

/* \., \\ and \n stand for what would be read as something else. */
static void add_escaped(struct buf *path, struct str part)
{
    for (size_t i = 0; i < part.n; i++) {
        char c = part.p[i];

        if (c == '.' || c == '\\' || c == '\n')
            buf_addc(path, '\\');
        buf_addc(path, c == '\n' ? 'n' : c);
    }
}

static void add_dot(struct buf *path)
{
    if (path->len)
        buf_addc(path, '.');
}

void secret_path_add(struct buf *path, struct str part)
{
    add_dot(path);
    if (!part.n)
        buf_adds(path, "\\0"); /* or it would not be there */
    add_escaped(path, part);
}

bool secret_path_next(struct str *rest, struct buf *part)
{
    size_t i = 0;

    buf_clear(part);
    if (!rest->n)
        return false;
    for (; i < rest->n && rest->p[i] != '.'; i++) {
        char c = rest->p[i];

        if (c == '\\' && i + 1 < rest->n) {
            c = rest->p[++i];
            if (c == '0')
                continue;
            if (c == '#') /* an item's number stays as it is written */
                buf_addc(part, '#');
            else
                buf_addc(part, c == 'n' ? '\n' : c);
        } else {
            buf_addc(part, c);
        }
    }
    *rest = str_from(*rest, i + (i < rest->n));
    return true;
}

/* ---- items ---- */

struct named {
    struct str name;
    size_t k;
};

static int by_name(const void *a, const void *b)
{
    const struct named *x = a, *y = b;
    int c = str_cmp(x->name, y->name);

    return c ? c : (x->k > y->k) - (x->k < y->k);
}

/* Which one of its name each is. */
static void count_names(struct item_names *names, struct named *all, size_t n)
{
    qsort(all, n, sizeof(*all), by_name);
    for (size_t i = 0, first = 0; i < n; i++) {
        if (!str_eq(all[i].name, all[first].name))
            first = i;
        names->items[all[i].k].nth = (uint32_t)(i - first);
    }
}

bool item_names_init(struct item_names *names, const struct json_doc *doc, uint32_t array)
{
    size_t items = doc->value[array].len, n = 0, k = 0;
    struct named *all = reallocarray(NULL, items + 1, sizeof(*all));

    names->items = reallocarray(NULL, items + 1, sizeof(*names->items));
    if (!all || !names->items) {
        free(all);
        item_names_release(names);
        return false;
    }
    JSON_EACH (i, doc, array) {
        struct str name = STR_NONE;

        if (json_type(doc, i) == JSON_OBJECT)
            name = json_member_text(doc, i, "name");
        names->items[k] = (struct item_name){ name, 0 };
        if (name.n)
            all[n++] = (struct named){ name, k };
        k++;
    }
    count_names(names, all, n);
    free(all);
    return true;
}

void item_names_release(struct item_names *names)
{
    free(names->items);
    names->items = NULL;
}

/* name, name\#1 for the second of that name, \#0 for the first of all without one. */
void item_names_add(const struct item_names *names, size_t k, struct buf *path)
{
    const struct item_name *one = &names->items[k];

    add_dot(path);
    add_escaped(path, one->name);
    if (!one->name.n || one->nth)
        buf_addf(path, "\\#%zu", one->name.n ? one->nth : k);
}

/* ---- what is no secret any more ---- */

struct looking {
    const struct json_doc *doc;
    const struct str *paths; /* sorted */
    size_t n;
    struct buf path;
    struct buf *out;
    bool failed;
};

static bool has_value(const struct json_doc *doc, uint32_t at)
{
    enum json_type type = json_type(doc, at);

    return type != JSON_NULL &&
           !(type == JSON_STRING && is_placeholder(json_text(doc, at)));
}

static void look(struct looking *l, uint32_t at);

/* An item with a value, {"name", "value"}, has the path of its input. */
static void look_at(struct looking *l, uint32_t at, bool item)
{
    uint32_t value = at;
    struct str path = buf_str(&l->path);

    if (item && json_type(l->doc, at) == JSON_OBJECT)
        value = json_member(l->doc, at, "value");
    if (value && has_value(l->doc, value) &&
        bsearch(&path, l->paths, l->n, sizeof(*l->paths), str_by_text)) {
        buf_addstr(l->out, path);
        buf_addc(l->out, '\n');
    }
    look(l, at);
}

static void look_at_items(struct looking *l, uint32_t array)
{
    struct item_names names;
    size_t before = l->path.len, k = 0;

    if (!item_names_init(&names, l->doc, array)) {
        l->failed = true;
        return;
    }
    JSON_EACH (i, l->doc, array) {
        item_names_add(&names, k++, &l->path);
        look_at(l, i, true);
        l->path.len = before;
    }
    item_names_release(&names);
}

static void look(struct looking *l, uint32_t at)
{
    size_t before = l->path.len;

    if (json_type(l->doc, at) == JSON_ARRAY) {
        look_at_items(l, at);
    } else if (json_type(l->doc, at) == JSON_OBJECT) {
        JSON_EACH (i, l->doc, at) {
            secret_path_add(&l->path, json_key(l->doc, i));
            look_at(l, i, false);
            l->path.len = before;
        }
    }
}

/* The paths, one a line, sorted; NULL: no memory. */
static struct str *sort_lines(struct str lines, size_t *n)
{
    struct str rest = lines, line, *all;

    for (*n = 0; str_line(&rest, &line);)
        ++*n;
    all = reallocarray(NULL, *n + 1, sizeof(*all));
    for (size_t i = 0; all && str_line(&lines, &line); i++)
        all[i] = line;
    if (all)
        qsort(all, *n, sizeof(*all), str_by_text);
    return all;
}

int secrets_replaced(const struct json_doc *doc, struct str stored, struct buf *out,
                     struct err *err)
{
    struct looking l = { .doc = doc, .path = BUF_INIT(DEFINITION_MAX), .out = out };
    struct str *paths;

    if (!stored.n)
        return 0;
    l.paths = paths = sort_lines(stored, &l.n);
    if (paths)
        look(&l, 0);
    l.failed |= !paths || l.path.bad || out->bad;
    free(paths);
    buf_release(&l.path);
    return l.failed ? err_nomem(err) : 0;
}
