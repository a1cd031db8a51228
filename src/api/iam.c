#include "api/iam.h"

#include "api/path.h"
#include "auth/credentials.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/seal.h"

/*
 * Keystone's tokens (spec/10, sections 1 and 2).  A request for one is read, looked at
 * by a worker when it shows a password, and then written by the store; meanwhile it
 * sleeps.
 */
struct token_call {
    struct task task;
    struct login login;
    struct call *call;
    const char *methods; /* a JSON list */
    struct str project_id, project_name;
    bool wants_project, busy;
    struct new_token made;
    struct account_change change;
};

/* ---- the request's body ---- */

/* The value at a path such as auth.identity.password; 0 when there is none. */
static uint32_t find(const struct json_doc *doc, const char *path)
{
    uint32_t at = 0;

    while (*path) {
        size_t n = strcspn(path, ".");

        if (json_type(doc, at) != JSON_OBJECT)
            return 0;
        at = json_find(doc, at, (struct str){ path, n });
        if (!at)
            return 0;
        path += n + (path[n] == '.');
    }
    return at;
}

/* The string at a path; "" when there is none. */
static struct str text_at(const struct json_doc *doc, const char *path)
{
    uint32_t at = find(doc, path);

    return at && json_type(doc, at) == JSON_STRING ? json_text(doc, at) : STR("");
}

static int lacks(struct call *c, const char *path)
{
    return err_set(&c->err, E_INVALID, IAM_400, DET_REQUIRED, path);
}

static int read_password(struct call *c, struct token_call *t)
{
    t->login.who = (struct account_key){
        .id = text_at(c->body, "auth.identity.password.user.id"),
        .name = text_at(c->body, "auth.identity.password.user.name"),
        .domain = text_at(c->body, "auth.identity.password.user.domain.id"),
        .domain_name = text_at(c->body, "auth.identity.password.user.domain.name"),
    };
    t->login.secret = text_at(c->body, "auth.identity.password.user.password");
    c->claimed = arena_str(&c->http->arena,
                           t->login.who.name.n ? t->login.who.name : t->login.who.id);
    if (!t->login.who.id.n && !t->login.who.name.n)
        return lacks(c, "auth.identity.password.user.name");
    if (!t->login.who.id.n && !t->login.who.domain.n && !t->login.who.domain_name.n)
        return lacks(c, "auth.identity.password.user.domain.name");
    return t->login.secret.n ? 0 : lacks(c, "auth.identity.password.user.password");
}

static int read_access_key(struct call *c, struct token_call *t)
{
    t->login.access_key = text_at(c->body, "auth.identity.hw_ak_sk.access.key");
    t->login.secret = text_at(c->body, "auth.identity.hw_ak_sk.secret.key");
    c->claimed = arena_str(&c->http->arena, t->login.access_key);
    if (!t->login.access_key.n)
        return lacks(c, "auth.identity.hw_ak_sk.access.key");
    return t->login.secret.n ? 0 : lacks(c, "auth.identity.hw_ak_sk.secret.key");
}

/* The token of the body, or else of the header. */
static int read_token(struct call *c, struct token_call *t)
{
    const char *header = http_header(c->http, "X-Auth-Token");
    struct str text = text_at(c->body, "auth.identity.token.id");

    (void)t;
    if (!text.n && header)
        text = str_of(header);
    if (!text.n)
        return lacks(c, "auth.identity.token.id");
    return auth_token(c->api->auth, text, &c->http->arena, &c->who, &c->err);
}

static const struct method {
    const char *name, *list;
    int (*read)(struct call *c, struct token_call *t);
} methods[] = {
    { "password", "[\"password\"]", read_password },
    { "token", "[\"token\"]", read_token },
    { "hw_ak_sk", "[\"hw_ak_sk\"]", read_access_key },
};

/* The one method; NULL when it is another, or there are several. */
static const struct method *method_of(const struct json_doc *doc)
{
    uint32_t list = find(doc, "auth.identity.methods");

    if (!list || json_type(doc, list) != JSON_ARRAY || doc->value[list].len != 1 ||
        json_type(doc, list + 1) != JSON_STRING)
        return NULL;
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (str_is(json_text(doc, list + 1), methods[i].name))
            return &methods[i];
    return NULL;
}

/* A project counts before a domain; without either the token is the domain's. */
static int read_scope(struct call *c, struct token_call *t)
{
    struct arena *arena = &c->http->arena;

    t->wants_project = find(c->body, "auth.scope.project") != 0;
    t->project_id = arena_str(arena, text_at(c->body, "auth.scope.project.id"));
    t->project_name = arena_str(arena, text_at(c->body, "auth.scope.project.name"));
    if (!t->project_id.p || !t->project_name.p)
        return err_nomem(&c->err);
    return t->wants_project && !t->project_id.n && !t->project_name.n
               ? lacks(c, "auth.scope.project.id")
               : 0;
}

/* ---- the token ---- */

/* The project that is asked for: unknown to the domain, or to the caller, is one. */
static int find_scope(struct call *c, struct token_call *t)
{
    struct iam_project project = { STR(""), STR("") };
    size_t n = 0;
    int rc = 0;

    c->who.project = c->who.project_name = STR("");
    if (!t->wants_project)
        return 0;
    if (t->project_id.n)
        rc = iam_find_projects(c, &c->who, LIST_PROJECT_OF_ID, t->project_id, &project,
                               &n, &c->err);
    else
        rc = iam_find_projects(c, &c->who, LIST_PROJECTS_OF_NAME, t->project_name,
                               &project, &n, &c->err);
    if (!rc && !n)
        rc = err_set(&c->err, E_NOTFOUND, IAM_404, DET_NONE, "project");
    c->who.project = project.id;
    c->who.project_name = project.name;
    return rc;
}

static void answer_token(struct call *c, int status)
{
    struct buf json = BUF_INIT(MIB);
    struct str nocatalog;
    bool with_catalog =
        !query_get(c->http->query, "nocatalog", &nocatalog, &c->http->arena, &c->err) &&
        !nocatalog.n;

    err_clear(&c->err);
    iam_write_token(c, &c->who, with_catalog, &json);
    if (json.bad) {
        buf_release(&json);
        err_nomem(&c->err);
        call_fail(c);
        return;
    }
    http_add_header(c->http, "Content-Type", "application/json;charset=UTF-8");
    http_add_header(c->http, "X-IAM-Trace-Id", c->http->id);
    http_answer(c->http, status, &json);
}

static void after_write(struct http_request *r)
{
    struct call *c = r->state;
    struct token_call *t = c->token;

    if (t->change.write.rc) {
        err_clear(&c->err);
        c->err = t->change.write.err;
        t->change.write.err = ERR_INIT;
        call_fail(c);
        return;
    }
    http_add_header(c->http, "X-Subject-Token", t->made.text);
    answer_token(c, 201);
    wipe(t->made.text, sizeof(t->made.text));
}

/* c->who is who they say: makes the token.  One that was got by another does not
 * outlive it. */
static void issue(struct call *c)
{
    struct token_call *t = c->token;
    int64_t age_ms = c->api->auth->token_age_ms;

    if (c->who.by_token && c->who.expires_ms - clock_ms() < age_ms)
        age_ms = c->who.expires_ms - clock_ms();

    if (auth_rate(c->api->auth, &c->who, &c->err) || find_scope(c, t)) {
        call_fail(c);
        return;
    }
    account_change_init(&t->change);
    token_new(&t->made, c->who.account.id, c->who.project, str_of(t->methods), age_ms,
              &t->change);
    c->who.methods = str_of(t->methods);
    c->who.issued_ms = t->made.issued_ms;
    c->who.expires_ms = t->made.expires_ms;
    call_submit(c, &t->change.write, after_write);
}

/* ---- passwords and secret keys ---- */

static void after_check(struct http_request *r)
{
    struct call *c = r->state;
    struct login *l = &c->token->login;

    wipe((char *)l->secret.p, l->secret.n);
    if (c->token->busy ? err_set(&c->err, E_BUSY, APIGW_0613, DET_HASHING)
                       : auth_login_end(c->api->auth, l, &c->err)) {
        call_fail(c);
        return;
    }
    c->who.account = l->account;
    c->who.credential = l->access_key.n ? l->access_key : STR("password");
    issue(c);
}

static void check(struct task *task)
{
    struct token_call *t = (struct token_call *)task;

    auth_login_check(t->call->api->auth, &t->login);
    http_resume(t->call->http);
}

/* The texts that a worker needs outlive the body. */
static int keep(struct call *c, struct login *l)
{
    struct arena *arena = &c->http->arena;
    char peer[HTTP_PEER_BYTES];

    http_peer(c->http, false, peer);
    l->secret = arena_str(arena, l->secret);
    l->access_key = arena_str(arena, l->access_key);
    l->peer = arena_str(arena, str_of(peer));
    return l->secret.p && l->access_key.p && l->peer.p ? 0 : err_nomem(&c->err);
}

static void log_in(struct call *c)
{
    struct login *l = &c->token->login;
    int rc = auth_login_begin(c->api->auth, l, &c->http->arena, &c->err);

    if (!rc)
        rc = keep(c, l);
    if (rc) {
        call_fail(c);
        return;
    }
    c->token->task.run = check;
    http_suspend(c->http, after_check);
    c->token->busy = !workers_add(c->api->auth->workers, &c->token->task);
    if (c->token->busy)
        http_resume(c->http);
}

void create_token(struct call *c)
{
    const struct method *m = method_of(c->body);
    struct token_call *t = arena_alloc(&c->http->arena, sizeof(*t));
    int rc = 0;

    c->token = t;
    if (!t)
        rc = err_nomem(&c->err);
    else if (!m)
        rc = err_set(&c->err, E_INVALID, IAM_400, DET_METHOD);
    if (!rc) {
        t->call = c;
        t->methods = m->list;
        rc = read_scope(c, t);
    }
    if (!rc)
        rc = m->read(c, t);
    if (rc)
        call_fail(c);
    else if (m->read == read_token)
        issue(c);
    else
        log_in(c);
}

/* ---- looking at tokens, and revoking them ---- */

/* The token that X-Subject-Token names: the caller's own, or any of the domain to its
 * administrator. */
static int read_subject(struct call *c, struct principal *out, uint8_t hash[SHA256_BYTES])
{
    const char *text = http_header(c->http, "X-Subject-Token");
    struct str subject = str_of(text ? text : "");
    bool mine;

    if (!token_hash(subject, hash) ||
        auth_token(c->api->auth, subject, &c->http->arena, out, &c->err)) {
        if (c->err.ec && c->err.ec != E_DENIED)
            return c->err.ec;
        return err_set(&c->err, E_NOTFOUND, IAM_404, DET_NONE, "token");
    }
    mine =
        str_eq(out->account.id, c->who.account.id) ||
        (c->who.account.is_admin && str_eq(out->account.domain, c->who.account.domain));
    return mine ? 0 : err_set(&c->err, E_DENIED, IAM_403, DET_NONE);
}

void show_token(struct call *c)
{
    const char *text = http_header(c->http, "X-Subject-Token");
    uint8_t hash[SHA256_BYTES];
    struct principal subject;

    if (read_subject(c, &subject, hash)) {
        call_fail(c);
        return;
    }
    c->who = subject;
    http_add_header(c->http, "X-Subject-Token", text);
    answer_token(c, 200);
}

static void after_revoke(struct http_request *r)
{
    struct call *c = r->state;
    struct write *w = &c->token->change.write;

    if (!w->rc) {
        call_no_content(c);
        return;
    }
    c->err = w->err;
    w->err = ERR_INIT;
    call_fail(c);
}

void revoke_token(struct call *c)
{
    struct token_call *t = arena_alloc(&c->http->arena, sizeof(*t));
    struct principal subject;
    int rc = t ? read_subject(c, &subject, t->made.hash) : err_nomem(&c->err);
    struct str hash;

    if (rc) {
        call_fail(c);
        return;
    }
    c->token = t;
    hash = (struct str){ (const char *)t->made.hash, SHA256_BYTES };
    account_change_init(&t->change);
    change_add(&t->change, STEP_TOKEN_REVOKE, &hash, 1, 0, 0);
    call_submit(c, &t->change.write, after_revoke);
}
