#ifndef API_CALL_H
#define API_CALL_H

#include "api/api.h"
#include "api/etag.h"
#include "auth/auth.h"
#include "errors/errors.h"
#include "json/json.h"

/*
 * Private to api/: one request, from its head to its answer.
 */
struct call;

/* OPEN: anybody; SIGNED: whoever is signed in; else the role in the workspace. */
enum permission {
    PERM_OPEN = 1,
    PERM_SIGNED,
    PERM_VIEW,
    PERM_EXPORT, /* viewers, too, but it is audited */
    PERM_WRITE,
    PERM_ADMIN
};
enum body_rule { BODY_NONE, BODY_MAY, BODY_MUST, BODY_IAM };

/* What sets a route apart from others, beside its handler. */
enum route_flag {
    ROUTE_AUDITED = 1, /* although its permission does not say so */
    ROUTE_OK = 2,      /* its write is answered with 200 and a body, not with 204, */
    ROUTE_CREATED = 4, /* or with 201 */
    ROUTE_LINK = 8,    /* for a browser's address: the workspace may be a parameter */
    ROUTE_ERRORS = 16, /* Terraform looks for `errors` to see that a script is gone */
    ROUTE_V2 = 32,     /* in the form of the v2 API */
    ROUTE_MEMO = 64,   /* an export: answered from memory when it was asked before */
};

#define KIND_NONE ((enum kind)0)

/* The form of errors. */
enum error_form { FORM_DLF, FORM_CDM, FORM_IAM };

struct route {
    const char *operation, *method, *path;
    void (*handler)(struct call *c); /* NULL: not served by this version */
    enum kind kind;                  /* of the objects that it is about */
    unsigned flags;
    enum permission permission;
    enum body_rule body;
};

struct call {
    struct http_request *http;
    struct api *api;
    const struct route *route;  /* NULL until one is found */
    struct str name;            /* what the path names: a job, a script ... */
    struct str cluster;         /* the id of the path's CDM cluster */
    enum error_form form;       /* of errors */
    struct principal who;       /* who calls, when `admitted` */
    bool admitted;              /* signed in, with the role that the route needs */
    struct authority authority; /* that of `who`; place.authority, unless --auth off */
    struct signer *signer;      /* a signature that waits for the body */
    bool type_signed, agent_signed; /* it covers Content-Type, User-Agent */
    struct str claimed; /* the name that somebody signs in by, for the audit log */
    struct str subject; /* what it acts on, when that is not c->name: likewise */
    struct place place;
    enum language language;
    struct json_doc json;
    const struct json_doc *body; /* &json; NULL when there is none */
    struct err err;
    void *op;                     /* what the handler keeps while it sleeps */
    void (*op_free)(void *op);    /* frees what is not in the arena; NULL: all is */
    void (*then)(struct call *c); /* goes on after sleep, unless it failed: */
    int rc;                       /* with this, and `err` */
    struct write *write;          /* the last that was handed over */
    bool ran;                     /* its handler was called */
    bool hashed;                  /* its password was looked at */
    bool audited;                 /* the audit log has it */
    int tries;
    const char *code;    /* of the error that was answered, for the log */
    const char *missing; /* of an export, for the log */
};

/* Finds the route of the request, and fills c->route, c->name and c->place.project.
 * E_NOTFOUND with the error to answer (and the Allow header). */
int route_find(struct call *c) MUST_CHECK;

/* sign_in.c: finds out who calls, and whether they may.  A signature is only checked by
 * sign_in_body(), once the body has arrived.  They fill c->who, or c->err. */
int sign_in_head(struct call *c) MUST_CHECK;
int sign_in_body(struct call *c) MUST_CHECK;

/*
 * audit.c: the lines of the audit log.
 *
 * audit_call() writes the line of a request whose outcome is known, unless it has one
 * already or needs none.  The status is 0 when the client left before the outcome was
 * known.
 *
 * audit_of_write() makes the whole line of a write, for write.audit.  audit_of_task()
 * makes only the members that task_audit() puts into the line about the end of the task
 * `uid`: JSON text without the brackets around it, for import_request.audit.  Both give
 * "" where there is no audit log.  E_NOMEM.
 */
void audit_call(struct call *c, int status);
int audit_of_write(struct call *c, struct str *text, struct err *err) MUST_CHECK;
int audit_of_task(const struct call *c, const char *uid, struct arena *arena,
                  struct str *text, struct err *err) MUST_CHECK;

/*
 * export_answer.c, for routes with ROUTE_MEMO, before their body is parsed: digests what
 * is asked, and answers when the same was asked before and its outcome and archive are
 * kept, or when the caller may not ask any more.  False: the handler is to answer, and
 * c->op is the digest, by which the outcome is to be remembered.
 */
bool export_recall(struct call *c);

/* body.c: call_read_body() reads the body into c->body by the route's rule;
 * call_check_media_type() checks Content-Type; call_forget_body() frees the body. */
int call_read_body(struct call *c) MUST_CHECK;
int call_check_media_type(struct call *c) MUST_CHECK;
void call_forget_body(struct call *c);

/* The place of a route's row, also of none (NULL), below ROUTES_MAX; the operation
 * of a place. */
#define ROUTES_MAX 100
size_t route_index(const struct route *route);
const char *route_operation(size_t index);

/* Counts a request for /metrics. */
void metrics_count(size_t route, int status, int64_t ns);

/* Goes on from the complete body to the handler; also used to try a write once more. */
void call_run(struct call *c);

/*
 * sleep.c: requests that sleep.  _submit hands a write to the store and goes on with
 * `then` when it is committed or failed, as w->rc says.
 *
 * _offload hands the request to a worker: `run` is called on its thread, and it, or
 * whoever it hands the request to, calls call_wake() once; then `then` goes on, on a
 * serving thread, or, when rc is not 0, call_fail() answers.  E_BUSY, E_NOMEM: no worker
 * takes it, and it is answered, with `busy` as the error's detail; the caller may only
 * let go of its own.
 *
 * _wake may be called on any thread; the request may be gone when it returns.  A failure
 * is told to the audit log at once, whether the client waits for the answer or not.
 */
void call_submit(struct call *c, struct write *w, void (*then)(struct call *c));
int call_offload(struct call *c, struct workers *workers, void (*run)(struct call *c),
                 void (*then)(struct call *c), int busy);
void call_wake(struct call *c, int rc);

/*
 * write.c: saves the value `at` of `body` as a new object, or, when `key` names one, as
 * that; deletes what the path names; both of the route's kind, and `succeed` answers when
 * the write holds.  The name or id in the path: blanks behind the id of a resource are
 * ignored, which some clients send.  show.c: answers a list.
 */
void call_save(struct call *c, struct str key, const struct json_doc *body, uint32_t at,
               void (*succeed)(struct call *c));
void call_remove(struct call *c, void (*succeed)(struct call *c));
struct str call_key(const struct call *c);
void call_list(struct call *c, const struct list_request *request);

/* fault.c: answers a request that http/ refused. */
void call_refuse(struct call *c, enum http_fault why);

/* errors.c: answers with c->err, and clears it. */
void call_fail(struct call *c);

/* Decides what call_fail() will answer, and writes the audit log's line.  Call it where
 * the failure of a sleeping request becomes known, since its client may have left. */
void call_judge(struct call *c);

/* answer.c: answer 200 with JSON, which is taken over; answer 204. */
void call_json(struct call *c, struct buf *json);
void call_no_content(struct call *c);

/* Answers without a body, with the ETag: 304 or 412. */
void call_unsent(struct call *c, int status, const char *etag);

/* The status that this client expects of the operation.  Some SDKs accept another one
 * than the API's documentation gives; the table in call.c names each with its User-Agent.
 */
int client_status(const struct call *c, int status);

/* Read a query parameter.  *value keeps its default when the parameter is missing; when
 * it breaks its rule, they fill c->err and return its code. */
int query_bool(struct call *c, const char *key, bool *value) MUST_CHECK;
int query_int(struct call *c, const char *key, int64_t min, int64_t max,
              int64_t *value) MUST_CHECK;
/* One of two texts: *is_second says which. */
int query_choice(struct call *c, const char *key, const char *first, const char *second,
                 bool *is_second) MUST_CHECK;

/* ---- handlers: those that the rows of routes.def name ---- */
#define ROUTE(operation, method, path, handler, kind, flags, permission, body)           \
    void handler(struct call *c);
#define LATER(operation, method, path)
#include "api/routes.def"
#undef ROUTE
#undef LATER

#endif
