#include "api/call.h"

#include <stdio.h>
#include <stdlib.h>

#include "api/path.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "base/percent.h"
#include "api/export_body.h"
#include "model/names.h"

/* Batch export and single export. */

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

static void add_report(struct call *c, const struct export *e, enum export_layout layout)
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
    buf_addstr(&missing, e->missing_list);
    c->missing = arena_buf(&c->http->arena, &missing).p;
    http_add_header(c->http, "X-Dlf-Missing-Depends", c->missing);
    buf_release(&missing);
}

static bool is_method(const struct call *c, const char *method)
{
    return str_is(str_of(c->http->method), method);
}

static void count(const struct export *e)
{
    metric_add(METRIC_EXPORTS, 1);
    metric_add(METRIC_EXPORT_BYTES, (int64_t)e->size);
    metric_add(METRIC_EXPORT_MISSING, (int64_t)e->missing);
    for (size_t i = 0; i < KINDS; i++)
        metric_add(METRIC_EXPORT_ENTRIES, (int64_t)e->count[i]);
}

static void add_headers(struct call *c, const struct export *e, enum export_layout layout)
{
    char etag[ETAG_BYTES];

    if (!is_method(c, "HEAD"))
        count(e);
    etag_make(e->digest, etag);
    http_add_header(c->http, "ETag", etag);
    http_add_header(c->http, "Content-Type", "application/octet-stream");
    add_disposition(c, layout);
    add_report(c, e, layout);
}

/* A match of If-None-Match answers 304 to GET and HEAD, 412 to all else. */
static bool answer_unsent(struct call *c, const struct export *e)
{
    bool reads = is_method(c, "GET") || is_method(c, "HEAD");
    const char *known = http_header(c->http, "If-None-Match");
    char etag[ETAG_BYTES];

    if (!known)
        return false;
    etag_make(e->digest, etag);
    if (!etag_matches(known, etag, true))
        return false;
    call_unsent(c, reads ? 304 : 412, etag);
    return true;
}

/* A large archive is sent as it is read, and takes the plan over.  To HEAD none is
 * sent, so that nothing is read for it. */
static bool answer_streamed(struct call *c, struct export *e, enum export_layout layout)
{
    bool head = is_method(c, "HEAD");

    if (!head && e->size <= ANSWER_BUFFER_MAX)
        return false;
    add_headers(c, e, layout);
    http_answer_stream(c->http, head ? 200 : client_status(c, 200),
                       catalog_export_stream(e), e->size);
    return true;
}

/* A small archive is one buffer, which all who ask for it share. */
static void answer(struct call *c, struct export *e, enum export_layout layout)
{
    struct shared *whole = NULL;

    if (answer_unsent(c, e)) {
        catalog_export_free(e);
        return;
    }
    if (answer_streamed(c, e, layout))
        return;
    if (catalog_export_whole(e, &whole, &c->err)) {
        call_fail(c);
    } else {
        add_headers(c, e, layout);
        http_answer_shared(c->http, client_status(c, 200), whole);
    }
    catalog_export_free(e);
}

/* ---- what was asked before ---- */

static void digest_request(const struct call *c, enum export_layout layout,
                           uint8_t digest[SHA256_BYTES])
{
    const struct str part[] = { c->name, c->http->query, buf_str(&c->http->body) };
    uint64_t head = layout;
    struct sha256_ctx s;

    sha256_init(&s);
    sha256_update(&s, sizeof(head), (const uint8_t *)&head);
    for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
        uint64_t n = part[i].n; /* so that no part runs into the next */

        sha256_update(&s, sizeof(n), (const uint8_t *)&n);
        sha256_update(&s, part[i].n, (const uint8_t *)part[i].p);
    }
    sha256_digest(&s, SHA256_BYTES, digest);
}

/* Answers a request whose outcome and archive are kept, or who may not ask for it any
 * more; false when they are not kept, or when it failed: the plan says why, then. */
static bool answer_known(struct call *c, enum export_layout layout,
                         const uint8_t digest[SHA256_BYTES])
{
    struct shared *whole = NULL;
    struct export *e = NULL;
    bool known = false;
    int rc = 0;

    if (!is_method(c, "HEAD"))
        rc = catalog_export_recall(c->api->catalog, &c->place, digest, &e, &c->err);
    if (rc == E_DENIED) {
        call_fail(c);
        return true;
    }
    if (!e) {
        err_clear(&c->err);
        return false;
    }
    if (answer_unsent(c, e)) {
        known = true;
    } else if (!catalog_export_whole(e, &whole, &c->err) && whole) {
        add_headers(c, e, layout);
        http_answer_shared(c->http, client_status(c, 200), whole);
        known = true;
    }
    metric_add(METRIC_MEMO_HITS, known);
    catalog_export_free(e);
    err_clear(&c->err);
    return known;
}

struct export_request export_request_of(const struct export_body *body,
                                        enum export_layout layout)
{
    return (struct export_request){ .names = body->names,
                                    .n = body->n,
                                    .depend = body->depend,
                                    .submitted = body->submitted,
                                    .fail_missing = body->fail_missing,
                                    .layout = layout };
}

void export_report(struct call *c, const struct export *e, enum export_layout layout)
{
    count(e);
    add_report(c, e, layout);
}

static void export(struct call *c, const struct export_body *body,
                   enum export_layout layout, const uint8_t digest[SHA256_BYTES])
{
    struct export_request request = export_request_of(body, layout);
    struct export *e;

    if (body->obs_path.n) {
        export_to_obs(c, body, layout);
        return;
    }
    request.digest = digest;
    if (catalog_export_plan(c->api->catalog, &c->place, &request, &e, &c->err))
        call_fail(c);
    else
        answer(c, e, layout);
}

/* What is asked for, as the client wrote it: nothing else is at hand when the answer
 * is remembered.  The body is gone when the audit log is written. */
static void note_subject(struct call *c, struct str text)
{
    if (!c->api->audit)
        return;
    text.n = text.n < KIB ? text.n : KIB;
    c->subject = arena_str(&c->http->arena, text);
}

/* From what was asked before, else from the body. */
static void export_posted(struct call *c, enum export_layout layout)
{
    struct export_body body = { .depend = false };
    uint8_t digest[SHA256_BYTES];
    int rc = call_check_media_type(c);

    if (layout == EXPORT_BATCH)
        note_subject(c, buf_str(&c->http->body));
    digest_request(c, layout, digest);
    if (!rc && answer_known(c, layout, digest))
        return;
    if (!rc && layout == EXPORT_BATCH) {
        rc = call_read_body(c);
        rc = rc ? rc : export_body_read_batch(&body, c->body, &c->http->arena, &c->err);
    } else if (!rc && layout == EXPORT_SINGLE) {
        rc = call_read_body(c);
        rc = rc ? rc : export_body_read(&body, c->body, &c->http->arena, &c->err);
        body.names = &c->name;
        body.n = 1;
    }
    if (rc)
        call_fail(c);
    else
        export(c, &body, layout, digest);
}

void export_jobs(struct call *c)
{
    export_posted(c, EXPORT_BATCH);
}

void export_job(struct call *c)
{
    export_posted(c, EXPORT_SINGLE);
}

void export_connections(struct call *c)
{
    export_posted(c, EXPORT_CONNECTIONS);
}

/* ---- the link: GET jobs.zip?name=a&name=b ---- */

static int bad_name(struct call *c, size_t index, int detail)
{
    char path[32];

    snprintf(path, sizeof(path), "name[%zu]", index);
    return err_set(&c->err, E_INVALID, DLF_3051, detail, path, "128", name_job.extra);
}

static int bad_count(struct call *c, size_t n)
{
    return err_set(&c->err, E_INVALID, DLF_3051, n ? DET_MAX_ITEMS : DET_MIN_ITEMS,
                   "name", n ? "100" : "1", NUM(n));
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
    int rc = read_names(c, body);

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
    uint8_t digest[SHA256_BYTES];

    /* What one caller gets is for nobody else, nor for when they may no longer. */
    http_add_header(c->http, "Cache-Control", "private, no-cache");
    note_subject(c, c->http->query);
    digest_request(c, EXPORT_BATCH, digest);
    if (read_link(c, &body))
        call_fail(c);
    else if (!answer_known(c, EXPORT_BATCH, digest))
        export(c, &body, EXPORT_BATCH, digest);
}
