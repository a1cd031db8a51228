#include "model/secrets.h"

#include <stdio.h>

#include "base/base64.h"
#include "base/limits.h"
#include "base/seal.h"
#include "model/errors.h"

static const char *const secret_keys[] = {
#define SECRET_KEY(key) key,
#include "model/secret_keys.def"
#undef SECRET_KEY
};

/* One document on its way through. */
struct taking {
    struct secrets *out;
    const struct json_doc *doc;
    enum secret_rule rule;
    struct jw jw;
    struct buf path; /* of what is being looked at */
    int extended;    /* how often base64 was opened on the way here */
    struct arena *arena;
    bool failed;
};

/* ---- what is a secret ---- */

static bool same_key(struct str key, const char *row)
{
    size_t k = 0, n = strlen(row);

    for (size_t i = 0; i < key.n; i++) {
        char c = key.p[i];

        if (c == '-' || c == '_')
            continue;
        if (c >= 'A' && c <= 'Z')
            c += 'a' - 'A';
        if (k == n || row[k++] != c)
            return false;
    }
    return k == n;
}

bool is_secret_key(struct str key)
{
    const char *dot = key.n ? memrchr(key.p, '.', key.n) : NULL;
    struct str last = dot ? str_from(key, (size_t)(dot - key.p) + 1) : key;

    for (size_t i = 0; i < sizeof(secret_keys) / sizeof(secret_keys[0]); i++)
        if (same_key(last, secret_keys[i]))
            return true;
    return false;
}

/* {"name": "linkConfig.password", "value": ...} */
static bool is_secret_input(const struct json_doc *doc, uint32_t at)
{
    return json_type(doc, at) == JSON_OBJECT && json_member(doc, at, "value") &&
           is_secret_key(json_member_text(doc, at, "name"));
}

static bool is_sensitive_property(const struct json_doc *doc, uint32_t at)
{
    uint32_t flag = json_member(doc, at, "value_is_sensitive");

    return flag && json_type(doc, flag) == JSON_TRUE && json_member(doc, at, "value");
}

/* ---- taking it out ---- */

static struct secret *add(struct taking *t)
{
    struct secrets *s = t->out;

    if (s->n == s->cap) {
        size_t cap = s->cap ? 2 * s->cap : 8;
        struct secret *more = arena_array(t->arena, cap, sizeof(*more));

        if (!more)
            return NULL;
        if (s->n)
            memcpy(more, s->items, s->n * sizeof(*more));
        s->items = more;
        s->cap = cap;
    }
    return &s->items[s->n++];
}

static bool is_placeholder(struct str text)
{
    return text.n == 0 || str_is(text, SECRET_MASK) || str_is(text, SECRET_LITERAL);
}

/* The value at `at` becomes a secret at the path so far. */
static void take(struct taking *t, uint32_t at)
{
    struct secret *one = add(t);
    struct buf *values = &t->out->values;
    size_t from = values->len;
    struct jw jw = JW_INIT(values, false);

    if (!one) {
        t->failed = true;
        return;
    }
    *one = (struct secret){ arena_buf(t->arena, &t->path), { NULL, 0 } };
    if (json_type(t->doc, at) == JSON_STRING)
        buf_addstr(values, json_text(t->doc, at));
    else if (json_type(t->doc, at) != JSON_NULL)
        jw_value(&jw, STR_NONE, t->doc, at);
    t->failed |= !one->path.p || values->bad;
    if (!t->failed &&
        !is_placeholder((struct str){ values->ptr + from, values->len - from }))
        one->value = (struct str){ values->ptr + from, values->len - from };
}

static size_t enter(struct taking *t, struct str part)
{
    size_t before = t->path.len;

    if (before)
        buf_addc(&t->path, '.');
    buf_addstr(&t->path, part);
    return before;
}

static void leave(struct taking *t, size_t before)
{
    t->path.len = before;
}

static void copy(struct taking *t, struct str key, uint32_t at);

/* The base64 of a JSON object: opened, and closed again when it held secrets. */
static void copy_extended(struct taking *t, struct str key, uint32_t at)
{
    struct buf bytes = BUF_INIT(BODY_MAX), clean = BUF_INIT(DEFINITION_MAX),
               text = BUF_INIT(DEFINITION_MAX);
    struct taking inner = *t;
    struct json_doc doc = { 0 };
    struct err err = ERR_INIT;
    size_t before = t->out->n;

    if (base64_decode(&bytes, json_text(t->doc, at)) &&
        json_read(&doc, buf_str(&bytes), JSON_MAX_VALUES, &err) == 0 &&
        json_type(&doc, 0) == JSON_OBJECT) {
        inner.doc = &doc;
        inner.extended++;
        inner.jw = JW_INIT(&clean, false);
        copy(&inner, STR_NONE, 0);
        t->path = inner.path;
        t->failed |= inner.failed || clean.bad;
    }
    /* What is not read for want of memory may hold secrets all the same. */
    t->failed |= bytes.bad == E_NOMEM || err.ec == E_NOMEM;
    if (t->out->n > before) {
        base64_encode(&text, buf_str(&clean));
        jw_buf(&t->jw, key, &text);
    } else {
        jw_value(&t->jw, key, t->doc, at);
    }
    err_clear(&err);
    json_release(&doc);
    buf_wipe(&bytes);
    buf_release(&clean);
    buf_release(&text);
}

/* Looks for other members, which may be many, only where `at` is the `value`. */
static bool is_extended(const struct taking *t, uint32_t object, struct str key,
                        uint32_t at)
{
    return t->rule == SECRETS_CONFIG && t->extended < 2 && str_is(key, "value") &&
           json_type(t->doc, at) == JSON_STRING &&
           str_has(json_member_text(t->doc, object, "name"), "extendedFields");
}

static void copy_member(struct taking *t, uint32_t object, uint32_t at)
{
    struct str key = json_key(t->doc, at);
    bool sensitive = t->rule == SECRETS_NODES && str_is(key, "value") &&
                     is_sensitive_property(t->doc, object);
    size_t before = enter(t, key);

    if (t->rule == SECRETS_CONFIG && is_secret_key(key)) {
        take(t, at);
    } else if (sensitive) {
        take(t, at);
        jw_string(&t->jw, key, STR(""));
    } else if (is_extended(t, object, key, at)) {
        copy_extended(t, key, at);
    } else {
        copy(t, key, at);
    }
    leave(t, before);
}

/* Items are named by their own names, so that their order does not matter. */
static void copy_items(struct taking *t, uint32_t array)
{
    char number[16];
    int n = 0;

    JSON_EACH (i, t->doc, array) {
        struct str name = STR_NONE;
        size_t before;

        if (json_type(t->doc, i) == JSON_OBJECT)
            name = json_member_text(t->doc, i, "name");
        snprintf(number, sizeof(number), "%d", n++);
        before = enter(t, name.n ? name : str_of(number));
        if (t->rule == SECRETS_CONFIG && is_secret_input(t->doc, i))
            take(t, json_member(t->doc, i, "value"));
        else
            copy(t, STR_NONE, i);
        leave(t, before);
    }
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
    return t.failed || clean->bad ? err_nomem(err) : 0;
}

void secrets_release(struct secrets *s)
{
    buf_wipe(&s->values);
    s->n = 0;
}

bool secrets_has_value(const struct secrets *s, const char *path)
{
    for (size_t i = 0; i < s->n; i++)
        if (s->items[i].value.p && str_is(s->items[i].path, path))
            return true;
    return false;
}
