#ifndef CATALOG_OBJECT_H
#define CATALOG_OBJECT_H

#include "catalog/catalog.h"
#include "model/definition.h"
#include "errors/errors.h"
#include "store/store.h"

/* Private to catalog/: the API's codes for what the store only says by kind. */
struct kind_errors {
    int not_held, taken, quota;
};

static inline const struct kind_errors *kind_errors(enum kind kind)
{
    static const struct kind_errors rows[] = {
        [KIND_JOB] = { DLF_0100, DLF_0102, DLF_0101 },
        [KIND_SCRIPT] = { DLF_6201, DLF_0202, DLF_6253 },
        [KIND_RESOURCE] = { DLF_6241, DLF_6259, DLF_3051 },
        [KIND_CONNECTION] = { DLF_6322, DLF_6309, DLF_3051 },
        [KIND_LINK] = { CDM_0101, CDM_0315, CDM_0014 },
        [KIND_CDM_JOB] = { CDM_0100, CDM_0104, CDM_0014 },
    };

    return &rows[kind];
}

/* Begins a snapshot, judges the place's authority and finds its workspace in it; what
 * the caller may is in *rights, unless NULL.  On success the caller ends the snapshot. */
int place_enter(struct catalog *c, const struct place *place, struct snapshot **s,
                struct workspace *w, struct rights *rights, struct arena *arena,
                struct err *err) MUST_CHECK;

/* What is CDM's may be read. */
static inline bool reads_cdm(struct rights rights)
{
    return rights.cdm_role >= ROLE_VIEWER;
}

/* As place_enter(), without the rights. */
int place_open(struct catalog *c, const struct place *place, struct snapshot **s,
               struct workspace *w, struct arena *arena, struct err *err) MUST_CHECK;

/* E_NOTFOUND for the object that `key` names. */
int not_held(enum kind kind, struct str key, struct err *err);

/* Appends the definition of `o`, as its file has it. */
int read_definition(struct snapshot *s, const struct object *o, struct buf *text,
                    struct err *err) MUST_CHECK;

/* Hashes and compresses the definition `text`. */
int blob_make(struct new_blob *blob, struct str text, struct err *err) MUST_CHECK;

/* Whether a body of this kind can hold secrets, and where. */
bool may_hold_secrets(enum kind kind, const struct json_doc *body,
                      enum secret_rule *rule);

/*
 * Fills the moves of a job's secrets, those of `save`, from the definition `old` to the
 * one with the nodes `new`.  The result is in `arena`.
 */
int follow_secrets(struct save *save, struct str old, const struct job_nodes *new,
                   struct arena *arena, struct err *err) MUST_CHECK;

/* Appends an item of a list in a header, or "..." when it is longer than `max` then;
 * false: there is no room for more. */
bool header_list_add(struct buf *list, const struct buf *item, size_t max);

/* What is CDM's stands in its cluster, and is listed by it; else nothing. */
int set_cluster(struct facts *f, enum kind kind, struct str cluster, struct arena *arena,
                struct err *err) MUST_CHECK;

#endif
