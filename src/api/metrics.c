#include "api/call.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/metrics.h"

/* GET /metrics in the text form of Prometheus, and what it counts of requests. */

/* What is answered; 0: the client left before. */
static const int statuses[] = { 0,   200, 201, 202, 204, 304, 400, 401, 403, 404,
                                405, 412, 413, 414, 415, 429, 431, 500, 503 };
static const double bounds[] = { 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                 0.1,     0.25,   0.5,   1,      2.5,   5,    10 };
#define STATUSES (sizeof(statuses) / sizeof(statuses[0]))
#define BOUNDS (sizeof(bounds) / sizeof(bounds[0]))

/* One operation's requests; the row behind the routes' is of those without one. */
struct tally {
    atomic_uint_fast64_t status[STATUSES];
    atomic_uint_fast64_t within[BOUNDS + 1]; /* each bound, and above all */
    atomic_uint_fast64_t ns;
};
static struct tally tallies[ROUTES_MAX];

static void add(atomic_uint_fast64_t *count, uint64_t n)
{
    atomic_fetch_add_explicit(count, n, memory_order_relaxed);
}

void metrics_count(size_t route, int status, int64_t ns)
{
    struct tally *t = &tallies[route];
    size_t i = 0, bound = 0;

    while (i + 1 < STATUSES && statuses[i] != status)
        i++;
    while (bound < BOUNDS && (double)ns / 1e9 > bounds[bound])
        bound++;
    add(&t->status[i], 1);
    add(&t->within[bound], 1);
    add(&t->ns, (uint64_t)ns);
}

/* ---- the page ---- */

static void write_head(struct buf *out, const char *name, const char *type,
                       const char *help)
{
    buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void write_counts(struct buf *out, size_t route)
{
    for (size_t i = 0; i < STATUSES; i++)
        if (tallies[route].status[i])
            buf_addf(out,
                     "dlf_http_requests_total{operation=\"%s\",status=\"%d\"} %llu\n",
                     route_operation(route), statuses[i],
                     (unsigned long long)tallies[route].status[i]);
}

static void write_durations(struct buf *out, size_t route)
{
    const char *name = "dlf_http_request_duration_seconds", *op = route_operation(route);
    struct tally *t = &tallies[route];
    unsigned long long sum = 0;

    for (size_t i = 0; i < BOUNDS; i++) {
        sum += t->within[i];
        buf_addf(out, "%s_bucket{operation=\"%s\",le=\"%g\"} %llu\n", name, op, bounds[i],
                 sum);
    }
    sum += t->within[BOUNDS];
    buf_addf(out, "%s_bucket{operation=\"%s\",le=\"+Inf\"} %llu\n", name, op, sum);
    buf_addf(out, "%s_sum{operation=\"%s\"} %.9f\n", name, op, (double)t->ns / 1e9);
    buf_addf(out, "%s_count{operation=\"%s\"} %llu\n", name, op, sum);
}

static bool is_used(size_t route)
{
    for (size_t i = 0; i <= BOUNDS; i++)
        if (tallies[route].within[i])
            return true;
    return false;
}

static const struct {
    const char *type, *name, *help;
    double divisor;
} metrics[METRICS] = {
#define METRIC(symbol, type, name, divisor, help) { type, name, help, divisor },
#include "base/metrics.def"
#undef METRIC
};

static void write_page(struct buf *out)
{
    write_head(out, "dlf_build_info", "gauge", "The version that runs.");
    buf_adds(out, "dlf_build_info{version=\"" DLFD_VERSION "\"} 1\n");
    write_head(out, "dlf_http_requests_total", "counter",
               "Requests by operation and status; 0 is a client that left.");
    for (size_t i = 0; i < ROUTES_MAX; i++)
        write_counts(out, i);
    write_head(out, "dlf_http_request_duration_seconds", "histogram",
               "From a request's first line to the last byte of its answer.");
    for (size_t i = 0; i < ROUTES_MAX; i++)
        if (is_used(i))
            write_durations(out, i);
    for (size_t i = 0; i < METRICS; i++) {
        write_head(out, metrics[i].name, metrics[i].type, metrics[i].help);
        buf_addf(out, "%s %.15g\n", metrics[i].name,
                 (double)metric_of[i] / metrics[i].divisor);
    }
}

/* ---- its listener ---- */

static void answer_text(struct http_request *r, int status, struct buf *text)
{
    http_add_header(r, "Content-Type", "text/plain; version=0.0.4; charset=utf-8");
    http_answer(r, status, text);
}

static void on_head(void *self, struct http_request *r)
{
    struct buf text = BUF_INIT(4 * MIB);
    bool is_page = str_is(r->path, "/metrics");
    bool served = is_page && str_is(str_of(r->method), "GET");

    (void)self;
    if (served)
        write_page(&text);
    else
        buf_adds(&text, "only GET /metrics is served here\n");
    answer_text(r, served ? 200 : is_page ? 405 : 404, &text);
}

static void on_refuse(void *self, struct http_request *r, enum http_fault why)
{
    struct buf text = BUF_INIT(KIB);

    (void)self;
    buf_adds(&text, "the request is malformed, too large, or another site's\n");
    answer_text(r, why >= HTTP_FOREIGN_HOST ? 403 : 400, &text);
}

/* All is answered at the head. */
static void ignore(void *self, struct http_request *r)
{
    (void)self;
    (void)r;
}

static void ignore_answer(void *self, const struct http_request *r)
{
    (void)self;
    (void)r;
}

struct http_app api_metrics_app(void)
{
    return (struct http_app){ NULL,          on_head, on_refuse, ignore,
                              ignore_answer, ignore,  NULL };
}
