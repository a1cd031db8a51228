#include "import/import_int.h"

#include <search.h>
#include <stdlib.h>
#include <strings.h>

#include "auth/refusal.h"
#include "base/limits.h"
#include "model/names.h"
#include "base/banned.h"

/* Reads the files of an archive, and the objects in them. */

/* ---- files by their names ---- */

static bool ends_with(struct str name, const char *suffix)
{
    size_t n = strlen(suffix);

    return name.n > n && strncasecmp(name.p + name.n - n, suffix, n) == 0;
}

/* Takes the last part off a path. */
static struct str pop_part(struct str *path)
{
    const char *slash = path->n ? memrchr(path->p, '/', path->n) : NULL;
    size_t at = slash ? (size_t)(slash - path->p) + 1 : 0;
    struct str part = { path->p + at, path->n - at };

    path->n = slash ? at - 1 : 0;
    return part;
}

enum kind import_kind(struct str entry, struct str *cluster)
{
    struct str path = entry, folder;

    *cluster = STR("");
    for (int kind = 1; kind < KINDS; kind++)
        if (kind != KIND_CDM_JOB && kind_row(kind)->suffix &&
            ends_with(entry, kind_row(kind)->suffix))
            return (enum kind)kind;
    if (!ends_with(entry, kind_row(KIND_CDM_JOB)->suffix))
        return 0;
    pop_part(&path);
    *cluster = pop_part(&path);
    folder = pop_part(&path);
    return folder.n == 4 && strncasecmp(folder.p, "cdms", 4) == 0 ? KIND_CDM_JOB : 0;
}

struct zipr_limits import_limits(const struct catalog *c)
{
    return (struct zipr_limits){ .max_entries = c->max_archive_entries,
                                 .max_unpacked_bytes = c->max_unpacked_bytes,
                                 .max_entry_bytes = c->max_unpacked_bytes,
                                 .max_ratio = ARCHIVE_MAX_RATIO,
                                 .max_name_bytes = ARCHIVE_NAME_MAX,
                                 .max_depth = ARCHIVE_MAX_DEPTH };
}

/* ---- files ---- */

static int check_going(const struct import *im, struct err *err)
{
    if (im->request.stop && atomic_load(im->request.stop))
        return err_set(err, E_BUSY, APIGW_0613, DET_STOPPED);
    return import_memory(&im->arena, err);
}

/* Gives the file an item that has the fault, for there is no object to blame. */
static int blame_file(struct import *im, struct str entry, enum kind kind, int rc,
                      struct err *err)
{
    struct err own = *err, later = ERR_INIT;
    struct import_item *item;

    if (rc != E_INVALID && rc != E_LIMIT)
        return rc;
    *err = ERR_INIT;
    rc = import_add(im, entry, kind, &item, &later);
    if (rc) {
        err_clear(&own);
        *err = later;
        return rc;
    }
    return import_blame(item, own.ec, &own);
}

static int not_an_object(const struct json_doc *doc, uint32_t at, struct err *err)
{
    return err_set(err, E_INVALID, DLF_3051, DET_TYPE, "body", "object",
                   json_type_name(json_type(doc, at)));
}

/* Reads {"jobs": [...]}; some clients wrap that into another "jobs". */
static int read_cdm(struct import *im, struct str entry, struct str cluster,
                    const struct json_doc *doc, struct err *err)
{
    uint32_t list = json_type(doc, 0) == JSON_OBJECT ? json_member(doc, 0, "jobs") : 0;
    int rc = 0;

    if (list && json_type(doc, list) == JSON_OBJECT)
        list = json_member(doc, list, "jobs");
    if (!list || json_type(doc, list) != JSON_ARRAY)
        return err_set(err, E_INVALID, DLF_3051, DET_LIST_OF_OBJECTS, "jobs");
    cluster = edits_rename(&im->request.options->edits, ENV_CDM_CLUSTER, cluster);
    if (!name_follows(&name_cluster, cluster))
        return err_set(err, E_INVALID, DLF_3051, DET_CLUSTER_NAME);
    JSON_EACH (i, doc, list)
        if (json_type(doc, i) != JSON_OBJECT)
            return not_an_object(doc, i, err);
    JSON_EACH (i, doc, list) {
        if (!rc)
            rc = check_going(im, err);
        if (!rc)
            rc = import_object(im, entry, KIND_CDM_JOB, cluster, doc, i, err);
    }
    return rc;
}

static int read_json(struct import *im, struct str entry, enum kind kind,
                     struct str cluster, struct str text, struct err *err)
{
    struct json_doc doc;
    int rc = json_read(&doc, text, JSON_STORED_MAX_VALUES, err);

    if (!rc && kind == KIND_CDM_JOB)
        rc = read_cdm(im, entry, cluster, &doc, err);
    else if (!rc && json_type(&doc, 0) != JSON_OBJECT)
        rc = not_an_object(&doc, 0, err);
    else if (!rc)
        rc = import_object(im, entry, kind, cluster, &doc, 0, err);
    json_release(&doc);
    return rc;
}

bool import_is_apple_double(struct str text)
{
    static const char magic[] = { 0, 5, 0x16, 7 };

    return text.n >= sizeof(magic) && memcmp(text.p, magic, sizeof(magic)) == 0;
}

int import_entry_size(const struct zipr *zip, size_t i, struct err *err)
{
    if (zipr_raw_size(zip, i) <= DEFINITION_MAX)
        return 0;
    return err_set(err, E_LIMIT, DLF_3051, DET_LARGER, "body", NUM(DEFINITION_MAX));
}

static int read_archive_file(struct import *im, size_t i, struct err *err)
{
    struct str entry = zipr_name(im->zip, i), cluster;
    enum kind kind = import_kind(entry, &cluster);
    bool connections = im->request.kind == TASK_IMPORT_CONNECTIONS;
    struct buf text = BUF_INIT(DEFINITION_MAX);
    int rc;

    if (!kind || (connections && kind != KIND_CONNECTION)) {
        im->passed_over++;
        return 0;
    }
    rc = import_entry_size(im->zip, i, err);
    if (!rc)
        rc = zipr_read(im->zip, i, &text, err);
    if (!rc && import_is_apple_double(buf_str(&text)))
        im->passed_over++;
    else if (!rc)
        rc = read_json(im, entry, kind, cluster, buf_str(&text), err);
    buf_wipe(&text);
    return blame_file(im, entry, kind, rc, err);
}

/* ---- the whole ---- */

/* Items are written in this order: what others need comes first. */
static int by_rank(const void *a, const void *b)
{
    const struct import_item *x = *(struct import_item *const *)a,
                             *y = *(struct import_item *const *)b;
    int c = kind_row(x->save.kind)->rank - kind_row(y->save.kind)->rank;

    if (!c)
        c = import_by_name(x, y);
    return c ? c : str_cmp(x->entry, y->entry);
}

static int read_all(struct import *im, struct err *err)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < zipr_count(im->zip); i++) {
        rc = check_going(im, err);
        if (!rc)
            rc = read_archive_file(im, i, err);
    }
    if (!rc)
        rc = import_stage(im, err);
    if (!rc && !im->n)
        rc = err_set(err, E_INVALID, API_OK, DET_NOTHING_THERE);
    if (!rc)
        qsort(im->items, im->n, sizeof(*im->items), by_rank);
    return rc;
}

/* Fills what a save has beside its facts. */
static void fill_saves(struct import *im)
{
    const struct catalog *c = im->catalog;

    for (size_t i = 0; i < im->n; i++) {
        struct save *s = &im->items[i]->save;

        s->quota = catalog_quota(c, s->kind);
        s->submit = im->request.options->submit && kind_row(s->kind)->has_versions;
        s->drop_others = s->kind == KIND_JOB;
        s->secrets = im->items[i]->secrets.items;
        s->n_secrets = im->items[i]->secrets.n;
    }
}

int import_read(struct import **out, struct catalog *c,
                const struct import_request *request, int fd, struct err *err)
{
    struct zipr_limits limits = import_limits(c);
    struct import *im = calloc(1, sizeof(*im));
    int rc = im ? 0 : err_nomem(err);

    if (!rc) {
        im->catalog = c;
        im->request = *request;
        rc = refusal_judge(c->store, request->place.authority, &im->rights, NULL, err);
    }
    if (!rc)
        rc = zipr_open(&im->zip, fd, &limits, err);
    if (!rc)
        rc = read_all(im, err);
    if (rc) {
        import_free(im);
        return rc;
    }
    fill_saves(im);
    *out = im;
    return 0;
}

static void keep_node(void *item)
{
    (void)item; /* it is in the arena */
}

void import_free(struct import *im)
{
    if (!im)
        return;
    if (im->staged_any)
        import_unstage(im->catalog);
    for (size_t i = 0; i < im->n; i++) {
        secrets_release(&im->items[i]->secrets);
        err_clear(&im->items[i]->fault);
        buf_release(&im->items[i]->save.lost);
    }
    for (size_t i = 0; i < im->n_staged; i++)
        buf_release(&im->blobs[i].stored);
    tdestroy(im->tree, keep_node);
    zipr_close(im->zip);
    free(im->items);
    free(im->dangling);
    free(im->warnings);
    free(im->unused);
    arena_release(&im->arena);
    free(im);
}
