#include "model/definition.h"

#include <stdlib.h>

#include "base/count.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "model/rules.h"
#include "base/banned.h"

struct str copy_text(const struct making *m, const struct json_doc *doc, uint32_t at,
                     const char *key)
{
    struct str s = json_member_text(doc, at, key);

    if (!s.n)
        return STR("");
    s = arena_str(m->arena, s);
    *m->lost |= !s.p;
    return s;
}

int fail_differs(const struct rule_at *at, struct str stored)
{
    return rule_fail(at, DET_DIFFERS, CSTR(stored),
                     CSTR(utf8_cut(json_text(at->doc, at->at), 128)), NULL);
}

int same_member(const struct making *m, const struct form *form, const char *key,
                int code)
{
    uint32_t at = form_member(form, m->body, 0, key);
    struct rule_at here = { .doc = m->body, .at = at, .code = code, .err = m->err };
    struct str stored = json_member_text(m->stored, 0, key);

    if (!at || json_type(m->body, at) != JSON_STRING ||
        str_eq(json_text(m->body, at), stored))
        return 0;
    return fail_differs(&here, stored);
}

bool making_has_secret(const struct making *m, const char *path)
{
    struct str rest = m->secret_paths, line;

    if (m->secrets && (secrets_has_value(m->secrets, str_of(path)) ||
                       (m->secrets->may_lack && is_secret_key(str_of(path)))))
        return true;
    while (str_line(&rest, &line))
        if (str_is(line, path))
            return true;
    return false;
}

/* ---- a stored form in a wrapper: {"jobs": [{...}]} ---- */

static void open_wrapper(struct jw *jw, const struct kind_rules *rules)
{
    if (!rules->wrapper)
        return;
    jw_object(jw, STR_NONE);
    jw_array(jw, str_of(rules->wrapper));
}

static void close_wrapper(struct jw *jw, const struct kind_rules *rules)
{
    if (!rules->wrapper)
        return;
    jw_end(jw, ']');
    jw_end(jw, '}');
}

/* The definition itself: from the second { to the last ]. */
static struct str unwrapped(const struct kind_rules *rules, struct str text)
{
    const char *first, *end;

    if (!rules->wrapper || !text.n)
        return text;
    first = memchr(text.p + 1, '{', text.n - 1);
    end = memrchr(text.p, ']', text.n);
    return first && end > first ? (struct str){ first, (size_t)(end - first) } : text;
}

/* ---- putting the members together ---- */

/* Room for the members of both documents, and two that adjust() may add. */
static struct member *member_room(const struct making *m)
{
    size_t n = m->body->value[0].len + 2;

    if (m->stored)
        n += m->stored->value[0].len;
    return reallocarray(NULL, n, sizeof(struct member));
}

/* The member at `at` of a root object under its canonical name; false when it
 * is the server's, null, or gives way to the canonical one. */
static bool take(const struct form *form, const struct json_doc *doc, uint32_t at,
                 struct member *m)
{
    struct str key = json_key(doc, at);
    const struct field *f = form_field(form, key);

    *m = (struct member){ f ? str_of(f->name) : key, doc, at };
    return !f || (!f->server && form_member(form, doc, 0, f->name) == at);
}

/* Whether the body brings a secret in place of a stored member; `outer` is empty at the
 * top. */
static bool is_taken(const struct making *m, struct str outer, struct str key)
{
    struct buf path = BUF_INIT(DEFINITION_MAX);
    bool taken;

    if (!m->secrets || !m->secrets->n_values)
        return false;
    if (outer.n)
        secret_path_add(&path, outer);
    secret_path_add(&path, key);
    taken = secrets_has_value(m->secrets, buf_str(&path));
    if (path.bad)
        m->d->text.bad = E_NOMEM;
    buf_release(&path);
    return taken;
}

static struct member *find(struct member *members, size_t n, struct str key)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(members[i].key, key))
            return &members[i];
    return NULL;
}

static size_t add_all(struct member *members, const struct form *form,
                      const struct json_doc *doc)
{
    size_t n = 0;

    JSON_EACH (i, doc, 0)
        n += take(form, doc, i, &members[n]);
    return n;
}

/* The body's members, then the stored ones that an update keeps (9b). */
static size_t assemble_replacing(const struct making *m, const struct form *form,
                                 struct member *members)
{
    size_t n = add_all(members, form, m->body), of_body = n;
    const struct field *f;

    if (!m->stored)
        return n;
    JSON_EACH (i, m->stored, 0) {
        f = form_field(form, json_key(m->stored, i));
        if (f && f->keep && take(form, m->stored, i, &members[n]))
            n += !find(members, of_body, members[n].key);
    }
    return n;
}

static int by_member_key(const void *a, const void *b)
{
    const struct member *x = a, *y = b;

    return str_cmp(x->key, y->key);
}

struct member *index_members(const struct json_doc *doc, uint32_t at, size_t *n)
{
    struct member *all = reallocarray(NULL, doc->value[at].len + 1, sizeof(*all));

    *n = 0;
    if (!all)
        return NULL;
    JSON_EACH (i, doc, at)
        all[(*n)++] = (struct member){ json_key(doc, i), doc, i };
    qsort(all, *n, sizeof(*all), by_member_key);
    return all;
}

uint32_t find_indexed(const struct member *all, size_t n, struct str key)
{
    struct member wanted = { .key = key };
    const struct member *found = bsearch(&wanted, all, n, sizeof(*all), by_member_key);

    return found ? found->at : 0;
}

/* Puts the members of `doc` where those of their name stand, or at the end; `index` has
 * the `of_stored` first members by name, and their places, counted from 1. */
static size_t merge(const struct form *form, const struct json_doc *doc,
                    struct member *members, size_t of_stored, const struct member *index)
{
    size_t n = of_stored;

    JSON_EACH (i, doc, 0) {
        struct member *new = &members[n];
        uint32_t old;

        if (!take(form, doc, i, new))
            continue;
        old = find_indexed(index, of_stored, new->key);
        if (old)
            members[old - 1] = *new;
        else
            n++;
    }
    return n;
}

/* Of the stored members those stay that the body brings no secret for. */
static size_t drop_taken(const struct making *m, struct member *members, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (!is_taken(m, STR(""), members[i].key))
            members[kept++] = members[i];
    return kept;
}

/* The stored members, replaced where they stand, then the new ones (9b). */
static int assemble_merging(const struct making *m, const struct form *form,
                            struct member *members, size_t *n)
{
    struct member *index;

    *n = add_all(members, form, m->stored ? m->stored : m->body);
    if (!m->stored)
        return 0;
    *n = drop_taken(m, members, *n);
    index = reallocarray(NULL, *n + 1, sizeof(*index));
    if (!index)
        return err_nomem(m->err);
    for (size_t i = 0; i < *n; i++)
        index[i] = (struct member){ .key = members[i].key, .at = (uint32_t)i + 1 };
    qsort(index, *n, sizeof(*index), by_member_key);
    *n = merge(form, m->body, members, *n, index);
    free(index);
    return 0;
}

static int text_fault(const struct buf *text, struct err *err)
{
    if (text->bad == E_NOMEM)
        return err_nomem(err);
    return err_set(err, E_INVALID, DLF_3051, DET_FORM_TOO_LARGE, "body",
                   NUM(DEFINITION_MAX));
}

static void write_if_set(struct jw *jw, const struct json_doc *doc, uint32_t at)
{
    if (json_type(doc, at) != JSON_NULL)
        jw_value(jw, json_key(doc, at), doc, at);
}

/* The stored members of an object, replaced where they stand, then the body's new
 * ones; null takes one away. */
static void merge_objects(struct jw *jw, const struct making *m, uint32_t body,
                          uint32_t stored)
{
    struct str outer = json_key(m->body, body);
    size_t n_fresh, n_held;
    struct member *fresh = index_members(m->body, body, &n_fresh);
    struct member *held = index_members(m->stored, stored, &n_held);

    if (fresh && held) {
        JSON_EACH (i, m->stored, stored) {
            uint32_t at = find_indexed(fresh, n_fresh, json_key(m->stored, i));

            if (at || !is_taken(m, outer, json_key(m->stored, i)))
                write_if_set(jw, at ? m->body : m->stored, at ? at : i);
        }
        JSON_EACH (i, m->body, body)
            if (!find_indexed(held, n_held, json_key(m->body, i)))
                write_if_set(jw, m->body, i);
    } else {
        jw->out->bad = E_NOMEM;
    }
    free(fresh);
    free(held);
}

static void write_merged(struct jw *jw, const struct making *m, const struct member *of)
{
    uint32_t stored = m->stored ? json_find(m->stored, 0, of->key) : 0;

    jw_object(jw, of->key);
    if (stored)
        merge_objects(jw, m, of->at, stored);
    else
        JSON_EACH (i, m->body, of->at)
            write_if_set(jw, m->body, i);
    jw_end(jw, '}');
}

/* Whether the members of this member are merged one by one. */
static bool is_merged(const struct making *m, const struct kind_rules *rules,
                      const struct member *member)
{
    return rules->merged && member->doc == m->body && str_is(member->key, rules->merged);
}

static int write_stored(const struct making *m, const struct kind_rules *rules)
{
    struct jw jw = JW_INIT(&m->d->text, true);
    struct member *members = member_room(m);
    size_t n = 0;
    int rc = 0;

    if (!members)
        return err_nomem(m->err);
    if (rules->replaces)
        n = assemble_replacing(m, rules->form, members);
    else
        rc = assemble_merging(m, rules->form, members, &n);
    if (rc) {
        free(members);
        return rc;
    }
    if (rules->adjust)
        n = rules->adjust(m, members, n);
    open_wrapper(&jw, rules);
    jw_object(&jw, STR_NONE);
    COUNT(COUNT_PRINT);
    for (size_t i = 0; i < n; i++)
        if (is_merged(m, rules, &members[i]))
            write_merged(&jw, m, &members[i]);
        else
            form_write_member(&jw, rules->form, &members[i], FORM_STORED);
    form_write_additions(&jw, rules->form, members, n, FORM_STORED);
    jw_end(&jw, '}');
    close_wrapper(&jw, rules);
    buf_addc(&m->d->text, '\n');
    free(members);
    return m->d->text.bad ? text_fault(&m->d->text, m->err) : 0;
}

/* What is stored as a secret where this definition, or the one before it, has a value of
 * its own: an import may have brought that.  Of a job nothing stays that its nodes do not
 * name. */
static int find_replaced(const struct making *m, const struct json_doc *doc)
{
    struct buf paths = BUF_INIT(DEFINITION_MAX);
    int rc = secrets_replaced(doc, m->secret_paths, &paths, m->err);

    if (!rc)
        rc = secrets_replaced(m->stored, m->secret_paths, &paths, m->err);
    m->d->replaced = arena_buf(m->arena, &paths);
    buf_release(&paths);
    return rc || m->d->replaced.p ? rc : err_nomem(m->err);
}

/* Facts and references are read from the stored form, never from the body: they follow
 * from what is stored.  Only the owner of a script, which its form does not store, is the
 * body's, and whoever saves keeps the owner that there was. */
static int read_stored_form(const struct making *m, const struct kind_rules *rules)
{
    struct facts *f = &m->d->facts;
    struct json_doc doc;
    int rc;

    COUNT(COUNT_PARSE);
    rc = json_read(&doc, unwrapped(rules, buf_str(&m->d->text)), JSON_STORED_MAX_VALUES,
                   m->err);
    if (!rc) {
        f->name = copy_text(m, &doc, 0, "name");
        f->directory = copy_text(m, &doc, 0, "directory");
        if (!f->directory.n)
            f->directory = STR("/");
        rc = rules->finish(m, &doc);
    }
    if (!rc && m->secret_paths.n)
        rc = find_replaced(m, &doc);
    json_release(&doc);
    return rc;
}

int definition_make(struct definition *d, enum kind kind, const struct json_doc *body,
                    const struct secrets *secrets, const struct stored *stored,
                    struct arena *arena, struct err *err)
{
    const struct kind_rules *rules = kind_rules(kind);
    struct json_doc old = { 0 };
    bool lost = false;
    struct making m = { .d = d,
                        .body = body,
                        .secrets = secrets,
                        .arena = arena,
                        .lost = &lost,
                        .err = err };
    int rc = 0;

    *d = (struct definition){ .text = BUF_INIT(DEFINITION_MAX) };
    if (stored) {
        m.stored = &old;
        m.stored_id = stored->id;
        m.secret_paths = stored->secret_paths;
        rc = json_read(&old, unwrapped(rules, stored->text), JSON_STORED_MAX_VALUES, err);
    }
    if (!rc)
        rc = rules->check(&m);
    if (!rc)
        rc = write_stored(&m, rules);
    if (!rc)
        rc = read_stored_form(&m, rules);
    if (!rc && lost)
        rc = err_nomem(err);
    json_release(&old);
    if (rc)
        definition_release(d);
    return rc;
}

void definition_release(struct definition *d)
{
    buf_release(&d->text);
}

int definition_depends(struct str text, struct arena *arena, const struct str **names,
                       size_t *n, struct err *err)
{
    struct json_doc doc;
    int rc = json_read(&doc, text, JSON_STORED_MAX_VALUES, err);

    if (!rc)
        rc = job_depends(&doc, arena, names, n, err);
    json_release(&doc);
    return rc;
}

/* ---- showing ---- */

static void show_members(struct jw *jw, const struct kind_rules *rules,
                         const struct json_doc *doc, struct str secrets,
                         struct member *members)
{
    size_t n = add_all(members, rules->form, doc);

    COUNT(COUNT_PRINT);
    for (size_t i = 0; i < n; i++)
        if (!rules->show_member || !rules->show_member(jw, &members[i], secrets))
            form_write_member(jw, rules->form, &members[i], FORM_SHOWN);
    if (rules->show_computed)
        n = rules->show_computed(jw, doc, members, n);
    form_write_additions(jw, rules->form, members, n, FORM_SHOWN);
}

int definition_show(struct jw *jw, enum kind kind, struct str text, struct str secrets,
                    struct err *err)
{
    const struct kind_rules *rules = kind_rules(kind);
    struct member *members = NULL;
    struct json_doc doc;
    int rc;

    COUNT(COUNT_PARSE);
    rc = json_read(&doc, unwrapped(rules, text), JSON_STORED_MAX_VALUES, err);
    if (!rc) {
        members = reallocarray(NULL, doc.value[0].len + 1, sizeof(*members));
        rc = members ? 0 : err_nomem(err);
    }
    if (!rc)
        show_members(jw, rules, &doc, secrets, members);
    free(members);
    json_release(&doc);
    return rc;
}

int definition_check_approvers(const struct json_doc *body, struct err *err)
{
    static const struct field fields[] = {
        { "approvers", .type = F_ARRAY, .item = F_OBJECT, .form = &approver_form },
        { .name = NULL },
    };
    static const struct form form = { fields, DLF_3051 };

    return form_check(&form, body, 0, false, err);
}
