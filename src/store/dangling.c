#include <stdio.h>
#include <stdlib.h>

#include "archive/deflate.h"
#include "base/limits.h"
#include "base/list.h"
#include "model/edit.h"
#include "store/check.h"
#include "store/store_int.h"

/*
 * What objects name and the catalogue does not have, workspace by workspace: to know, no
 * damage.  An import's plan tells the same of what it would write.
 */

struct looking {
    struct db *db;
    struct store_report *report;
    void (*say)(const char *text);
    int64_t workspace;
    struct str project, name; /* of the workspace; "" is where the CDM jobs are */
    int64_t count[KINDS];     /* of what dangles in it, by kind */
};

/* Appends where the workspace is. */
static void add_place(const struct looking *l, struct buf *out)
{
    buf_addf(out, " of project %.*s", STR_ARG(l->project));
    if (l->name.n)
        buf_addf(out, ", workspace %.*s", STR_ARG(l->name));
}

static void say_line(const struct looking *l, struct buf *text)
{
    const char *line = buf_cstr(text);

    l->say(line ? line : "dangling: a name that is too long to be shown");
    buf_release(text);
}

/* An object names another, of a cluster or of none, that does not exist. */
static void dangles(struct looking *l, int64_t kind, struct str name, int64_t of_kind,
                    struct str of_cluster, struct str of_name)
{
    struct buf text = BUF_INIT(64 * KIB);

    buf_addf(&text, "dangling: %s %.*s", kind_row(kind)->said, STR_ARG(name));
    add_place(l, &text);
    buf_addf(&text, " names %s ", kind_row(of_kind)->said);
    if (of_cluster.n)
        buf_addf(&text, "%.*s/", STR_ARG(of_cluster));
    buf_addstr(&text, of_name);
    say_line(l, &text);
    l->report->dangling++;
    if (is_kind(of_kind))
        l->count[of_kind]++;
}

/* A row of CHECK_DANGLING; of what is named the last three. */
enum {
    DANGLING_KIND,
    DANGLING_NAME,
    DANGLING_OF_KIND,
    DANGLING_OF_CLUSTER,
    DANGLING_OF_NAME
};

/* By rows of references. */
static int check_refs(struct looking *l, struct err *err)
{
    struct query *q = db_query(l->db, SQL_CHECK_DANGLING, "i", l->workspace);
    int rc;

    while ((rc = db_next(q, err)) == 1)
        dangles(l, db_int(q, DANGLING_KIND), db_text(q, DANGLING_NAME),
                db_int(q, DANGLING_OF_KIND), db_text(q, DANGLING_OF_CLUSTER),
                db_text(q, DANGLING_OF_NAME));
    return rc;
}

/* ---- connections, which only the definitions name ---- */

/* What one object names. */
struct naming {
    struct str *names;
    size_t n;
    bool failed;
};

static void add_name(void *arg, struct str name)
{
    struct naming *n = arg;
    struct str *more = list_grow(n->names, n->n, sizeof(*more));

    n->failed |= !more;
    if (!more)
        return;
    n->names = more;
    n->names[n->n++] = name;
}

static int look_up(struct looking *l, int64_t kind, struct str object, struct naming *n,
                   struct err *err)
{
    int rc = n->failed ? err_nomem(err) : 0;
    bool found;

    if (n->n)
        qsort(n->names, n->n, sizeof(*n->names), str_by_text);
    for (size_t i = 0; !rc && i < n->n; i++) {
        if (i && str_eq(n->names[i], n->names[i - 1]))
            continue;
        rc = db_exists(
            db_query(l->db, SQL_CHECK_CONNECTION, "is", l->workspace, n->names[i]),
            &found, err);
        if (!rc && !found)
            dangles(l, kind, object, KIND_CONNECTION, STR(""), n->names[i]);
    }
    return rc;
}

/* A row of CHECK_NAMING. */
enum { NAMING_KIND, NAMING_NAME, NAMING_RAW_SIZE, NAMING_STORED };

/* What cannot be read is found as damage. */
static int check_definition(struct looking *l, struct query *q, struct err *err)
{
    struct buf raw = BUF_INIT(DEFINITION_MAX);
    struct json_doc doc = { .count = 0 };
    struct naming names = { .n = 0 };
    struct err ignored = ERR_INIT;
    int64_t size = db_int(q, NAMING_RAW_SIZE);
    int rc = 0;

    if (size >= 0 && size <= (int64_t)DEFINITION_MAX &&
        !deflate_undo(&raw, db_text(q, NAMING_STORED), (size_t)size, &ignored) &&
        !json_read(&doc, buf_str(&raw), JSON_STORED_MAX_VALUES, &ignored)) {
        definition_connections((enum kind)db_int(q, NAMING_KIND), &doc, 0, add_name,
                               &names);
        rc = look_up(l, db_int(q, NAMING_KIND), db_text(q, NAMING_NAME), &names, err);
    }
    if (ignored.ec == E_NOMEM)
        rc = err_nomem(err);
    free(names.names);
    json_release(&doc);
    buf_release(&raw);
    err_clear(&ignored);
    return rc;
}

static int check_connections(struct looking *l, struct err *err)
{
    struct query *q = db_query(l->db, SQL_CHECK_NAMING, "i", l->workspace);
    int rc;

    while ((rc = db_next(q, err)) == 1) {
        rc = check_definition(l, q, err);
        if (rc) {
            db_end(q);
            return rc;
        }
    }
    return rc;
}

/* ---- each workspace ---- */

/* A line with how many of each kind; none where nothing dangles. */
static void sum_up(const struct looking *l)
{
    struct buf text = BUF_INIT(64 * KIB);
    const char *before = ": ";

    buf_addf(&text, "dangling in%s%.*s", l->name.n ? " workspace " : " CDM",
             STR_ARG(l->name));
    buf_addf(&text, " of project %.*s", STR_ARG(l->project));
    for (size_t i = 0; i < KINDS; i++) {
        if (!l->count[i])
            continue;
        buf_addf(&text, "%s%lld %s%s", before, (long long)l->count[i],
                 kind_row((int64_t)i)->said, l->count[i] == 1 ? "" : "s");
        before = ", ";
    }
    if (*before == ',')
        say_line(l, &text);
    buf_release(&text);
}

int check_dangling(struct db *db, struct store_report *report,
                   void (*say)(const char *text), struct err *err)
{
    struct query *q = db_query(db, SQL_CHECK_WORKSPACES, "");
    int rc;

    while ((rc = db_next(q, err)) == 1) {
        struct looking l = { .db = db,
                             .report = report,
                             .say = say,
                             .workspace = db_int(q, 0),
                             .project = db_text(q, 1),
                             .name = db_text(q, 2) };

        rc = check_refs(&l, err);
        if (!rc)
            rc = check_connections(&l, err);
        if (rc) {
            db_end(q);
            return rc;
        }
        sum_up(&l);
    }
    return rc;
}
