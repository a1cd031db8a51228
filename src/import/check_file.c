#include "import/import_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/list.h"
#include "base/banned.h"

/* check-file: what an archive holds of jobs and scripts, before it is imported. */

struct row {
    enum kind kind;
    struct str name, json;
};

struct file_check {
    struct zipr *zip;
    struct arena arena;
    struct row *rows;
    size_t n;
    const atomic_bool *stop;
    enum language language;
};

/* A parameter of a job, at its value. */
struct param {
    struct str name;
    uint32_t at;
};

static int by_param(const void *a, const void *b)
{
    const struct param *x = a, *y = b;
    int c = str_cmp(x->name, y->name);

    return c ? c : (x->at > y->at) - (x->at < y->at);
}

/* Returns the parameters that have a name and a value, *n of them, by name; NULL: no
 * memory. */
static struct param *list_params(const struct json_doc *doc, uint32_t params, size_t *n)
{
    struct param *all = reallocarray(NULL, doc->value[params].len + 1, sizeof(*all));

    *n = 0;
    if (!all)
        return NULL;
    JSON_EACH (i, doc, params) {
        bool is_object = json_type(doc, i) == JSON_OBJECT;
        struct str name = is_object ? json_member_text(doc, i, "name") : STR_NONE;
        uint32_t value = is_object ? json_member(doc, i, "value") : 0;

        if (name.p && value)
            all[(*n)++] = (struct param){ name, value };
    }
    qsort(all, *n, sizeof(*all), by_param);
    return all;
}

/* Of several parameters with one name only the last is written. */
static void write_params(struct jw *jw, const struct json_doc *doc)
{
    uint32_t params = json_member(doc, 0, "params");
    struct param *all = NULL;
    size_t n = 0;

    if (params && json_type(doc, params) == JSON_ARRAY) {
        all = list_params(doc, params, &n);
        if (!all)
            jw->out->bad = E_NOMEM;
    }
    jw_object(jw, STR("params"));
    for (size_t i = 0; i < n; i++)
        if (i + 1 == n || !str_eq(all[i].name, all[i + 1].name))
            jw_value(jw, all[i].name, doc, all[i].at);
    jw_end(jw, '}');
    free(all);
}

static struct str directory_of(const struct json_doc *doc)
{
    struct str directory = json_member_text(doc, 0, "directory");

    return directory.n ? directory : STR("/");
}

static void write_row(struct buf *out, enum kind kind, struct str name,
                      const struct json_doc *doc)
{
    struct jw jw = JW_INIT(out, false);

    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("name"), name);
    jw_string(&jw, STR("path"), directory_of(doc));
    if (kind == KIND_JOB)
        write_params(&jw, doc);
    jw_end(&jw, '}');
}

static int add_row(struct file_check *c, enum kind kind, const struct json_doc *doc,
                   struct err *err)
{
    struct buf json = BUF_INIT(4 * DEFINITION_MAX);
    struct str name =
        json_type(doc, 0) == JSON_OBJECT ? json_member_text(doc, 0, "name") : STR_NONE;
    struct row *more = list_grow(c->rows, c->n, sizeof(*more));
    int rc;

    if (!more)
        return err_nomem(err);
    c->rows = more;
    if (!name.p)
        return err_set(err, E_INVALID, DLF_3051, DET_REQUIRED, "name");
    write_row(&json, kind, name, doc);
    c->rows[c->n] =
        (struct row){ kind, arena_str(&c->arena, name), arena_buf(&c->arena, &json) };
    rc = json.bad || !c->rows[c->n].name.p || !c->rows[c->n].json.p ? err_nomem(err) : 0;
    buf_release(&json);
    c->n++;
    return rc;
}

static int read_row(struct file_check *c, size_t i, enum kind kind, struct err *err)
{
    struct buf text = BUF_INIT(DEFINITION_MAX);
    struct json_doc doc = { .count = 0 };
    int rc = import_entry_size(c->zip, i, err);

    if (!rc)
        rc = zipr_read(c->zip, i, &text, err);
    if (!rc && !import_is_apple_double(buf_str(&text))) {
        rc = json_read(&doc, buf_str(&text), JSON_STORED_MAX_VALUES, err);
        if (!rc)
            rc = add_row(c, kind, &doc, err);
    }
    json_release(&doc);
    buf_release(&text);
    return rc;
}

/* Makes one text of the file's name and what is wrong with the file. */
static int name_file(struct str entry, enum language language, struct err *err)
{
    struct buf text = BUF_INIT(ERROR_DETAIL_MAX);
    enum ec ec = err->ec;

    if (ec != E_INVALID && ec != E_LIMIT)
        return ec;
    import_fault(err, entry, language, &text);
    err_set(err, ec, API_OK, DET_TEXT, buf_cstr(&text));
    buf_release(&text);
    return ec;
}

static int read_rows(struct file_check *c, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < zipr_count(c->zip); i++) {
        struct str entry = zipr_name(c->zip, i), cluster;
        enum kind kind = import_kind(entry, &cluster);

        if (!kind_row(kind)->has_versions)
            continue;
        rc = c->stop && atomic_load(c->stop) ? err_set(err, E_BUSY, APIGW_0613, DET_NONE)
                                             : import_memory(&c->arena, err);
        if (!rc)
            rc = read_row(c, i, kind, err);
        if (rc)
            rc = name_file(entry, c->language, err);
    }
    return rc;
}

static int by_kind_and_name(const void *a, const void *b)
{
    const struct row *x = a, *y = b;
    int c = (int)x->kind - (int)y->kind;

    return c ? c : str_cmp(x->name, y->name);
}

/* A script that stands in the folders of several jobs is listed once. */
static void write_list(struct buf *json, const struct file_check *c, enum kind kind)
{
    const struct row *before = NULL;

    for (size_t i = 0; i < c->n; i++) {
        const struct row *row = &c->rows[i];

        if (row->kind != kind || (before && str_eq(before->name, row->name)))
            continue;
        if (before)
            buf_addc(json, ',');
        buf_addstr(json, row->json);
        before = row;
    }
}

int check_file(struct catalog *catalog, int fd, const atomic_bool *stop,
               enum language language, struct buf *json, struct err *err)
{
    struct zipr_limits limits = import_limits(catalog);
    struct file_check c = { .stop = stop, .language = language };
    int rc = zipr_open(&c.zip, fd, &limits, err);

    if (!rc)
        rc = read_rows(&c, err);
    if (!rc) {
        if (c.n)
            qsort(c.rows, c.n, sizeof(*c.rows), by_kind_and_name);
        buf_adds(json, "{\"jobs\":[");
        write_list(json, &c, KIND_JOB);
        buf_adds(json, "],\"scripts\":[");
        write_list(json, &c, KIND_SCRIPT);
        buf_adds(json, "]}");
        rc = json->bad ? err_nomem(err) : 0;
    }
    zipr_close(c.zip);
    free(c.rows);
    arena_release(&c.arena);
    return rc;
}
