#ifndef MODEL_EDIT_H
#define MODEL_EDIT_H

#include "model/definition.h"
#include "model/node_types.h"

/*
 * The edits that an import makes to definitions before it saves them: values of
 * parameters, the user that runs jobs, keys of connections, and the names of things
 * outside of the archive (environment.def, node_types.def).
 */
struct renaming {
    enum env what;
    struct str from, to;
    size_t order; /* of several with one name, the one with the highest order applies */
    bool used;    /* a definition had the name */
};

/* A parameter of a job, or a key of a connection's config. */
struct setting {
    struct str of;   /* the name of the job or connection; .p is NULL: every job */
    struct str type; /* the type of the connection */
    struct str name, value;
    size_t order; /* as in struct renaming */
    bool used;
};

struct edits {
    struct renaming *renamings; /* after edits_sort(): by what and from */
    size_t n_renamings;
    struct setting *settings; /* likewise, by of, type and name */
    size_t n_settings;
    struct str execute_user; /* .p is NULL: as it is */
};

/* Sort edits, and of several with one name keep only the last; *n becomes the number that
 * is left. */
void edits_sort_renamings(struct renaming *r, size_t *n);
void edits_sort_settings(struct setting *s, size_t *n);

/*
 * Writes the definition `at` of `doc`, an object, as JSON with the edits made.  When no
 * edit applies it writes nothing, and *changed is false.  Values with ${ or #{ stay as
 * they are.  E_NOMEM.
 */
int edits_apply(const struct edits *e, enum kind kind, const struct json_doc *doc,
                uint32_t at, struct buf *out, bool *changed, struct arena *arena,
                struct err *err) MUST_CHECK;

/* Returns the new name that a renaming gives, or `name` itself. */
struct str edits_rename(const struct edits *e, enum env what, struct str name);

/* Calls `each` for every edit that applied to no definition.  `member` is the member of
 * the mapping, or "params"; `name` is what no definition had, and `of` the job or
 * connection that the edit was for, if any. */
void edits_unused(const struct edits *e,
                  void (*each)(void *arg, const char *member, struct str of,
                               struct str name),
                  void *arg);

/* Calls `each` for the connections that a job or script names. */
void definition_connections(enum kind kind, const struct json_doc *doc, uint32_t at,
                            void (*each)(void *arg, struct str name), void *arg);

#endif
