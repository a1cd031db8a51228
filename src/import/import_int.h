#ifndef IMPORT_IMPORT_INT_H
#define IMPORT_IMPORT_INT_H

#include "archive/zip_read.h"
#include "catalog/object.h"
#include "import/decide.h"
#include "import/import.h"
#include "store/txn.h"

/*
 * Private to import/: an import between its parts.  import.c tells their order; each file
 * calls only those that stand below it here, and text.c.
 */

/* One object of the archive. */
struct import_item {
    struct save save;
    struct facts facts;
    struct str entry; /* the file that it came from */
    uint8_t sha256[SHA256_BYTES];
    int64_t blob; /* of its definition; 0: not staged */
    const struct ref *refs;
    size_t n_refs;
    const struct str *connections; /* that it names */
    size_t n_connections;
    struct secrets secrets;
    struct job_nodes nodes; /* of a job that can have secrets */
    struct err fault;       /* what is wrong with it; ec is 0 when nothing is */
    /* What was decided at the last look: */
    enum import_action action;
    bool is_refused; /* the fault is of that decision: another look may see none */
    struct str held_secrets; /* paths of those that the job has which is replaced, */
    int64_t held_blob;       /* and that job's definition */
};

/* A reference to what neither the archive nor the catalogue holds. */
struct dangling {
    enum kind kind;
    struct str name; /* a CDM job's or a link's with its cluster */
    const struct import_item *by;
};

struct import {
    struct catalog *catalog;
    struct import_request request;
    struct rights rights; /* when it was read */
    struct zipr *zip;
    struct arena arena;
    size_t passed_over;         /* files that are not imported */
    struct import_item **items; /* after import_read(): in the order they are written */
    size_t n;
    void *tree; /* of the items, by their names: tsearch(3) */
    size_t secret_bytes;
    /* What waits to be staged. */
    struct new_blob blobs[IMPORT_BATCH];
    struct import_item *staged[IMPORT_BATCH];
    size_t n_staged, staged_bytes;
    bool staged_any;
    /* What the last look found. */
    struct dangling *dangling;
    size_t n_dangling;
    struct str *warnings; /* names that are alike */
    size_t n_warnings;
    struct str *unused; /* what the request renames or sets, and nothing has */
    size_t n_unused;
};

/* ---- fetch.c ---- */

/* Copies the archive into a file without a name, which the caller closes, also after a
 * failure. */
int import_fetch(const struct imports *all, const struct obs_path *path, int *fd,
                 struct err *err) MUST_CHECK;

/* ---- read.c: import_read(), and what check_file.c shares ---- */

/* Archives are read within the limits of exports. */
struct zipr_limits import_limits(const struct catalog *c);

/* What a file is, by its name; 0: nothing that is imported.  Of a CDM job also its
 * cluster. */
enum kind import_kind(struct str entry, struct str *cluster);

/* Whether it is what macOS adds to a zip, as __MACOSX/._NAME, for each file that has
 * attributes.  The content tells: an object may have such a name. */
bool import_is_apple_double(struct str text);

/* E_LIMIT: the file is larger than any definition. */
int import_entry_size(const struct zipr *zip, size_t i, struct err *err) MUST_CHECK;

/* ---- item.c ---- */

/* Adds an item; its texts are to be in im->arena. */
int import_add(struct import *im, struct str entry, enum kind kind,
               struct import_item **out, struct err *err) MUST_CHECK;

/* Keeps what is wrong with a file or an object as the item's fault, and returns 0;
 * returns all other failures. */
int import_blame(struct import_item *item, int rc, struct err *err) MUST_CHECK;

/* The order of items by kind, scope and name. */
int import_by_name(const void *a, const void *b);

/* Makes an item of the object `at` of a file, which is the root but for CDM jobs.  It is
 * staged together with others, the last of them by import_stage(). */
int import_object(struct import *im, struct str entry, enum kind kind, struct str cluster,
                  const struct json_doc *doc, uint32_t at, struct err *err) MUST_CHECK;
int import_stage(struct import *im, struct err *err) MUST_CHECK;

/* The item of that name, or NULL. */
struct import_item *import_find(const struct import *im, enum kind kind, struct str scope,
                                struct str name);

/* E_LIMIT: there are more names and references than are kept. */
int import_memory(const struct arena *arena, struct err *err) MUST_CHECK;

/* ---- look.c ---- */

/* In one snapshot, decides what is to become of each item, and finds what would dangle,
 * names that are alike, and renamings of nothing.  It can be repeated. */
int import_look(struct import *im, struct err *err) MUST_CHECK;

/* ---- secrets.c ---- */

/* Of a job that is to replace `held`: which of its secrets follow their nodes, and which
 * are lost. */
int import_follow_secrets(struct import *im, struct import_item *item, struct snapshot *s,
                          const struct object *held, struct err *err) MUST_CHECK;

/* ---- plan.c ---- */

/* Appends the plan as JSON.  E_LIMIT: it is larger than IMPORT_PLAN_MAX. */
int import_print_plan(const struct import *im, enum language language, struct buf *json,
                      struct err *err) MUST_CHECK;

/* ---- report.c ---- */

/* Appends the report for the task: of what is going to be written, or, with `undone`, of
 * why nothing is.  Appends the audit log's line, if there is to be one; `why` is NULL
 * when all went well. */
void import_report(const struct import *im, bool undone, struct buf *out);
void import_audit(const struct import *im, bool undone, const struct err *why,
                  struct buf *out);

/* ---- write.c ---- */

/*
 * Writes the items without a fault, and the end of the task, in one transaction.  When
 * the catalogue has changed so that the report would be wrong, writes nothing, sets
 * *is_stale, and fails with E_BUSY.
 */
int import_write(struct import *im, const struct task_end *end, struct str audit,
                 bool *is_stale, struct err *err) MUST_CHECK;

/* ---- text.c ---- */

/* What becomes of an item, in one word. */
const char *import_action_name(enum import_action action);

/* Writes how many objects there are of each action, and how many files were passed over.
 * Of what is undone only faults are left. */
void import_counts(const struct import *im, bool undone, struct jw *jw);

/* Appends the item that names the missing object: kind/name, or kind/cluster/name when
 * the item belongs to CDM. */
void import_needed_by(const struct dangling *d, struct buf *out);

/* Appends what is wrong with a file: "entry: text". */
void import_fault(const struct err *e, struct str entry, enum language language,
                  struct buf *out);

/* Appends the sentence `detail` of details.def, with `what` as its argument. */
void import_sentence(int detail, struct str what, enum language language,
                     struct buf *out);

/* Writes the member secretsLost. */
void import_print_lost(struct jw *jw, const struct import *im, bool undone);

/* Appends what a task says of an import as a whole; nothing when all is well. */
void import_message(const struct import *im, enum language language, bool undone,
                    struct buf *out);

#endif
