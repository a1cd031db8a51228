#ifndef STORE_REINDEX_H
#define STORE_REINDEX_H

#include "store/objects.h"

/* Finds the object with the next id after `after`, in any workspace, even when its rows
 * are damaged.  out->id is 0 at the end. */
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

/* As snapshot_next_object(), for versions: finds the object of the next version, with
 * that version's definition. */
int snapshot_next_version(struct snapshot *s, int64_t after, struct object *out,
                          struct owner *owner, struct arena *arena,
                          struct err *err) MUST_CHECK;

/* Whether the definitions still have to be made anew, since no format_mark was written
 * for the present EXPORT_FORMAT.  A catalogue that this program created has one. */
int store_other_format(struct store *s, bool *other, struct err *err) MUST_CHECK;

/*
 * A secret that a save with `again` found in clear in a definition.  The store keeps a
 * row for each until the next format_mark; until then store_other_format() gives true.
 */
struct exposed {
    enum kind kind;
    struct str project, workspace, scope, name, path;
    int64_t version; /* 0: the saved definition */
};
int snapshot_exposed(struct snapshot *s,
                     int (*each)(void *arg, const struct exposed *e, struct err *err),
                     void *arg, struct err *err) MUST_CHECK;

/* Notes that every definition was made anew, except those that the rules refuse, and that
 * the secrets found in clear have been listed. */
struct format_mark {
    struct write write;
};
void format_mark_init(struct format_mark *m);

#endif
