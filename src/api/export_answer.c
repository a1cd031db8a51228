#include "api/export.h"

#include <stdio.h>

#include "base/limits.h"
#include "base/metrics.h"
#include "base/percent.h"

/* What an export is answered with: its archive, and headers about it. */

enum export_layout export_layout(const struct call *c)
{
    if (c->route->kind == KIND_CONNECTION)
        return EXPORT_CONNECTIONS;
    return c->name.p ? EXPORT_SINGLE : EXPORT_BATCH;
}

/* Outside ASCII a plain name, and the real one percent-encoded (RFC 6266). */
static void add_disposition(struct call *c)
{
    enum export_layout layout = export_layout(c);
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

/* kind/name@job, ..., percent-encoded, as many as have room. */
static void list_missing(const struct export *e, struct buf *list)
{
    struct buf one = BUF_INIT(BODY_MAX * 4);
    bool fits = true;

    for (size_t i = 0; fits && i < e->n_shown; i++) {
        const struct export_missing *m = &e->shown[i];

        buf_clear(&one);
        buf_addf(&one, "%s/", kind_name(m->kind));
        percent_encode(&one, m->name);
        buf_addc(&one, '@');
        percent_encode(&one, m->job);
        fits = buf_add_item(list, buf_str(&one), HEADER_LIST_MAX);
        if (one.bad)
            list->bad = one.bad;
    }
    buf_release(&one);
}

static void add_missing(struct call *c, const struct export *e)
{
    struct buf text = BUF_INIT(2 * HEADER_LIST_MAX),
               list = BUF_INIT(HEADER_LIST_MAX + 16);

    list_missing(e, &list);
    buf_addf(&text, "%zu; ", e->missing);
    buf_addbuf(&text, &list);
    c->missing = arena_buf(&c->http->arena, &text).p;
    http_add_header(c->http, "X-Dlf-Missing-Depends", c->missing);
    buf_release(&text);
    buf_release(&list);
}

static void add_report(struct call *c, const struct export *e)
{
    const size_t *n = e->count;
    char counts[128];

    if (export_layout(c) == EXPORT_CONNECTIONS)
        snprintf(counts, sizeof(counts), "connections=%zu", n[KIND_CONNECTION]);
    else
        snprintf(counts, sizeof(counts), "jobs=%zu;scripts=%zu;resources=%zu;cdm=%zu",
                 n[KIND_JOB], n[KIND_SCRIPT], n[KIND_RESOURCE], n[KIND_CDM_JOB]);
    http_add_header(c->http, "X-Dlf-Export-Counts", counts);
    if (e->missing)
        add_missing(c, e);
}

static bool is_method(const struct call *c, const char *method)
{
    return str_is(str_of(c->http->method), method);
}

static void count_export(const struct export *e)
{
    metric_add(METRIC_EXPORTS, 1);
    metric_add(METRIC_EXPORT_BYTES, (int64_t)e->size);
    metric_add(METRIC_EXPORT_MISSING, (int64_t)e->missing);
    for (size_t i = 0; i < KINDS; i++)
        metric_add(METRIC_EXPORT_ENTRIES, (int64_t)e->count[i]);
}

void export_report(struct call *c, const struct export *e)
{
    count_export(e);
    add_report(c, e);
}

static void add_headers(struct call *c, const struct export *e)
{
    char etag[ETAG_BYTES];

    if (!is_method(c, "HEAD"))
        count_export(e);
    etag_make(e->digest, etag);
    http_add_header(c->http, "ETag", etag);
    http_add_header(c->http, "Content-Type", "application/octet-stream");
    add_disposition(c);
    add_report(c, e);
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
static bool answer_streamed(struct call *c, struct export *e)
{
    bool head = is_method(c, "HEAD");

    if (!head && e->size <= ANSWER_BUFFER_MAX)
        return false;
    add_headers(c, e);
    http_answer_stream(c->http, head ? 200 : client_status(c, 200),
                       catalog_export_stream(e), e->size);
    return true;
}

/* A small archive is one buffer, which all who ask for it share. */
void export_answer(struct call *c, struct export *e)
{
    struct shared *whole = NULL;

    if (answer_unsent(c, e)) {
        catalog_export_free(e);
        return;
    }
    if (answer_streamed(c, e))
        return;
    if (catalog_export_whole(e, &whole, &c->err)) {
        call_fail(c);
    } else {
        add_headers(c, e);
        http_answer_shared(c->http, client_status(c, 200), whole);
    }
    catalog_export_free(e);
}

/* ---- what was asked before ---- */

static void digest_request(const struct call *c, uint8_t digest[SHA256_BYTES])
{
    const struct str part[] = { c->name, c->http->query, buf_str(&c->http->body) };
    uint64_t head = export_layout(c);
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
static bool answer_known(struct call *c, const uint8_t digest[SHA256_BYTES])
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
        add_headers(c, e);
        http_answer_shared(c->http, client_status(c, 200), whole);
        known = true;
    }
    metric_add(METRIC_MEMO_HITS, known);
    catalog_export_free(e);
    err_clear(&c->err);
    return known;
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

bool export_recall(struct call *c)
{
    bool link = c->route->flags & ROUTE_LINK;
    uint8_t *digest = arena_alloc(&c->http->arena, SHA256_BYTES);
    int rc = digest ? 0 : err_nomem(&c->err);

    /* What one caller gets is for nobody else, nor for when they may no longer. */
    if (link)
        http_add_header(c->http, "Cache-Control", "private, no-cache");
    if (export_layout(c) == EXPORT_BATCH)
        note_subject(c, link ? c->http->query : buf_str(&c->http->body));
    if (!rc && !link)
        rc = call_check_media_type(c);
    if (rc) {
        call_fail(c);
        return true;
    }
    digest_request(c, digest);
    c->op = digest;
    return answer_known(c, digest);
}
