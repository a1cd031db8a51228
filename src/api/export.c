#include "api/call.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/path.h"
#include "base/limits.h"
#include "base/percent.h"
#include "model/export_body.h"
#include "model/names.h"

/* Batch export and single export: spec/01, sections 2 and 4. */

/* Outside ASCII a plain name, and the real one percent-encoded (RFC 6266). */
static void add_disposition(struct call *c, enum export_layout layout)
{
    struct buf value = BUF_INIT(4 * KIB);
    bool ascii = true;

    for (size_t i = 0; i < c->name.n; i++)
        ascii &= (unsigned char)c->name.p[i] < 0x80;
    if (layout != EXPORT_SINGLE) {
        buf_adds(&value, layout == EXPORT_BATCH
                             ? "attachment; filename=\"jobs.zip\""
                             : "attachment; filename=\"DLF_All_DataConnections.zip\"");
    } else if (ascii) {
        buf_addf(&value, "attachment; filename=\"DLF_%.*s.zip\"", STR_ARG(c->name));
    } else {
        buf_adds(&value, "attachment; filename=\"DLF_job.zip\"; filename*=UTF-8''DLF_");
        percent_encode(&value, c->name);
        buf_adds(&value, ".zip");
    }
    http_add_header(c->http, "Content-Disposition", buf_cstr(&value));
    buf_release(&value);
}

static void add_report(struct call *c, struct export *e, enum export_layout layout)
{
    const size_t *n = e->count;
    struct buf missing = BUF_INIT(2 * HEADER_LIST_MAX);
    char counts[128];

    if (layout == EXPORT_CONNECTIONS)
        snprintf(counts, sizeof(counts), "connections=%zu", n[KIND_CONNECTION]);
    else
        snprintf(counts, sizeof(counts), "jobs=%zu;scripts=%zu;resources=%zu;cdm=%zu",
                 n[KIND_JOB], n[KIND_SCRIPT], n[KIND_RESOURCE], n[KIND_CDM_JOB]);
    http_add_header(c->http, "X-Dlf-Export-Counts", counts);
    if (!e->missing)
        return;
    buf_addf(&missing, "%zu; ", e->missing);
    buf_addstr(&missing, buf_str(&e->missing_list));
    http_add_header(c->http, "X-Dlf-Missing-Depends", buf_cstr(&missing));
    c->missing = arena_str(&c->http->arena, buf_str(&missing)).p;
    buf_release(&missing);
}

static void add_headers(struct call *c, struct export *e, enum export_layout layout)
{
    http_add_header(c->http, "ETag", e->etag);
    http_add_header(c->http, "Content-Type", "application/octet-stream");
    add_disposition(c, layout);
    add_report(c, e, layout);
}

/* A small archive is one buffer; a large one is sent as it is read. */
static void answer_archive(struct call *c, struct export *e, enum export_layout layout)
{
    struct buf whole = BUF_INIT(ANSWER_BUFFER_MAX);
    uint64_t size = e->size;
    struct stream *archive = catalog_export_stream(e);

    if (size > ANSWER_BUFFER_MAX) {
        add_headers(c, e, layout);
        http_answer_stream(c->http, client_status(c, 200), archive, size);
        return;
    }
    buf_reserve(&whole, size);
    if (stream_read_all(archive, &whole, &c->err)) {
        buf_release(&whole);
        call_fail(c);
    } else {
        add_headers(c, e, layout);
        http_answer(c->http, client_status(c, 200), &whole);
    }
    archive->free(archive);
}

static bool is_method(const struct call *c, const char *method)
{
    return str_is(str_of(c->http->method), method);
}

/* A match of If-None-Match answers 304 to GET and HEAD, 412 to all else. */
static void answer(struct call *c, struct export *e, enum export_layout layout)
{
    bool reads = is_method(c, "GET") || is_method(c, "HEAD");

    if (etag_matches(http_header(c->http, "If-None-Match"), e->etag, true)) {
        call_unsent(c, reads ? 304 : 412, e->etag);
        catalog_export_free(e);
    } else if (is_method(c, "HEAD")) {
        add_headers(c, e, layout);
        http_answer_stream(c->http, 200, catalog_export_stream(e), e->size);
    } else {
        answer_archive(c, e, layout);
    }
}

static int no_bucket(struct call *c, struct str obs_path)
{
    struct buf text = BUF_INIT(KIB);
    struct str bucket;

    if (!obs_path_ok(obs_path, false, &bucket))
        return 0;
    buf_addf(&text, "%.*s", (int)(bucket.n < 200 ? bucket.n : 200), bucket.p);
    err_set(&c->err, E_NOTFOUND, DLF_1242, DET_NO_BUCKET, buf_cstr(&text));
    buf_release(&text);
    return E_NOTFOUND;
}

static void export(struct call *c, const struct export_body *body,
                   enum export_layout layout)
{
    struct export_request request = { .names = body->names,
                                      .n = body->n,
                                      .depend = body->depend,
                                      .submitted = body->submitted,
                                      .fail_missing = body->fail_missing,
                                      .layout = layout };
    struct export *e;
    int rc = no_bucket(c, body->obs_path);

    if (!rc)
        rc = catalog_export_plan(c->api->catalog, &c->place, &request, &e, &c->err);
    if (rc)
        call_fail(c);
    else
        answer(c, e, layout);
}

void export_jobs(struct call *c)
{
    struct export_body body;

    if (export_body_read_batch(&body, c->body, &c->http->arena, &c->err))
        call_fail(c);
    else
        export(c, &body, EXPORT_BATCH);
}

void export_job(struct call *c)
{
    struct export_body body;

    if (export_body_read(&body, c->body, &c->http->arena, &c->err)) {
        call_fail(c);
        return;
    }
    body.names = &c->name;
    body.n = 1;
    export(c, &body, EXPORT_SINGLE);
}

void export_connections(struct call *c)
{
    struct export_body all = { .depend = false };

    export(c, &all, EXPORT_CONNECTIONS);
}

/* ---- the link: GET jobs.zip?name=a&name=b (decision 19) ---- */

static int bad_name(struct call *c, size_t index, int detail)
{
    char path[32];

    snprintf(path, sizeof(path), "name[%zu]", index);
    return err_set(&c->err, E_INVALID, DLF_3051, detail, path, "128", name_job.extra);
}

static int bad_count(struct call *c, size_t n)
{
    char given[24];

    snprintf(given, sizeof(given), "%zu", n);
    return err_set(&c->err, E_INVALID, DLF_3051, n ? DET_MAX_ITEMS : DET_MIN_ITEMS,
                   "name", n ? "100" : "1", given);
}

static int read_names(struct call *c, struct export_body *body)
{
    struct str *names = arena_array(&c->http->arena, EXPORT_MAX_JOBS, sizeof(*names));
    size_t n;
    int rc;

    if (!names)
        return err_nomem(&c->err);
    rc = query_list(c->http->query, "name", names, EXPORT_MAX_JOBS, &n, &c->http->arena,
                    &c->err);
    if (rc)
        return rc;
    if (n < 1 || n > EXPORT_MAX_JOBS)
        return bad_count(c, n);
    for (size_t i = 0; i < n; i++)
        if (!name_follows(&name_job, names[i]))
            return bad_name(c, i, name_is_dots(names[i]) ? DET_DOTS : DET_NAME);
    body->names = names;
    body->n = export_unique_names(names, n);
    return 0;
}

static int read_link(struct call *c, struct export_body *body)
{
    struct str workspace;
    int rc = query_get(c->http->query, "workspace", &workspace, &c->http->arena, &c->err);

    if (rc)
        return rc;
    if (workspace.p)
        c->place.workspace = workspace; /* a link has no headers */
    rc = read_names(c, body);
    if (!rc)
        rc = query_bool(c, "exportDepend", &body->depend);
    if (!rc)
        rc = query_choice(c, "exportStatus", "DEVELOP", "SUBMIT", &body->submitted);
    if (!rc)
        rc = query_choice(c, "missingDepend", "report", "fail", &body->fail_missing);
    return rc;
}

void export_link(struct call *c)
{
    struct export_body body = { .depend = true };

    if (read_link(c, &body))
        call_fail(c);
    else
        export(c, &body, EXPORT_BATCH);
}
