#include "model/secrets.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/buf.h"
#include "base/limits.h"
#include "errors/errors.h"
#include "model/secrets_int.h"

/* One document on its way through. */
struct taking {
    struct secrets *out;
    const struct json_doc *doc;
    enum secret_rule rule;
    bool blank; /* what is taken leaves an empty text */
    struct jw jw;
    struct buf path; /* of what is being looked at */
    int depth;       /* how many texts were opened on the way here */
    struct arena *arena;
    bool failed;
};

/* ---- what is a secret ---- */

/* Whether a container has a text that can be one. */
static bool has_text(const struct json_doc *doc, uint32_t at)
{
    for (uint32_t i = at; i < json_next(doc, at); i++)
        if (json_type(doc, i) == JSON_STRING && !is_placeholder(json_text(doc, i)) &&
            !is_reference(json_text(doc, i)))
            return true;
    return false;
}

/* Of a member or input of that name; numbers and booleans are none. */
static enum verdict verdict_of(const struct json_doc *doc, struct str name, uint32_t at)
{
    enum json_type type = json_type(doc, at);

    if (type == JSON_STRING)
        return secret_verdict(name, json_text(doc, at));
    if (type == JSON_NULL && is_secret_key(name))
        return VERDICT_STORED;
    if ((type == JSON_OBJECT || type == JSON_ARRAY) && is_secret_key(name) &&
        has_text(doc, at))
        return VERDICT_SECRET;
    return VERDICT_PLAIN;
}

static bool is_sensitive_property(const struct json_doc *doc, uint32_t at)
{
    uint32_t flag = json_member(doc, at, "value_is_sensitive");

    return flag && secret_switch(doc, flag) != SWITCH_OFF &&
           json_member(doc, at, "value");
}

/* ---- taking it out ---- */

static struct secret *add(struct taking *t)
{
    struct secrets *s = t->out;
    struct secret *items = arena_grow(t->arena, s->items, s->n, sizeof(*items));

    if (!items)
        return NULL;
    s->items = items;
    return &items[s->n++];
}

/* Of what has been appended to the values since `from`, a secret at the path so far. */
static void add_value(struct taking *t, size_t from)
{
    struct buf *values = &t->out->values;
    struct str value = { NULL, 0 };
    struct secret *one;

    t->out->path_bytes += t->path.bad == E_LIMIT ? SECRET_PATHS_MAX + 1UL : t->path.len;
    if (t->out->path_bytes > SECRET_PATHS_MAX)
        return;
    one = add(t);
    if (!one) {
        t->failed = true;
        return;
    }
    *one = (struct secret){ arena_buf(t->arena, &t->path), { NULL, 0 } };
    t->failed |= !one->path.p || values->bad;
    if (!t->failed)
        value = str_from(buf_str(values), from);
    if (!is_placeholder(value))
        one->value = value;
}

static void take_text(struct taking *t, struct str text)
{
    size_t from = t->out->values.len;

    buf_addstr(&t->out->values, text);
    add_value(t, from);
}

/* The value at `at` becomes a secret at the path so far. */
static void take(struct taking *t, uint32_t at)
{
    struct buf *values = &t->out->values;
    size_t from = values->len;
    struct jw jw = JW_INIT(values, false);

    if (json_type(t->doc, at) == JSON_STRING)
        buf_addstr(values, json_text(t->doc, at));
    else if (json_type(t->doc, at) != JSON_NULL)
        jw_value(&jw, STR_NONE, t->doc, at);
    add_value(t, from);
}

/* Likewise a member or item, in whose place nothing stays, or an empty text. */
static void take_member(struct taking *t, struct str key, uint32_t at, bool blank)
{
    take(t, at);
    if (blank)
        jw_string(&t->jw, key, STR(""));
}

static size_t enter(struct taking *t, struct str part)
{
    size_t before = t->path.len;

    secret_path_add(&t->path, part);
    return before;
}

static void leave(struct taking *t, size_t before)
{
    t->path.len = before;
}

static void copy(struct taking *t, struct str key, uint32_t at);

/* ---- JSON inside texts ---- */

/* Opens `text` as JSON, whose root must be an object, or an array where that will do.
 * What is not read for want of memory may hold secrets all the same. */
static bool open_json(struct taking *t, struct json_doc *doc, struct str text,
                      bool arrays)
{
    struct err err = ERR_INIT;
    bool opened =
        json_read(doc, text, JSON_MAX_VALUES, &err) == 0 &&
        (json_type(doc, 0) == JSON_OBJECT || (arrays && json_type(doc, 0) == JSON_ARRAY));

    t->failed |= err.ec == E_NOMEM;
    err_clear(&err);
    if (!opened) {
        json_release(doc);
        *doc = (struct json_doc){ 0 };
    }
    return opened;
}

/* Copies the document without its secrets to `clean`; false when it had none. */
static bool copy_inner(struct taking *t, const struct json_doc *doc, struct buf *clean)
{
    struct taking inner = *t;
    size_t before = t->out->n;

    inner.doc = doc;
    inner.depth++;
    inner.jw = JW_INIT(clean, false);
    copy(&inner, STR_NONE, 0);
    t->path = inner.path;
    t->failed |= inner.failed || clean->bad;
    return t->out->n > before;
}

/* A text that is JSON, where it is: false: it is none. */
static bool copy_json(struct taking *t, struct str key, uint32_t at, bool arrays)
{
    struct str text = json_text(t->doc, at);
    struct buf clean = BUF_INIT(DEFINITION_MAX);
    struct json_doc doc = { 0 };
    bool opened = t->depth < SECRET_DEPTH_MAX && open_json(t, &doc, text, arrays);

    if (opened && copy_inner(t, &doc, &clean))
        jw_buf(&t->jw, key, &clean);
    else if (opened)
        jw_value(&t->jw, key, t->doc, at);
    json_release(&doc);
    buf_release(&clean);
    return opened;
}

/* Likewise one that is base64 of JSON, closed again as it came. */
static bool copy_base64(struct taking *t, struct str key, uint32_t at)
{
    struct buf bytes = BUF_INIT(BODY_MAX), clean = BUF_INIT(DEFINITION_MAX),
               text = BUF_INIT(DEFINITION_MAX);
    struct json_doc doc = { 0 };
    struct base64_form form;
    bool opened = t->depth < SECRET_DEPTH_MAX &&
                  base64_decode(&bytes, json_text(t->doc, at), &form) &&
                  open_json(t, &doc, buf_str(&bytes), false);

    if (opened && copy_inner(t, &doc, &clean)) {
        base64_encode_as(&text, buf_str(&clean), form);
        jw_buf(&t->jw, key, &text);
    } else if (opened) {
        jw_value(&t->jw, key, t->doc, at);
    }
    t->failed |= bytes.bad == E_NOMEM;
    json_release(&doc);
    buf_wipe(&bytes);
    buf_release(&clean);
    buf_release(&text);
    return opened;
}

/* ---- the copy ---- */

/* Whether a text stands for the extended configs of CDM. */
static bool is_extended(const struct taking *t, uint32_t object, struct str key,
                        struct str name)
{
    if (t->rule != SECRETS_CONFIG)
        return false;
    return str_has(key, "extendedFields") || str_is(key, "extended-configs") ||
           (str_is(key, "value") &&
            (str_has(name, "extendedFields") ||
             str_is(json_key(t->doc, object), "extended-configs")));
}

/* Extended configs that are neither base64 nor JSON of an object are sealed as a whole.
 */
static void copy_extended(struct taking *t, struct str key, uint32_t at)
{
    enum json_type type = json_type(t->doc, at);

    if (type == JSON_STRING && !json_text(t->doc, at).n)
        jw_value(&t->jw, key, t->doc, at);
    else if (type == JSON_STRING &&
             (copy_json(t, key, at, false) || copy_base64(t, key, at)))
        return;
    else if (type == JSON_STRING || (type == JSON_ARRAY && has_text(t->doc, at)))
        take_member(t, key, at, t->blank);
    else
        copy(t, key, at);
}

/* Whether it is a text that is looked into as JSON. */
static bool may_be_json(const struct taking *t, struct str name, uint32_t at)
{
    return json_type(t->doc, at) == JSON_STRING && begins_json(json_text(t->doc, at)) &&
           !is_secret_key(name) && !is_prose(name_behind_dot(name));
}

/* As verdict_of(); where places count, what is empty is what was taken before. */
static enum verdict verdict_here(const struct taking *t, struct str name, uint32_t at)
{
    if (t->blank && json_type(t->doc, at) == JSON_STRING &&
        is_placeholder(json_text(t->doc, at)))
        return VERDICT_SECRET;
    return verdict_of(t->doc, name, at);
}

/* Of several items that are texts each keeps its place; what is too deep to be looked
 * into is sealed as a whole. */
static void copy_config(struct taking *t, struct str name, struct str key, uint32_t at,
                        bool item)
{
    bool json = may_be_json(t, name, at);
    enum verdict verdict = verdict_here(t, name, at);

    if (json && t->depth == SECRET_DEPTH_MAX)
        verdict = VERDICT_SECRET;
    else if (json && copy_json(t, key, at, true))
        return;
    if (verdict == VERDICT_PLAIN || (item && verdict == VERDICT_STORED))
        copy(t, key, at);
    else
        take_member(t, key, at, item || t->blank);
}

/* What a member is called: {"name": "x.password", "value": ...}.  Looks for other
 * members, which may be many, only where `key` is value. */
static struct str name_of(const struct taking *t, uint32_t object, struct str key)
{
    struct str name = STR_NONE;

    if (str_is(key, "value"))
        name = json_member_text(t->doc, object, "name");
    return name.p ? name : key;
}

static void copy_member(struct taking *t, uint32_t object, uint32_t at)
{
    struct str key = json_key(t->doc, at), name = name_of(t, object, key);
    size_t before = enter(t, key);

    if (is_extended(t, object, key, name))
        copy_extended(t, key, at);
    else if (t->rule == SECRETS_CONFIG)
        copy_config(t, name, key, at, false);
    else if (str_is(key, "value") && is_sensitive_property(t->doc, object))
        take_member(t, key, at, true);
    else
        copy(t, key, at);
    leave(t, before);
}

/* ---- lines of a node's property ---- */

static bool is_line_property(struct str name, bool *arguments)
{
    *arguments = str_is(name, "arguments");
    return *arguments || str_is(name, "headers") || str_is(name, "scriptArgs");
}

/* Whether one has a credential and no name, or they are too many to be told apart. */
static bool is_sealed_whole(struct str text, bool arguments)
{
    bool secret = false;
    struct line line;
    size_t n = 0;

    while (line_next(&text, arguments, &line)) {
        if (line.kind == LINE_WHOLE)
            return true;
        secret |= line.kind == LINE_SECRET;
        n += line.kind != LINE_PLAIN;
    }
    return secret && n > SECRET_LINES_MAX;
}

/* Whether it is the path `base`, or that of another of the same name. */
static bool is_same_name(struct str path, struct str base)
{
    return path.n >= base.n && memcmp(path.p, base.p, base.n) == 0 &&
           (path.n == base.n || str_starts(str_from(path, base.n), "\\#"));
}

/* `first` is the number of the first secret of these lines. */
static void take_line(struct taking *t, const struct line *line, size_t first,
                      struct buf *clean)
{
    size_t before = enter(t, line->name), nth = 0;

    for (size_t i = first; i < t->out->n; i++)
        nth += is_same_name(t->out->items[i].path, buf_str(&t->path));
    if (nth)
        buf_addf(&t->path, "\\#%zu", nth);
    take_text(t, line->value);
    leave(t, before);
    if (line->apart)
        buf_adds(clean, SECRET_MASK);
}

/* Each value that is a secret is left out; as an argument of its own it is masked, since
 * the next one would take its place. */
static void copy_lines(struct taking *t, struct str key, struct str text, bool arguments)
{
    struct buf clean = BUF_INIT(DEFINITION_MAX);
    size_t n = 0, first = t->out->n;
    struct str rest = text;
    struct line line;

    while (line_next(&rest, arguments, &line)) {
        if (line.kind == LINE_PLAIN || ++n > SECRET_LINES_MAX)
            continue;
        buf_add(&clean, text.p, (size_t)(line.value.p - text.p));
        take_line(t, &line, first, &clean);
        text = str_from(text, (size_t)(line.value.p - text.p) + line.value.n);
    }
    buf_addstr(&clean, text);
    jw_buf(&t->jw, key, &clean);
    t->failed |= clean.bad != 0;
    buf_wipe(&clean);
}

/* Headers that are JSON; false: they are lines. */
static bool copy_json_headers(struct taking *t, struct str key, uint32_t at)
{
    bool is_text = json_type(t->doc, at) == JSON_STRING, copied = true;

    t->rule = SECRETS_CONFIG;
    t->blank = true;
    if (is_text)
        copied = begins_json(json_text(t->doc, at)) && copy_json(t, key, at, true);
    else
        copy_config(t, STR(""), key, at, true);
    t->blank = false;
    t->rule = SECRETS_NODES;
    return copied;
}

/* The value of headers, scriptArgs or arguments.  What only looks like JSON is not told
 * apart where it holds a credential. */
static void copy_line_value(struct taking *t, struct str key, uint32_t at, bool arguments)
{
    struct str text = json_text(t->doc, at);

    if (copy_json_headers(t, key, at))
        return;
    if (is_placeholder(text) || is_sealed_whole(text, arguments) ||
        (begins_json(text) && secret_verdict(STR(""), text) == VERDICT_SECRET))
        take_member(t, key, at, true);
    else
        copy_lines(t, key, text, arguments);
}

/* A property of a node, of which `value` may be lines. */
static void copy_property(struct taking *t, uint32_t property)
{
    bool arguments;
    bool lines =
        is_line_property(json_member_text(t->doc, property, "name"), &arguments) &&
        !is_sensitive_property(t->doc, property);

    jw_object(&t->jw, STR_NONE);
    JSON_EACH (i, t->doc, property) {
        if (lines && str_is(json_key(t->doc, i), "value")) {
            size_t before = enter(t, STR("value"));

            copy_line_value(t, STR("value"), i, arguments);
            leave(t, before);
        } else {
            copy_member(t, property, i);
        }
    }
    jw_end(&t->jw, '}');
}

/* ---- items ---- */

/* An input that is a secret goes; where places count its value becomes empty. */
static void take_input(struct taking *t, uint32_t input, uint32_t value)
{
    take(t, value);
    if (!t->blank)
        return;
    jw_object(&t->jw, STR_NONE);
    JSON_EACH (i, t->doc, input)
        if (i == value)
            jw_string(&t->jw, json_key(t->doc, i), STR(""));
        else
            copy_member(t, input, i);
    jw_end(&t->jw, '}');
}

static void copy_item(struct taking *t, uint32_t at, struct str name, bool properties)
{
    bool object = json_type(t->doc, at) == JSON_OBJECT;
    uint32_t value = object && t->rule == SECRETS_CONFIG && name.n
                         ? json_member(t->doc, at, "value")
                         : 0;

    if (t->rule == SECRETS_CONFIG && !object)
        copy_config(t, STR(""), STR_NONE, at, true);
    else if (value && !str_has(name, "extendedFields") &&
             verdict_here(t, name, value) != VERDICT_PLAIN)
        take_input(t, at, value);
    else if (object && properties)
        copy_property(t, at);
    else
        copy(t, STR_NONE, at);
}

/* Items are named by their own names, so that their order does not matter. */
static void copy_items(struct taking *t, uint32_t array)
{
    bool properties =
        t->rule == SECRETS_NODES && str_is(json_key(t->doc, array), "properties");
    size_t before = t->path.len, k = 0;
    struct item_names names;

    if (!item_names_init(&names, t->doc, array)) {
        t->failed = true;
        return;
    }
    JSON_EACH (i, t->doc, array) {
        struct str name = names.items[k].name;

        item_names_add(&names, k++, &t->path);
        copy_item(t, i, name, properties);
        leave(t, before);
    }
    item_names_release(&names);
}

static void copy(struct taking *t, struct str key, uint32_t at)
{
    enum json_type type = json_type(t->doc, at);

    if (t->jw.out->bad) {
        t->failed = true;
    } else if (type == JSON_OBJECT) {
        jw_object(&t->jw, key);
        JSON_EACH (i, t->doc, at)
            copy_member(t, at, i);
        jw_end(&t->jw, '}');
    } else if (type == JSON_ARRAY) {
        jw_array(&t->jw, key);
        copy_items(t, at);
        jw_end(&t->jw, ']');
    } else {
        jw_value(&t->jw, key, t->doc, at);
    }
}

/* No less than what the value `at` takes as JSON: one byte can become six where a text
 * has escapes. */
static size_t json_bytes(const struct json_doc *doc, uint32_t at)
{
    size_t n = KIB;

    for (uint32_t i = at; i < json_next(doc, at); i++) {
        const struct json_value *v = &doc->value[i];

        n += 16 + (v->key_plain ? 6UL : 1UL) * v->key_len +
             (v->plain ? 6UL : 1UL) * v->len;
    }
    return n;
}

static int by_path(const void *a, const void *b)
{
    const struct secret *const *x = a, *const *y = b;

    return str_cmp((*x)->path, (*y)->path);
}

/* Those that came with a value, by path. */
static bool index_values(struct secrets *s, struct arena *arena)
{
    s->by_path = arena_array(arena, s->n, sizeof(struct secret *));
    if (!s->by_path)
        return false;
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].value.p)
            s->by_path[s->n_values++] = &s->items[i];
    qsort(s->by_path, s->n_values, sizeof(struct secret *), by_path);
    return true;
}

static int end_taking(const struct taking *t, struct err *err)
{
    char max[24];

    if (t->failed || t->jw.out->bad)
        return err_nomem(err);
    if (t->out->path_bytes <= SECRET_PATHS_MAX)
        return index_values(t->out, t->arena) ? 0 : err_nomem(err);
    snprintf(max, sizeof(max), "%lu", SECRET_PATHS_MAX);
    return err_set(err, E_LIMIT, DLF_3051, DET_SECRET_PATHS, max);
}

int secrets_take(struct secrets *out, const struct json_doc *doc, uint32_t at,
                 enum secret_rule rule, struct buf *clean, struct arena *arena,
                 struct err *err)
{
    struct taking t = { .out = out,
                        .doc = doc,
                        .rule = rule,
                        .jw = JW_INIT(clean, false),
                        .path = BUF_INIT(DEFINITION_MAX),
                        .arena = arena };

    /* All of them together are not longer than the text that they come out of;
     * taken at once, no copy is left behind by growth. */
    out->values = BUF_INIT(json_bytes(doc, at));
    buf_reserve(&out->values, json_bytes(doc, at));
    copy(&t, STR_NONE, at);
    buf_release(&t.path);
    return end_taking(&t, err);
}

void secrets_release(struct secrets *s)
{
    buf_wipe(&s->values);
    s->n = s->n_values = 0;
}

bool secrets_has_value(const struct secrets *s, struct str path)
{
    const struct secret key = { .path = path }, *wanted = &key;

    return s->n_values && bsearch(&wanted, s->by_path, s->n_values,
                                  sizeof(struct secret *), by_path) != NULL;
}
