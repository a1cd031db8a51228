#include "model/form.h"

#include <inttypes.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "errors/errors.h"
#include "base/banned.h"

#define GIVEN_MAX 100 /* bytes of a client's text that a detail repeats */

int rule_fail(const struct rule_at *at, int detail, const char *a, const char *b,
              const char *c)
{
    struct buf path = BUF_INIT(JSON_PATH_MAX * 2);

    json_path(at->doc, at->at, &path);
    err_set(at->err, E_INVALID, at->code, detail, buf_cstr(&path), a, b, c);
    buf_release(&path);
    return E_INVALID;
}

static int missing(const struct rule_at *parent, const struct field *f)
{
    struct buf path = BUF_INIT(JSON_PATH_MAX * 2);

    if (parent->at)
        json_path(parent->doc, parent->at, &path);
    buf_addf(&path, "%s%s", parent->at ? "." : "", f->name);
    err_set(parent->err, E_INVALID, f->missing ? f->missing : parent->code, DET_REQUIRED,
            buf_cstr(&path));
    buf_release(&path);
    return E_INVALID;
}

static bool numeric_text(struct str s)
{
    struct json_doc doc;
    struct err err = ERR_INIT;
    bool is;

    is = json_read(&doc, s, 1, &err) == 0 && json_type(&doc, 0) == JSON_NUMBER;
    json_release(&doc);
    err_clear(&err);
    return is;
}

static bool has_type(enum field_type type, const struct json_doc *doc, uint32_t at)
{
    enum json_type is = json_type(doc, at);
    int64_t number;

    switch (type) {
    case F_STRING:
        return is == JSON_STRING;
    case F_INT:
        return json_int(doc, at, &number);
    case F_BOOL:
        return is == JSON_TRUE || is == JSON_FALSE;
    case F_OBJECT:
        return is == JSON_OBJECT;
    case F_ARRAY:
        return is == JSON_ARRAY;
    case F_NUMERIC:
        return is == JSON_NUMBER ||
               (is == JSON_STRING && numeric_text(json_text(doc, at)));
    default:
        return true;
    }
}

static int mistyped(const struct rule_at *at, enum field_type type)
{
    static const char *const name[] = { "value",  "string", "integer", "boolean",
                                        "object", "array",  "number" };

    return rule_fail(at, DET_TYPE, name[type], json_type_name(json_type(at->doc, at->at)),
                     NULL);
}

static int check_one_of(const struct rule_at *at, const char *const *one_of)
{
    struct str given = json_text(at->doc, at->at);
    struct buf list = BUF_INIT(1024);

    for (const char *const *p = one_of; *p; p++) {
        if (str_is(given, *p)) {
            buf_release(&list);
            return 0;
        }
        buf_addf(&list, "%s%s", p == one_of ? "" : ", ", *p);
    }
    rule_fail(at, DET_ONE_OF, buf_cstr(&list), CSTR(utf8_cut(given, GIVEN_MAX)), NULL);
    buf_release(&list);
    return E_INVALID;
}

static int out_of_range(const struct rule_at *at, int detail, const struct field *f,
                        int64_t given)
{
    if (detail == DET_RANGE)
        return rule_fail(at, detail, NUM(f->min), NUM(f->max), NUM(given));
    return rule_fail(at, detail, detail == DET_MIN_ITEMS ? NUM(f->min) : NUM(f->max),
                     NUM(given), NULL);
}

static int check_string(const struct rule_at *at, const struct field *f)
{
    struct str s = json_text(at->doc, at->at);
    size_t count = f->max ? utf8_count(s) : 0;

    if (f->min && s.n == 0) {
        struct rule_at empty = *at;

        empty.code = f->missing ? f->missing : at->code;
        return rule_fail(&empty, DET_EMPTY, NULL, NULL, NULL);
    }
    if (f->max && count > (size_t)f->max)
        return out_of_range(at, DET_MAX_LENGTH, f, (int64_t)count);
    return f->one_of ? check_one_of(at, f->one_of) : 0;
}

static int check_int(const struct rule_at *at, const struct field *f)
{
    int64_t v = 0;

    if ((f->min || f->max) && json_int(at->doc, at->at, &v) && (v < f->min || v > f->max))
        return out_of_range(at, DET_RANGE, f, v);
    return 0;
}

static int check_items(const struct rule_at *at, const struct field *f)
{
    uint32_t n = at->doc->value[at->at].len;
    struct rule_at item = *at;
    int rc;

    if (n < (uint32_t)f->min)
        return out_of_range(at, DET_MIN_ITEMS, f, n);
    if (f->max && n > (uint32_t)f->max)
        return out_of_range(at, DET_MAX_ITEMS, f, n);
    item.parent = at->at;
    JSON_EACH (i, at->doc, at->at) {
        item.at = i;
        if (!has_type(f->item, at->doc, i))
            return mistyped(&item, f->item);
        rc = f->form ? form_check(f->form, at->doc, i, false, at->err) : 0;
        if (rc)
            return rc;
    }
    return 0;
}

static int check_value(const struct rule_at *at, const struct field *f)
{
    int rc = 0;

    if (f->type == F_STRING)
        rc = check_string(at, f);
    else if (f->type == F_INT)
        rc = check_int(at, f);
    else if (f->type == F_ARRAY)
        rc = check_items(at, f);
    else if (f->type == F_OBJECT && f->form)
        rc = form_check(f->form, at->doc, at->at, false, at->err);
    if (!rc && f->rule)
        rc = f->rule(at);
    return rc;
}

static int check_member(const struct form *form, const struct rule_at *parent,
                        const struct field *f, bool update)
{
    struct rule_at at = *parent;
    int code = form->code;

    at.at = form_member(form, parent->doc, parent->at, f->name);
    at.parent = parent->at;
    if (!at.at)
        return f->required && !(update && f->keep) ? missing(parent, f) : 0;
    at.code = f->mistyped ? f->mistyped : code;
    if (!has_type(f->type, at.doc, at.at))
        return mistyped(&at, f->type);
    at.code = f->wrong ? f->wrong : code;
    return check_value(&at, f);
}

int form_check(const struct form *form, const struct json_doc *doc, uint32_t at,
               bool update, struct err *err)
{
    struct rule_at here = { .doc = doc, .at = at, .code = form->code, .err = err };
    int rc = 0;

    for (const struct field *f = form->fields; !rc && f->name; f++)
        rc = check_member(form, &here, f, update);
    return rc;
}

const struct field *form_field(const struct form *form, struct str key)
{
    for (const struct field *f = form->fields; f->name; f++)
        if (str_is(key, f->name) || (f->alias && str_is(key, f->alias)))
            return f;
    return NULL;
}

static uint32_t not_null(const struct json_doc *doc, uint32_t at)
{
    return at && json_type(doc, at) != JSON_NULL ? at : 0;
}

uint32_t form_member(const struct form *form, const struct json_doc *doc, uint32_t at,
                     const char *name)
{
    uint32_t found = not_null(doc, json_member(doc, at, name));
    const struct field *f;

    if (found)
        return found;
    f = form_field(form, str_of(name));
    return f && f->alias ? not_null(doc, json_member(doc, at, f->alias)) : 0;
}

static void write_object(struct jw *jw, struct str key, const struct form *form,
                         const struct json_doc *doc, uint32_t at, enum form_mode mode);

static void write_items(struct jw *jw, struct str key, const struct form *form,
                        const struct json_doc *doc, uint32_t at, enum form_mode mode)
{
    jw_array(jw, key);
    JSON_EACH (i, doc, at) {
        if (jw->out->bad)
            break;
        if (json_type(doc, i) == JSON_OBJECT)
            write_object(jw, STR_NONE, form, doc, i, mode);
        else
            jw_value(jw, STR_NONE, doc, i);
    }
    jw_end(jw, ']');
}

void form_write_member(struct jw *jw, const struct form *form, const struct member *m,
                       enum form_mode mode)
{
    const struct field *f = form_field(form, m->key);
    enum json_type type = json_type(m->doc, m->at);

    if (f && f->form && type == JSON_OBJECT)
        write_object(jw, m->key, f->form, m->doc, m->at, mode);
    else if (f && f->form && type == JSON_ARRAY)
        write_items(jw, m->key, f->form, m->doc, m->at, mode);
    else
        jw_value(jw, m->key, m->doc, m->at);
}

static bool has_member(const struct member *members, size_t n, const char *name)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(members[i].key, name))
            return true;
    return false;
}

static const char *addition(const struct field *f, enum form_mode mode)
{
    return mode == FORM_STORED || !f->shown ? f->stored : f->shown;
}

void form_write_additions(struct jw *jw, const struct form *form,
                          const struct member *members, size_t n, enum form_mode mode)
{
    for (const struct field *f = form->fields; f->name; f++)
        if (addition(f, mode) && !has_member(members, n, f->name))
            jw_literal(jw, str_of(f->name), addition(f, mode));
}

/* A member of a nested object; false when it is dropped. */
static bool take_member(const struct form *form, const struct json_doc *doc,
                        uint32_t object, uint32_t at, struct member *m)
{
    struct str key = json_key(doc, at);
    const struct field *f = form_field(form, key);

    *m = (struct member){ f ? str_of(f->name) : key, doc, at };
    return !f || form_member(form, doc, object, f->name) == at;
}

static void write_object(struct jw *jw, struct str key, const struct form *form,
                         const struct json_doc *doc, uint32_t at, enum form_mode mode)
{
    struct member m;

    jw_object(jw, key);
    JSON_EACH (i, doc, at) {
        if (jw->out->bad)
            break;
        if (take_member(form, doc, at, i, &m))
            form_write_member(jw, form, &m, mode);
    }
    for (const struct field *f = form->fields; f->name; f++)
        if (addition(f, mode) && !form_member(form, doc, at, f->name))
            jw_literal(jw, str_of(f->name), addition(f, mode));
    jw_end(jw, '}');
}
