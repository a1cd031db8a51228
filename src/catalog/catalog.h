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
 * The use cases of the catalogue.  Knows no HTTP: what comes in is checked for
 * its shape already, what goes out is JSON text or an archive.
 *
 * Every call can also fail with E_IO, E_NOMEM or E_INTERNAL; errors carry the
 * API's code and detail.  Every call with a place fails with E_DENIED, as
 * snapshot_judge(), when the authority no longer holds: it is judged in the snapshot that
 * is read, and in the transaction that writes.
 */
struct catalog {
    struct store *store;
    int64_t max_jobs, max_scripts; /* a workspace; 0: any number */
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
    const struct authority *authority; /* NULL: nobody is to be judged */
};

/* ---- saving and deleting (save.c) ---- */

/*
 * Prepares to create an object of the value `at` of `body`, or, when `key` names
 * one, to update it: checks every rule, and makes and compresses the definition.  The
 * caller then submits save->write, and gives what it returned to catalog_save_result().
 * E_NOTFOUND, E_INVALID.
 *
 * `save` and what it points to is in `arena`, but for the compressed content;
 * catalog_save_release() frees that.
 */
int catalog_save_prepare(struct catalog *c, const struct place *place, enum kind kind,
                         struct str key, const struct json_doc *body, uint32_t at,
                         struct arena *arena, struct save **save,
                         struct err *err) MUST_CHECK;
void catalog_save_release(struct save *save);

/*
 * The outcome of save->write.  E_EXISTS, E_LIMIT; E_BUSY: somebody else changed
 * the object since it was prepared, so prepare it again.
 */
int catalog_save_result(struct save *save, struct err *err) MUST_CHECK;

/*
 * Likewise for deleting; `removal` is in `arena`.  With `conditional` the object
 * is read first (removal->old), and only what was read is deleted: E_BUSY when
 * somebody changed it since.  E_NOTFOUND.
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
    int64_t sealed;  /* out: secrets that stood in them in clear */
};

/*
 * Makes every definition anew by this program's rules, and what each refers to; those
 * that come out the same stay as they are.  A definition that the rules refuse, or that
 * is damaged, is kept as it is, and its object is still served, listed and exported: the
 * next save judges it.  Secrets that stand in a definition in clear, also in one that is
 * kept, are sealed and noted (snapshot_exposed()); those of a version are only taken out.
 * The caller writes the format_mark.  All counts begin at 0.
 */
int catalog_reindex(struct catalog *c, struct reindex *all, struct err *err) MUST_CHECK;

/* Finds the definitions that catalog_reindex() would refuse, and changes nothing. */
int catalog_check(struct snapshot *s, struct reindex *all, struct err *err) MUST_CHECK;

/* ---- reading (read.c) ---- */

/* Whether the authority holds, and the workspace is there. */
int catalog_check_workspace(struct catalog *c, const struct place *place,
                            struct err *err) MUST_CHECK;

/* Which definition is shown, beside a version's number: the saved one, or the latest
 * that was submitted. */
#define SHOW_SAVED 0
#define SHOW_SUBMITTED (-1)

/* Appends the JSON of one object as show gives it, or of a version of it; of a job with
 * `downstream`, also the jobs that wait for it.  `digest` is the SHA-256 of its stored
 * form.  E_NOTFOUND. */
int catalog_show(struct catalog *c, const struct place *place, enum kind kind,
                 struct str key, int64_t version, bool downstream, struct buf *json,
                 uint8_t digest[SHA256_BYTES], struct err *err) MUST_CHECK;

struct list_request {
    struct list_query query;
    struct str only;  /* the one of that name, or STR_NONE */
    bool v2;          /* scripts in the form of the v2 API */
    const char *tail; /* JSON for the end of the answer: ,"key":value or "" */
};

/*
 * The JSON of a list.  *size_hint is the size of the definitions in it: what is
 * large is to be sent piece by piece.  The stream needs `c`, `tail` and `arena`.
 * E_NOTFOUND when `only` is not held.
 */
int catalog_list(struct catalog *c, const struct place *place,
                 const struct list_request *request, struct arena *arena,
                 struct stream **out, uint64_t *size_hint, struct err *err) MUST_CHECK;

/* The CDM clusters of the place's project, in `arena`: that with the id `uid`, or all
 * when it is STR_NONE.  E_NOTFOUND, CDM_0001, when there is none. */
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
    bool fail_missing; /* a dependency that is not held is an error */
    /* Of all of the above, and how it was asked for; NULL: not to be remembered. */
    const uint8_t *digest;
};

/* A dependency that is not held. */
struct export_missing {
    enum kind kind;
    struct str name; /* of a script behind the folder that stood before it, of a CDM job
                        behind its cluster */
    struct str job;  /* that needs it */
};
/* So many of them are shown: as many as the longest list has room for. */
#define EXPORT_MISSING_SHOWN 400

struct export
{
    uint64_t size;                      /* of the archive, exactly */
    uint8_t digest[SHA256_BYTES];       /* of its format, names and contents */
    size_t count[KINDS];                /* entries by kind */
    size_t missing;                     /* dependencies that are not held */
    const struct export_missing *shown; /* the first of them, by job, kind and name */
    size_t n_shown;
};

/*
 * The outcome of a request that was planned before, and would be planned in the same
 * way now, for somebody who may read as much; *out is NULL when none is remembered.  One
 * statement, and nothing of the request but its digest.
 */
int catalog_export_recall(struct catalog *c, const struct place *place,
                          const uint8_t digest[SHA256_BYTES], struct export **out,
                          struct err *err) MUST_CHECK;

/*
 * Plans an export, in one snapshot: all errors are known now, and the ETag,
 * but no content is read.  CDM jobs that the authority may not read (they need the
 * viewer's role in the workspace `default`) are missing, as if they did not exist.
 * E_NOTFOUND, DLF_0100 with every unknown name; E_NOTFOUND with the codes of
 * fail_missing, or DLF_6322 without connections; E_LIMIT for the archive's limits.
 */
int catalog_export_plan(struct catalog *c, const struct place *place,
                        const struct export_request *request, struct export **out,
                        struct err *err) MUST_CHECK;

/*
 * The whole archive of a plan or of what was recalled, for the caller to release:
 * from the cache, or made and put there; *out is NULL when it is larger than
 * ANSWER_BUFFER_MAX, or recalled and no longer kept.
 */
int catalog_export_whole(struct export *e, struct shared **out,
                         struct err *err) MUST_CHECK;

/* The archive of a plan, piece by piece; it takes the plan over. */
struct stream *catalog_export_stream(struct export *e);

void catalog_export_free(struct export *e);

#endif
