#include "api/export.h"

#include <stdio.h>

#include "api/path.h"
#include "base/limits.h"
#include "model/names.h"

/*
 * Exports: of a batch of jobs, of one job, of all connections, and by a link.  What is
 * asked for is read here; export_recall() has found that it was not asked before.
 */

static void plan_and_answer(struct call *c, const struct export_body *body)
{
    struct export_request request = export_request_of(body, export_layout(c));
    struct export *e;

    if (body->obs_path.n) {
        export_to_obs(c, body);
        return;
    }
    request.digest = c->op;
    if (catalog_export_plan(c->api->catalog, &c->place, &request, &e, &c->err))
        call_fail(c);
    else
        export_answer(c, e);
}

void export_jobs(struct call *c)
{
    struct export_body body;

    if (export_body_read_batch(&body, c->body, &c->http->arena, &c->err))
        call_fail(c);
    else
        plan_and_answer(c, &body);
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
    plan_and_answer(c, &body);
}

void export_connections(struct call *c)
{
    struct export_body all = { .depend = false };

    plan_and_answer(c, &all);
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

    if (read_link(c, &body))
        call_fail(c);
    else
        plan_and_answer(c, &body);
}
