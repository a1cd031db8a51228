#ifndef CATALOG_CATALOG_H
#define CATALOG_CATALOG_H

#include "base/shared.h"
#include "base/stream.h"
#include "catalog/cache.h"
#include "store/authority.h"
#include "store/clusters.h"
#include "store/objects.h"
#include "store/save.h"

/*
 * The use cases of the catalogue.  This file knows no HTTP: callers have checked the form
 * of what they pass, and get JSON text or an archive.
 *
 * Every call can also fail with E_IO, E_NOMEM or E_INTERNAL; errors carry the API's code
 * and detail.  Every call with a place fails with E_DENIED, as snapshot_judge(), when the
 * authority is no longer valid: it is checked in the snapshot that is read, or in the
 * transaction that writes.
 */
struct catalog {
    struct store *store;
    int64_t max_jobs, max_scripts; /* in one workspace; 0: any number */
    /* Limits of one archive, exported or imported; each is checked before the first byte.
     */
    uint64_t max_archive_bytes, max_archive_entries, max_unpacked_bytes;
    struct cache *cache; /* of exports */
};

/* Where a request acts, and for whom. */
struct place {
    struct str project;
    struct str workspace; /* its id; empty: the default one; or cdm_workspace */
    struct str cluster;   /* the name of the CDM cluster; empty outside of CDM */
    struct str user;
    const struct authority *authority; /* NULL: everything is allowed */
};

/* ---- saving and deleting (save.c) ---- */

/*
 * Prepares to create an object from the value `at` of `body`, or to update the object
 * that `key` names: checks every rule, and makes and compresses the definition.  The
 * caller then submits save->write, and when that is done calls catalog_save_result().
 * E_NOTFOUND, E_INVALID.
 *
 * `save` and everything it points to is in `arena`, except for the compressed content,
 * which catalog_save_release() frees.
 */
int catalog_save_prepare(struct catalog *c, const struct place *place, enum kind kind,
                         struct str key, const struct json_doc *body, uint32_t at,
                         struct arena *arena, struct save **save,
                         struct err *err) MUST_CHECK;
void catalog_save_release(struct save *save);

/*
 * Returns the result of save->write, with the API's code in the error.  E_EXISTS,
 * E_LIMIT; E_BUSY: somebody changed the object since the save was prepared, so prepare it
 * again.
 */
int catalog_save_result(struct save *save, struct err *err) MUST_CHECK;

/*
 * The same for deleting; `removal` is in `arena`.  With `conditional` the object is read
 * first (removal->old) and is deleted only as it was read: E_BUSY when somebody changed
 * it since.  E_NOTFOUND.
 */
int catalog_remove_prepare(struct catalog *c, const struct place *place, enum kind kind,
                           struct str key, bool conditional, struct arena *arena,
                           struct removal **removal, struct err *err) MUST_CHECK;
int catalog_remove_result(struct removal *removal, struct err *err) MUST_CHECK;

/* ---- making definitions anew (reindex.c) ---- */

struct reindex {
    /* Called with a line about each definition that today's rules refuse. */
    void (*say)(const char *line);
    int64_t objects; /* out: how many were made anew */
    int64_t
        changed; /* out: how many of these and of their versions have other bytes now */
    int64_t refused; /* out: how many were kept as they are */
    int64_t sealed;  /* out: how many secrets they had in clear */
};

/*
 * Makes every definition, and the list of what it refers to, anew by this program's
 * rules; a definition that does not change is not written.  A definition that the rules
 * refuse, or that is damaged, is kept as it is, and its object is still served, listed
 * and exported; the rules apply again at its next save.  Secrets in clear are sealed and
 * noted (snapshot_exposed()), also those in a definition that is kept; those of a version
 * are only removed.  The caller writes the format_mark.  All counts begin at 0.
 */
int catalog_reindex(struct catalog *c, struct reindex *all, struct err *err) MUST_CHECK;

/* Finds the definitions that catalog_reindex() would refuse, and changes nothing. */
int catalog_check(struct snapshot *s, struct reindex *all, struct err *err) MUST_CHECK;

/* ---- reading (read.c) ---- */

/* Checks that the authority is valid and that the workspace exists. */
int catalog_check_workspace(struct catalog *c, const struct place *place,
                            struct err *err) MUST_CHECK;

/* In place of a version's number: show the saved definition, or the latest submitted one.
 */
#define SHOW_SAVED 0
#define SHOW_SUBMITTED (-1)

/* Appends the JSON that the API shows of one object, or of its version `version`.  With
 * `downstream` that of a job also has the jobs that depend on it.  `digest` is the
 * SHA-256 of the stored definition.  E_NOTFOUND. */
int catalog_show(struct catalog *c, const struct place *place, enum kind kind,
                 struct str key, int64_t version, bool downstream, struct buf *json,
                 uint8_t digest[SHA256_BYTES], struct err *err) MUST_CHECK;

struct list_request {
    struct list_query query;
    struct str only;  /* list only the object with this name; STR_NONE: all */
    bool v2;          /* scripts in the form of the v2 API */
    const char *tail; /* JSON for the end of the answer: ,"key":value or "" */
};

/*
 * Gives a list as a stream of JSON.  *size_hint is the size of the definitions in it, by
 * which the caller decides whether to send it piece by piece.  `c`, `tail` and `arena`
 * must outlive the stream.  E_NOTFOUND when there is no object `only`.
 */
int catalog_list(struct catalog *c, const struct place *place,
                 const struct list_request *request, struct arena *arena,
                 struct stream **out, uint64_t *size_hint, struct err *err) MUST_CHECK;

/* Gives the CDM clusters of the place's project, in `arena`: the one with the id `uid`,
 * or all when `uid` is STR_NONE.  E_NOTFOUND, CDM_0001, when there is none. */
int catalog_clusters(struct catalog *c, const struct place *place, struct str uid,
                     struct arena *arena, struct cluster **out, size_t *n,
                     struct err *err) MUST_CHECK;

/* ---- exporting (export.c) ---- */

enum export_layout { EXPORT_BATCH, EXPORT_SINGLE, EXPORT_CONNECTIONS };

struct export_request {
    enum export_layout layout;
    const struct str *names; /* of jobs, none twice; all connections need none */
    size_t n;
    bool depend;       /* with scripts, resources, CDM jobs */
    bool submitted;    /* the latest submitted versions, not the saved ones */
    bool fail_missing; /* a dependency that does not exist is an error */
    /* Digest of the whole request, under which the result is kept; NULL: do not keep it.
     */
    const uint8_t *digest;
};

/* A dependency that does not exist. */
struct export_missing {
    enum kind kind;
    struct str name; /* of a script behind the folder that stood before it, of a CDM job
                        behind its cluster */
    struct str job;  /* the job that needs it */
};
/* How many of them are shown at most: as many as the longest list has room for. */
#define EXPORT_MISSING_SHOWN 400

struct export
{
    uint64_t size;                      /* of the archive, exactly */
    uint8_t digest[SHA256_BYTES];       /* of its format, names and contents */
    size_t count[KINDS];                /* entries by kind */
    size_t missing;                     /* how many dependencies do not exist */
    const struct export_missing *shown; /* the first of them, by job, kind and name */
    size_t n_shown;
};

/*
 * Looks for the kept result of an equal request, by its digest.  The result is used only
 * if nothing that it depends on has changed and this caller may read as much as the
 * earlier one; otherwise *out is NULL.  It takes one statement.
 */
int catalog_export_recall(struct catalog *c, const struct place *place,
                          const uint8_t digest[SHA256_BYTES], struct export **out,
                          struct err *err) MUST_CHECK;

/*
 * Plans an export in one snapshot.  It finds every error and the digest for the ETag, but
 * reads no content.  CDM jobs that the caller may not read (that needs the viewer's role
 * in the workspace `default`) are missing, as if they did not exist. E_NOTFOUND, DLF_0100
 * with every unknown name; E_NOTFOUND with the codes of fail_missing, or DLF_6322 without
 * connections; E_LIMIT for the archive's limits.
 */
int catalog_export_plan(struct catalog *c, const struct place *place,
                        const struct export_request *request, struct export **out,
                        struct err *err) MUST_CHECK;

/*
 * Gives the whole archive of a planned or recalled export, which the caller releases:
 * from the cache, or made now and put there.  *out is NULL when the archive is larger
 * than ANSWER_BUFFER_MAX, or when the export was recalled and its archive is not in the
 * cache.
 */
int catalog_export_whole(struct export *e, struct shared **out,
                         struct err *err) MUST_CHECK;

/* Makes a stream that gives the archive of a plan piece by piece.  It owns the plan from
 * now on.  A recalled export has no entries, so it cannot be streamed. */
struct stream *catalog_export_stream(struct export *e);

void catalog_export_free(struct export *e);

#endif
