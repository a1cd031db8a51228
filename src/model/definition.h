#ifndef MODEL_DEFINITION_H
#define MODEL_DEFINITION_H

#include "base/arena.h"
#include "model/form.h"
#include "model/kinds.h"
#include "model/secrets.h"

/*
 * A definition: what is stored, exported and shown of a job, a script, a resource
 * or a connection.  Its stored form is the exact text of its file in an archive; all else
 * here follows from that text alone.
 */
/* The number of the rules of the stored form, and of what is a secret.  Whoever changes
 * them counts it up: the next start makes all definitions anew then, so that secrets
 * which were stored in clear by older rules are sealed. */
#define EXPORT_FORMAT 2

/* What a definition names and an export may need. */
enum ref_kind {
    REF_SCRIPT = 1,   /* a script; scope is the folder that stood before it */
    REF_RESOURCE = 2, /* the resources of that name */
    REF_LOCATION = 3, /* the resources of that location, never missing */
    REF_CDM = 4,      /* a CDM job; scope is its cluster */
    REF_JOB = 5,      /* a job that this one waits for; never exported */
    REF_LINK = 6      /* a link that a CDM job uses; never exported */
};

/* The kind of what it names. */
enum kind kind_of_ref(enum ref_kind ref);

struct ref {
    enum ref_kind kind;
    struct str scope, name;
};

/* What lists filter, sort and show; texts are empty where there is none. */
struct facts {
    struct str name;
    struct str scope;        /* a resource's directory, as it is compared; the cluster
                                of a link or CDM job */
    struct str directory;    /* as it was sent; "/" when it was not */
    struct str location;     /* of a resource; a connection's type */
    struct str process_type; /* what lists are of: BATCH or REAL_TIME; of a link its
                                cluster, of a CDM job its cluster/job_type; or empty */
    struct str owner;
    int64_t priority;
    int64_t end_time; /* ms since 1970; 0: none */
    bool single_node;
};

struct definition {
    struct buf text;        /* the stored form */
    struct facts facts;     /* texts in the arena given */
    const struct ref *refs; /* sorted, none twice */
    size_t n_refs;
    const struct str *depends; /* the jobs named in dependJobs, sorted */
    size_t n_depends;
    struct str
        replaced; /* the paths of stored secrets that are none any more, one a line */
};

/* What an update starts from. */
struct stored {
    int64_t id;
    struct str text;         /* the stored form */
    struct str secret_paths; /* of its secrets, one a line */
};

/*
 * Makes a definition of `body`, the value of a request's body (an object).
 * `secrets` are those that were taken out of it, or NULL; `stored` is NULL to
 * create one.  Checks every rule that needs no catalogue.
 * E_INVALID with the API's code and the field; E_NOMEM.  definition_release()
 * frees the text; the rest is in `arena`.
 */
int definition_make(struct definition *d, enum kind kind, const struct json_doc *body,
                    const struct secrets *secrets, const struct stored *stored,
                    struct arena *arena, struct err *err) MUST_CHECK;
void definition_release(struct definition *d);

/* The jobs that a stored job names in dependJobs, sorted, in `arena`. */
int definition_depends(struct str text, struct arena *arena, const struct str **names,
                       size_t *n, struct err *err) MUST_CHECK;

/*
 * Writes the members of a stored definition as show gives them: as stored,
 * with the documented defaults, and a mask for each of a connection's `secrets`
 * (their paths, one a line).  The object is the caller's, to add the server's
 * members before it and behind.
 */
int definition_show(struct jw *jw, enum kind kind, struct str text, struct str secrets,
                    struct err *err) MUST_CHECK;

/* Writes the members of a stored script as the v2 list has them: other names,
 * and no content. */
int definition_show_v2(struct jw *jw, struct str text, struct err *err) MUST_CHECK;

/* One approver; the words of targetStatus, the last is NULL: bodies of requests have
 * both, too. */
extern const struct form approver_form;
extern const char *const target_status[];

/* Whether the body `at` of a job or script asks for a version: a targetStatus other than
 * SAVED does. */
bool definition_submits(enum kind kind, const struct json_doc *body, uint32_t at);

/* The body that the definition `text` was made of: a CDM job is stored in a list of one,
 * as it is exported.  `doc` borrows from `text` or from `one`. */
int definition_body(struct str text, enum kind kind, struct json_doc *doc,
                    struct buf *one, struct err *err) MUST_CHECK;

/* Checks the optional body {"approvers": [...]} of a delete. */
int definition_check_approvers(const struct json_doc *body, struct err *err) MUST_CHECK;

#endif
