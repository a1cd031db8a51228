#include "api/iam.h"

#include "api/path.h"
#include "auth/credentials.h"
#include "auth/refusal.h"
#include "base/clock.h"
#include "base/limits.h"
#include "api/token_body.h"

/*
 * Keystone's tokens.  A request for one is read, looked at
 * by a worker when it shows a password, and then written by the store; meanwhile it
 * sleeps.
 */
struct token_call {
    struct login login;
    struct token_body body;      /* its texts in the request's arena */
    uint8_t shown[SHA256_BYTES]; /* the hash of the token that was shown */
    struct new_token made;
    struct token_issue issue;
    struct token_revoke revoke;
};

/* Everything of the body that is needed when it is gone. */
static int keep_body(struct call *c, struct token_body *b)
{
    struct str *const texts[] = { &b->id,          &b->name,       &b->domain,
                                  &b->domain_name, &b->access_key, &b->secret,
                                  &b->token,       &b->project,    &b->project_name };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        *texts[i] = arena_str(&c->http->arena, texts[i]->n ? *texts[i] : STR(""));
        if (!texts[i]->p)
            return err_nomem(&c->err);
    }
    return 0;
}

/* ---- the token ---- */

static int no_project(struct call *c)
{
    return err_set(&c->err, E_NOTFOUND, IAM_404, DET_NONE, "project");
}

/* The project that is asked for: unknown to the domain, or to the caller, is one. */
static int find_scope(struct call *c, const struct token_body *b)
{
    struct iam_project project = { STR(""), STR("") };
    size_t n = 0;
    int rc = 0;

    c->who.project = c->who.project_name = STR("");
    if (!b->wants_project)
        return 0;
    if (b->project.n)
        rc = iam_find_projects(c, &c->who, LIST_PROJECT_OF_ID, b->project, &project, &n,
                               &c->err);
    else
        rc = iam_find_projects(c, &c->who, LIST_PROJECTS_OF_NAME, b->project_name,
                               &project, &n, &c->err);
    if (!rc && !n)
        rc = no_project(c);
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

/* Answers why it was not issued.  E_DENIED: what was shown does not any more, or
 * the project is not theirs any more. */
static void refuse(struct call *c)
{
    struct token_call *t = c->op;

    err_move(&t->issue.write.err, &c->err);
    refusal_explain(&c->err);
    if (t->issue.lost_project) {
        err_clear(&c->err);
        no_project(c);
    }
    if (c->err.ec == E_DENIED && c->err.api == API_OK)
        c->err.api = t->body.method == TOKEN_BY_TOKEN ? IAM_401 : IAM_401_PASSWORD;
    call_fail(c);
}

static void after_issue(struct call *c)
{
    struct token_call *t = c->op;

    if (t->issue.write.rc) {
        refuse(c);
        return;
    }
    http_add_header(c->http, "X-Subject-Token", t->made.text);
    answer_token(c, 201);
}

/* What the token is given for; the store sees that it holds still. */
static void set_proof(struct call *c)
{
    static const enum token_proof proofs[] = {
        [TOKEN_BY_PASSWORD] = PROOF_PASSWORD,
        [TOKEN_BY_ACCESS_KEY] = PROOF_ACCESS_KEY,
        [TOKEN_BY_TOKEN] = PROOF_TOKEN,
    };
    struct token_call *t = c->op;
    struct str hash = { (const char *)t->shown, SHA256_BYTES };

    t->issue.proof = proofs[t->body.method];
    t->issue.shown = t->issue.proof == PROOF_TOKEN        ? hash
                     : t->issue.proof == PROOF_ACCESS_KEY ? t->body.access_key
                                                          : c->who.account.password;
}

/* c->who is who they say: makes the token.  One that was got by another does not
 * outlive it. */
static void issue(struct call *c)
{
    struct token_call *t = c->op;
    int64_t latest_ms = c->who.by_token ? c->who.expires_ms : INT64_MAX;

    if (auth_rate(c->api->auth, &c->who, &c->err) || find_scope(c, &t->body)) {
        call_fail(c);
        return;
    }
    token_issue_init(&t->issue);
    set_proof(c);
    t->issue.account = c->who.account.id;
    t->issue.project = c->who.project;
    t->issue.methods = str_of(t->body.methods);
    token_new(&t->made, c->api->auth->token_age_ms, latest_ms, &t->issue);
    c->who.methods = str_of(t->body.methods);
    c->who.issued_ms = t->made.issued_ms;
    c->who.expires_ms = t->made.expires_ms;
    call_submit(c, &t->issue.write, after_issue);
}

/* ---- passwords and secret keys ---- */

static int end_login(struct call *c)
{
    struct token_call *t = c->op;
    int rc;

    auth_login_check(c->api->auth, &t->login);
    rc = auth_login_end(c->api->auth, &t->login, &c->err);
    c->hashed = !t->login.access_key.n;
    return rc;
}

static void after_login(struct call *c)
{
    struct token_call *t = c->op;
    const struct login *l = &t->login;

    c->who.account = l->account;
    c->who.credential = l->access_key.n ? l->access_key : STR("password");
    issue(c);
}

/* On a worker's thread. */
static void check_password(struct call *c)
{
    call_wake(c, end_login(c));
}

static void fill_login(const struct token_body *b, struct str peer, struct login *l)
{
    *l = (struct login){ .who = { b->id, b->name, b->domain, b->domain_name },
                         .access_key = b->access_key,
                         .secret = b->secret,
                         .peer = peer };
}

static void log_in(struct call *c)
{
    struct token_call *t = c->op;
    char peer[HTTP_PEER_BYTES];

    http_peer(c->http, false, peer);
    fill_login(&t->body, str_of(peer), &t->login);
    if (auth_login_begin(c->api->auth, &t->login, &c->http->arena, &c->err)) {
        call_fail(c);
        return;
    }
    if (t->body.method != TOKEN_BY_ACCESS_KEY) {
        if (call_offload(c, c->api->auth->workers, check_password, after_login,
                         DET_HASHING))
            auth_login_cancel(c->api->auth, &t->login);
    } else if (end_login(c)) { /* it takes no time */
        call_fail(c);
    } else {
        after_login(c);
    }
}

/* The token of the body, or else of the header. */
static void show_another(struct call *c)
{
    const char *header = http_header(c->http, "X-Auth-Token");
    struct token_call *t = c->op;
    struct str text = t->body.token;

    if (!text.n)
        text = str_of(header ? header : "");
    if (auth_token(c->api->auth, text, &c->http->arena, &c->who, &c->err)) {
        call_fail(c);
        return;
    }
    sha256(text, t->shown);
    issue(c);
}

void create_token(struct call *c)
{
    struct token_call *t = arena_alloc(&c->http->arena, sizeof(*t));
    int rc = t ? token_body_read(&t->body, c->body, &c->err) : err_nomem(&c->err);

    if (!rc)
        rc = keep_body(c, &t->body);
    if (rc) {
        call_fail(c);
        return;
    }
    c->op = t;
    c->claimed = t->body.access_key.n ? t->body.access_key
                 : t->body.name.n     ? t->body.name
                                      : t->body.id;
    if (t->body.method == TOKEN_BY_TOKEN)
        show_another(c);
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

static void after_revoke(struct call *c)
{
    struct token_call *t = c->op;

    if (!t->revoke.write.rc) {
        call_no_content(c);
        return;
    }
    err_move(&t->revoke.write.err, &c->err);
    call_fail(c);
}

void revoke_token(struct call *c)
{
    struct token_call *t = arena_alloc(&c->http->arena, sizeof(*t));
    struct principal subject;
    int rc = t ? read_subject(c, &subject, t->made.hash) : err_nomem(&c->err);

    if (rc) {
        call_fail(c);
        return;
    }
    c->op = t;
    token_revoke_init(&t->revoke);
    t->revoke.hash = (struct str){ (const char *)t->made.hash, SHA256_BYTES };
    call_submit(c, &t->revoke.write, after_revoke);
}
