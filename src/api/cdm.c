#include "api/call.h"
#include "api/cdm_body.h"

#include <stdio.h>

#include "api/path.h"
#include "base/limits.h"

/*
 * CDM v1.1: clusters, links and jobs.  Links and jobs come as
 * {"links": [...]} and {"jobs": [...]}; some clients wrap that twice.
 */

/* ---- clusters ---- */

/* A cluster is always at work; it is a name and no machine. */
#define CLUSTER_REST                                                                     \
    ",\"status\":\"200\",\"statusDetail\":\"Normal\",\"isFrozen\":\"0\","                \
    "\"datastore\":{\"type\":\"cdm\",\"version\":\"" DLFD_VERSION                        \
    "\"},\"instances\":[],"                                                              \
    "\"config_status\":\"In-Sync\""

static void write_cluster(struct jw *jw, const struct cluster *cluster)
{
    jw_object(jw, STR_NONE);
    jw_string(jw, STR("id"), cluster->uid);
    jw_string(jw, STR("name"), cluster->name);
    buf_adds(jw->out, CLUSTER_REST);
    jw_end(jw, '}');
}

static int find_clusters(struct call *c, struct cluster **out, size_t *n)
{
    return catalog_clusters(c->api->catalog, &c->place, c->cluster, &c->http->arena, out,
                            n, &c->err);
}

/* The one that the path names, or all. */
void show_clusters(struct call *c)
{
    struct buf json = BUF_INIT(MIB);
    struct jw jw = JW_INIT(&json, false);
    struct cluster *clusters;
    size_t n;

    if (find_clusters(c, &clusters, &n)) {
        call_fail(c);
        return;
    }
    if (!c->cluster.p) {
        jw_object(&jw, STR_NONE);
        jw_array(&jw, STR("clusters"));
    }
    for (size_t i = 0; i < n; i++)
        write_cluster(&jw, &clusters[i]);
    if (!c->cluster.p) {
        jw_end(&jw, ']');
        jw_end(&jw, '}');
    }
    call_json(c, &json);
}

/* Puts the cluster's name where the catalogue looks for it; false: answered. */
static bool enter_cluster(struct call *c)
{
    struct cluster *cluster;
    size_t n;

    if (find_clusters(c, &cluster, &n)) {
        call_fail(c);
        return false;
    }
    c->place.cluster = cluster->name;
    return true;
}

/* ---- what is sent ---- */

static const char *list_key(const struct call *c)
{
    return kind_row(c->route->kind)->list;
}

/* The objects of the body. */
static int read_items(struct call *c, uint32_t **items, size_t *n)
{
    return cdm_body_read(c->body, list_key(c), items, n, &c->http->arena, &c->err);
}

static void answer_text(struct call *c, const char *text)
{
    struct buf json = BUF_INIT(KIB);

    buf_adds(&json, text);
    call_json(c, &json);
}

/* ---- create: all or none ---- */

/* What a request that creates waits for. */
struct cdm_creation {
    struct save_all all;
    struct save **saves;
    size_t n;
};

static void free_creation(void *op)
{
    struct cdm_creation *all = op;

    for (size_t i = 0; i < all->n; i++)
        catalog_save_release(all->saves[i]);
}

/* Names the first of the new objects; `result` is what else the answer says. */
static void answer_new(struct call *c, const char *result)
{
    const struct cdm_creation *all = c->op;
    struct buf json = BUF_INIT(64 * KIB);
    struct jw jw = JW_INIT(&json, false);

    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("name"), all->saves[0]->facts->name);
    buf_adds(&json, result);
    jw_end(&jw, '}');
    call_json(c, &json);
}

static void after_create(struct call *c)
{
    struct cdm_creation *op = c->op;
    struct write *write = &op->all.write;
    struct save *failed = op->all.failed < op->n ? op->saves[op->all.failed] : NULL;

    if (!write->rc) {
        answer_new(c, ",\"validation-result\":[{}]");
        return;
    }
    if (!failed) {
        err_move(&write->err, &c->err);
        call_fail(c);
        return;
    }
    failed->write.rc = write->rc;
    err_move(&write->err, &failed->write.err);
    if (catalog_save_result(failed, &c->err))
        call_fail(c);
}

static int prepare_all(struct call *c, const uint32_t *items, size_t n)
{
    struct cdm_creation *op = arena_alloc(&c->http->arena, sizeof(*op));
    int rc = 0;

    if (op)
        op->saves = arena_array(&c->http->arena, n, sizeof(struct save *));
    if (!op || !op->saves)
        return err_nomem(&c->err);
    c->op = op;
    c->op_free = free_creation;
    while (op->n < n) {
        rc = catalog_save_prepare(c->api->catalog, &c->place, c->route->kind, STR_NONE,
                                  c->body, items[op->n], &c->http->arena,
                                  &op->saves[op->n], &c->err);
        if (rc)
            break;
        op->n++;
    }
    return rc;
}

/* validate=true creates nothing: only the form of a link is looked at. */
#define LINK_VALIDATED                                                                       \
    ",\"validation-result\":[{\"linkConfig\":[{\"message\":\"Only the form of the link was " \
    "checked: this version connects to nothing.\",\"status\":\"WARNING\"}]}]"

void create_cdm_objects(struct call *c)
{
    bool validate = false;
    struct cdm_creation *op;
    uint32_t *items;
    size_t n;

    if (c->route->kind == KIND_LINK && query_bool(c, "validate", &validate)) {
        call_fail(c);
        return;
    }
    if (!enter_cluster(c))
        return;
    if (read_items(c, &items, &n) || prepare_all(c, items, n)) {
        call_fail(c);
        return;
    }
    if (validate) {
        answer_new(c, LINK_VALIDATED);
        return;
    }
    op = c->op;
    save_all_init(&op->all);
    op->all.saves = op->saves;
    op->all.n = op->n;
    call_submit(c, &op->all.write, after_create);
}

/* ---- update and delete ---- */

static void answer_updated(struct call *c)
{
    answer_text(c, "{\"validation-result\":[{}]}");
}

void update_cdm_object(struct call *c)
{
    uint32_t *items;
    size_t n;
    int rc;

    if (!enter_cluster(c))
        return;
    rc = read_items(c, &items, &n);
    if (!rc && n != 1)
        rc = cdm_body_refuse(list_key(c), &c->err);
    if (rc)
        call_fail(c);
    else
        call_save(c, c->name, c->body, items[0], answer_updated);
}

static void answer_deleted(struct call *c)
{
    answer_text(c, "{}");
}

void delete_cdm_object(struct call *c)
{
    if (enter_cluster(c))
        call_remove(c, answer_deleted);
}

/* ---- show: one by its name, or all ---- */

#define LINK_TAIL ",\"fromTo-unMapping\":\"\",\"batchFromTo-mapping\":\"\""

static struct list_request *new_list(struct call *c)
{
    struct list_request *r = arena_alloc(&c->http->arena, sizeof(*r));

    if (!r) {
        err_nomem(&c->err);
        return NULL;
    }
    *r = (struct list_request){ .only = str_is(c->name, "all") ? STR_NONE : c->name };
    r->query.kind = c->route->kind;
    r->query.process_type = c->place.cluster;
    r->query.limit = LIST_MAX_LIMIT;
    return r;
}

/* Links have no pages: there are few, and clients ask for all at once. */
void show_links(struct call *c)
{
    struct list_request *r;

    if (!enter_cluster(c))
        return;
    r = new_list(c);
    if (!r) {
        call_fail(c);
        return;
    }
    r->query.limit = CDM_MAX_LINKS;
    r->tail = LINK_TAIL;
    call_list(c, r);
}

static int read_page(struct call *c, struct list_request *r)
{
    struct str job_type = STR_NONE;
    struct buf list = BUF_INIT(KIB), tail = BUF_INIT(KIB);
    int64_t page = 1, size = CDM_PAGE_SIZE;
    int rc = query_int(c, "page_no", 1, INT32_MAX, &page);

    if (!rc)
        rc = query_int(c, "page_size", 10, LIST_MAX_LIMIT, &size);
    if (!rc)
        rc = query_get(c->http->query, "filter", &r->query.name_part, &c->http->arena,
                       &c->err);
    if (!rc)
        rc = query_get(c->http->query, "jobType", &job_type, &c->http->arena, &c->err);
    if (rc)
        return rc;
    r->query.limit = size;
    r->query.offset = (page - 1) * size;
    buf_addf(&list, "%.*s/%.*s", STR_ARG(c->place.cluster),
             job_type.n && job_type.n < 64 ? (int)job_type.n : 10,
             job_type.n && job_type.n < 64 ? job_type.p : "NORMAL_JOB");
    r->query.process_type = arena_buf(&c->http->arena, &list);
    buf_addf(&tail, ",\"page_no\":%lld,\"page_size\":%lld,\"simple\":false",
             (long long)page, (long long)size);
    buf_addc(&tail, '\0');
    r->tail = arena_buf(&c->http->arena, &tail).p;
    buf_release(&list);
    buf_release(&tail);
    return r->tail && r->query.process_type.p ? 0 : err_nomem(&c->err);
}

void show_cdm_jobs(struct call *c)
{
    struct list_request *r;

    if (!enter_cluster(c))
        return;
    r = new_list(c);
    if (!r || read_page(c, r))
        call_fail(c);
    else
        call_list(c, r);
}

/* ---- runs: there are none ---- */

/* Whether the job `name` is held; answered when it is not. */
static bool is_held(struct call *c, struct str name)
{
    struct buf json = BUF_INIT(4 * DEFINITION_MAX);
    uint8_t digest[SHA256_BYTES];
    int rc = catalog_show(c->api->catalog, &c->place, KIND_CDM_JOB, name, SHOW_SAVED,
                          false, &json, digest, &c->err);

    buf_release(&json);
    if (rc)
        call_fail(c);
    return !rc;
}

#define NEVER_RUN                                                                        \
    "\"status\":\"NEVER_EXECUTED\",\"progress\":0,\"isIncrementing\":false,"             \
    "\"is-execute-auto\":false,\"isDeleteJob\":false,\"isStopingIncrement\":\"\""

void show_cdm_status(struct call *c)
{
    struct buf json = BUF_INIT(64 * KIB);
    struct jw jw = JW_INIT(&json, false);

    if (!enter_cluster(c) || !is_held(c, c->name))
        return;
    jw_object(&jw, STR_NONE);
    jw_array(&jw, STR("submissions"));
    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("job-name"), c->name);
    buf_adds(&json, "," NEVER_RUN);
    jw_end(&jw, '}');
    jw_end(&jw, ']');
    jw_end(&jw, '}');
    call_json(c, &json);
}

void list_submissions(struct call *c)
{
    struct str name;

    if (!enter_cluster(c))
        return;
    if (query_get(c->http->query, "jname", &name, &c->http->arena, &c->err)) {
        call_fail(c);
        return;
    }
    if (name.n && !is_held(c, name))
        return;
    answer_text(c, "{\"submissions\":[],\"total\":0,\"page_no\":1,\"page_size\":10}");
}
