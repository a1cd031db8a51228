#ifndef IMPORT_IMPORT_INT_H
#define IMPORT_IMPORT_INT_H

#include "archive/zip_read.h"
#include "catalog/object.h"
#include "import/import.h"
#include "store/imports.h"

/* Private to import/: an import between its parts. */

/* One object; what is wrong with it is in one.save.write. */
struct item {
    struct import_one one; /* first, for the way back */
    struct str entry;      /* the file that it came from */
    uint8_t sha256[SHA256_BYTES];
    const struct ref *refs;
    size_t n_refs;
    const struct str *connections; /* that it names */
    size_t n_connections;
    struct secrets secrets;
    struct job_nodes nodes; /* of a job that can have secrets */
};

/* A reference to what neither the archive nor the catalogue holds. */
struct dangling {
    enum kind kind;
    struct str name; /* a CDM job's or a link's with its cluster */
    const struct item *by;
};

struct import {
    struct catalog *catalog;
    struct import_request request;
    struct rights rights; /* when it was read */
    struct zipr *zip;
    struct arena arena;
    size_t passed_over;  /* files that are not imported */
    struct item **items; /* after import_read(): in the order they are written */
    size_t n;
    void *tree; /* of the items, by their names: tsearch(3) */
    size_t secret_bytes;
    /* What waits to be staged. */
    struct new_blob blobs[IMPORT_BATCH];
    struct item *staged[IMPORT_BATCH];
    size_t n_staged, staged_bytes;
    bool staged_any;
    /* plan.c */
    struct dangling *dangling;
    size_t n_dangling;
    struct str *warnings; /* names that are alike */
    size_t n_warnings;
    struct str *unused; /* what the request renames or sets, and nothing has */
    size_t n_unused;
};

/* The item of that name, or NULL. */
struct item *import_find(const struct import *im, enum kind kind, struct str scope,
                         struct str name);

/* item.c: one more item; what is wrong with a file or an object stays with its
 * item, and all else is returned; in the order of kind, scope and name. */
int import_add(struct import *im, struct str entry, enum kind kind, struct item **out,
               struct err *err) MUST_CHECK;
int import_blame(struct item *item, int rc, struct err *err) MUST_CHECK;
int import_by_name(const void *a, const void *b);

/* The object `at` of a file, which is the root but for CDM jobs, becomes an item; it is
 * staged with others, the last of them by import_stage(). */
int import_object(struct import *im, struct str entry, enum kind kind, struct str cluster,
                  const struct json_doc *doc, uint32_t at, struct err *err) MUST_CHECK;
int import_stage(struct import *im, struct err *err) MUST_CHECK;

/* Nothing is staged any more.  What cannot be written of that is done when the next
 * import ends, or at the next start. */
void import_unstage(struct catalog *c);

/* Archives are read within the limits of exports. */
struct zipr_limits import_limits(const struct catalog *c);

/* What a file is, by its name; 0: nothing that is imported.  Of a CDM job also its
 * cluster. */
enum kind import_kind(struct str entry, struct str *cluster);

/* What macOS adds to a zip, as __MACOSX/._NAME, for each file that has attributes.  It is
 * told by its content: an object may have such a name. */
bool import_is_apple_double(struct str text);

/* E_LIMIT: a file that is larger than any definition; more names than are kept. */
int import_entry_size(const struct zipr *zip, size_t i, struct err *err) MUST_CHECK;
int import_memory(const struct arena *arena, struct err *err) MUST_CHECK;

/* plan.c: fills dangling and warnings, and what would become of each item. */
int import_look(struct import *im, struct err *err) MUST_CHECK;

/*
 * secrets.c: of a job that would replace `held`, which of its secrets follow their
 * nodes; of a dry run also which would be lost.
 */
int import_follow_secrets(struct import *im, struct item *item, struct snapshot *s,
                          const struct object *held, struct err *err) MUST_CHECK;

/* Writes the member secretsLost; appends the same as a text. */
void import_print_lost(struct jw *jw, const struct import *im, bool undone);
void import_list_lost(const struct import *im, struct buf *out);

/* write.c: appends one more of several; false when there is no room, and "..." is
 * there for the rest. */
bool import_list_add(struct buf *out, const struct buf *one, const char *separator);

/* Writes how many objects there are of each action, and how many files were passed over.
 */
void import_counts(const struct import *im, bool undone, struct jw *jw);

/* Appends who names what dangles: kind/name. */
void import_needed_by(const struct dangling *d, struct buf *out);

/* write.c: appends what is wrong: "entry: text", or only the text when there is no
 * entry; a sentence of details.def about `what`. */
void import_fault(const struct err *e, struct str entry, enum language language,
                  struct buf *out);
void import_sentence(int detail, struct str what, enum language language,
                     struct buf *out);

#endif
