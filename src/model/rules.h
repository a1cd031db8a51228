#ifndef MODEL_RULES_H
#define MODEL_RULES_H

#include "model/definition.h"
#include "errors/errors.h"
#include "model/names.h"
#include "model/secrets.h"

/*
 * Private to model/: the code by which the kinds of definitions differ.
 */
struct making {
    struct definition *d;
    const struct json_doc *body;
    const struct json_doc *stored; /* NULL on create */
    int64_t stored_id;
    const struct secrets *secrets; /* taken out of the body; NULL: none */
    struct str secret_paths;       /* of those that are stored, one a line */
    struct arena *arena;
    bool *lost; /* set when there was no memory to copy a text */
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
    /* Shows a stored member in a special way, or leaves it out, and returns true; false
     * for a member that is shown as the form says.  `secrets` are the paths of all stored
     * secrets, one a line.  NULL: no member is special. */
    bool (*show_member)(struct jw *jw, const struct member *member, struct str secrets);
    /* Writes a member that is computed from others, and adds it to the list, which has
     * room for 1 more.  NULL: there is none. */
    size_t (*show_computed)(struct jw *jw, const struct json_doc *doc,
                            struct member *members, size_t n);
};

const struct kind_rules *kind_rules(enum kind kind);

extern const struct kind_rules job_rules, script_rules, resource_rules, connection_rules,
    link_rules, cdm_job_rules;

/* Copies a string member into the arena; gives an empty text when it is missing. */
struct str copy_text(const struct making *m, const struct json_doc *doc, uint32_t at,
                     const char *key);

/* Sets and returns E_INVALID with at->code: the value must stay `stored`. */
int fail_differs(const struct rule_at *at, struct str stored);

/* Fails with E_INVALID and `code` when the body has another text for `key` than the
 * stored definition. */
int same_member(const struct making *m, const struct form *form, const char *key,
                int code);

/* Whether the body brings a secret with that path, or one is stored. */
bool making_has_secret(const struct making *m, const char *path);

/* Makes an array of the *n members of the object `at`, sorted by name, which the caller
 * frees; NULL when there is no memory. */
struct member *index_members(const struct json_doc *doc, uint32_t at, size_t *n);
/* Finds a member by its name; 0 when there is none. */
uint32_t find_indexed(const struct member *all, size_t n, struct str key);

/* Rules that several forms use. */
int rule_directory(const struct rule_at *at);
int rule_name(const struct rule_at *at, const struct name_rule *rule);
extern const struct form cdm_input_form;

/* model/job_refs.c: collects the references and dependencies of a job. */
int job_refs(const struct making *m, const struct json_doc *doc);
int job_depends(const struct json_doc *doc, struct arena *arena, const struct str **names,
                size_t *n, struct err *err);
/* model/job_graph.c: checks how the nodes of a job depend on each other. */
int job_graph_check(const struct json_doc *doc, struct arena *arena, struct err *err);

#endif
