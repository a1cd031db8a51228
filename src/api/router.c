#include "api/call.h"

#include "api/path.h"
#include "model/names.h"

static const struct route routes[] = {
#define ROUTE(operation, method, path, handler, kind, flags, permission, body)           \
    { #operation, #method,           path,       handler, KIND_##kind,                   \
      flags,      PERM_##permission, BODY_##body },
#define LATER(operation, method, path)                                                   \
    { #operation, #method, path, NULL, KIND_NONE, 0, PERM_OPEN, BODY_NONE },
#include "api/routes.def"
#undef ROUTE
#undef LATER
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))
_Static_assert(ROUTES < ROUTES_MAX, "room for each route, and for none");

size_t route_index(const struct route *route)
{
    return route ? (size_t)(route - routes) : ROUTES;
}

const char *route_operation(size_t index)
{
    return index < ROUTES ? routes[index].operation : "none";
}

/* The path is served, but not for this method: Allow says for which. */
static int wrong_method(struct call *c, const struct path *path)
{
    struct buf allow = BUF_INIT(256);
    struct path_names names;

    for (size_t i = 0; i < ROUTES; i++)
        if (routes[i].handler && path_matches(path, routes[i].path, &names))
            buf_addf(&allow, "%s%s", allow.len ? ", " : "", routes[i].method);
    if (!allow.len)
        return err_set(&c->err, E_NOTFOUND, APIGW_0101, DET_NONE);
    http_add_header(c->http, "Allow", buf_cstr(&allow));
    buf_release(&allow);
    return err_set(&c->err, E_NOTFOUND, APIGW_0101_METHOD, DET_NONE);
}

static const struct route *find(const struct path *path, const char *method,
                                struct path_names *names)
{
    for (size_t i = 0; i < ROUTES; i++)
        if (str_is(str_of(method), routes[i].method) &&
            path_matches(path, routes[i].path, names))
            return &routes[i];
    return NULL;
}

/* Where services share a host, the paths of each begin with its name. */
static void drop_prefix(struct path *path)
{
    bool is_service = path->n > 1 && (str_is(path->segment[0], "cdm") ||
                                      str_is(path->segment[0], "dayu-dlf"));

    if (!is_service ||
        !(str_is(path->segment[1], "v1") || str_is(path->segment[1], "v2") ||
          str_is(path->segment[1], "v1.1")))
        return;
    path->n--;
    memmove(path->segment, path->segment + 1, (size_t)path->n * sizeof(path->segment[0]));
}

/* Told by the version; of a client's path as it is on the wire, also where the rest
 * cannot be read. */
static enum error_form form_of(struct str path)
{
    static const char *const prefixes[] = { "/cdm", "/dayu-dlf" };

    if (str_starts(path, "/v3/") || str_is(path, "/v3"))
        return FORM_IAM;
    for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
        if (str_starts(path, prefixes[i])) {
            path.p += strlen(prefixes[i]);
            path.n -= strlen(prefixes[i]);
        }
    return str_starts(path, "/v1.1/") ? FORM_CDM : FORM_DLF;
}

/* What is served of what matches. */
static int check_route(const struct call *c, const struct route *route,
                       const struct path_names *names, struct err *err)
{
    if (names->project.p && !name_follows(&name_project, names->project))
        return err_set(err, E_NOTFOUND, APIGW_0101, DET_NO_PROJECT);
    if (!route->handler)
        return err_set(err, E_NOTFOUND, APIGW_0101, DET_NOT_SERVED);
    if (c->form == FORM_IAM && !c->api->auth)
        return err_set(err, E_NOTFOUND, APIGW_0101, DET_AUTH_OFF);
    return 0;
}

int route_find(struct call *c)
{
    struct path_names names = { STR_NONE, STR_NONE, STR_NONE };
    const struct route *route;
    struct path path;
    int rc = path_split(&path, c->http->path, &c->http->arena, &c->err);

    c->form = form_of(c->http->path);
    if (rc)
        return rc;
    drop_prefix(&path);
    route = find(&path, c->http->method, &names);
    if (!route)
        return wrong_method(c, &path);
    c->form = form_of(str_of(route->path)); /* a client may write it as /v1%2E1/ */
    rc = check_route(c, route, &names, &c->err);
    if (rc)
        return rc;
    c->route = route;
    c->name = names.name;
    c->cluster = names.cluster;
    c->place.project = names.project;
    if (c->form == FORM_CDM)
        c->place.workspace = cdm_workspace;
    return 0;
}
