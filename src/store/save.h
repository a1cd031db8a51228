#ifndef STORE_SAVE_H
#define STORE_SAVE_H

#include "base/id.h"
#include "model/node_secrets.h"
#include "model/secrets.h"
#include "store/blobs.h"
#include "store/objects.h"

/*
 * Creates an object, or replaces the definition of one.  Without sign-in it also creates
 * a new project and its default workspace.  Saving the same definition again changes only
 * the time and the user of the update.  The last VERSIONS_KEPT versions are kept.
 *
 * Fails with
 *   E_NOTFOUND  STORE_NO_WORKSPACE, as snapshot_workspace()
 *   E_DENIED    STORE_OTHER_PROJECT: the project does not exist, and there are accounts
 *   E_EXISTS    the name is in use; STORE_ONE_DLI for a second DLI connection
 *   E_LIMIT     the workspace has `quota` objects of the kind already
 *   E_BUSY      the object is gone, or has another blob than `old`; or the key that
 *               secrets are sealed with was changed since this store was opened
 */
struct save {
    struct write write;
    struct str project, workspace, user;
    enum kind kind;
    int64_t quota;            /* 0: none */
    const struct object *old; /* what an update starts from; NULL: create */
    const struct facts *facts;
    struct new_blob *blob;
    /* Stored, sealed, with the object.  One without a value (.p NULL) stays as stored. */
    const struct secret *secrets;
    size_t n_secrets;
    struct str replaced;       /* paths of stored secrets to delete, one a line */
    struct secret_moves moves; /* of stored secrets; done before new ones are stored */
    bool submit;               /* add a version too, unless the latest one is the same */
    /* The same definition, made anew: the time and the user stay.  Its secrets with a
     * value were found in clear; those of a version are not stored. */
    bool again;
    bool keep_refs;          /* keep the references of the old definition */
    int64_t version;         /* with `again`: the row of the version; 0: the object */
    bool drop_others;        /* delete stored secrets with other paths */
    struct buf lost;         /* out: their paths, one a line; the caller releases it */
    char uid[ID_UUID_BYTES]; /* out, of a new object */
};
void save_init(struct save *s);

/* Whether the save brings the value of a secret. */
bool save_has_secret(const struct save *s);

/*
 * Deletes the object that `key` names (as snapshot_object()).  Fails with
 *   E_NOTFOUND  there is no such object; STORE_NO_WORKSPACE for the workspace
 *   E_DENIED    STORE_LINK_USED: a link that a CDM job uses
 *   E_BUSY      `old` is given, and the object is gone or has another blob
 */
struct removal {
    struct write write;
    struct str project, workspace;
    enum kind kind;
    struct str scope, key;
    const struct object *old; /* NULL: delete it in whatever state it is */
};
void removal_init(struct removal *r);

/* Several saves in one write: all of them are done or none.  `failed` is the index of the
 * one that failed. */
struct save_all {
    struct write write;
    struct save *const *saves;
    size_t n, failed;
};
void save_all_init(struct save_all *a);

#endif
