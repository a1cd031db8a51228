#include "api/call.h"

#include <stdlib.h>

#include "api/path.h"
#include "base/limits.h"

/*
 * Jobs, scripts, resources and connections: the five operations of each.  What differs is
 * in the tables of model/ and in the rows of handlers at the end.
 */

/* ---- create and update ---- */

/* When there is no memory for the list, the header still says that there is one. */
static void tell_lost_secrets(struct call *c)
{
    struct buf list = BUF_INIT(HEADER_LIST_MAX + KIB);

    catalog_secrets_lost(c->save, &list);
    if (list.len || list.bad)
        http_add_header(c->http, "X-Dlf-Secrets-Lost",
                        list.bad ? "..." : buf_cstr(&list));
    buf_release(&list);
}

static void answer_saved(struct call *c)
{
    struct buf json = BUF_INIT(KIB);

    tell_lost_secrets(c);
    if (c->succeed) {
        c->succeed(c);
        return;
    }
    if (c->route->handler != create_resource) {
        call_no_content(c);
        return;
    }
    buf_addf(&json, "{\"resourceId\":\"%s\"}", c->save->uid);
    call_json(c, &json);
}

/* On a serving thread again, with the outcome of the write. */
static void after_save(struct http_request *r)
{
    struct call *c = r->state;
    int rc = catalog_save_result(c->save, &c->err);

    if (rc == E_BUSY && ++c->tries < SAVE_MAX_TRIES) {
        err_clear(&c->err); /* somebody was faster: start from what they saved */
        catalog_save_release(c->save);
        c->save = NULL;
        call_run(c);
    } else if (rc) {
        call_fail(c);
    } else {
        answer_saved(c);
    }
}

static void after_removal(struct http_request *r)
{
    struct call *c = r->state;
    int rc = catalog_remove_result(c->removal, &c->err);

    if (rc == E_BUSY && ++c->tries < SAVE_MAX_TRIES) {
        err_clear(&c->err);
        call_run(c);
    } else if (rc) {
        call_fail(c);
    } else if (c->succeed) {
        c->succeed(c);
    } else {
        call_no_content(c);
    }
}

/* If-Match, so that nobody's change is lost: true when the object is not the one that is
 * meant; it has been answered then.  The write itself fails when the object changes after
 * this look, and all is tried again. */
static bool answer_changed(struct call *c, const struct object *old)
{
    const char *if_match = http_header(c->http, "If-Match");
    char etag[ETAG_BYTES];

    if (!if_match || !old)
        return false;
    etag_make(old->sha256, etag);
    if (etag_matches(if_match, etag, false))
        return false;
    call_unsent(c, 412, etag);
    return true;
}

static void on_written(struct write *w)
{
    struct http_request *r = w->arg;
    struct call *c = r->state;

    c->audited |= !w->rc && w->audit.n;
    http_resume(r);
}

/* The request sleeps until the writer has committed. */
void call_submit(struct call *c, struct write *w, void (*then)(struct http_request *r))
{
    if (audit_of_write(c, &w->audit, &c->err)) {
        call_fail(c);
        return;
    }
    c->write = w;
    w->arg = c->http;
    w->done = on_written;
    w->authority = c->place.authority;
    http_suspend(c->http, then);
    store_submit(c->api->catalog->store, w);
}

void object_save(struct call *c, enum kind kind, struct str key,
                 const struct json_doc *body, uint32_t at)
{
    if (catalog_save_prepare(c->api->catalog, &c->place, kind, key, body, at,
                             &c->http->arena, &c->save, &c->err))
        call_fail(c);
    else if (!answer_changed(c, c->save->old)) {
        c->subject = c->save->facts->name;
        call_submit(c, &c->save->write, after_save);
    }
}

static void create(struct call *c, enum kind kind)
{
    object_save(c, kind, STR_NONE, c->body, 0);
}

/* Blanks behind an id are let go: some clients send them. */
static struct str key_of(const struct call *c, enum kind kind)
{
    struct str key = c->name;

    while (kind == KIND_RESOURCE && key.n && key.p[key.n - 1] == ' ')
        key.n--;
    return key;
}

/* ischeck=true asks to test a connection. */
static bool refuse_test(struct call *c)
{
    bool test = false;

    if (!query_bool(c, "ischeck", &test) && !test)
        return false;
    if (test)
        err_set(&c->err, E_INVALID, DLF_6423, DET_NOT_TESTED);
    call_fail(c);
    return true;
}

static void update(struct call *c, enum kind kind)
{
    struct json_doc nothing = { 0 };
    const struct json_doc *body = c->body;

    if (kind == KIND_CONNECTION && refuse_test(c))
        return;

    if (!body) { /* an update without members changes none */
        if (json_read(&nothing, STR("{}"), 1, &c->err)) {
            call_fail(c);
            return;
        }
        body = &nothing;
    }
    object_save(c, kind, key_of(c, kind), body, 0);
    json_release(&nothing);
}

void object_delete(struct call *c, enum kind kind)
{
    int rc = c->body ? definition_check_approvers(c->body, &c->err) : 0;

    if (!rc)
        rc = catalog_remove_prepare(c->api->catalog, &c->place, kind, key_of(c, kind),
                                    http_header(c->http, "If-Match") != NULL,
                                    &c->http->arena, &c->removal, &c->err);
    if (rc)
        call_fail(c);
    else if (!answer_changed(c, c->removal->old))
        call_submit(c, &c->removal->write, after_removal);
}

/* ---- show and list ---- */

/* The ETag is the definition's: with the downstream jobs there is more to see. */
static void show(struct call *c, enum kind kind, int64_t version, bool downstream)
{
    struct buf json = BUF_INIT(4 * DEFINITION_MAX);
    uint8_t digest[SHA256_BYTES];
    char etag[ETAG_BYTES];

    if (catalog_show(c->api->catalog, &c->place, kind, key_of(c, kind), version,
                     downstream, &json, digest, &c->err)) {
        buf_release(&json);
        call_fail(c);
        return;
    }
    etag_make(digest, etag);
    if (!downstream && etag_matches(http_header(c->http, "If-None-Match"), etag, true)) {
        buf_release(&json);
        call_unsent(c, 304, etag);
    } else {
        http_add_header(c->http, "ETag", etag);
        call_json(c, &json);
    }
}

/* `version` is one that was submitted; getJobSubmitVersion the latest of them, where
 * none is named. */
void show_job(struct call *c)
{
    bool downstream = false, submitted = false;
    int64_t version = SHOW_SAVED;
    int rc = query_int(c, "version", 1, INT32_MAX, &version);

    if (!rc)
        rc = query_bool(c, "dependencies", &downstream);
    if (!rc)
        rc = query_bool(c, "getJobSubmitVersion", &submitted);
    if (rc)
        call_fail(c);
    else
        show(c, KIND_JOB, version || !submitted ? version : SHOW_SUBMITTED, downstream);
}

/* Large definitions are sent as they are read; small lists in one piece. */
void call_list(struct call *c, const struct list_request *request)
{
    struct buf json = BUF_INIT(4 * ANSWER_BUFFER_MAX);
    uint64_t size_hint;
    struct stream *list;

    if (catalog_list(c->api->catalog, &c->place, request, &c->http->arena, &list,
                     &size_hint, &c->err)) {
        call_fail(c);
        return;
    }
    if (size_hint > ANSWER_BUFFER_MAX) {
        http_add_header(c->http, "Content-Type", "application/json;charset=UTF-8");
        http_answer_stream(c->http, 200, list, HTTP_SIZE_UNKNOWN);
        return;
    }
    if (stream_read_all(list, &json, &c->err)) {
        buf_release(&json);
        call_fail(c);
    } else {
        call_json(c, &json);
    }
    list->free(list);
}

static void list(struct call *c, enum kind kind, const char *name_key, bool v2)
{
    struct list_request *r = arena_alloc(&c->http->arena, sizeof(*r));
    bool real_time = false;
    int rc = r ? 0 : err_nomem(&c->err);

    if (!rc) {
        *r = (struct list_request){ .v2 = v2, .tail = "" };
        r->query = (struct list_query){ .kind = kind,
                                        .process_type = STR(""),
                                        .limit = LIST_DEFAULT_LIMIT };
        rc = query_int(c, "offset", 0, LIST_MAX_OFFSET, &r->query.offset);
    }
    if (!rc)
        rc = query_int(c, "limit", 1, LIST_MAX_LIMIT, &r->query.limit);
    if (!rc && kind == KIND_JOB) {
        rc = query_choice(c, "jobType", "BATCH", "REAL_TIME", &real_time);
        r->query.process_type = real_time ? STR("REAL_TIME") : STR("BATCH");
    }
    if (!rc)
        rc = query_get(c->http->query, name_key, &r->query.name_part, &c->http->arena,
                       &c->err);
    if (rc)
        call_fail(c);
    else
        call_list(c, r);
}

/* ---- the rows ---- */

#define HANDLERS(one, kind, name_key)                                                    \
    void create_##one(struct call *c)                                                    \
    {                                                                                    \
        create(c, kind);                                                                 \
    }                                                                                    \
    void update_##one(struct call *c)                                                    \
    {                                                                                    \
        update(c, kind);                                                                 \
    }                                                                                    \
    void delete_##one(struct call *c)                                                    \
    {                                                                                    \
        object_delete(c, kind);                                                          \
    }                                                                                    \
    void list_##one##s(struct call *c)                                                   \
    {                                                                                    \
        list(c, kind, name_key, false);                                                  \
    }

HANDLERS(job, KIND_JOB, "jobName")
HANDLERS(script, KIND_SCRIPT, "scriptName")
HANDLERS(resource, KIND_RESOURCE, "resourceName")
HANDLERS(connection, KIND_CONNECTION, "connectionName")

/* What Terraform reads: other names, and no contents. */
void list_scripts_v2(struct call *c)
{
    list(c, KIND_SCRIPT, "script_name", true);
}

void show_script(struct call *c)
{
    int64_t version = SHOW_SAVED;

    if (query_int(c, "version", 1, INT32_MAX, &version))
        call_fail(c);
    else
        show(c, KIND_SCRIPT, version, false);
}

void show_connection(struct call *c)
{
    show(c, KIND_CONNECTION, SHOW_SAVED, false);
}

void show_resource(struct call *c)
{
    show(c, KIND_RESOURCE, SHOW_SAVED, false);
}
