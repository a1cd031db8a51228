#include "api/call.h"

#include "api/path.h"
#include "base/limits.h"

/* Objects are shown and listed. */

/* The ETag is the definition's: with the downstream jobs there is more to see. */
static void answer_object(struct call *c, int64_t version, bool downstream)
{
    struct buf json = BUF_INIT(4 * DEFINITION_MAX);
    uint8_t digest[SHA256_BYTES];
    char etag[ETAG_BYTES];

    if (catalog_show(c->api->catalog, &c->place, c->route->kind, call_key(c), version,
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
void show_object(struct call *c)
{
    enum kind kind = c->route->kind;
    bool downstream = false, submitted = false;
    int64_t version = SHOW_SAVED;
    int rc = 0;

    if (kind_row(kind)->has_versions)
        rc = query_int(c, "version", 1, INT32_MAX, &version);
    if (!rc && kind == KIND_JOB)
        rc = query_bool(c, "dependencies", &downstream);
    if (!rc && kind == KIND_JOB)
        rc = query_bool(c, "getJobSubmitVersion", &submitted);
    if (rc)
        call_fail(c);
    else
        answer_object(c, version || !submitted ? version : SHOW_SUBMITTED, downstream);
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

/* The parameter that has a part of the names that are listed.  The v2 list of scripts,
 * which Terraform reads, has other names, and no contents. */
static const char *name_parameter(const struct route *route)
{
    return route->flags & ROUTE_V2 ? "script_name" : kind_row(route->kind)->parameter;
}

static int read_list_query(struct call *c, struct list_query *q)
{
    bool real_time = false;
    int rc = query_int(c, "offset", 0, LIST_MAX_OFFSET, &q->offset);

    if (!rc)
        rc = query_int(c, "limit", 1, LIST_MAX_LIMIT, &q->limit);
    if (!rc && q->kind == KIND_JOB) {
        rc = query_choice(c, "jobType", "BATCH", "REAL_TIME", &real_time);
        q->process_type = real_time ? STR("REAL_TIME") : STR("BATCH");
    }
    if (!rc)
        rc = query_get(c->http->query, name_parameter(c->route), &q->name_part,
                       &c->http->arena, &c->err);
    return rc;
}

void list_objects(struct call *c)
{
    struct list_request *r = arena_alloc(&c->http->arena, sizeof(*r));

    if (!r) {
        err_nomem(&c->err);
        call_fail(c);
        return;
    }
    *r = (struct list_request){ .v2 = c->route->flags & ROUTE_V2, .tail = "" };
    r->query = (struct list_query){ .kind = c->route->kind,
                                    .process_type = STR(""),
                                    .limit = LIST_DEFAULT_LIMIT };
    if (read_list_query(c, &r->query))
        call_fail(c);
    else
        call_list(c, r);
}
