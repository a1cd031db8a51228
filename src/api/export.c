#include "api/call.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/percent.h"
#include "model/export_body.h"
#include "model/names.h"

/* Batch export and single export: spec/01, sections 2 and 4. */

/* Whether If-None-Match holds `etag`, compared weakly, or is *. */
static bool etag_matches(const char *header, const char *etag)
{
    size_t n = strlen(etag);

    while (header && *header) {
        header += strspn(header, ", \t");
        if (*header == '*')
            return true;
        if (header[0] == 'W' && header[1] == '/')
            header += 2;
        if (strncmp(header, etag, n) == 0)
            return true;
        header += strcspn(header, ",");
    }
    return false;
}

/* Outside ASCII a plain name, and the real one percent-encoded (RFC 6266). */
static void add_disposition(struct call *c, bool single)
{
    struct buf value = BUF_INIT(4 * KIB);
    bool ascii = true;

    for (size_t i = 0; i < c->name.n; i++)
        ascii &= (unsigned char)c->name.p[i] < 0x80;
    if (!single) {
        buf_adds(&value, "attachment; filename=\"jobs.zip\"");
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

static void add_report(struct call *c, struct export *e)
{
    char counts[128];
    struct buf missing = BUF_INIT(2 * HEADER_LIST_MAX);

    snprintf(counts, sizeof(counts), "jobs=%zu;scripts=%zu;resources=%zu", e->jobs,
             e->scripts, e->resources);
    http_add_header(c->http, "X-Dlf-Export-Counts", counts);
    if (!e->missing)
        return;
    buf_addf(&missing, "%zu; ", e->missing);
    buf_addstr(&missing, buf_str(&e->missing_list));
    http_add_header(c->http, "X-Dlf-Missing-Depends", buf_cstr(&missing));
    c->missing = arena_str(&c->http->arena, buf_str(&missing)).p;
    buf_release(&missing);
}

static void add_headers(struct call *c, struct export *e, bool single)
{
    http_add_header(c->http, "ETag", e->etag);
    http_add_header(c->http, "Content-Type", "application/octet-stream");
    add_disposition(c, single);
    add_report(c, e);
}

/* A small archive is one buffer; a large one is sent as it is read. */
static void answer_archive(struct call *c, struct export *e, bool single)
{
    struct buf whole = BUF_INIT(ANSWER_BUFFER_MAX);
    uint64_t size = e->size;
    struct stream *archive = catalog_export_stream(e);

    if (size > ANSWER_BUFFER_MAX) {
        add_headers(c, e, single);
        http_answer_stream(c->http, client_status(c, 200), archive, size);
        return;
    }
    buf_reserve(&whole, size);
    if (stream_read_all(archive, &whole, &c->err)) {
        buf_release(&whole);
        call_fail(c);
    } else {
        add_headers(c, e, single);
        http_answer(c->http, client_status(c, 200), &whole);
    }
    archive->free(archive);
}

static void answer(struct call *c, struct export *e, bool single)
{
    if (!etag_matches(http_header(c->http, "If-None-Match"), e->etag)) {
        answer_archive(c, e, single);
        return;
    }
    http_add_header(c->http, "ETag", e->etag);
    http_answer(c->http, 412, NULL);
    catalog_export_free(e);
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

static void export(struct call *c, const struct export_body *body, bool single)
{
    struct export_request request = { .names = body->names,
                                      .n = body->n,
                                      .depend = body->depend,
                                      .submitted = body->submitted,
                                      .fail_missing = body->fail_missing,
                                      .single = single };
    struct export *e;
    int rc = no_bucket(c, body->obs_path);

    if (!rc)
        rc = catalog_export_plan(c->api->catalog, &c->place, &request, &e, &c->err);
    if (rc)
        call_fail(c);
    else
        answer(c, e, single);
}

void export_jobs(struct call *c)
{
    struct export_body body;

    if (export_body_read_batch(&body, c->body, &c->http->arena, &c->err))
        call_fail(c);
    else
        export(c, &body, false);
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
    export(c, &body, true);
}
