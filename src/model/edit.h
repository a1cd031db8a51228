#ifndef MODEL_EDIT_H
#define MODEL_EDIT_H

#include "model/definition.h"
#include "model/node_types.h"

/*
 * What an import changes of definitions on their way in: values of
 * parameters, the user that runs jobs, keys of connections, and names of what is
 * elsewhere (environment.def, node_types.def).
 */
struct renaming {
    enum env what;
    struct str from, to;
    size_t order; /* of several of one name the last holds */
    bool used;    /* something had the name */
};

/* A parameter of a job, or a key of a connection's config. */
struct setting {
    struct str of;   /* the job or connection; .p is NULL: of every job */
    struct str type; /* of the connection */
    struct str name, value;
    size_t order; /* likewise */
    bool used;
};

struct edits {
    struct renaming *renamings; /* after edits_sort(): by what and from */
    size_t n_renamings;
    struct setting *settings; /* likewise, by of, type and name */
    size_t n_settings;
    struct str execute_user; /* .p is NULL: as it is */
};

/* Of several of one name the last one stays; *n is how many are left. */
void edits_sort_renamings(struct renaming *r, size_t *n);
void edits_sort_settings(struct setting *s, size_t *n);

/*
 * Writes the definition `at` of `doc`, an object, with the edits, as JSON; *changed is
 * false when nothing is to be edited, and nothing is written then.  Values with ${ or
 * #{ stay.  E_NOMEM.
 */
int edits_apply(const struct edits *e, enum kind kind, const struct json_doc *doc,
                uint32_t at, struct buf *out, bool *changed, struct arena *arena,
                struct err *err) MUST_CHECK;

/* The name that comes in its place, or `name` itself. */
struct str edits_rename(const struct edits *e, enum env what, struct str name);

/* Calls `each` for what no definition had: MEMBER of a mapping or "params", and the name,
 * of one job or connection behind its own. */
void edits_unused(const struct edits *e,
                  void (*each)(void *arg, const char *member, struct str of,
                               struct str name),
                  void *arg);

/* Calls `each` for the connections that a job or script names. */
void definition_connections(enum kind kind, const struct json_doc *doc, uint32_t at,
                            void (*each)(void *arg, struct str name), void *arg);

#endif
