#ifndef STORE_REINDEX_H
#define STORE_REINDEX_H

#include "store/objects.h"

/* The object behind `after` by id, in whichever workspace, as damaged as it may be;
 * out->id is 0 at the end. */
struct owner {
    int fault; /* 0: the rows are as they were written */
    enum kind kind;
    struct str project, workspace, workspace_name;
    int64_t version; /* the row's id, of a version */
    int64_t number;  /* of that version */
};
int snapshot_next_object(struct snapshot *s, int64_t after, struct object *out,
                         struct owner *owner, struct arena *arena,
                         struct err *err) MUST_CHECK;

/* Likewise the version behind `after`: its object, with its definition. */
int snapshot_next_version(struct snapshot *s, int64_t after, struct object *out,
                          struct owner *owner, struct arena *arena,
                          struct err *err) MUST_CHECK;

/* Whether definitions were not made anew since EXPORT_FORMAT became what it is: no
 * format_mark was written since.  A catalogue that this program created has one. */
int store_other_format(struct store *s, bool *other, struct err *err) MUST_CHECK;

/*
 * A secret that was found in a definition in clear, by saves with `again`.  Until the
 * next format_mark there is a row of each, and store_other_format() says yes.
 */
struct exposed {
    enum kind kind;
    struct str project, workspace, scope, name, path;
    int64_t version; /* 0: the saved definition */
};
int snapshot_exposed(struct snapshot *s,
                     int (*each)(void *arg, const struct exposed *e, struct err *err),
                     void *arg, struct err *err) MUST_CHECK;

/* Notes that every definition has this program's form, as far as its rules allow, and
 * that the secrets which were found in clear have been listed. */
struct format_mark {
    struct write write;
};
void format_mark_init(struct format_mark *m);

#endif
