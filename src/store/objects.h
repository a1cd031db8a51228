#ifndef STORE_OBJECTS_H
#define STORE_OBJECTS_H

#include "base/hash.h"
#include "model/definition.h"
#include "store/workspaces.h"

/* One job, script or resource; its content is the blob. */
struct object {
    int64_t id; /* 0: not held */
    struct str uid;
    struct facts facts;
    int64_t create_time, update_time; /* ms since 1970 */
    struct str create_user, update_user;
    int64_t blob;
    uint32_t raw_size, stored_size, crc32;
    uint8_t stored_sha256[SHA256_BYTES];
    uint8_t sha256[SHA256_BYTES]; /* of the definition itself */
    struct str secret_paths;      /* of the secrets that are stored, one a line */
    int64_t version;              /* the latest that was submitted; 0: none */
};

/* Finds the object that `key` names: the uid of a resource, or the name of any other
 * object in `scope`, which is a cluster or "".  out->id is 0 when there is none. */
int snapshot_object(struct snapshot *s, int64_t workspace, enum kind kind,
                    struct str scope, struct str key, struct object *out,
                    struct arena *arena, struct err *err) MUST_CHECK;

struct list_query {
    enum kind kind;
    struct str process_type; /* as in struct facts */
    struct str name_part;    /* empty: all */
    int64_t offset, limit;
};

/*
 * Reads the rows of a list, newest first, then by name.  `out` has room for query->limit
 * rows; *total counts all that match.
 */
int snapshot_list(struct snapshot *s, const struct workspace *w,
                  const struct list_query *query, struct object *out, size_t *n,
                  int64_t *total, struct arena *arena, struct err *err) MUST_CHECK;

/* Calls `each` for all objects of a kind, in the order of scope and name, until one call
 * returns other than 0, which is then the result.  Texts live until `each` returns. */
int snapshot_all(struct snapshot *s, int64_t workspace, enum kind kind,
                 int (*each)(void *arg, const struct object *o, struct err *err),
                 void *arg, struct err *err) MUST_CHECK;

/* Finds the object of a kind by its scope and name, resources included.  When there is
 * none it returns 0 all the same, and out->id is 0. */
int snapshot_held(struct snapshot *s, int64_t workspace, enum kind kind, struct str scope,
                  struct str name, struct object *out, struct arena *arena,
                  struct err *err) MUST_CHECK;

/* Whether a resource has that name, in any directory. */
int snapshot_has_resource(struct snapshot *s, int64_t workspace, struct str name,
                          bool *has, struct err *err) MUST_CHECK;

/* Whether the workspace has a connection of the type DLI; it may have one at most. */
int snapshot_has_dli(struct snapshot *s, int64_t workspace, bool *has,
                     struct err *err) MUST_CHECK;

#endif
