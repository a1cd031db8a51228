#ifndef STORE_SAVE_H
#define STORE_SAVE_H

#include "base/id.h"
#include "model/node_secrets.h"
#include "model/secrets.h"
#include "store/blobs.h"
#include "store/objects.h"

/*
 * Creates an object, or replaces the definition of one.  Without sign-in a new project
 * and its default workspace are made on the way.  Saving the same again moves only time
 * and user.  The last VERSIONS_KEPT versions are kept.  Fails with
 *   E_NOTFOUND  STORE_NO_WORKSPACE, as snapshot_workspace()
 *   E_DENIED    STORE_OTHER_PROJECT: the project does not exist, and there are accounts
 *   E_EXISTS    the name is in use; STORE_ONE_DLI for a second DLI
 *               connection
 *   E_LIMIT     the workspace holds `quota` objects of the kind; no API code
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
    /* Sealed and stored with it; one without a value stays as it is stored. */
    const struct secret *secrets;
    size_t n_secrets;
    struct str replaced;       /* paths of stored ones that go, one a line */
    struct secret_moves moves; /* of stored ones, before the others are stored */
    bool submit;               /* makes a version of it, unless it is the latest one */
    /* The same, made anew: time and user stay; secrets that come with a value were found
     * in clear, and those of a version are not stored. */
    bool again;
    bool keep_refs;          /* what it refers to is what the old definition does */
    int64_t version;         /* the version's row that is made anew; 0: the object */
    bool drop_others;        /* stored secrets of other paths go */
    struct buf lost;         /* out: their paths, one a line; the caller releases it */
    char uid[ID_UUID_BYTES]; /* out, of a new object */
};
void save_init(struct save *s);

/* Whether it comes with the value of a secret. */
bool save_has_secret(const struct save *s);

/*
 * Deletes what `key` names (as snapshot_object()).  Fails with
 *   E_NOTFOUND  it is not held; STORE_NO_WORKSPACE for the workspace
 *   E_DENIED    STORE_LINK_USED: a link that a CDM job uses
 *   E_BUSY      `old` is given, and the object is gone or has another blob
 */
struct removal {
    struct write write;
    struct str project, workspace;
    enum kind kind;
    struct str scope, key;
    const struct object *old; /* NULL: whatever is held */
};
void removal_init(struct removal *r);

/* Several saves: all hold or none; `failed` is the one that did not. */
struct save_all {
    struct write write;
    struct save *const *saves;
    size_t n, failed;
};
void save_all_init(struct save_all *a);

#endif
