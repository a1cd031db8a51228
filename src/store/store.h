#ifndef STORE_STORE_H
#define STORE_STORE_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/seal.h"
#include "model/definition.h"
#include "model/node_secrets.h"
#include "model/secrets.h"

/*
 * The catalogue's rows.  One file of SQLite in WAL mode; what was acknowledged
 * survives power loss (synchronous=FULL).
 *
 * Reads go through a snapshot: one connection of a small pool, one read
 * transaction, so that all that is read of it belongs together.  Writes go to
 * one writer thread, which commits those that wait together.
 *
 * Unless said otherwise a call fails with E_IO (the disk or the database; the
 * detail has SQLite's words) or E_NOMEM, and nothing else.
 */
struct store;

#define SWEEP_NEVER (INT64_MAX / 2) /* it is left to the server */

struct store_options {
    const char *path;     /* of the database file; made when missing */
    int readers;          /* connections for reading */
    int64_t sweep_age_ms; /* how long a blob without users is kept, or SWEEP_NEVER */
    bool may_migrate;     /* the caller holds the data folder's lock */
    bool scratch;         /* no copy of it is kept before it is migrated */
    /* --auth off: a write may begin any project.  Otherwise only a catalogue that has
     * had no account yet lets a write do so. */
    bool without_sign_in;
    int64_t max_audit_rows; /* 0: AUDIT_ROWS_MAX */
    /* Keys for secrets, the newest first; of these the one is used that the
     * database was written with.  None: no secret can be saved. */
    const struct seal_key *keys;
    int n_keys;
};

/*
 * Opens the catalogue and brings its schema up to date.  E_DENIED when the
 * database is newer than this program, or older and may_migrate is false, or was
 * written with another key, or is another program's; the detail says what to do.
 */
int store_open(struct store **out, const struct store_options *options,
               struct err *err) MUST_CHECK;

/* The key that secrets are sealed with; NULL without any. */
const struct seal_key *store_key(const struct store *s);

/* What the file of a catalogue is to this program. */
enum store_schema {
    SCHEMA_NONE,    /* there is no file, or there is nothing in it yet */
    SCHEMA_DAMAGED, /* no database, or what is left of one */
    SCHEMA_FOREIGN, /* the database of another program */
    SCHEMA_OLDER,
    SCHEMA_CURRENT,
    SCHEMA_NEWER
};
int store_schema(enum store_schema *out, const char *path, struct err *err) MUST_CHECK;

/* Whether the file exists and can be read, but neither be written nor get others beside
 * it. */
bool store_is_frozen(const char *path);

/* Whether the database file is there, and was written with a key. */
int store_needs_key(const char *path, bool *needs, struct err *err) MUST_CHECK;

/* Commits the writes that wait, ends the writer, closes.  Accepts NULL. */
void store_close(struct store *s);

/* ---- reading ---- */

/*
 * One state of the catalogue, as its first read finds it, on a connection of its
 * own; at most `readers` at once, others wait.  For one thread, until
 * snapshot_end().  E_IO.
 */
struct snapshot;
int store_snapshot(struct snapshot **out, struct store *s, struct err *err) MUST_CHECK;
void snapshot_end(struct snapshot *s);

struct workspace {
    int64_t id; /* 0: the default workspace of a project that has nothing yet */
    struct str uid, name;
    int64_t revision; /* another one after each change of a definition or name */
    int64_t jobs, real_time_jobs, scripts, resources;
};

/* Instead of an id: the workspace of a project that holds what is CDM's; it is
 * told by where it points to, so that no client can name it. */
extern const struct str cdm_workspace;

/*
 * The workspace `uid` of `project`, or its default one when `uid` is empty.
 * E_NOTFOUND, DLF_0819: not of this project, or it has no default any more.
 */
int snapshot_workspace(struct snapshot *s, struct str project, struct str uid,
                       struct workspace *out, struct arena *arena,
                       struct err *err) MUST_CHECK;

/* What an export's outcome depends on, beside its request: another definition or
 * name in the workspace, or of CDM in its project, is another revision. */
struct revisions {
    int64_t workspace; /* 0: it has no row, or is not there */
    int64_t revision, cdm;
};

/* As in the snapshot; as they are now, by one statement. */
int snapshot_revisions(struct snapshot *s, struct str project, struct str uid,
                       struct revisions *out, struct err *err) MUST_CHECK;
int store_revisions(struct store *s, struct str project, struct str uid,
                    struct revisions *out, struct err *err) MUST_CHECK;

/* Calls `each` for the workspaces of `project`, by name. */
int snapshot_workspaces(struct snapshot *s, struct str project,
                        void (*each)(void *arg, const struct workspace *w), void *arg,
                        struct err *err) MUST_CHECK;

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

/* The object that `key` names: a resource's uid, another's name in its scope,
 * which is a cluster or "". */
int snapshot_object(struct snapshot *s, int64_t workspace, enum kind kind,
                    struct str scope, struct str key, struct object *out,
                    struct arena *arena, struct err *err) MUST_CHECK;

/* Puts the definition of the version `number` of *o in place of the saved one.
 * E_NOTFOUND, no API code. */
int snapshot_version(struct snapshot *s, int64_t number, struct object *o,
                     struct err *err) MUST_CHECK;

struct list_query {
    enum kind kind;
    struct str process_type; /* as in struct facts */
    struct str name_part;    /* empty: all */
    int64_t offset, limit;
};

/*
 * The rows of a list, newest first, then by name; `out` has room for
 * query->limit.  *total counts all rows that match.
 */
int snapshot_list(struct snapshot *s, const struct workspace *w,
                  const struct list_query *query, struct object *out, size_t *n,
                  int64_t *total, struct arena *arena, struct err *err) MUST_CHECK;

/* Calls `each` for all objects of a kind, by scope and name; it returns 0 to go
 * on.  Texts live until it returns. */
int snapshot_all(struct snapshot *s, int64_t workspace, enum kind kind,
                 int (*each)(void *arg, const struct object *o, struct err *err),
                 void *arg, struct err *err) MUST_CHECK;

/* Appends those of `names` that are no jobs, comma-separated, 100 at most. */
int snapshot_unknown_jobs(struct snapshot *s, int64_t workspace, const struct str *names,
                          size_t n, struct buf *unknown, struct err *err) MUST_CHECK;

/* Calls `each` for the jobs whose dependJobs name the job `name`, by name. */
int snapshot_downstream(struct snapshot *s, int64_t workspace, struct str name,
                        void (*each)(void *arg, int64_t id, struct str job), void *arg,
                        struct err *err) MUST_CHECK;

/* The jobs of these names: out[i] is that of names[i], with id 0 where none is
 * held, or with `submitted` none was submitted: their definitions are the submitted
 * ones then.  One statement. */
int snapshot_jobs(struct snapshot *s, int64_t workspace, bool submitted,
                  const struct str *names, size_t n, struct object *out,
                  struct arena *arena, struct err *err) MUST_CHECK;

/* What one of the jobs needs; object.id is 0 when it is not held. */
struct depend {
    size_t job; /* index into the blobs given */
    struct ref ref;
    struct object object;
};

/*
 * Calls `each` for what the definitions `blobs` name, in no special order; a name of
 * several resources gives several calls.  CDM jobs are those of the project `cdm`; with
 * "" none of them exists.  With `submitted` scripts are their submitted versions; kinds
 * without versions count as submitted when saved.  `each` returns 0 to go on. Texts live
 * until it returns.  One statement.
 */
int snapshot_depends(struct snapshot *s, struct str cdm, int64_t workspace,
                     bool submitted, const int64_t *blobs, size_t n,
                     int (*each)(void *arg, const struct depend *d, struct err *err),
                     void *arg, struct err *err) MUST_CHECK;

/*
 * Appends the stored bytes of `blobs`, one behind the other.  One statement, of
 * no snapshot: blobs never change, so they can be read after the snapshot that
 * named them has ended.  E_INTERNAL when one is gone.
 */
int store_blobs(struct store *s, const int64_t *blobs, size_t n, struct buf *out,
                struct err *err) MUST_CHECK;

/* As store_blobs(), on the snapshot's connection. */
int snapshot_blobs(struct snapshot *s, const int64_t *blobs, size_t n, struct buf *out,
                   struct err *err) MUST_CHECK;

/* Appends `n` bytes of one blob from `offset` on; likewise, but E_IO when it is
 * gone or shorter. */
int store_blob_part(struct store *s, int64_t blob, uint32_t offset, uint32_t n,
                    struct buf *out, struct err *err) MUST_CHECK;

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

/* Fails with E_INTERNAL, for a row is not as it was written, and says so in the log.  A
 * row is named by its id, or by a text. */
int row_damaged(const char *table, int64_t row, struct err *err);
int row_damaged_text(const char *table, struct str row, struct err *err);

/* ---- copies (backup.c) ---- */

/*
 * Copies the catalogue of the file `from`, also one in use, as it is at one instant,
 * into the file `to`, also over one that is there: whole, or not at all.
 */
int store_copy(const char *from, const char *to, struct err *err) MUST_CHECK;

/*
 * Leaves nothing in the files of the catalogue `path` that is not in use: deletes
 * definitions that no object or version has, at once, also staged ones, then vacuums the
 * database and empties its log.  No import may run.  E_BUSY: another process reads it.
 */
int store_scrub(const char *path, struct err *err) MUST_CHECK;

struct store_report {
    int64_t workspaces, objects, blobs, raw_bytes, stored_bytes;
    int64_t damaged, dangling;
};

/* Looks at all of it, and says a line about each thing that is damaged or dangling;
 * without keys not at what is sealed.  Then calls `more`, unless it is NULL, for what the
 * store cannot judge. */
int store_check(const char *path, const struct seal_key *keys, int n_keys,
                struct store_report *report, void (*say)(const char *text),
                int (*more)(struct snapshot *s, void *arg, struct err *err), void *arg,
                struct err *err) MUST_CHECK;

/* ---- writing ---- */

struct db;
struct authority;

/*
 * A write: the caller fills one of the structs below, which begin with it, and
 * submits it.  It runs on the writer thread, in a transaction of its own or
 * with others; either all of it holds or nothing.  Then `done` is called, on
 * the writer thread, with `rc` and `err` filled.  All that it points to must
 * live until then.
 */
struct write {
    int (*run)(struct db *db, struct write *w, struct err *err); /* by the store */
    void (*done)(struct write *w);
    void *arg; /* the caller's */
    /* By what it is written: judged in the transaction, before anything is done
     * (E_DENIED, as snapshot_judge()).  NULL: the server's own, administration, or --auth
     * off. */
    const struct authority *authority;
    struct str audit; /* a line for the audit log (store/audit.h); "" is none */
    int rc;
    struct err err;
    struct write *next; /* the store's */
};

/* Queues it and returns at once. */
void store_submit(struct store *s, struct write *w);

/* Queues it, waits, returns w->rc; `done` and `arg` are the store's. */
int store_write(struct store *s, struct write *w);

/* A blob to be: the stored form of a definition, made and hashed, and what it names. */
struct new_blob {
    uint8_t sha256[SHA256_BYTES], stored_sha256[SHA256_BYTES];
    uint32_t raw_size, crc32;
    struct buf stored;
    const struct ref *refs;
    size_t n_refs;
};

/*
 * Creates an object, or replaces the definition of one.  Without sign-in a new project
 * and its default workspace are made on the way.  Saving the same again moves only time
 * and user.  The last VERSIONS_KEPT versions are kept.  Fails with
 *   E_NOTFOUND  DLF_0819, as snapshot_workspace()
 *   E_DENIED    APIGW_0306: the project does not exist, and there are accounts
 *   E_EXISTS    the name is in use; no API code; DLF_6271 for a second DLI
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

/* Whether it comes with the value of a secret. */
bool save_has_secret(const struct save *s);

/*
 * Seals all secrets with `key` instead of the one that the database was written
 * with.  E_INTERNAL when one of them cannot be opened, which the detail names; E_BUSY
 * when the key was changed since this store was opened.
 */
struct rekey {
    struct write write;
    const struct seal_key *key;
    int64_t secrets; /* out: how many there are */
};
void rekey_init(struct rekey *r);

/*
 * Deletes what `key` names (as snapshot_object()).  Fails with
 *   E_NOTFOUND  it is not held; no API code; DLF_0819 for the workspace
 *   E_DENIED    CDM_0321: a link that a CDM job uses
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

/* ---- imports and their tasks (imports.c) ---- */

/*
 * Puts blobs there, which nothing names yet, so that nobody sees them, and notes that
 * they are staged: the sweep takes none of them before an unstage.
 */
struct stage {
    struct write write;
    struct new_blob *blobs;
    int64_t *ids; /* out */
    size_t n;
};
void stage_init(struct stage *s);

/* Forgets that a number of blobs are staged, for no import goes on: those that no object
 * has come to name are the sweep's.  To be repeated while there are more. */
struct unstage {
    struct write write;
    bool more; /* out */
};
void unstage_init(struct unstage *u);

/* What stands in that scope under that name, also of resources; out->id is 0 when
 * nothing does. */
int snapshot_held(struct snapshot *s, int64_t workspace, enum kind kind, struct str scope,
                  struct str name, struct object *out, struct arena *arena,
                  struct err *err) MUST_CHECK;

/* Whether a resource has that name, in whichever directory. */
int snapshot_has_resource(struct snapshot *s, int64_t workspace, struct str name,
                          bool *has, struct err *err) MUST_CHECK;

/* The blob of that content which some object has; 0: none has it. */
int snapshot_find_blob(struct snapshot *s, const uint8_t sha256[SHA256_BYTES],
                       int64_t *id, struct err *err) MUST_CHECK;

enum task_kind { TASK_IMPORT_JOBS = 1, TASK_IMPORT_CONNECTIONS = 2 };

/* Begins a task in the workspace, and drops those that ended TASK_KEPT_MS ago.
 * E_NOTFOUND, DLF_0819; E_DENIED, APIGW_0306. */
struct task_new {
    struct write write;
    struct str project, workspace, path;
    enum task_kind kind;
    int64_t id;             /* out */
    char uid[ID_HEX_BYTES]; /* out */
};
void task_new_init(struct task_new *t);

/* How a task ended; the report is the catalogue's. */
struct task_end {
    struct write write;
    int64_t id; /* 0: of all that run, as none does when a server starts */
    bool failed;
    struct str report;
};
void task_end_init(struct task_end *t);

struct shown_task {
    int64_t id;
    struct str uid, path, status, report;
    enum task_kind kind;
    int64_t started, ended; /* ms since 1970; 0: it runs */
};

/* E_NOTFOUND, no API code. */
int snapshot_task(struct snapshot *s, int64_t workspace, struct str uid,
                  struct shown_task *out, struct arena *arena,
                  struct err *err) MUST_CHECK;

/* What became of one object, or would. */
enum import_action {
    IMPORT_CREATE,
    IMPORT_OVERWRITE,
    IMPORT_SKIP, /* one of that name is held, and stays */
    IMPORT_SAME, /* what is held is the same already, and no secret comes with it */
    IMPORT_ERROR,
    IMPORT_ACTIONS
};

/* One object of an import, with a blob that was staged; old, blob, project, workspace
 * and user of the save are the store's. */
struct import_one {
    struct save save; /* its write has what went wrong */
    struct facts facts;
    int64_t blob;
    int64_t
        moves_of; /* the blob that the moves of the save start from; else none holds */
    enum import_action action; /* out */
};

/*
 * Writes the objects of an import and the end of its task, in one transaction: all or,
 * with `carry_on`, those that can be written.  What a name means is looked up in it, so
 * nobody can come in between.  Makes CDM clusters that are not there.  Objects that
 * have an error already are left out.  Fails with what went wrong with the last object
 * when others than carry_on have errors: all of them have theirs.
 */
struct import_all {
    struct write write;
    struct str project, workspace, user;
    struct import_one *const *items;
    size_t n;
    bool overwrite, carry_on;
    struct task_end end; /* its id; `finish` fills the rest when the rows are written */
    int (*finish)(struct import_all *a, struct err *err);
};
void import_all_init(struct import_all *a);

/* A CDM cluster; every project has one named default. */
#define DEFAULT_CLUSTER "default"
struct cluster {
    struct str uid, name;
    int64_t created; /* ms since 1970; 0: the default one */
};

/* Calls `each` for the clusters of `project`: the default one, then by name. */
int snapshot_clusters(struct snapshot *s, struct str project,
                      void (*each)(void *arg, const struct cluster *c), void *arg,
                      struct err *err) MUST_CHECK;
void default_cluster_uid(struct str project, char uid[ID_UUID_BYTES]);

/* Creates a cluster.  E_EXISTS when the name is in use; E_DENIED, APIGW_0306. */
struct cluster_new {
    struct write write;
    struct str project, name;
    char uid[ID_UUID_BYTES]; /* out */
};
void cluster_new_init(struct cluster_new *n);

/* Deletes one with its links and jobs.  E_NOTFOUND; E_DENIED when it holds any and
 * `force` is not set. */
struct cluster_delete {
    struct write write;
    struct str project, name;
    bool force;
};
void cluster_delete_init(struct cluster_delete *d);

/* Creates the workspace `name` and, for a new project, the default one.
 * E_EXISTS when the name is in use; E_DENIED, APIGW_0306. */
struct workspace_new {
    struct write write;
    struct str project, name;
    char uid[ID_HEX_BYTES]; /* out */
};
void workspace_new_init(struct workspace_new *w);

/* Deletes the workspace `name`.  E_NOTFOUND; E_DENIED when it is the default
 * one or holds anything, and `force` is not set. */
struct workspace_delete {
    struct write write;
    struct str project, name;
    bool force;
};
void workspace_delete_init(struct workspace_delete *w);

/*
 * Deletes a batch of the blobs that had no user when a sweep saw them first, before
 * `before_ms`; of those that no sweep has seen yet it notes for a batch that it saw them
 * at `now_ms`.  The writer does this by itself, by a clock that goes on as the monotonic
 * one does, so that a blob of an answer that runs outlives any jump of the wall clock.
 */
struct sweep {
    struct write write;
    int64_t now_ms, before_ms;
    int64_t seen, deleted; /* out: how many */
};
void sweep_init(struct sweep *s);

#endif
