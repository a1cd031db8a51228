#ifndef MODEL_RULES_H
#define MODEL_RULES_H

#include "model/definition.h"
#include "errors/errors.h"
#include "model/names.h"
#include "model/secrets.h"

/*
 * Private to model/: what the kinds of definitions have of their own.
 */
struct making {
    struct definition *d;
    const struct json_doc *body;
    const struct json_doc *stored; /* NULL on create */
    int64_t stored_id;
    const struct secrets *secrets; /* taken out of the body; NULL: none */
    struct str secret_paths;       /* of those that are stored, one a line */
    struct arena *arena;
    bool *lost; /* a text found no memory */
    struct err *err;
};

struct kind_rules {
    const struct form *form;
    const char *wrapper; /* the stored form is {"wrapper": [the definition]} */
    bool replaces;       /* an update replaces all members but the kept ones */
    const char *merged;  /* an object whose own members an update merges, or NULL */
    /* Checks the body, before anything is put together. */
    int (*check)(const struct making *m);
    /* Changes the list of members before it is written; room for 2 more. */
    size_t (*adjust)(const struct making *m, struct member *members, size_t n);
    /* Checks the stored form as a whole, and reads facts and references. */
    int (*finish)(const struct making *m, const struct json_doc *doc);
    /* Writes a stored member in a way of its own, `secrets` are the paths of all that are
     * stored, one a line; or leaves it out.  False: it is shown as the form says.  NULL:
     * all are. */
    bool (*show_member)(struct jw *jw, const struct member *member, struct str secrets);
    /* Writes a member that is computed of others, and adds it to the list, which has room
     * for 1 more.  NULL: there is none. */
    size_t (*show_computed)(struct jw *jw, const struct json_doc *doc,
                            struct member *members, size_t n);
};

const struct kind_rules *kind_rules(enum kind kind);

extern const struct kind_rules job_rules, script_rules, resource_rules, connection_rules,
    link_rules, cdm_job_rules;

/* Arena copy of a string member; empty when it is absent. */
struct str copy_text(const struct making *m, const struct json_doc *doc, uint32_t at,
                     const char *key);

/* Fails with at->code: `stored` is stored, and another text was given. */
int fail_differs(const struct rule_at *at, struct str stored);

/* Fails with `code` when the body has another text for `key` than is stored. */
int same_member(const struct making *m, const struct form *form, const char *key,
                int code);

/* Whether a secret of that path comes with the body or is stored. */
bool making_has_secret(const struct making *m, const char *path);

/* The members of the object `at`, by name; *n of them; NULL: no memory. */
struct member *index_members(const struct json_doc *doc, uint32_t at, size_t *n);
/* The one of that name; 0: there is none. */
uint32_t find_indexed(const struct member *all, size_t n, struct str key);

/* Rules that several forms use. */
int rule_directory(const struct rule_at *at);
int rule_name(const struct rule_at *at, const struct name_rule *rule);
extern const struct form cdm_input_form;

/* model/job_refs.c: references and dependencies of a job. */
int job_refs(const struct making *m, const struct json_doc *doc);
int job_depends(const struct json_doc *doc, struct arena *arena, const struct str **names,
                size_t *n, struct err *err);
/* model/job_graph.c: the nodes of a job among themselves. */
int job_graph_check(const struct json_doc *doc, struct arena *arena, struct err *err);

#endif
