#ifndef UNIT_WORLD_H
#define UNIT_WORLD_H

#include "base/hash.h"
#include "catalog/catalog.h"
#include "store/store.h"
#include "unit/t.h"

/*
 * A catalogue of a test's own, in a folder of its own, and short forms of what tests do
 * with it: write, look, and save what clients would send.
 *
 * A test that needs no more takes world_set_up() and world_tear_down() as its fixture;
 * one that does begins its own struct with a struct world, or calls world_open().
 */

/* Makes a folder that one process needs; in memory where there is such a file system, for
 * nothing in it is to outlive the power.  TMPDIR names another place. */
#define FOLDER_MAX 64
bool folder_make(char folder[FOLDER_MAX]);
void folder_remove(const char *folder);

struct engine;

struct world {
    const struct engine *engine; /* of the store's conformance suite; else NULL */
    char folder[FOLDER_MAX];
    char path[FOLDER_MAX + 16]; /* of the catalogue's file */
    struct store *store;
    struct catalog catalog; /* without a cache */
    struct place place;     /* the default workspace of p, by the user u */
    struct arena arena;
    struct err err;               /* of the last call that failed */
    char uid[ID_UUID_BYTES];      /* of the last object created */
    char workspace[ID_HEX_BYTES]; /* of the last workspace created */
};

/* What most tests open the store with; `path` is the world's. */
#define WORLD_OPTIONS .readers = 4, .sweep_age_ms = 86400000, .may_migrate = true

/* Makes the folder of a zeroed world, and opens its store.  0 on success. */
int world_open(struct world *w, struct store_options options);

/* Closes the store and removes the folder; not for the world itself. */
void world_close(struct world *w);

/* A world on the heap, as a fixture of cmocka's. */
int world_set_up(void **state);
int world_tear_down(void **state);
#define WITH_WORLD(test)                                                                 \
    cmocka_unit_test_setup_teardown(test, world_set_up, world_tear_down)

/* Saves an object of that JSON, as api/ does: a new one, or the one that `key` names. */
int save_json(struct catalog *c, const struct place *place, enum kind kind,
              struct str key, const char *json, struct err *err) MUST_CHECK;

/* ---- writing ---- */

/* A save in short; what is not said is as below. */
struct what {
    const char *project;      /* p */
    const char *workspace;    /* the default one */
    const char *name;         /* a */
    const char *content;      /* the name */
    const char *user;         /* u */
    const char *scope;        /* "" */
    const char *location;     /* "" */
    const char *process_type; /* BATCH for jobs */
    enum kind kind;           /* a job */
    int64_t quota;
    const struct object *old;
    const struct ref *refs;
    size_t n_refs;
};

/* All that belongs to one save, for tests that submit it themselves. */
struct saving {
    struct save save;
    struct facts facts;
    struct new_blob blob;
};
void saving_init(struct saving *s, const struct what *what);
void saving_release(struct saving *s);

/* done() of a write whose `arg` is a semaphore: posts it. */
void post(struct write *write);

/* Keeps the outcome of a write: gives its rc, moves its error to w->err. */
int outcome(struct world *w, struct write *write);

int t_save(struct world *w, struct what what);
int t_remove(struct world *w, struct what what);
struct object t_find(struct world *w, struct what what);
#define SAVE(w, ...) t_save(w, (struct what){ __VA_ARGS__ })
#define REMOVE(w, ...) t_remove(w, (struct what){ __VA_ARGS__ })
#define FIND(w, ...) t_find(w, (struct what){ __VA_ARGS__ })

int new_workspace(struct world *w, const char *project, const char *name);
int delete_workspace(struct world *w, const char *project, const char *name, bool force);

/* Creates the jobs j0, j1, ..., submitted together; the content of each is its name. */
void create_jobs(struct world *w, int n);

/* Sweeps what lost its users before now plus `ms`; how many blobs went. */
int64_t sweep(struct world *w, int64_t ms);
#define LATER 3600000 /* for sweep(): all that have no user */

/* ---- looking ---- */

struct snapshot *look(struct world *w);
struct workspace workspace_in(struct world *w, struct snapshot *s, const char *project,
                              const char *uid);
struct workspace workspace(struct world *w, const char *project, const char *uid);
struct object object_in(struct world *w, struct snapshot *s, int64_t in, enum kind kind,
                        const char *key);

/* Of the default workspace of p. */
int64_t revision(struct world *w);

void assert_counts(struct world *w, const char *workspace_uid, int64_t jobs,
                   int64_t real_time, int64_t scripts, int64_t resources);
void assert_content(struct world *w, const struct object *o, const char *want);
bool blob_is_held(struct world *w, int64_t blob);

/* Waits until the clock of stored times has gone on. */
void next_ms(void);

#endif
