#ifndef CATALOG_OBJECT_H
#define CATALOG_OBJECT_H

#include "catalog/catalog.h"
#include "model/definition.h"
#include "errors/errors.h"
#include "store/clusters.h"
#include "store/damage.h"
#include "store/save.h"
#include "store/versions.h"

/*
 * Helpers for the code that reads and writes objects, in catalog/ and import/.  Every
 * call can also fail with E_IO, E_NOMEM or E_INTERNAL.
 */

/* How many of a kind a workspace may have; 0: any number. */
int64_t catalog_quota(const struct catalog *c, enum kind kind);

/*
 * Begins a snapshot, checks the place's authority in it and finds the workspace, whose
 * texts are in `arena`.  Sets *rights, unless it is NULL, to the roles of whoever acts.
 * On success the caller ends the snapshot; after a failure there is none.  E_NOTFOUND,
 * E_DENIED.
 */
int place_enter(struct catalog *c, const struct place *place, struct snapshot **s,
                struct workspace *w, struct rights *rights, struct arena *arena,
                struct err *err) MUST_CHECK;

/* As place_enter(), without the rights. */
int place_open(struct catalog *c, const struct place *place, struct snapshot **s,
               struct workspace *w, struct arena *arena, struct err *err) MUST_CHECK;

/* Whether the caller may read CDM's objects. */
static inline bool reads_cdm(struct rights rights)
{
    return rights.cdm_role >= ROLE_VIEWER;
}

/* Sets and returns E_NOTFOUND, with the kind's code and the name `key`, cut to 1 KiB. */
int object_not_held(enum kind kind, struct str key, struct err *err);

/* Appends the text of the object's definition, as its file in an archive has it. */
int object_read_definition(struct snapshot *s, const struct object *o, struct buf *text,
                           struct err *err) MUST_CHECK;

/* The same, from the bytes `stored` of its blob.  E_INTERNAL names a damaged blob. */
int object_inflate(const struct object *o, struct str stored, struct buf *text,
                   struct err *err) MUST_CHECK;

/* Hashes and compresses the definition `text`; the caller releases blob->stored, also
 * after a failure. */
int blob_make(struct new_blob *blob, struct str text, struct err *err) MUST_CHECK;

/* Whether a body of this kind may hold secrets; *rule says where to look for them.  It
 * only scans the text: true may be wrong, false never is. */
bool object_may_hold_secrets(enum kind kind, const struct json_doc *body,
                             enum secret_rule *rule);

/*
 * Fills save->moves, in `arena`, with the new path of each secret of a job whose stored
 * definition is `old` and whose new definition has the nodes `new`.
 */
int object_follow_secrets(struct save *save, struct str old, const struct job_nodes *new,
                          struct arena *arena, struct err *err) MUST_CHECK;

/* Sets in `f`, the facts of a link or a CDM job, that it belongs to `cluster`; does
 * nothing when that is empty. */
int facts_set_cluster(struct facts *f, enum kind kind, struct str cluster,
                      struct arena *arena, struct err *err) MUST_CHECK;

#endif
