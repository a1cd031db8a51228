#include "api/call.h"

#include "auth/refusal.h"
#include "base/limits.h"

/*
 * Who calls: by a token, when the head is here; by a signature, when the body is here
 * as well, since that is signed, too.
 */

static const enum role roles[] = {
    [PERM_SIGNED] = ROLE_NONE,         [PERM_VIEW] = ROLE_VIEWER,
    [PERM_EXPORT] = ROLE_VIEWER,       [PERM_WRITE] = ROLE_DEVELOPER,
    [PERM_ADMIN] = ROLE_ADMINISTRATOR,
};

/* Some clients repeat the path's project in a header. */
static int check_header_project(struct call *c)
{
    const char *project = http_header(c->http, "X-Project-Id");

    if (!project || !*project || !c->place.project.p || str_is(c->place.project, project))
        return 0;
    return err_set(&c->err, E_DENIED, APIGW_0306, DET_HEADER_PROJECT);
}

/* c->who is known: whether they may, now and whenever c->place is read or written. */
static int admit(struct call *c)
{
    int rc = auth_rate(c->api->auth, &c->who, &c->err);

    c->authority = auth_authority(&c->who, c->place.project, c->place.workspace,
                                  roles[c->route->permission]);
    c->place.authority = &c->authority;
    if (!rc)
        rc = check_header_project(c);
    if (!rc && c->route->permission > PERM_SIGNED)
        rc = refusal_judge(c->api->auth->store, &c->authority, NULL, NULL, &c->err);
    c->place.user = c->who.account.name;
    c->admitted = !rc;
    return rc;
}

/* ---- signatures ---- */

struct headers {
    struct sign_header *header; /* NULL: they are counted only */
    size_t n;
};

static void add_header(void *arg, struct str name, struct str value)
{
    struct headers *h = arg;

    if (h->header)
        h->header[h->n] = (struct sign_header){ name, value };
    h->n++;
}

static int read_request(struct call *c, struct sign_request *out)
{
    struct headers h = { NULL, 0 };

    http_each_header(c->http, add_header, &h);
    h.header = arena_array(&c->http->arena, h.n + 1, sizeof(*h.header));
    if (!h.header)
        return err_nomem(&c->err);
    h.n = 0;
    http_each_header(c->http, add_header, &h);
    *out = (struct sign_request){ .method = str_of(c->http->method),
                                  .path = c->http->path,
                                  .query = c->http->query,
                                  .body = buf_str(&c->http->body),
                                  .headers = h.header,
                                  .n_headers = h.n };
    return 0;
}

static int read_signer(struct call *c, const char *authorization)
{
    struct arena *arena = &c->http->arena;
    struct sign_request request;
    char peer[HTTP_PEER_BYTES];
    struct signer *signer = arena_alloc(arena, sizeof(*signer));
    struct str text = arena_str(arena, str_of(authorization)); /* the claim borrows it */
    int rc = signer && text.p ? read_request(c, &request) : err_nomem(&c->err);

    if (rc)
        return rc;
    http_peer(c->http, false, peer);
    rc = auth_signer(c->api->auth, text, &request, str_of(peer), arena, signer, &c->err);
    if (!rc)
        c->signer = signer;
    return rc;
}

/* Of what is none of the catalogue's, which judges for itself: the credential was looked
 * up when the head was here. */
static int judge_again(struct call *c)
{
    if (c->route->permission != PERM_SIGNED || !c->place.authority)
        return 0;
    return refusal_judge(c->api->auth->store, &c->authority, NULL, NULL, &c->err);
}

/* Headers that change what is done or answered.  The others: Content-Type and User-Agent
 * are ignored when they are not signed; X-Project-Id can only refuse, and Host and
 * X-Language change how an answer is written: some clients do not sign these. */
static const struct {
    const char *name, *shown;
} signed_headers[] = {
    { "workspace", "workspace" },
    { "if-match", "If-Match" },
    { "if-none-match", "If-None-Match" },
    { "x-subject-token", "X-Subject-Token" },
};

static int not_covered(struct call *c, int detail, const char *what)
{
    return err_set(&c->err, E_DENIED, APIGW_0301, detail,
                   "verify aksk signature fail, part of the request is not signed", what);
}

/* Whatever changes what is asked is covered by the signature, or refused. */
static int check_covered(struct call *c, const struct sign_request *request)
{
    const struct sign_claim *claim = &c->signer->claim;
    enum sign_gap gap;

    for (size_t i = 0; i < sizeof(signed_headers) / sizeof(signed_headers[0]); i++)
        if (!sign_covers_header(claim, request, signed_headers[i].name))
            return not_covered(c, DET_UNSIGNED_HEADER, signed_headers[i].shown);
    c->type_signed = sign_covers_header(claim, request, "content-type");
    c->agent_signed = sign_covers_header(claim, request, "user-agent");
    if (sign_gap(claim, request, &gap, &c->err))
        return err_nomem(&c->err); /* sign_check() has read the query */
    if (gap == SIGN_GAP_QUERY)
        return not_covered(c, DET_UNSIGNED_QUERY, "query");
    return gap == SIGN_GAP_BODY ? not_covered(c, DET_UNSIGNED_BODY, "body") : 0;
}

int sign_in_body(struct call *c)
{
    struct sign_request request;
    int rc;

    if (!c->signer)
        return judge_again(c);
    rc = read_request(c, &request);
    if (!rc)
        rc = auth_signature(c->api->auth, c->signer, &request, &c->who, &c->err);
    if (!rc)
        rc = check_covered(c, &request);
    if (!rc)
        rc = admit(c);
    return rc ? rc : judge_again(c);
}

/* ---- the head ---- */

static bool is_given(const char *header)
{
    return header && *header;
}

int sign_in_head(struct call *c)
{
    const char *token = http_header(c->http, "X-Auth-Token");
    const char *authorization = http_header(c->http, "Authorization");
    int rc;

    c->place.user = STR("local");
    if (!c->api->auth || c->route->permission == PERM_OPEN) {
        c->admitted = true;
        return 0;
    }
    if (is_given(token)) {
        rc = auth_token(c->api->auth, str_of(token), &c->http->arena, &c->who, &c->err);
        return rc ? rc : admit(c);
    }
    if (is_given(authorization))
        return read_signer(c, authorization);
    return err_set(&c->err, E_DENIED, APIGW_0301, DET_NONE, "x-auth-token not found");
}
