#include "api/iam.h"

#include <stdio.h>

#include "api/path.h"
#include "base/clock.h"
#include "base/limits.h"

/*
 * What the IAM routes show: tokens, the catalogue of services, projects, domains,
 * versions.
 */

/* Where clients reach this server: as the option says, or as they named it. */
static void add_base(const struct call *c, struct buf *out)
{
    const char *host = http_header(c->http, "Host");

    if (*c->api->public_url)
        buf_adds(out, c->api->public_url);
    else
        buf_addf(out, "%s://%s", c->api->tls ? "https" : "http", host ? host : "");
}

/* A member whose value is the base, and `path` behind it. */
static void write_url(struct jw *jw, const struct call *c, const char *key,
                      const char *path, struct str project)
{
    struct buf url = BUF_INIT(HEADERS_MAX_BYTES + 4 * KIB);

    add_base(c, &url);
    buf_adds(&url, path);
    buf_addstr(&url, project);
    jw_buf(jw, str_of(key), &url);
    buf_release(&url);
}

/* "links": {"self": ...} */
static void write_links(struct jw *jw, const struct call *c, bool pages)
{
    jw_object(jw, STR("links"));
    write_url(jw, c, "self", "", c->http->path);
    if (pages) {
        jw_literal(jw, STR("previous"), "null");
        jw_literal(jw, STR("next"), "null");
    }
    jw_end(jw, '}');
}

static void answer(struct call *c, struct buf *json)
{
    http_add_header(c->http, "X-IAM-Trace-Id", c->http->id);
    call_json(c, json);
}

/* ---- the catalogue ---- */

/* gophertelekomcloud makes the addresses of DLF and CDM out of volumev2's, by putting
 * dayu-dlf or cdm for evs and v1 or v1.1 for v2. */
static const struct {
    const char *name, *type, *path;
    bool of_project;
} services[] = {
    { "iam", "iam", "/v3", false },
    { "keystone", "identity", "/v3", false },
    { "dayu-dlf", "dayu-dlf", "/dayu-dlf/v1/", true },
    { "cdm", "cdm", "/cdm/v1.1/", true },
    { "evs", "volumev2", "/evs/v2/", true },
};

static void write_service(struct jw *jw, const struct call *c, size_t i,
                          struct str project)
{
    const char *region = services[i].of_project ? c->api->region : "*";

    jw_object(jw, STR_NONE);
    jw_string(jw, STR("id"), str_of(services[i].name));
    jw_string(jw, STR("name"), str_of(services[i].name));
    jw_string(jw, STR("type"), str_of(services[i].type));
    jw_array(jw, STR("endpoints"));
    jw_object(jw, STR_NONE);
    jw_string(jw, STR("id"), str_of(services[i].name));
    jw_string(jw, STR("interface"), STR("public"));
    jw_string(jw, STR("region"), str_of(region));
    jw_string(jw, STR("region_id"), str_of(region));
    write_url(jw, c, "url", services[i].path, services[i].of_project ? project : STR(""));
    jw_end(jw, '}');
    jw_end(jw, ']');
    jw_end(jw, '}');
}

static void write_catalog(struct jw *jw, const struct call *c, struct str project,
                          bool empty)
{
    jw_array(jw, STR("catalog"));
    for (size_t i = 0; !empty && i < sizeof(services) / sizeof(services[0]); i++)
        if (project.n || !services[i].of_project)
            write_service(jw, c, i, project);
    jw_end(jw, ']');
}

void show_catalog(struct call *c)
{
    struct iam_project project = { c->who.project, STR("") };
    struct buf json = BUF_INIT(MIB);
    struct jw jw = JW_INIT(&json, false);
    size_t n;

    /* Whoever signs has no project but the one that comes first. */
    if (!project.id.n &&
        iam_find_projects(c, &c->who, LIST_PROJECTS, STR_NONE, &project, &n, &c->err)) {
        call_fail(c);
        return;
    }
    jw_object(&jw, STR_NONE);
    write_catalog(&jw, c, project.id, false);
    write_links(&jw, c, true);
    jw_end(&jw, '}');
    answer(c, &json);
}

/* ---- tokens ---- */

/* 2020-01-04T09:08:49.965000Z */
static void write_time(struct jw *jw, const char *key, int64_t ms)
{
    char text[CLOCK_TEXT_BYTES], six[CLOCK_TEXT_BYTES + 8];

    clock_text(ms, text);
    snprintf(six, sizeof(six), "%.23s000Z", text);
    jw_string(jw, str_of(key), str_of(six));
}

static void write_named(struct jw *jw, const char *key, struct str id, struct str name)
{
    jw_object(jw, str_of(key));
    jw_string(jw, STR("id"), id);
    jw_string(jw, STR("name"), name);
}

static void write_owner(struct jw *jw, const struct principal *who)
{
    const struct account *a = &who->account;

    write_named(jw, "user", a->id, a->name);
    write_named(jw, "domain", a->domain, a->domain_name);
    jw_end(jw, '}');
    jw_string(jw, STR("password_expires_at"), STR(""));
    jw_end(jw, '}');
    if (!who->project.n) {
        write_named(jw, "domain", a->domain, a->domain_name);
        jw_end(jw, '}');
        return;
    }
    write_named(jw, "project", who->project, who->project_name);
    write_named(jw, "domain", a->domain, a->domain_name);
    jw_end(jw, '}');
    jw_end(jw, '}');
}

void iam_write_token(struct call *c, const struct principal *who, bool with_catalog,
                     struct buf *out)
{
    struct jw jw = JW_INIT(out, false);
    struct buf methods = BUF_INIT(KIB);
    const char *list;

    buf_addstr(&methods, who->methods);
    list = buf_cstr(&methods);
    jw_object(&jw, STR_NONE);
    jw_object(&jw, STR("token"));
    write_time(&jw, "expires_at", who->expires_ms);
    write_time(&jw, "issued_at", who->issued_ms);
    jw_literal(&jw, STR("methods"), list ? list : "[]");
    write_owner(&jw, who);
    jw_array(&jw, STR("roles"));
    write_named(&jw, NULL, STR("0"),
                who->account.is_admin ? STR("te_admin") : STR("dlf_member"));
    jw_end(&jw, '}');
    jw_end(&jw, ']');
    write_catalog(&jw, c, who->project, !with_catalog);
    jw_end(&jw, '}');
    jw_end(&jw, '}');
    if (!list)
        out->bad = E_NOMEM;
    buf_release(&methods);
}

/* ---- projects and domains ---- */

/* What is made of the rows: the first project, or a list of them. */
struct rows {
    struct call *call;
    struct jw *jw;
    struct iam_project *first;
    size_t n;
};

static void read_row(void *arg, const struct str *column)
{
    struct rows *r = arg;
    struct arena *arena = &r->call->http->arena;

    if (r->n++ == 0)
        *r->first = (struct iam_project){ arena_str(arena, column[0]),
                                          arena_str(arena, column[1]) };
}

static void write_row(void *arg, const struct str *column)
{
    struct rows *r = arg;

    r->n++;
    jw_object(r->jw, STR_NONE);
    jw_string(r->jw, STR("id"), column[0]);
    jw_string(r->jw, STR("name"), column[1]);
    jw_string(r->jw, STR("domain_id"), column[2]);
    jw_string(r->jw, STR("parent_id"), column[2]);
    jw_bool(r->jw, STR("is_domain"), false);
    jw_bool(r->jw, STR("enabled"), true);
    jw_string(r->jw, STR("description"), STR(""));
    jw_object(r->jw, STR("links"));
    write_url(r->jw, r->call, "self", "/v3/projects/", column[0]);
    jw_end(r->jw, '}');
    jw_end(r->jw, '}');
}

static int each_project(struct call *c, const struct principal *who,
                        enum account_list list, struct str which,
                        void (*each)(void *arg, const struct str *column),
                        struct rows *rows, struct err *err)
{
    struct str args[] = { who->account.id, who->account.domain,
                          who->account.is_admin ? STR("1") : STR("0"), which };
    struct snapshot *s;
    int rc = store_snapshot(&s, c->api->catalog->store, err);

    if (!rc) {
        rc = snapshot_accounts(s, list, args, list == LIST_PROJECTS ? 3 : 4, each, rows,
                               err);
        snapshot_end(s);
    }
    return rc;
}

int iam_find_projects(struct call *c, const struct principal *who, enum account_list list,
                      struct str which, struct iam_project *first, size_t *n,
                      struct err *err)
{
    struct rows rows = { .call = c, .first = first };
    int rc = each_project(c, who, list, which, read_row, &rows, err);

    *n = rows.n;
    if (!rc && rows.n && (!first->id.p || !first->name.p))
        rc = err_nomem(err);
    return rc;
}

void list_projects(struct call *c)
{
    struct buf json = BUF_INIT(64 * MIB);
    struct jw jw = JW_INIT(&json, false);
    struct rows rows = { .call = c, .jw = &jw };
    struct str name;
    int rc = query_get(c->http->query, "name", &name, &c->http->arena, &c->err);

    jw_object(&jw, STR_NONE);
    jw_array(&jw, STR("projects"));
    if (!rc)
        rc = each_project(c, &c->who, name.p ? LIST_PROJECTS_OF_NAME : LIST_PROJECTS,
                          name, write_row, &rows, &c->err);
    jw_end(&jw, ']');
    write_links(&jw, c, true);
    jw_end(&jw, '}');
    if (!rc) {
        answer(c, &json);
        return;
    }
    buf_release(&json);
    call_fail(c);
}

/* The caller's own, unless another name is asked for. */
void list_domains(struct call *c)
{
    const struct account *a = &c->who.account;
    struct buf json = BUF_INIT(MIB);
    struct jw jw = JW_INIT(&json, false);
    struct str name;

    if (query_get(c->http->query, "name", &name, &c->http->arena, &c->err)) {
        call_fail(c);
        return;
    }
    jw_object(&jw, STR_NONE);
    jw_array(&jw, STR("domains"));
    if (!name.p || str_eq(name, a->domain_name)) {
        write_named(&jw, NULL, a->domain, a->domain_name);
        jw_bool(&jw, STR("enabled"), true);
        jw_string(&jw, STR("description"), STR(""));
        write_links(&jw, c, false);
        jw_end(&jw, '}');
    }
    jw_end(&jw, ']');
    write_links(&jw, c, true);
    jw_end(&jw, '}');
    answer(c, &json);
}

/* ---- versions ---- */

static void write_version(struct jw *jw, const struct call *c, const char *key)
{
    jw_object(jw, str_of(key));
    jw_string(jw, STR("id"), STR("v3.6"));
    jw_string(jw, STR("status"), STR("stable"));
    jw_array(jw, STR("links"));
    jw_object(jw, STR_NONE);
    jw_string(jw, STR("rel"), STR("self"));
    write_url(jw, c, "href", "/v3/", STR(""));
    jw_end(jw, '}');
    jw_end(jw, ']');
    jw_end(jw, '}');
}

void list_versions(struct call *c)
{
    struct buf json = BUF_INIT(64 * KIB);
    struct jw jw = JW_INIT(&json, false);

    jw_object(&jw, STR_NONE);
    jw_object(&jw, STR("versions"));
    jw_array(&jw, STR("values"));
    write_version(&jw, c, NULL);
    jw_end(&jw, ']');
    jw_end(&jw, '}');
    jw_end(&jw, '}');
    answer(c, &json);
}

void show_version(struct call *c)
{
    struct buf json = BUF_INIT(64 * KIB);
    struct jw jw = JW_INIT(&json, false);

    jw_object(&jw, STR_NONE);
    write_version(&jw, c, "version");
    jw_end(&jw, '}');
    answer(c, &json);
}
