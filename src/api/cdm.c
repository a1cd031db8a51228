#include "api/call.h"

#include <stdio.h>

#include "api/path.h"
#include "base/limits.h"

/*
 * CDM v1.1: clusters, links and jobs.  Links and jobs come as
 * {"links": [...]} and {"jobs": [...]}; some clients wrap that twice.
 */

/* ---- clusters ---- */

static void answer_clusters(struct call *c, struct str uid)
{
    struct buf json = BUF_INIT(MIB);

    if (catalog_show_clusters(c->api->catalog, &c->place, uid, &json, &c->err)) {
        buf_release(&json);
        call_fail(c);
    } else {
        call_json(c, &json);
    }
}

void list_clusters(struct call *c)
{
    answer_clusters(c, STR_NONE);
}

void show_cluster(struct call *c)
{
    answer_clusters(c, c->cluster);
}

/* Puts the cluster's name where the catalogue looks for it; false: answered. */
static bool enter_cluster(struct call *c)
{
    if (!catalog_cluster(c->api->catalog, &c->place, c->cluster, &c->http->arena,
                         &c->place.cluster, &c->err))
        return true;
    call_fail(c);
    return false;
}

/* ---- what is sent ---- */

static const char *member_of(enum kind kind)
{
    return kind == KIND_LINK ? "links" : "jobs";
}

static int bad_list(struct call *c, const char *key)
{
    return err_set(&c->err, E_INVALID, CDM_0014, DET_LIST_OF_OBJECTS, key);
}

/* The array of a body: {"jobs": [...]} or {"jobs": {"jobs": [...]}}. */
static int find_list(struct call *c, enum kind kind, uint32_t *list)
{
    const char *key = member_of(kind);

    *list = c->body ? json_member(c->body, 0, key) : 0;
    if (*list && json_type(c->body, *list) == JSON_OBJECT)
        *list = json_member(c->body, *list, key);
    if (!*list || json_type(c->body, *list) != JSON_ARRAY || !c->body->value[*list].len)
        return bad_list(c, key);
    JSON_EACH (i, c->body, *list)
        if (json_type(c->body, i) != JSON_OBJECT)
            return bad_list(c, key);
    return 0;
}

/* {"name": ..., "validation-result": [{}]}, without a name after an update. */
static void answer_valid(struct call *c, struct str name)
{
    struct buf json = BUF_INIT(64 * KIB);
    struct jw jw = JW_INIT(&json, false);

    jw_object(&jw, STR_NONE);
    if (name.p)
        jw_string(&jw, STR("name"), name);
    jw_array(&jw, STR("validation-result"));
    jw_object(&jw, STR_NONE);
    jw_end(&jw, '}');
    jw_end(&jw, ']');
    jw_end(&jw, '}');
    call_json(c, &json);
}

static void answer_nothing(struct call *c)
{
    struct buf json = BUF_INIT(KIB);

    buf_adds(&json, "{}");
    call_json(c, &json);
}

/* ---- create: all or none ---- */

static void after_create(struct http_request *r)
{
    struct call *c = r->state;
    struct save *failed = c->all->failed < c->n_saves ? c->saves[c->all->failed] : NULL;

    if (!c->all->write.rc) {
        answer_valid(c, c->saves[0]->facts->name);
        return;
    }
    if (failed) {
        failed->write.rc = c->all->write.rc;
        failed->write.err = c->all->write.err;
        c->all->write.err = ERR_INIT;
        if (catalog_save_result(failed, &c->err))
            call_fail(c);
        return;
    }
    c->err = c->all->write.err;
    c->all->write.err = ERR_INIT;
    call_fail(c);
}

static int prepare_all(struct call *c, enum kind kind, uint32_t list)
{
    size_t n = c->body->value[list].len;
    int rc = 0;

    c->saves = arena_array(&c->http->arena, n, sizeof(struct save *));
    c->all = arena_alloc(&c->http->arena, sizeof(*c->all));
    if (!c->saves || !c->all)
        return err_nomem(&c->err);
    JSON_EACH (i, c->body, list) {
        rc = catalog_save_prepare(c->api->catalog, &c->place, kind, STR_NONE, c->body, i,
                                  &c->http->arena, &c->saves[c->n_saves], &c->err);
        if (rc)
            break;
        c->n_saves++;
    }
    return rc;
}

static void create_all(struct call *c, enum kind kind)
{
    uint32_t list;

    if (!enter_cluster(c))
        return;
    if (find_list(c, kind, &list) || prepare_all(c, kind, list)) {
        call_fail(c);
        return;
    }
    save_all_init(c->all);
    c->all->saves = c->saves;
    c->all->n = c->n_saves;
    call_submit(c, &c->all->write, after_create);
}

/* validate=true creates nothing; what is looked at is the form alone. */
static void answer_validated(struct call *c)
{
    struct buf json = BUF_INIT(64 * KIB);
    struct jw jw = JW_INIT(&json, false);

    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("name"), c->saves[0]->facts->name);
    jw_array(&jw, STR("validation-result"));
    jw_object(&jw, STR_NONE);
    jw_array(&jw, STR("linkConfig"));
    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("message"),
              STR("Only the form of the link was checked: this "
                  "version connects to nothing."));
    jw_string(&jw, STR("status"), STR("WARNING"));
    jw_end(&jw, '}');
    jw_end(&jw, ']');
    jw_end(&jw, '}');
    jw_end(&jw, ']');
    jw_end(&jw, '}');
    call_json(c, &json);
}

void create_link(struct call *c)
{
    bool validate = false;
    uint32_t list;

    if (query_bool(c, "validate", &validate))
        call_fail(c);
    else if (!validate)
        create_all(c, KIND_LINK);
    else if (!enter_cluster(c))
        return;
    else if (find_list(c, KIND_LINK, &list) || prepare_all(c, KIND_LINK, list))
        call_fail(c);
    else
        answer_validated(c);
}

void create_cdm_job(struct call *c)
{
    create_all(c, KIND_CDM_JOB);
}

/* ---- update and delete ---- */

static void updated(struct call *c)
{
    answer_valid(c, STR_NONE);
}

static void update_one(struct call *c, enum kind kind)
{
    uint32_t list;

    if (!enter_cluster(c))
        return;
    c->succeed = updated;
    if (find_list(c, kind, &list))
        call_fail(c);
    else if (c->body->value[list].len != 1) {
        bad_list(c, member_of(kind));
        call_fail(c);
    } else {
        object_save(c, kind, c->name, c->body, list + 1);
    }
}

void update_link(struct call *c)
{
    update_one(c, KIND_LINK);
}

void update_cdm_job(struct call *c)
{
    update_one(c, KIND_CDM_JOB);
}

static void delete_one(struct call *c, enum kind kind)
{
    if (!enter_cluster(c))
        return;
    c->succeed = answer_nothing;
    object_delete(c, kind);
}

void delete_link(struct call *c)
{
    delete_one(c, KIND_LINK);
}

void delete_cdm_job(struct call *c)
{
    delete_one(c, KIND_CDM_JOB);
}

/* ---- show: one by its name, or all ---- */

#define LINK_TAIL ",\"fromTo-unMapping\":\"\",\"batchFromTo-mapping\":\"\""

static struct list_request *new_request(struct call *c, enum kind kind)
{
    struct list_request *r = arena_alloc(&c->http->arena, sizeof(*r));

    if (!r) {
        err_nomem(&c->err);
        return NULL;
    }
    *r = (struct list_request){ .only = str_is(c->name, "all") ? STR_NONE : c->name };
    r->query.kind = kind;
    r->query.process_type = c->place.cluster;
    r->query.limit = LIST_MAX_LIMIT;
    return r;
}

/* Links have no pages: there are few, and clients ask for all at once. */
void show_link(struct call *c)
{
    struct list_request *r;

    if (!enter_cluster(c))
        return;
    r = new_request(c, KIND_LINK);
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
    r = new_request(c, KIND_CDM_JOB);
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
    jw_string(&jw, STR("status"), STR("NEVER_EXECUTED"));
    jw_int(&jw, STR("progress"), 0);
    jw_bool(&jw, STR("isIncrementing"), false);
    jw_bool(&jw, STR("is-execute-auto"), false);
    jw_bool(&jw, STR("isDeleteJob"), false);
    jw_string(&jw, STR("isStopingIncrement"), STR(""));
    jw_end(&jw, '}');
    jw_end(&jw, ']');
    jw_end(&jw, '}');
    call_json(c, &json);
}

void list_submissions(struct call *c)
{
    struct buf json = BUF_INIT(KIB);
    struct str name;

    if (!enter_cluster(c))
        return;
    if (query_get(c->http->query, "jname", &name, &c->http->arena, &c->err)) {
        call_fail(c);
        return;
    }
    if (name.n && !is_held(c, name))
        return;
    buf_adds(&json, "{\"submissions\":[],\"total\":0,\"page_no\":1,\"page_size\":10}");
    call_json(c, &json);
}
