#ifndef MODEL_DEFINITION_H
#define MODEL_DEFINITION_H

#include "base/arena.h"
#include "model/form.h"
#include "model/kinds.h"
#include "model/secrets.h"

/*
 * The definition of a job, a script, a resource, a connection, a link or a CDM job: what
 * the API stores, exports and shows.  Its stored form is the exact text of its file in an
 * archive; everything else here is computed from that text alone.
 */
/* The version of the rules for the stored form and for what is a secret.  Increase it
 * with every change of these rules: the next start then makes all definitions anew, and
 * so seals secrets that older rules stored in clear. */
#define EXPORT_FORMAT 2

/* What a definition refers to. */
enum ref_kind {
    REF_SCRIPT = 1,   /* a script; scope is the folder in front of its name */
    REF_RESOURCE = 2, /* the resources of that name */
    REF_LOCATION = 3, /* the resources of that location, never missing */
    REF_CDM = 4,      /* a CDM job; scope is its cluster */
    REF_JOB = 5,      /* a job that this one depends on; never exported */
    REF_LINK = 6      /* a link that a CDM job uses; never exported */
};

/* The kind of object that it refers to. */
enum kind kind_of_ref(enum ref_kind ref);

struct ref {
    enum ref_kind kind;
    struct str scope, name;
};

/* The values by which lists filter and sort, and that they show; a missing text is empty.
 */
struct facts {
    struct str name;
    struct str scope;        /* a resource's directory, as it is compared; the cluster
                                of a link or CDM job */
    struct str directory;    /* as it was sent; "/" when it was not */
    struct str location;     /* of a resource; a connection's type */
    struct str process_type; /* by which lists are divided: BATCH or REAL_TIME; a link's
                                cluster; a CDM job's cluster/job_type; or empty */
    struct str owner;
    int64_t priority;
    int64_t end_time; /* ms since 1970; 0: none */
    bool single_node;
};

struct definition {
    struct buf text;        /* the stored form */
    struct facts facts;     /* texts in the arena given */
    const struct ref *refs; /* sorted, without duplicates */
    size_t n_refs;
    const struct str *depends; /* the jobs named in dependJobs, sorted */
    size_t n_depends;
    struct str replaced; /* the paths of stored secrets to delete, one a line */
};

/* The stored definition that an update starts from. */
struct stored {
    int64_t id;
    struct str text;         /* the stored form */
    struct str secret_paths; /* of its secrets, one a line */
};

/*
 * Makes a definition from `body`, the object of a request's body, and checks every rule
 * that needs no catalogue.  `secrets` are those that were taken out of the body, or NULL;
 * `stored` is the definition to update, or NULL to create one.  E_INVALID with the API's
 * code and the field; E_NOMEM.  definition_release() frees the text; everything else is
 * in `arena`.
 */
int definition_make(struct definition *d, enum kind kind, const struct json_doc *body,
                    const struct secrets *secrets, const struct stored *stored,
                    struct arena *arena, struct err *err) MUST_CHECK;
void definition_release(struct definition *d);

/* Gives the names of the jobs in dependJobs of a stored job, sorted, in `arena`. */
int definition_depends(struct str text, struct arena *arena, const struct str **names,
                       size_t *n, struct err *err) MUST_CHECK;

/*
 * Writes the members of a stored definition as the API shows them: as stored, with the
 * documented defaults, and with a mask for each of a connection's `secrets` (their paths,
 * one a line).  The caller opens and closes the JSON object, and may add members before
 * and after these.
 */
int definition_show(struct jw *jw, enum kind kind, struct str text, struct str secrets,
                    struct err *err) MUST_CHECK;

/* Writes the members of a stored script as the list of the v2 API has them: under other
 * names, and without the content. */
int definition_show_v2(struct jw *jw, struct str text, struct err *err) MUST_CHECK;

/* The form of one approver, and the values of targetStatus, with NULL at the end.  Forms
 * of request bodies use both. */
extern const struct form approver_form;
extern const char *const target_status[];

/* Whether the body `at` of a job or script asks for a new version, by a targetStatus
 * other than SAVED. */
bool definition_submits(enum kind kind, const struct json_doc *body, uint32_t at);

/* Reads the body that the definition `text` was made from.  A CDM job is stored in a list
 * of one; its body is the member of that.  `doc` borrows from `text` or from `one`, which
 * the caller releases. */
int definition_body(struct str text, enum kind kind, struct json_doc *doc,
                    struct buf *one, struct err *err) MUST_CHECK;

/* Checks the optional body {"approvers": [...]} of a delete. */
int definition_check_approvers(const struct json_doc *body, struct err *err) MUST_CHECK;

#endif
