#include "unit/t.h"

#include <ftw.h>
#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <time.h>
#include <unistd.h>

#include "archive/deflate.h"
#include "base/clock.h"
#include "base/limits.h"
#include "store/accounts.h"
#include "store/store.h"

/*
 * The store's conformance suite: written against store.h alone, and run on each
 * engine of the table below.  What only SQLite has stands at the end.
 */
struct engine {
    const char *name;
    /* Opens the catalogue of `folder`, which is the test's own. */
    int (*open)(struct store **out, const char *folder, bool may_migrate,
                struct err *err);
};

#define STR_INIT(text)                                                                   \
    {                                                                                    \
        text, sizeof(text) - 1                                                           \
    } /* of a static table */

struct world {
    const struct engine *engine;
    char folder[64];
    struct store *store;
    struct arena arena;
    struct err err;               /* of the last call that failed */
    char uid[ID_UUID_BYTES];      /* of the last object created */
    char workspace[ID_HEX_BYTES]; /* of the last workspace created */
};

static int open_sqlite(struct store **out, const char *folder, bool may_migrate,
                       struct err *err)
{
    char path[100];
    struct seal_key key;
    struct store_options options = { .path = path,
                                     .readers = 4,
                                     .sweep_age_ms = 86400000,
                                     .may_migrate = may_migrate,
                                     .keys = &key,
                                     .n_keys = 1 };

    assert_true(seal_key_read(&key, STR("0123456789abcdef0123456789abcdef"
                                        "0123456789abcdef0123456789abcdef")));
    snprintf(path, sizeof(path), "%s/catalogue.db", folder);
    return store_open(out, &options, err);
}

static const struct engine engines[] = {
    { "sqlite", open_sqlite },
};

static void reopen(struct world *w)
{
    store_close(w->store);
    w->store = NULL;
    assert_ok(w->engine->open(&w->store, w->folder, true, &w->err), &w->err);
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    const char *tmp = getenv("TMPDIR");

    w->engine = *state;
    snprintf(w->folder, sizeof(w->folder), "%.30s/dlf-test-store-XXXXXX",
             tmp ? tmp : "/tmp");
    if (!mkdtemp(w->folder))
        return -1;
    *state = w;
    return w->engine->open(&w->store, w->folder, true, &w->err);
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
    (void)s;
    (void)type;
    (void)ftw;
    return remove(path);
}

static int tear_down(void **state)
{
    struct world *w = *state;

    store_close(w->store);
    arena_release(&w->arena);
    err_clear(&w->err);
    nftw(w->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(w);
    return 0;
}

/* ---- saying what to write ---- */

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

/* All that belongs to one save. */
struct saving {
    struct save save;
    struct facts facts;
    struct new_blob blob;
};

static const char *or_else(const char *text, const char *other)
{
    return text ? text : other;
}

static void make_blob(struct new_blob *blob, struct str content)
{
    struct err err = ERR_INIT;

    sha256(content, blob->sha256);
    blob->raw_size = (uint32_t)content.n;
    blob->crc32 = deflate_crc32(content);
    if (deflate_make(&blob->stored, content, &err))
        abort();
    sha256(buf_str(&blob->stored), blob->stored_sha256);
}

static void saving_init(struct saving *s, const struct what *w)
{
    struct save *save = &s->save;

    save_init(save);
    save->project = str_of(or_else(w->project, "p"));
    save->workspace = str_of(or_else(w->workspace, ""));
    save->user = str_of(or_else(w->user, "u"));
    save->kind = w->kind ? w->kind : KIND_JOB;
    save->quota = w->quota;
    save->old = w->old;
    save->facts = &s->facts;
    save->blob = &s->blob;
    s->facts = (struct facts){
        .name = str_of(or_else(w->name, "a")),
        .scope = str_of(or_else(w->scope, "")),
        .directory = STR("/"),
        .location = str_of(or_else(w->location, "")),
        .process_type =
            str_of(or_else(w->process_type, save->kind == KIND_JOB ? "BATCH" : "")),
        .owner = STR(""),
    };
    make_blob(&s->blob, str_of(or_else(w->content, or_else(w->name, "a"))));
    s->blob.refs = w->refs;
    s->blob.n_refs = w->n_refs;
}

static void saving_release(struct saving *s)
{
    buf_release(&s->blob.stored);
    err_clear(&s->save.write.err);
}

/* Keeps the outcome of a write: gives its rc, moves its error to w->err. */
static int outcome(struct world *w, struct write *write)
{
    err_clear(&w->err);
    w->err = write->err;
    write->err = ERR_INIT;
    return write->rc;
}

static int save(struct world *w, struct what what)
{
    struct saving s;
    int rc;

    saving_init(&s, &what);
    store_write(w->store, &s.save.write);
    memcpy(w->uid, s.save.uid, sizeof(w->uid));
    rc = outcome(w, &s.save.write);
    saving_release(&s);
    return rc;
}

#define SAVE(w, ...) save(w, (struct what){ __VA_ARGS__ })

static int remove_object(struct world *w, struct what what)
{
    struct removal r;

    removal_init(&r);
    r.project = str_of(or_else(what.project, "p"));
    r.workspace = str_of(or_else(what.workspace, ""));
    r.kind = what.kind ? what.kind : KIND_JOB;
    r.key = str_of(or_else(what.name, "a"));
    r.old = what.old;
    store_write(w->store, &r.write);
    return outcome(w, &r.write);
}

#define REMOVE(w, ...) remove_object(w, (struct what){ __VA_ARGS__ })

static int new_workspace(struct world *w, const char *project, const char *name)
{
    struct workspace_new n;

    workspace_new_init(&n);
    n.project = str_of(project);
    n.name = str_of(name);
    store_write(w->store, &n.write);
    memcpy(w->workspace, n.uid, sizeof(n.uid));
    return outcome(w, &n.write);
}

static int delete_workspace(struct world *w, const char *project, const char *name,
                            bool force)
{
    struct workspace_delete d;

    workspace_delete_init(&d);
    d.project = str_of(project);
    d.name = str_of(name);
    d.force = force;
    store_write(w->store, &d.write);
    return outcome(w, &d.write);
}

/* Sweeps what lost its users before now plus `ms`; how many went. */
static int64_t sweep(struct world *w, int64_t ms)
{
    struct sweep s;

    sweep_init(&s);
    s.now_ms = clock_ms();
    s.before_ms = s.now_ms + ms;
    store_write(w->store, &s.write);
    assert_ok(outcome(w, &s.write), &w->err);
    return s.deleted;
}

#define LATER 3600000 /* for sweep(): all that have no user */

/* ---- looking ---- */

static struct snapshot *look(struct world *w)
{
    struct snapshot *s = NULL;

    assert_ok(store_snapshot(&s, w->store, &w->err), &w->err);
    return s;
}

static struct workspace workspace_in(struct world *w, struct snapshot *s,
                                     const char *project, const char *uid)
{
    struct workspace is;

    assert_ok(
        snapshot_workspace(s, str_of(project), str_of(uid), &is, &w->arena, &w->err),
        &w->err);
    return is;
}

static struct workspace workspace(struct world *w, const char *project, const char *uid)
{
    struct snapshot *s = look(w);
    struct workspace is = workspace_in(w, s, project, uid);

    snapshot_end(s);
    return is;
}

static struct object object_in(struct world *w, struct snapshot *s, int64_t in,
                               enum kind kind, const char *key)
{
    struct object o;

    assert_ok(snapshot_object(s, in, kind, STR(""), str_of(key), &o, &w->arena, &w->err),
              &w->err);
    return o;
}

static struct object find(struct world *w, struct what what)
{
    struct snapshot *s = look(w);
    struct workspace in =
        workspace_in(w, s, or_else(what.project, "p"), or_else(what.workspace, ""));
    struct object o =
        object_in(w, s, in.id, what.kind ? what.kind : KIND_JOB, or_else(what.name, "a"));

    snapshot_end(s);
    return o;
}

#define FIND(w, ...) find(w, (struct what){ __VA_ARGS__ })

static int64_t revision(struct world *w)
{
    return workspace(w, "p", "").revision;
}

static void assert_counts(struct world *w, const char *workspace_uid, int64_t jobs,
                          int64_t real_time, int64_t scripts, int64_t resources)
{
    struct workspace is = workspace(w, "p", workspace_uid);

    assert_int_equal(is.jobs, jobs);
    assert_int_equal(is.real_time_jobs, real_time);
    assert_int_equal(is.scripts, scripts);
    assert_int_equal(is.resources, resources);
}

static void assert_content(struct world *w, const struct object *o, const char *want)
{
    struct buf stored = BUF_INIT(MIB), raw = BUF_INIT(MIB);

    assert_ok(store_blobs(w->store, &o->blob, 1, &stored, &w->err), &w->err);
    assert_int_equal(stored.len, o->stored_size);
    assert_ok(deflate_undo(&raw, buf_str(&stored), o->raw_size, &w->err), &w->err);
    assert_str(buf_str(&raw), want);
    buf_release(&stored);
    buf_release(&raw);
}

static bool blob_is_held(struct world *w, int64_t blob)
{
    struct buf stored = BUF_INIT(MIB);
    int rc = store_blobs(w->store, &blob, 1, &stored, &w->err);

    buf_release(&stored);
    if (rc)
        assert_int_equal(rc, E_INTERNAL);
    err_clear(&w->err);
    return rc == 0;
}

static void pause_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_nsec = ms * 1000000 }, NULL);
}

/* ---- many writes at once ---- */

/* Counts writes that are done; the writer thread posts. */
static void post(struct write *write)
{
    sem_post(write->arg);
}

/* Submits them all, then waits for them all. */
static void run_together(struct world *w, struct saving *s, int n)
{
    sem_t done;

    sem_init(&done, 0, 0);
    for (int i = 0; i < n; i++) {
        s[i].save.write.done = post;
        s[i].save.write.arg = &done;
        store_submit(w->store, &s[i].save.write);
    }
    for (int i = 0; i < n; i++)
        sem_wait(&done);
    sem_destroy(&done);
}

/* Jobs j0, j1, ...; content is the name. */
static void create_jobs(struct world *w, int n)
{
    struct saving *s = calloc((size_t)n, sizeof(*s));
    char(*name)[16] = calloc((size_t)n, sizeof(*name));

    for (int i = 0; i < n; i++) {
        snprintf(name[i], sizeof(name[i]), "j%d", i);
        saving_init(&s[i], &(struct what){ .name = name[i] });
    }
    run_together(w, s, n);
    for (int i = 0; i < n; i++) {
        assert_int_equal(s[i].save.write.rc, 0);
        saving_release(&s[i]);
    }
    free(s);
    free(name);
}

/* ---- projects and workspaces ---- */

static void test_unknown_project_is_seen_empty(void **state)
{
    struct list_query query = { .kind = KIND_JOB,
                                .process_type = STR("BATCH"),
                                .limit = 10 };
    struct world *w = *state;
    struct snapshot *s = look(w);
    struct workspace is = workspace_in(w, s, "nobody", "");
    struct object list[10];
    int64_t total = -1;
    size_t n = 99;

    assert_int_equal(is.id, 0);
    assert_str(is.name, "default");
    assert_int_equal(is.jobs + is.real_time_jobs + is.scripts + is.resources, 0);
    assert_int_equal(object_in(w, s, is.id, KIND_JOB, "a").id, 0);
    assert_ok(snapshot_list(s, &is, &query, list, &n, &total, &w->arena, &w->err),
              &w->err);
    assert_int_equal(n, 0);
    assert_int_equal(total, 0);
    snapshot_end(s);
}

static void test_first_write_makes_the_default_workspace(void **state)
{
    struct world *w = *state;
    struct workspace is;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    is = workspace(w, "p", "");
    assert_true(is.id > 0);
    assert_int_equal(is.uid.n, 32);
    assert_int_equal(strspn(is.uid.p, "0123456789abcdef"), 32);
    assert_str(is.name, "default");
    assert_int_equal(is.jobs, 1);
    assert_int_equal(workspace(w, "p", is.uid.p).id, is.id);
    assert_int_equal(workspace(w, "other", "").id, 0);
}

static void test_failed_first_write_makes_nothing(void **state)
{
    struct world *w = *state;
    struct object gone = { .id = 1, .blob = 1 };

    assert_fails(SAVE(w, .old = &gone), E_BUSY, &w->err);
    assert_int_equal(workspace(w, "p", "").id, 0);
    assert_fails(REMOVE(w, .name = "a"), E_NOTFOUND, &w->err);
    assert_int_equal(w->err.api, API_OK);
    assert_int_equal(workspace(w, "p", "").id, 0);
}

static void test_workspaces_are_of_their_project(void **state)
{
    struct world *w = *state;
    char first[ID_HEX_BYTES];
    struct workspace is;
    struct snapshot *s;

    assert_ok(new_workspace(w, "p", "one"), &w->err);
    memcpy(first, w->workspace, sizeof(first));
    assert_int_equal(strspn(first, "0123456789abcdef"), 32);
    assert_ok(new_workspace(w, "q", "one"), &w->err);
    assert_str(workspace(w, "p", first).name, "one");
    assert_str(workspace(w, "p", "").name, "default"); /* made on the way */
    assert_true(workspace(w, "p", "").id > 0);
    s = look(w);
    assert_fails(snapshot_workspace(s, STR("q"), str_of(first), &is, &w->arena, &w->err),
                 E_NOTFOUND, &w->err);
    assert_int_equal(w->err.api, DLF_0819);
    assert_int_equal(w->err.detail, DET_WORKSPACE);
    snapshot_end(s);
    assert_fails(SAVE(w, .project = "q", .workspace = first), E_NOTFOUND, &w->err);
    assert_int_equal(w->err.api, DLF_0819);
    assert_fails(REMOVE(w, .project = "q", .workspace = first), E_NOTFOUND, &w->err);
    assert_int_equal(w->err.api, DLF_0819);
    assert_fails(SAVE(w, .project = "new", .workspace = first), E_NOTFOUND, &w->err);
    assert_int_equal(workspace(w, "new", "").id, 0);
}

static void test_workspace_names_are_unique_in_their_project(void **state)
{
    struct world *w = *state;

    assert_ok(new_workspace(w, "p", "one"), &w->err);
    assert_fails(new_workspace(w, "p", "one"), E_EXISTS, &w->err);
    assert_fails(new_workspace(w, "p", "default"), E_EXISTS, &w->err);
    assert_fails(new_workspace(w, "new", "default"), E_EXISTS, &w->err);
    assert_ok(new_workspace(w, "p", "One"), &w->err);
}

static void add_name(void *arg, const struct workspace *w)
{
    buf_addf(arg, "%.*s ", STR_ARG(w->name));
}

static void test_workspaces_are_listed_by_name(void **state)
{
    struct world *w = *state;
    struct buf names = BUF_INIT(KIB);
    struct snapshot *s;

    assert_ok(new_workspace(w, "p", "zebra"), &w->err);
    assert_ok(new_workspace(w, "p", "ant"), &w->err);
    assert_ok(new_workspace(w, "p", "作业"), &w->err);
    assert_ok(new_workspace(w, "q", "other"), &w->err);
    s = look(w);
    assert_ok(snapshot_workspaces(s, STR("p"), add_name, &names, &w->err), &w->err);
    assert_str(buf_str(&names), "ant default zebra 作业 ");
    buf_clear(&names);
    assert_ok(snapshot_workspaces(s, STR("nobody"), add_name, &names, &w->err), &w->err);
    assert_str(buf_str(&names), "");
    snapshot_end(s);
    buf_release(&names);
}

static void test_a_workspace_that_is_in_use_is_deleted_by_force_only(void **state)
{
    struct world *w = *state;
    struct object one, shared;

    assert_ok(new_workspace(w, "p", "one"), &w->err);
    assert_ok(SAVE(w, .workspace = w->workspace, .name = "own"), &w->err);
    assert_ok(SAVE(w, .workspace = w->workspace, .name = "shared"), &w->err);
    assert_ok(SAVE(w, .name = "shared"), &w->err);
    one = FIND(w, .workspace = w->workspace, .name = "own");
    shared = FIND(w, .name = "shared");
    assert_fails(delete_workspace(w, "p", "gone", true), E_NOTFOUND, &w->err);
    assert_fails(delete_workspace(w, "q", "one", true), E_NOTFOUND, &w->err);
    assert_fails(delete_workspace(w, "p", "one", false), E_DENIED, &w->err);
    assert_int_equal(FIND(w, .workspace = w->workspace, .name = "own").id, one.id);
    assert_ok(delete_workspace(w, "p", "one", true), &w->err);
    assert_fails(SAVE(w, .workspace = w->workspace), E_NOTFOUND, &w->err);
    assert_int_equal(w->err.api, DLF_0819);
    assert_int_equal(sweep(w, LATER), 1); /* what no other workspace has */
    assert_false(blob_is_held(w, one.blob));
    assert_true(blob_is_held(w, shared.blob));
    assert_fails(delete_workspace(w, "p", "one", true), E_NOTFOUND, &w->err);
}

static void test_an_empty_workspace_is_deleted(void **state)
{
    struct world *w = *state;

    assert_ok(new_workspace(w, "p", "one"), &w->err);
    assert_ok(SAVE(w, .workspace = w->workspace, .kind = KIND_SCRIPT), &w->err);
    assert_fails(delete_workspace(w, "p", "one", false), E_DENIED, &w->err);
    assert_ok(REMOVE(w, .workspace = w->workspace, .kind = KIND_SCRIPT), &w->err);
    assert_ok(delete_workspace(w, "p", "one", false), &w->err);
}

static void test_the_default_workspace_is_deleted_by_force_only(void **state)
{
    struct world *w = *state;
    struct workspace is;
    struct snapshot *s;

    assert_ok(new_workspace(w, "p", "one"), &w->err);
    assert_fails(delete_workspace(w, "p", "default", false), E_DENIED, &w->err);
    assert_ok(delete_workspace(w, "p", "default", true), &w->err);
    s = look(w);
    assert_fails(snapshot_workspace(s, STR("p"), STR(""), &is, &w->arena, &w->err),
                 E_NOTFOUND, &w->err);
    assert_int_equal(w->err.api, DLF_0819);
    assert_int_equal(w->err.detail, DET_NO_DEFAULT);
    snapshot_end(s);
    assert_fails(SAVE(w, .name = "a"), E_NOTFOUND, &w->err); /* not made again */
    assert_int_equal(w->err.api, DLF_0819);
    assert_ok(new_workspace(w, "p", "default"), &w->err);
    assert_ok(SAVE(w, .name = "a"), &w->err);
}

/* ---- creating, updating, deleting ---- */

static void test_what_was_created_is_read(void **state)
{
    static const char text[] = "a definition a definition a definition a definition";
    struct world *w = *state;
    int64_t before = clock_ms();
    struct saving s;
    struct object o;

    saving_init(&s, &(struct what){ .name = "作业", .content = text, .user = "ann" });
    s.facts.directory = STR("/etl/");
    s.facts.process_type = STR("REAL_TIME");
    s.facts.owner = STR("bob");
    s.facts.priority = 2;
    s.facts.end_time = 1709251200000;
    s.facts.single_node = true;
    assert_int_equal(store_write(w->store, &s.save.write), 0);
    o = FIND(w, .name = "作业");
    assert_true(o.id > 0);
    assert_str(o.uid, s.save.uid);
    assert_int_equal(o.uid.n, 36);
    assert_str(o.facts.name, "作业");
    assert_str(o.facts.scope, "");
    assert_str(o.facts.directory, "/etl/");
    assert_str(o.facts.location, "");
    assert_str(o.facts.process_type, "REAL_TIME");
    assert_str(o.facts.owner, "bob");
    assert_int_equal(o.facts.priority, 2);
    assert_int_equal(o.facts.end_time, 1709251200000);
    assert_true(o.facts.single_node);
    assert_true(o.create_time >= before && o.create_time <= clock_ms());
    assert_int_equal(o.update_time, o.create_time);
    assert_str(o.create_user, "ann");
    assert_str(o.update_user, "ann");
    assert_int_equal(o.raw_size, strlen(text));
    assert_int_equal(o.stored_size, s.blob.stored.len);
    assert_int_equal(o.crc32, s.blob.crc32);
    assert_memory_equal(o.stored_sha256, s.blob.stored_sha256, SHA256_BYTES);
    assert_content(w, &o, text);
    saving_release(&s);
}

static void test_what_is_not_held_has_no_id(void **state)
{
    struct world *w = *state;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_int_equal(FIND(w, .name = "b").id, 0);
    assert_int_equal(FIND(w, .name = "A").id, 0);
    assert_int_equal(FIND(w, .name = "").id, 0);
    assert_int_equal(FIND(w, .kind = KIND_SCRIPT).id, 0);
    assert_int_equal(FIND(w, .kind = KIND_RESOURCE).id, 0);
    assert_int_equal(FIND(w, .project = "q").id, 0);
}

static void test_names_are_unique_for_a_kind_in_a_workspace(void **state)
{
    struct world *w = *state;
    int64_t before;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    before = revision(w);
    assert_fails(SAVE(w, .name = "a", .content = "other"), E_EXISTS, &w->err);
    assert_int_equal(w->err.api, API_OK);
    assert_int_equal(revision(w), before);
    assert_counts(w, "", 1, 0, 0, 0);
    assert_int_equal(sweep(w, LATER), 0); /* nor a blob was left */
    assert_ok(SAVE(w, .name = "A"), &w->err);
    assert_ok(SAVE(w, .name = "a", .kind = KIND_SCRIPT), &w->err);
    assert_fails(SAVE(w, .name = "a", .kind = KIND_SCRIPT), E_EXISTS, &w->err);
    assert_ok(SAVE(w, .name = "a", .kind = KIND_RESOURCE, .scope = "/"), &w->err);
    assert_ok(SAVE(w, .name = "a", .kind = KIND_RESOURCE, .scope = "/d"), &w->err);
    assert_fails(SAVE(w, .name = "a", .kind = KIND_RESOURCE, .scope = "/d"), E_EXISTS,
                 &w->err);
    assert_ok(SAVE(w, .name = "a", .project = "q"), &w->err);
    assert_ok(new_workspace(w, "p", "one"), &w->err);
    assert_ok(SAVE(w, .name = "a", .workspace = w->workspace), &w->err);
    assert_counts(w, "", 2, 0, 1, 2);
    assert_counts(w, w->workspace, 1, 0, 0, 0);
}

static void test_the_quota_is_exact(void **state)
{
    struct world *w = *state;
    int64_t before;

    assert_ok(SAVE(w, .name = "a", .quota = 2), &w->err);
    assert_ok(SAVE(w, .name = "b", .quota = 2, .process_type = "REAL_TIME"), &w->err);
    before = revision(w);
    assert_fails(SAVE(w, .name = "c", .quota = 2), E_LIMIT, &w->err);
    assert_int_equal(w->err.api, API_OK);
    assert_int_equal(revision(w), before);
    assert_int_equal(FIND(w, .name = "c").id, 0);
    assert_ok(SAVE(w, .name = "a", .kind = KIND_SCRIPT, .quota = 1), &w->err);
    assert_fails(SAVE(w, .name = "b", .kind = KIND_SCRIPT, .quota = 1), E_LIMIT, &w->err);
    assert_ok(SAVE(w, .name = "c"), &w->err); /* 0: any number */
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_ok(REMOVE(w, .name = "b"), &w->err);
    assert_ok(SAVE(w, .name = "d", .quota = 2), &w->err);
    assert_ok(SAVE(w, .project = "q", .name = "a", .quota = 1),
              &w->err); /* a workspace's */
}

static void test_an_update_is_no_matter_of_the_quota(void **state)
{
    struct world *w = *state;
    struct object old;

    assert_ok(SAVE(w, .name = "a", .quota = 1), &w->err);
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .old = &old, .content = "new", .quota = 1), &w->err);
}

static void test_an_update_replaces_the_definition(void **state)
{
    struct world *w = *state;
    struct object old, now;

    assert_ok(SAVE(w, .name = "a", .content = "old", .user = "ann"), &w->err);
    old = FIND(w, .name = "a");
    pause_ms(2);
    assert_ok(SAVE(w, .name = "a", .content = "new", .user = "bob", .old = &old),
              &w->err);
    now = FIND(w, .name = "a");
    assert_int_equal(now.id, old.id);
    assert_bytes(now.uid, old.uid);
    assert_int_equal(now.create_time, old.create_time);
    assert_str(now.create_user, "ann");
    assert_true(now.update_time > old.update_time);
    assert_str(now.update_user, "bob");
    assert_int_not_equal(now.blob, old.blob);
    assert_content(w, &now, "new");
    assert_true(blob_is_held(w, old.blob)); /* for exports that still run */
    assert_counts(w, "", 1, 0, 0, 0);
}

static void test_saving_the_same_moves_only_time_and_user(void **state)
{
    struct world *w = *state;
    struct object old, now;
    int64_t before;

    assert_ok(SAVE(w, .name = "a", .user = "ann"), &w->err);
    old = FIND(w, .name = "a");
    before = revision(w);
    pause_ms(2);
    assert_ok(SAVE(w, .name = "a", .user = "bob", .old = &old), &w->err);
    now = FIND(w, .name = "a");
    assert_int_equal(now.blob, old.blob);
    assert_true(now.update_time > old.update_time);
    assert_str(now.update_user, "bob");
    assert_str(now.create_user, "ann");
    assert_int_equal(revision(w), before);
    assert_counts(w, "", 1, 0, 0, 0);
    assert_int_equal(sweep(w, LATER), 0);
}

static void test_an_update_of_what_others_changed_is_busy(void **state)
{
    struct world *w = *state;
    struct object old, now;
    int64_t before;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "theirs", .old = &old), &w->err);
    before = revision(w);
    assert_fails(SAVE(w, .name = "a", .content = "ours", .old = &old), E_BUSY, &w->err);
    assert_int_equal(revision(w), before);
    now = FIND(w, .name = "a");
    assert_content(w, &now, "theirs");
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_fails(SAVE(w, .name = "a", .content = "ours", .old = &now), E_BUSY, &w->err);
    assert_ok(SAVE(w, .name = "a", .content = "theirs"),
              &w->err); /* another, of that name */
    assert_fails(SAVE(w, .name = "a", .content = "ours", .old = &now), E_BUSY, &w->err);
}

static void test_a_removal_of_what_others_changed_is_busy(void **state)
{
    struct world *w = *state;
    struct object old, now;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "theirs", .old = &old), &w->err);
    assert_fails(REMOVE(w, .name = "a", .old = &old), E_BUSY, &w->err);
    now = FIND(w, .name = "a");
    assert_content(w, &now, "theirs");
    assert_ok(REMOVE(w, .name = "a", .old = &now), &w->err);
    assert_fails(REMOVE(w, .name = "a", .old = &now), E_BUSY, &w->err);
}

static void test_an_object_is_updated_in_its_workspace_only(void **state)
{
    struct world *w = *state;
    struct object old;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "x", .project = "q"), &w->err);
    old = FIND(w, .name = "a");
    assert_fails(SAVE(w, .name = "a", .project = "q", .content = "new", .old = &old),
                 E_BUSY, &w->err);
    old = FIND(w, .name = "a");
    assert_content(w, &old, "a");
}

static void test_a_resource_is_named_by_its_uid_and_can_be_renamed(void **state)
{
    struct world *w = *state;
    struct object old, now;
    char a[ID_UUID_BYTES];
    int64_t before;

    assert_ok(SAVE(w, .kind = KIND_RESOURCE, .name = "b", .scope = "/"), &w->err);
    assert_ok(SAVE(w, .kind = KIND_RESOURCE, .name = "a", .scope = "/",
                   .location = "obs://b/k"),
              &w->err);
    memcpy(a, w->uid, sizeof(a));
    old = FIND(w, .kind = KIND_RESOURCE, .name = a);
    assert_str(old.facts.name, "a");
    assert_str(old.facts.scope, "/");
    assert_str(old.facts.location, "obs://b/k");
    assert_int_equal(FIND(w, .kind = KIND_RESOURCE, .name = "a").id, 0);
    assert_int_equal(FIND(w, .kind = KIND_SCRIPT, .name = a).id, 0);
    assert_fails(SAVE(w, .kind = KIND_RESOURCE, .name = "b", .scope = "/", .old = &old),
                 E_EXISTS, &w->err);
    before = revision(w);
    assert_ok(SAVE(w, .kind = KIND_RESOURCE, .name = "c", .scope = "/", .old = &old),
              &w->err);
    now = FIND(w, .kind = KIND_RESOURCE, .name = a);
    assert_str(now.facts.name, "c");
    assert_int_equal(now.id, old.id);
    assert_int_not_equal(revision(w), before);
    assert_counts(w, "", 0, 0, 0, 2);
}

static void test_what_is_deleted_is_gone(void **state)
{
    struct world *w = *state;
    char uid[ID_UUID_BYTES];

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "a", .kind = KIND_SCRIPT), &w->err);
    assert_ok(SAVE(w, .name = "a", .kind = KIND_RESOURCE, .scope = "/"), &w->err);
    memcpy(uid, w->uid, sizeof(uid));
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_int_equal(FIND(w, .name = "a").id, 0);
    assert_counts(w, "", 0, 0, 1, 1);
    assert_fails(REMOVE(w, .name = "a"), E_NOTFOUND, &w->err);
    assert_int_equal(w->err.api, API_OK);
    assert_fails(REMOVE(w, .name = uid, .kind = KIND_SCRIPT), E_NOTFOUND, &w->err);
    assert_fails(REMOVE(w, .name = "a", .kind = KIND_RESOURCE), E_NOTFOUND, &w->err);
    assert_fails(REMOVE(w, .name = uid, .kind = KIND_RESOURCE, .project = "q"),
                 E_NOTFOUND, &w->err);
    assert_ok(REMOVE(w, .name = uid, .kind = KIND_RESOURCE), &w->err);
    assert_ok(REMOVE(w, .name = "a", .kind = KIND_SCRIPT), &w->err);
    assert_counts(w, "", 0, 0, 0, 0);
}

static void test_ids_are_never_used_again(void **state)
{
    struct world *w = *state;
    struct object first, second;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    first = FIND(w, .name = "a");
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_int_equal(sweep(w, LATER), 1);
    assert_ok(SAVE(w, .name = "b"), &w->err);
    second = FIND(w, .name = "b");
    assert_true(second.id > first.id);
    assert_true(second.blob > first.blob);
    reopen(w);
    assert_ok(REMOVE(w, .name = "b"), &w->err);
    sweep(w, LATER);
    reopen(w);
    assert_ok(SAVE(w, .name = "c"), &w->err);
    assert_true(FIND(w, .name = "c").id > second.id);
    assert_true(FIND(w, .name = "c").blob > second.blob);
}

static void test_counters_follow_kinds_and_process_types(void **state)
{
    struct world *w = *state;
    struct object old;

    assert_ok(SAVE(w, .name = "b"), &w->err);
    assert_ok(SAVE(w, .name = "r", .process_type = "REAL_TIME"), &w->err);
    assert_counts(w, "", 2, 1, 0, 0);
    old = FIND(w, .name = "b");
    assert_ok(
        SAVE(w, .name = "b", .process_type = "REAL_TIME", .content = "2", .old = &old),
        &w->err);
    assert_counts(w, "", 2, 2, 0, 0);
    old = FIND(w, .name = "r");
    assert_ok(SAVE(w, .name = "r", .content = "3", .old = &old), &w->err);
    assert_counts(w, "", 2, 1, 0, 0);
    assert_ok(SAVE(w, .kind = KIND_SCRIPT), &w->err);
    assert_ok(SAVE(w, .kind = KIND_RESOURCE), &w->err);
    assert_ok(REMOVE(w, .name = "b"), &w->err);
    assert_counts(w, "", 1, 0, 1, 1);
}

static void test_revision_is_another_after_each_change(void **state)
{
    struct world *w = *state;
    int64_t seen[6];
    struct object old;
    int n = 0;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    seen[n++] = revision(w);
    assert_ok(SAVE(w, .name = "b"), &w->err);
    seen[n++] = revision(w);
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "new", .old = &old), &w->err);
    seen[n++] = revision(w);
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "a", .old = &old), &w->err); /* and back */
    seen[n++] = revision(w);
    assert_ok(REMOVE(w, .name = "b"), &w->err);
    seen[n++] = revision(w);
    assert_ok(SAVE(w, .kind = KIND_SCRIPT), &w->err);
    seen[n++] = revision(w);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            assert_int_not_equal(seen[i], seen[k]);
    assert_fails(REMOVE(w, .name = "b"), E_NOTFOUND, &w->err);
    assert_ok(SAVE(w, .name = "x", .project = "q"), &w->err); /* another workspace */
    assert_int_equal(revision(w), seen[n - 1]);
}

/* ---- blobs ---- */

static void test_same_content_is_one_blob(void **state)
{
    struct world *w = *state;
    int64_t blob;

    assert_ok(SAVE(w, .name = "a", .content = "same"), &w->err);
    assert_ok(SAVE(w, .name = "b", .content = "same"), &w->err);
    assert_ok(SAVE(w, .name = "a", .content = "same", .kind = KIND_SCRIPT), &w->err);
    assert_ok(SAVE(w, .name = "a", .content = "same", .project = "q"), &w->err);
    assert_ok(SAVE(w, .name = "c", .content = "other"), &w->err);
    blob = FIND(w, .name = "a").blob;
    assert_int_equal(FIND(w, .name = "b").blob, blob);
    assert_int_equal(FIND(w, .name = "a", .kind = KIND_SCRIPT).blob, blob);
    assert_int_equal(FIND(w, .name = "a", .project = "q").blob, blob);
    assert_int_not_equal(FIND(w, .name = "c").blob, blob);
}

static void test_a_blob_is_swept_when_its_last_user_is_gone(void **state)
{
    struct world *w = *state;
    int64_t blob;

    assert_ok(SAVE(w, .name = "a", .content = "same"), &w->err);
    assert_ok(SAVE(w, .name = "b", .content = "same", .project = "q"), &w->err);
    blob = FIND(w, .name = "a").blob;
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_int_equal(sweep(w, LATER), 0);
    assert_true(blob_is_held(w, blob));
    assert_ok(REMOVE(w, .name = "b", .project = "q"), &w->err);
    assert_true(blob_is_held(w, blob)); /* until it is swept */
    assert_int_equal(sweep(w, LATER), 1);
    assert_false(blob_is_held(w, blob));
    assert_int_equal(sweep(w, LATER), 0);
}

static void test_a_replaced_blob_is_swept(void **state)
{
    struct world *w = *state;
    struct object old;

    assert_ok(SAVE(w, .name = "a", .content = "old"), &w->err);
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "new", .old = &old), &w->err);
    assert_int_equal(sweep(w, LATER), 1);
    assert_false(blob_is_held(w, old.blob));
    old = FIND(w, .name = "a");
    assert_content(w, &old, "new");
}

static void test_a_blob_that_is_used_again_is_kept(void **state)
{
    struct world *w = *state;
    struct object old;
    int64_t blob;

    assert_ok(SAVE(w, .name = "a", .content = "same"), &w->err);
    blob = FIND(w, .name = "a").blob;
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "b", .content = "same"), &w->err); /* by a new object */
    assert_int_equal(FIND(w, .name = "b").blob, blob);
    assert_int_equal(sweep(w, LATER), 0);
    old = FIND(w, .name = "b");
    assert_ok(SAVE(w, .name = "b", .content = "new", .old = &old), &w->err);
    old = FIND(w, .name = "b");
    assert_ok(SAVE(w, .name = "b", .content = "same", .old = &old),
              &w->err); /* by an update */
    assert_int_equal(FIND(w, .name = "b").blob, blob);
    assert_int_equal(sweep(w, LATER), 1);
    assert_true(blob_is_held(w, blob));
}

static void test_the_sweep_respects_the_age(void **state)
{
    struct world *w = *state;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_int_equal(sweep(w, -3600000), 0);
    pause_ms(5);
    assert_int_equal(sweep(w, -60000), 0);
    assert_int_equal(sweep(w, 0), 1);
}

static void test_the_sweep_goes_in_batches(void **state)
{
    enum { N = SWEEP_BATCH + 50 };
    struct world *w = *state;

    assert_ok(new_workspace(w, "p", "keep"), &w->err);
    assert_ok(SAVE(w, .name = "j7", .workspace = w->workspace), &w->err);
    create_jobs(w, N);
    assert_ok(delete_workspace(w, "p", "default", true), &w->err);
    assert_int_equal(sweep(w, LATER), SWEEP_BATCH);
    assert_int_equal(sweep(w, LATER), N - SWEEP_BATCH - 1);
    assert_int_equal(sweep(w, LATER), 0);
}

/* ---- imports ---- */

/* The objects of an import, and all that they point to. */
struct importing {
    struct import_all all;
    struct saving saving[4];
    struct import_one one[4];
    struct import_one *items[4];
    int64_t task;
};

/* Stages the content of object `i`, which is to be `what`. */
static void stage_one(struct world *w, struct importing *im, size_t i, struct what what)
{
    struct import_one *one = &im->one[i];
    struct stage stage;

    saving_init(&im->saving[i], &what);
    one->save = im->saving[i].save;
    one->facts = im->saving[i].facts;
    one->save.facts = &one->facts;
    one->save.submit = true;
    im->items[i] = one;
    stage_init(&stage);
    stage.blobs = &im->saving[i].blob;
    stage.ids = &one->blob;
    stage.n = 1;
    assert_int_equal(store_write(w->store, &stage.write), 0);
}

static int end_well(struct import_all *a, struct err *err)
{
    (void)err;
    a->end.report = STR("{}");
    return 0;
}

static void begin_import(struct world *w, struct importing *im)
{
    struct task_new new;

    *im = (struct importing){ .task = 0 };
    task_new_init(&new);
    new.project = STR("p");
    new.path = STR("obs://b/k");
    new.kind = TASK_IMPORT_JOBS;
    assert_int_equal(store_write(w->store, &new.write), 0);
    im->task = new.id;
}

static int run_import(struct world *w, struct importing *im, size_t n, bool carry_on)
{
    struct import_all *a = &im->all;
    int rc;

    import_all_init(a);
    a->project = STR("p");
    a->workspace = STR("");
    a->user = STR("importer");
    a->items = im->items;
    a->n = n;
    a->overwrite = true;
    a->carry_on = carry_on;
    a->finish = end_well;
    a->end.id = im->task;
    store_write(w->store, &a->write);
    rc = outcome(w, &a->write);
    for (size_t i = 0; i < n; i++) {
        saving_release(&im->saving[i]);
        err_clear(&im->one[i].save.write.err);
    }
    return rc;
}

static void unstage(struct world *w)
{
    struct unstage u;

    do {
        unstage_init(&u);
        assert_int_equal(store_write(w->store, &u.write), 0);
    } while (u.more);
}

static void test_what_is_staged_is_seen_by_nobody(void **state)
{
    struct world *w = *state;
    struct importing im;

    begin_import(w, &im);
    stage_one(w, &im, 0, (struct what){ .name = "a" });
    stage_one(w, &im, 1, (struct what){ .name = "b" });
    assert_int_equal(FIND(w, .name = "a").id, 0);
    assert_int_equal(sweep(w, -60000), 0); /* it is of now */
    assert_ok(run_import(w, &im, 1, false), &w->err);
    assert_int_equal(im.one[0].action, IMPORT_CREATE);
    assert_str(FIND(w, .name = "a").create_user, "importer");
    assert_int_equal(sweep(w, LATER), 0);
    unstage(w);
    assert_int_equal(sweep(w, LATER), 1); /* b, which no import came to name */
    assert_true(blob_is_held(w, FIND(w, .name = "a").blob));
    buf_release(&im.saving[1].blob.stored);
}

static void test_an_import_is_all_or_nothing(void **state)
{
    struct world *w = *state;
    struct importing im;

    begin_import(w, &im);
    stage_one(w, &im, 0, (struct what){ .name = "a" });
    stage_one(w, &im, 1, (struct what){ .name = "b", .quota = 1 });
    stage_one(w, &im, 2, (struct what){ .name = "c", .quota = 1 });
    assert_int_equal(run_import(w, &im, 3, false), E_INVALID);
    assert_int_equal(FIND(w, .name = "a").id, 0);
    assert_int_equal(im.one[0].save.write.rc, 0);
    assert_int_equal(im.one[1].save.write.rc, E_LIMIT);
    assert_int_equal(im.one[2].save.write.rc, E_LIMIT); /* each is told */
}

static void test_an_import_of_what_is_sound(void **state)
{
    struct world *w = *state;
    struct importing im;

    begin_import(w, &im);
    stage_one(w, &im, 0, (struct what){ .name = "a" });
    stage_one(w, &im, 1, (struct what){ .name = "b", .quota = 1 });
    stage_one(w, &im, 2, (struct what){ .name = "c" });
    assert_ok(run_import(w, &im, 3, true), &w->err);
    assert_int_equal(im.one[1].action, IMPORT_ERROR);
    assert_int_equal(FIND(w, .name = "b").id, 0);
    assert_int_equal(workspace(w, "p", "").jobs, 2);
    assert_int_equal(FIND(w, .name = "c").version, 1);
}

static void test_an_import_replaces_what_is_held_then(void **state)
{
    struct world *w = *state;
    struct importing im;
    struct object old;

    assert_ok(SAVE(w, .name = "same"), &w->err);
    assert_ok(SAVE(w, .name = "a", .content = "old"), &w->err);
    old = FIND(w, .name = "a");
    begin_import(w, &im);
    stage_one(w, &im, 0, (struct what){ .name = "a", .content = "new" });
    stage_one(w, &im, 1, (struct what){ .name = "same" });
    assert_ok(SAVE(w, .name = "a", .content = "newer", .old = &old), &w->err);
    assert_ok(run_import(w, &im, 2, false), &w->err);
    assert_int_equal(im.one[0].action, IMPORT_OVERWRITE);
    assert_int_equal(im.one[1].action, IMPORT_SAME);
    assert_int_equal(FIND(w, .name = "a").id, old.id);
    assert_int_equal(FIND(w, .name = "a").blob, im.one[0].blob);
    assert_int_equal(workspace(w, "p", "").jobs, 2);
}

/* What the sweep took meanwhile cannot be named any more, and nothing else is. */
static void test_an_import_whose_blob_is_gone(void **state)
{
    struct world *w = *state;
    struct importing im;

    begin_import(w, &im);
    stage_one(w, &im, 0, (struct what){ .name = "a" });
    stage_one(w, &im, 1, (struct what){ .name = "b" });
    im.one[1].blob += 1000;
    assert_int_equal(run_import(w, &im, 2, true), E_IO);
    assert_int_equal(FIND(w, .name = "a").id, 0);
}

static void test_blobs_come_in_the_order_asked_for(void **state)
{
    enum { N = 200 };
    struct world *w = *state;
    struct buf out = BUF_INIT(MIB), want = BUF_INIT(MIB);
    int64_t blobs[N + 1];

    create_jobs(w, N);
    buf_adds(&out, "before ");
    buf_adds(&want, "before ");
    for (int i = 0; i < N; i++) {
        char name[16];

        snprintf(name, sizeof(name), "j%d", i * 37 % N);
        buf_adds(&want, name); /* too short to be deflated */
        blobs[i] = FIND(w, .name = name).blob;
    }
    blobs[N] = blobs[0]; /* twice */
    buf_adds(&want, "j0");
    assert_ok(store_blobs(w->store, blobs, N + 1, &out, &w->err), &w->err);
    assert_bytes(buf_str(&out), buf_str(&want));
    assert_ok(store_blobs(w->store, blobs, 0, &out, &w->err), &w->err);
    assert_bytes(buf_str(&out), buf_str(&want));
    buf_release(&out);
    buf_release(&want);
}

static void test_a_blob_that_is_gone_is_an_error(void **state)
{
    struct world *w = *state;
    struct buf out = BUF_INIT(MIB);
    int64_t blobs[3];

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "b"), &w->err);
    blobs[0] = FIND(w, .name = "a").blob;
    blobs[2] = FIND(w, .name = "b").blob;
    for (int64_t none = -1; none <= 1; none++) {
        blobs[1] = none * 1000000;
        assert_fails(store_blobs(w->store, blobs, 3, &out, &w->err), E_INTERNAL, &w->err);
        err_clear(&w->err);
        assert_fails(store_blobs(w->store, &blobs[1], 1, &out, &w->err), E_INTERNAL,
                     &w->err);
        err_clear(&w->err);
    }
    buf_release(&out);
}

static void test_an_empty_content_is_a_blob_too(void **state)
{
    struct world *w = *state;
    struct object o;

    assert_ok(SAVE(w, .name = "a", .content = ""), &w->err);
    o = FIND(w, .name = "a");
    assert_int_equal(o.raw_size, 0);
    assert_content(w, &o, "");
}

/* `n` bytes that do not deflate. */
static void noise(struct buf *b, size_t n)
{
    uint32_t x = 7;

    for (; n; n--, x = x * 1664525 + 1013904223)
        buf_addc(b, (char)(x >> 24 ? x >> 24 : 1));
    buf_cstr(b);
}

static void test_a_blob_is_read_part_by_part(void **state)
{
    static const uint32_t steps[] = { 1000, 4096, 65536, 299000, 300000 };
    struct world *w = *state;
    struct buf content = BUF_INIT(MIB), whole = BUF_INIT(MIB), out = BUF_INIT(MIB);
    struct object o;

    noise(&content, 300000);
    assert_ok(SAVE(w, .name = "a", .content = buf_cstr(&content)), &w->err);
    o = FIND(w, .name = "a");
    assert_ok(store_blobs(w->store, &o.blob, 1, &whole, &w->err), &w->err);
    assert_int_equal(whole.len, o.stored_size);
    assert_true(o.stored_size > 299000);
    for (size_t i = 0; i < COUNT_OF(steps); i++) {
        buf_clear(&out);
        for (uint32_t at = 0; at < o.stored_size; at += steps[i]) {
            uint32_t left = o.stored_size - at, n = left < steps[i] ? left : steps[i];

            assert_ok(store_blob_part(w->store, o.blob, at, n, &out, &w->err), &w->err);
        }
        assert_bytes(buf_str(&out), buf_str(&whole));
    }
    buf_clear(&out);
    assert_ok(store_blob_part(w->store, o.blob, o.stored_size, 0, &out, &w->err),
              &w->err);
    assert_int_equal(out.len, 0);
    buf_release(&content);
    buf_release(&whole);
    buf_release(&out);
}

static void test_a_part_that_is_not_there_is_an_error(void **state)
{
    struct world *w = *state;
    struct buf out = BUF_INIT(MIB);
    int64_t blob;

    assert_ok(SAVE(w, .name = "a", .content = "12345"), &w->err);
    blob = FIND(w, .name = "a").blob;
    assert_int_not_equal(store_blob_part(w->store, blob, 3, 3, &out, &w->err), 0);
    err_clear(&w->err);
    assert_int_not_equal(store_blob_part(w->store, blob, 6, 1, &out, &w->err), 0);
    err_clear(&w->err);
    assert_fails(store_blob_part(w->store, 1000000, 0, 1, &out, &w->err), E_IO, &w->err);
    err_clear(&w->err);
    assert_int_equal(out.len, 0);
    assert_ok(store_blob_part(w->store, blob, 2, 3, &out, &w->err), &w->err);
    assert_str(buf_str(&out), "345");
    buf_release(&out);
}

/* ---- snapshots and lists ---- */

static void test_a_snapshot_does_not_see_later_writes(void **state)
{
    struct world *w = *state;
    struct workspace before;
    struct object old, seen;
    struct snapshot *s;

    assert_ok(SAVE(w, .name = "a", .content = "old"), &w->err);
    assert_ok(SAVE(w, .name = "b"), &w->err);
    s = look(w);
    before = workspace_in(w, s, "p", "");
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "new", .old = &old), &w->err);
    assert_ok(REMOVE(w, .name = "b"), &w->err);
    assert_ok(SAVE(w, .name = "c"), &w->err);
    seen = object_in(w, s, before.id, KIND_JOB, "a");
    assert_int_equal(seen.blob, old.blob);
    assert_true(object_in(w, s, before.id, KIND_JOB, "b").id > 0);
    assert_int_equal(object_in(w, s, before.id, KIND_JOB, "c").id, 0);
    assert_int_equal(workspace_in(w, s, "p", "").revision, before.revision);
    assert_int_equal(workspace_in(w, s, "p", "").jobs, 2);
    snapshot_end(s);
    assert_int_equal(FIND(w, .name = "b").id, 0);
    assert_int_not_equal(revision(w), before.revision);
}

static void test_snapshots_stand_beside_each_other(void **state)
{
    struct world *w = *state;
    struct snapshot *first, *second;
    struct workspace is;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    first = look(w);
    is = workspace_in(w, first, "p", "");
    assert_ok(SAVE(w, .name = "b"), &w->err);
    second = look(w);
    assert_true(object_in(w, second, is.id, KIND_JOB, "b").id > 0);
    assert_int_equal(object_in(w, first, is.id, KIND_JOB, "b").id, 0);
    snapshot_end(first);
    assert_true(object_in(w, second, is.id, KIND_JOB, "b").id > 0);
    snapshot_end(second);
}

/* The names of a list, and its total: "b a (2)". */
static void assert_list(struct world *w, struct list_query query, const char *want)
{
    struct snapshot *s = look(w);
    struct workspace in = workspace_in(w, s, "p", "");
    struct buf names = BUF_INIT(10 * KIB);
    struct object list[100];
    int64_t total;
    size_t n;

    assert_ok(snapshot_list(s, &in, &query, list, &n, &total, &w->arena, &w->err),
              &w->err);
    snapshot_end(s);
    for (size_t i = 0; i < n; i++)
        buf_addf(&names, "%.*s ", STR_ARG(list[i].facts.name));
    buf_addf(&names, "(%" PRId64 ")", total);
    assert_str(buf_str(&names), want);
    buf_release(&names);
}

#define JOBS .kind = KIND_JOB, .process_type = STR("BATCH")
#define LIST(w, want, ...) assert_list(w, (struct list_query){ __VA_ARGS__ }, want)

static void save_in_turn(struct world *w, const char *const *names, enum kind kind)
{
    for (; *names; names++) {
        assert_ok(SAVE(w, .name = *names, .kind = kind), &w->err);
        pause_ms(2);
    }
}

static void test_lists_are_newest_first(void **state)
{
    static const char *const names[] = { "c", "a", "d", "b", NULL };
    struct world *w = *state;
    struct object old;

    save_in_turn(w, names, KIND_JOB);
    LIST(w, "b d a c (4)", JOBS, .limit = 10);
    old = FIND(w, .name = "a"); /* an update does not move it */
    assert_ok(SAVE(w, .name = "a", .content = "new", .old = &old), &w->err);
    LIST(w, "b d a c (4)", JOBS, .limit = 10);
}

static void test_what_is_of_one_moment_is_listed_by_name(void **state)
{
    struct list_query query = { JOBS, .limit = 100 };
    struct world *w = *state;
    struct object list[100];
    struct workspace in;
    struct snapshot *s;
    int64_t total;
    size_t n;

    create_jobs(w, 100);
    s = look(w);
    in = workspace_in(w, s, "p", "");
    assert_ok(snapshot_list(s, &in, &query, list, &n, &total, &w->arena, &w->err),
              &w->err);
    snapshot_end(s);
    assert_int_equal(n, 100);
    for (size_t i = 1; i < n; i++) {
        const struct object *a = &list[i - 1], *b = &list[i];

        assert_true(a->create_time > b->create_time ||
                    (a->create_time == b->create_time &&
                     str_cmp(a->facts.name, b->facts.name) < 0));
    }
}

static void test_lists_come_in_pages(void **state)
{
    static const char *const names[] = { "e", "d", "c", "b", "a", NULL };
    struct world *w = *state;

    save_in_turn(w, names, KIND_JOB);
    LIST(w, "a b (5)", JOBS, .limit = 2);
    LIST(w, "c d (5)", JOBS, .limit = 2, .offset = 2);
    LIST(w, "e (5)", JOBS, .limit = 2, .offset = 4);
    LIST(w, "(5)", JOBS, .limit = 2, .offset = 5);
    LIST(w, "(5)", JOBS, .limit = 2, .offset = INT64_MAX);
    LIST(w, "a (5)", JOBS, .limit = 1);
}

static void test_lists_are_of_one_kind_and_process_type(void **state)
{
    struct world *w = *state;

    assert_ok(SAVE(w, .name = "b"), &w->err);
    assert_ok(SAVE(w, .name = "r", .process_type = "REAL_TIME"), &w->err);
    assert_ok(SAVE(w, .name = "s", .kind = KIND_SCRIPT), &w->err);
    assert_ok(SAVE(w, .name = "x", .kind = KIND_RESOURCE), &w->err);
    assert_ok(SAVE(w, .name = "other", .project = "q"), &w->err);
    LIST(w, "b (1)", JOBS, .limit = 10);
    LIST(w, "r (1)", .kind = KIND_JOB, .process_type = STR("REAL_TIME"), .limit = 10);
    LIST(w, "s (1)", .kind = KIND_SCRIPT, .limit = 10);
    LIST(w, "x (1)", .kind = KIND_RESOURCE, .limit = 10);
}

static void test_lists_are_searched_by_a_part_of_the_name(void **state)
{
    static const char *const names[] = { "50_off",  "50xoff",  "作业一",
                                         "Nightly", "nightly", NULL };
    struct world *w = *state;

    save_in_turn(w, names, KIND_SCRIPT);
    LIST(w, "nightly (1)", .kind = KIND_SCRIPT, .limit = 10, .name_part = STR("nig"));
    LIST(w, "nightly Nightly (2)", .kind = KIND_SCRIPT, .limit = 10,
         .name_part = STR("ight"));
    LIST(w, "50_off (1)", .kind = KIND_SCRIPT, .limit = 10,
         .name_part = STR("_")); /* no wildcard */
    LIST(w, "(0)", .kind = KIND_SCRIPT, .limit = 10, .name_part = STR("%"));
    LIST(w, "(0)", .kind = KIND_SCRIPT, .limit = 10, .name_part = STR("' OR 1=1 --"));
    LIST(w, "作业一 (1)", .kind = KIND_SCRIPT, .limit = 10, .name_part = STR("业"));
    LIST(w, "50xoff (2)", .kind = KIND_SCRIPT, .limit = 1, .name_part = STR("off"));
    LIST(w, "50_off (2)", .kind = KIND_SCRIPT, .limit = 1, .offset = 1,
         .name_part = STR("off"));
    LIST(w, "(0)", .kind = KIND_RESOURCE, .limit = 10, .name_part = STR("off"));
}

/* ---- what exports ask ---- */

static void test_jobs_are_found_by_their_names(void **state)
{
    const struct str names[] = { STR("b"), STR("gone"), STR("作业"), STR("a"),
                                 STR("\"',\\\n") };
    struct object out[COUNT_OF(names)];
    struct world *w = *state;
    struct workspace in;
    struct snapshot *s;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "b"), &w->err);
    assert_ok(SAVE(w, .name = "作业"), &w->err);
    assert_ok(SAVE(w, .name = "\"',\\\n"), &w->err);
    assert_ok(SAVE(w, .name = "gone", .kind = KIND_SCRIPT), &w->err);
    s = look(w);
    in = workspace_in(w, s, "p", "");
    assert_ok(
        snapshot_jobs(s, in.id, false, names, COUNT_OF(names), out, &w->arena, &w->err),
        &w->err);
    assert_int_equal(out[1].id, 0);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (i != 1)
            assert_bytes(out[i].facts.name, names[i]);
    assert_ok(snapshot_jobs(s, in.id, false, names, 0, out, &w->arena, &w->err), &w->err);
    assert_ok(snapshot_jobs(s, 0, false, names, 1, out, &w->arena, &w->err), &w->err);
    assert_int_equal(out[0].id, 0);
    snapshot_end(s);
}

static void test_unknown_jobs_are_named(void **state)
{
    const struct str names[] = { STR("a"), STR("x\"y"), STR("b"), STR("作"), STR("s") };
    struct world *w = *state;
    struct buf unknown = BUF_INIT(KIB);
    struct workspace in;
    struct snapshot *s;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "b"), &w->err);
    assert_ok(SAVE(w, .name = "s", .kind = KIND_SCRIPT), &w->err);
    s = look(w);
    in = workspace_in(w, s, "p", "");
    assert_ok(snapshot_unknown_jobs(s, in.id, names, COUNT_OF(names), &unknown, &w->err),
              &w->err);
    assert_str(buf_str(&unknown), "x\"y, 作, s");
    snapshot_end(s);
    buf_release(&unknown);
}

static void test_a_hundred_unknown_jobs_at_most_are_named(void **state)
{
    struct world *w = *state;
    struct buf unknown = BUF_INIT(100 * KIB);
    struct str *names = calloc(5000, sizeof(*names));
    struct snapshot *s = look(w);
    int commas = 0;

    for (int i = 0; i < 5000; i++)
        names[i] = STR("nobody");
    assert_ok(snapshot_unknown_jobs(s, 0, names, 5000, &unknown, &w->err), &w->err);
    for (size_t i = 0; i < unknown.len; i++)
        commas += unknown.ptr[i] == ',';
    assert_int_equal(commas, 99);
    snapshot_end(s);
    buf_release(&unknown);
    free(names);
}

static void add_job(void *arg, int64_t id, struct str job)
{
    buf_addf(arg, "%s%.*s ", id > 0 ? "" : "?", STR_ARG(job));
}

static void test_downstream_jobs_are_those_that_wait(void **state)
{
    const struct ref on_a[] = { { REF_JOB, STR(""), STR("a") },
                                { REF_JOB, STR(""), STR("z") } };
    const struct ref script[] = { { REF_SCRIPT, STR(""), STR("a") } };
    struct world *w = *state;
    struct buf jobs = BUF_INIT(KIB);
    struct workspace in;
    struct snapshot *s;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "y", .refs = on_a, .n_refs = 2), &w->err);
    assert_ok(SAVE(w, .name = "b", .refs = on_a, .n_refs = 1), &w->err);
    assert_ok(SAVE(w, .name = "c", .refs = script, .n_refs = 1), &w->err);
    assert_ok(SAVE(w, .name = "d", .project = "q", .refs = on_a, .n_refs = 1), &w->err);
    s = look(w);
    in = workspace_in(w, s, "p", "");
    assert_ok(snapshot_downstream(s, in.id, STR("a"), add_job, &jobs, &w->err), &w->err);
    assert_str(buf_str(&jobs), "b y ");
    buf_clear(&jobs);
    assert_ok(snapshot_downstream(s, in.id, STR("b"), add_job, &jobs, &w->err), &w->err);
    assert_str(buf_str(&jobs), "");
    snapshot_end(s);
    buf_release(&jobs);
}

/* "job kind scope|name -> name of what is held", sorted lines. */
struct lines {
    char line[40][120];
    size_t n;
};

static int add_depend(void *arg, const struct depend *d, struct err *err)
{
    struct lines *l = arg;

    (void)err;
    snprintf(l->line[l->n++], sizeof(l->line[0]), "%zu %d %.*s|%.*s -> %.*s%.*s", d->job,
             (int)d->ref.kind, STR_ARG(d->ref.scope), STR_ARG(d->ref.name),
             d->object.id ? (int)d->object.facts.scope.n : 1,
             d->object.id ? d->object.facts.scope.p : "-",
             d->object.id ? (int)d->object.facts.name.n : 0,
             d->object.id ? d->object.facts.name.p : "");
    return 0;
}

static int by_line(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void assert_depends(struct world *w, const int64_t *blobs, size_t n,
                           const char *const *want)
{
    struct snapshot *s = look(w);
    struct workspace in = workspace_in(w, s, "p", "");
    struct lines lines = { .n = 0 };
    size_t i = 0;

    assert_ok(snapshot_depends(s, STR("p"), in.id, false, blobs, n, add_depend, &lines,
                               &w->err),
              &w->err);
    snapshot_end(s);
    qsort(lines.line, lines.n, sizeof(lines.line[0]), by_line);
    for (; i < lines.n && want[i]; i++)
        assert_string_equal(lines.line[i], want[i]);
    assert_int_equal(i, lines.n);
    assert_null(want[i]);
}

static void test_depends_are_found_by_what_the_definition_names(void **state)
{
    const struct ref first[] = {
        { REF_SCRIPT, STR(""), STR("held") },
        { REF_SCRIPT, STR("/d/"), STR("gone") },
        { REF_RESOURCE, STR(""), STR("jar") },
        { REF_RESOURCE, STR(""), STR("gone") },
        { REF_LOCATION, STR(""), STR("obs://b/k") },
        { REF_LOCATION, STR(""), STR("obs://b/gone") },
        { REF_CDM, STR("c"), STR("held") },
        { REF_JOB, STR(""), STR("second") },
    };
    const struct ref second[] = { { REF_SCRIPT, STR(""), STR("held") },
                                  { REF_SCRIPT, STR(""), STR("a\"b'\\c\n作") } };
    static const char *const want[] = {
        "0 1 /d/|gone -> -",  "0 1 |held -> held",
        "0 2 |gone -> -",     "0 2 |jar -> /a/jar",
        "0 2 |jar -> /b/jar", "0 3 |obs://b/k -> /c/key",
        "0 4 c|held -> -",    "1 1 |a\"b'\\c\n作 -> a\"b'\\c\n作",
        "1 1 |held -> held",  NULL,
    };
    struct world *w = *state;
    int64_t blobs[2];

    assert_ok(SAVE(w, .name = "first", .refs = first, .n_refs = COUNT_OF(first)),
              &w->err);
    assert_ok(SAVE(w, .name = "second", .refs = second, .n_refs = COUNT_OF(second)),
              &w->err);
    assert_ok(SAVE(w, .name = "held", .kind = KIND_SCRIPT), &w->err);
    assert_ok(SAVE(w, .name = "a\"b'\\c\n作", .kind = KIND_SCRIPT), &w->err);
    assert_ok(SAVE(w, .name = "gone", .kind = KIND_SCRIPT, .project = "q"), &w->err);
    assert_ok(SAVE(w, .name = "jar", .kind = KIND_RESOURCE, .scope = "/a/"), &w->err);
    assert_ok(SAVE(w, .name = "jar", .kind = KIND_RESOURCE, .scope = "/b/"), &w->err);
    assert_ok(SAVE(w, .name = "key", .kind = KIND_RESOURCE, .scope = "/c/",
                   .location = "obs://b/k"),
              &w->err);
    blobs[0] = FIND(w, .name = "first").blob;
    blobs[1] = FIND(w, .name = "second").blob;
    assert_depends(w, blobs, 2, want);
    assert_depends(w, blobs, 0, (const char *const[]){ NULL });
}

static int stop_at_once(void *arg, const struct depend *d, struct err *err)
{
    (void)d;
    ++*(int *)arg;
    return err_set(err, E_LIMIT, DLF_3051, DET_NONE);
}

static void test_depends_stop_when_the_caller_says_so(void **state)
{
    const struct ref refs[] = { { REF_SCRIPT, STR(""), STR("a") },
                                { REF_SCRIPT, STR(""), STR("b") } };
    struct world *w = *state;
    struct workspace in;
    struct snapshot *s;
    int64_t blob;
    int calls = 0;

    assert_ok(SAVE(w, .name = "a", .refs = refs, .n_refs = 2), &w->err);
    blob = FIND(w, .name = "a").blob;
    s = look(w);
    in = workspace_in(w, s, "p", "");
    assert_fails(snapshot_depends(s, STR("p"), in.id, false, &blob, 1, stop_at_once,
                                  &calls, &w->err),
                 E_LIMIT, &w->err);
    assert_int_equal(calls, 1);
    assert_int_equal(object_in(w, s, in.id, KIND_JOB, "a").blob,
                     blob); /* it still works */
    snapshot_end(s);
}

static void test_references_go_with_their_blob(void **state)
{
    const struct ref refs[] = { { REF_SCRIPT, STR(""), STR("s") } };
    struct world *w = *state;
    int64_t blob;

    assert_ok(SAVE(w, .name = "a", .refs = refs, .n_refs = 1), &w->err);
    blob = FIND(w, .name = "a").blob;
    assert_ok(SAVE(w, .name = "b", .content = "a"), &w->err); /* the same content */
    assert_depends(w, &blob, 1, (const char *const[]){ "0 1 |s -> -", NULL });
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_ok(REMOVE(w, .name = "b"), &w->err);
    assert_int_equal(sweep(w, LATER), 1);
    assert_depends(w, &blob, 1, (const char *const[]){ NULL });
}

/* ---- many at once ---- */

enum { THREADS = 8, EACH = 50 };

struct worker {
    struct world *w;
    pthread_t thread;
    int number, ok, exists, busy, limit, other;
    int64_t quota;
    const char *name; /* NULL: names of its own */
    const struct object *old;
};

static void count_rc(struct worker *k, int rc)
{
    k->ok += rc == 0;
    k->exists += rc == E_EXISTS;
    k->busy += rc == E_BUSY;
    k->limit += rc == E_LIMIT;
    k->other += rc && rc != E_EXISTS && rc != E_BUSY && rc != E_LIMIT;
}

static void *work(void *arg)
{
    struct worker *k = arg;

    for (int i = 0; i < EACH; i++) {
        char name[32], content[32];
        struct saving s;

        snprintf(name, sizeof(name), "t%d-%d", k->number, i);
        snprintf(content, sizeof(content), "c%d-%d", k->number, i);
        saving_init(&s, &(struct what){ .name = k->name ? k->name : name,
                                        .content = content,
                                        .quota = k->quota,
                                        .old = k->old });
        count_rc(k, store_write(k->w->store, &s.save.write));
        saving_release(&s);
    }
    return NULL;
}

static struct worker run_workers(struct world *w, struct worker each)
{
    struct worker k[THREADS], sum = { 0 };

    for (int i = 0; i < THREADS; i++) {
        k[i] = each;
        k[i].w = w;
        k[i].number = i;
        if (pthread_create(&k[i].thread, NULL, work, &k[i]))
            abort();
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(k[i].thread, NULL);
        sum.ok += k[i].ok;
        sum.exists += k[i].exists;
        sum.busy += k[i].busy;
        sum.limit += k[i].limit;
        sum.other += k[i].other;
    }
    return sum;
}

static void test_eight_threads_write_at_once(void **state)
{
    struct world *w = *state;
    struct worker sum = run_workers(w, (struct worker){ 0 });

    assert_int_equal(sum.ok, THREADS * EACH);
    assert_counts(w, "", THREADS * EACH, 0, 0, 0);
    for (int t = 0; t < THREADS; t++)
        for (int i = 0; i < EACH; i += 7) {
            char name[32], content[32];
            struct object o;

            snprintf(name, sizeof(name), "t%d-%d", t, i);
            snprintf(content, sizeof(content), "c%d-%d", t, i);
            o = FIND(w, .name = name);
            assert_content(w, &o, content);
        }
}

static void test_of_many_with_one_name_one_succeeds(void **state)
{
    struct world *w = *state;
    struct worker sum = run_workers(w, (struct worker){ .name = "same" });

    assert_int_equal(sum.ok, 1);
    assert_int_equal(sum.exists, THREADS * EACH - 1);
    assert_counts(w, "", 1, 0, 0, 0);
}

static void test_of_many_updates_of_one_state_one_succeeds(void **state)
{
    struct world *w = *state;
    struct object old;
    struct worker sum;

    assert_ok(SAVE(w, .name = "same"), &w->err);
    old = FIND(w, .name = "same");
    sum = run_workers(w, (struct worker){ .name = "same", .old = &old });
    assert_int_equal(sum.ok, 1);
    assert_int_equal(sum.busy, THREADS * EACH - 1);
}

static void test_the_quota_holds_for_many_at_once(void **state)
{
    struct world *w = *state;
    struct worker sum = run_workers(w, (struct worker){ .quota = 33 });

    assert_int_equal(sum.ok, 33);
    assert_int_equal(sum.limit, THREADS * EACH - 33);
    assert_counts(w, "", 33, 0, 0, 0);
}

static void *read_often(void *arg)
{
    struct worker *k = arg;

    for (int i = 0; i < 200; i++) {
        struct arena arena = ARENA_INIT;
        struct err err = ERR_INIT;
        struct workspace is;
        struct snapshot *s;
        int rc = store_snapshot(&s, k->w->store, &err);

        if (!rc)
            rc = snapshot_workspace(s, STR("p"), STR(""), &is, &arena, &err);
        if (!rc)
            snapshot_end(s);
        count_rc(k, rc);
        arena_release(&arena);
        err_clear(&err);
    }
    return NULL;
}

/* More readers than connections wait for each other; writes go on. */
static void test_many_readers_share_the_connections(void **state)
{
    struct worker k[3 * THREADS] = { 0 };
    struct world *w = *state;
    struct worker sum;

    for (int i = 0; i < 3 * THREADS; i++) {
        k[i].w = w;
        if (pthread_create(&k[i].thread, NULL, read_often, &k[i]))
            abort();
    }
    sum = run_workers(w, (struct worker){ 0 });
    for (int i = 0; i < 3 * THREADS; i++) {
        pthread_join(k[i].thread, NULL);
        assert_int_equal(k[i].ok, 200);
    }
    assert_int_equal(sum.ok, THREADS * EACH);
}

/* Holds the writer thread in done() until it is let go. */
struct gate {
    struct saving first;
    sem_t reached, go;
};

static void wait_at_gate(struct write *write)
{
    struct gate *g = write->arg;

    sem_post(&g->reached);
    sem_wait(&g->go);
}

static void close_gate(struct world *w, struct gate *g)
{
    sem_init(&g->reached, 0, 0);
    sem_init(&g->go, 0, 0);
    saving_init(&g->first, &(struct what){ .name = "gate" });
    g->first.save.write.done = wait_at_gate;
    g->first.save.write.arg = g;
    store_submit(w->store, &g->first.save.write);
    sem_wait(&g->reached);
}

static void release_gate(struct gate *g)
{
    saving_release(&g->first);
    sem_destroy(&g->reached);
    sem_destroy(&g->go);
}

/* What waits while the writer is held is committed together: each holds or
 * fails by itself. */
static void test_writes_of_one_commit_do_not_share_their_fate(void **state)
{
    static const struct what each[] = {
        { .name = "a" },
        { .name = "a", .content = "taken" },
        { .name = "b", .workspace = "0123456789abcdef0123456789abcdef" },
        { .name = "c", .quota = 1 },
        { .name = "d" },
        { .name = "a", .kind = KIND_SCRIPT },
    };
    static const int want[] = { 0, E_EXISTS, E_NOTFOUND, E_LIMIT, 0, 0 };
    struct saving s[COUNT_OF(each)];
    struct world *w = *state;
    struct gate gate;
    sem_t done;

    sem_init(&done, 0, 0);
    close_gate(w, &gate);
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        saving_init(&s[i], &each[i]);
        s[i].save.write.done = post;
        s[i].save.write.arg = &done;
        store_submit(w->store, &s[i].save.write);
    }
    sem_post(&gate.go);
    for (size_t i = 0; i < COUNT_OF(each); i++)
        sem_wait(&done);
    for (size_t i = 0; i < COUNT_OF(each); i++) {
        t_row("%zu", i);
        assert_int_equal(s[i].save.write.rc, want[i]);
        assert_int_equal(s[i].save.write.err.ec, want[i]);
        saving_release(&s[i]);
    }
    t_rows_end();
    assert_counts(w, "", 3, 0, 1, 0); /* gate, a, d; the script */
    assert_int_equal(FIND(w, .name = "c").id, 0);
    assert_int_equal(sweep(w, LATER), 0); /* no blob of a failed one */
    release_gate(&gate);
    sem_destroy(&done);
}

static void test_more_writes_than_one_commit_takes(void **state)
{
    struct world *w = *state;

    create_jobs(w, 3 * WRITES_A_COMMIT + 1);
    assert_counts(w, "", 3 * WRITES_A_COMMIT + 1, 0, 0, 0);
}

/* ---- opening and closing ---- */

static void test_reopening_keeps_the_data(void **state)
{
    struct world *w = *state;
    struct object before, after;
    int64_t was;

    assert_ok(SAVE(w, .name = "a", .content = "content"), &w->err);
    assert_ok(new_workspace(w, "p", "one"), &w->err);
    before = FIND(w, .name = "a");
    was = revision(w);
    reopen(w);
    after = FIND(w, .name = "a");
    assert_int_equal(after.id, before.id);
    assert_bytes(after.uid, before.uid);
    assert_int_equal(after.create_time, before.create_time);
    assert_content(w, &after, "content");
    assert_int_equal(revision(w), was);
    assert_str(workspace(w, "p", w->workspace).name, "one");
    assert_ok(SAVE(w, .name = "b"), &w->err);
}

static void test_closing_commits_what_waits(void **state)
{
    enum { N = 150 };
    struct world *w = *state;
    struct saving s[N];
    char name[N][16];
    struct gate gate;
    int waiting = N;
    sem_t done;

    sem_init(&done, 0, 0);
    close_gate(w, &gate);
    for (int i = 0; i < N; i++) {
        snprintf(name[i], sizeof(name[i]), "j%d", i);
        saving_init(&s[i], &(struct what){ .name = name[i] });
        s[i].save.write.done = post;
        s[i].save.write.arg = &done;
        store_submit(w->store, &s[i].save.write);
    }
    sem_post(&gate.go);
    reopen(w);
    for (; sem_trywait(&done) == 0; waiting--)
        ;
    assert_int_equal(waiting, 0);
    for (int i = 0; i < N; i++) {
        assert_int_equal(s[i].save.write.rc, 0);
        saving_release(&s[i]);
    }
    assert_counts(w, "", N + 1, 0, 0, 0);
    release_gate(&gate);
    sem_destroy(&done);
}

static void test_a_second_process_may_open_it_beside(void **state)
{
    struct world *w = *state, beside = { .engine = w->engine };
    struct object old;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(w->engine->open(&beside.store, w->folder, false, &beside.err), &beside.err);
    assert_true(FIND(&beside, .name = "a").id > 0);
    assert_ok(new_workspace(&beside, "p", "one"), &beside.err);
    assert_str(workspace(w, "p", beside.workspace).name, "one");
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "new", .old = &old), &w->err);
    old = FIND(&beside, .name = "a");
    assert_content(&beside, &old, "new");
    store_close(beside.store);
    arena_release(&beside.arena);
    err_clear(&beside.err);
}

/* ---- secrets ---- */

/* Looks into the file: no call of store.h gives a secret back. */
static void assert_opens(struct world *w, const struct object *o, const char *path,
                         const char *plain)
{
    struct buf context = BUF_INIT(KIB), opened = BUF_INIT(KIB);
    char file[100];
    sqlite3_stmt *q;
    sqlite3 *db;

    snprintf(file, sizeof(file), "%s/catalogue.db", w->folder);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(
        sqlite3_prepare_v2(db, "SELECT sealed FROM secret WHERE path = ?1", -1, &q, NULL),
        SQLITE_OK);
    sqlite3_bind_text(q, 1, path, -1, SQLITE_STATIC);
    assert_int_equal(sqlite3_step(q), SQLITE_ROW);
    buf_addf(&context, "%.*s\n%s", STR_ARG(o->uid), path);
    assert_true(seal_open(
        store_key(w->store), buf_str(&context),
        (struct str){ sqlite3_column_blob(q, 0), (size_t)sqlite3_column_bytes(q, 0) },
        &opened));
    assert_str(buf_str(&opened), plain);
    sqlite3_finalize(q);
    sqlite3_close(db);
    buf_release(&context);
    buf_release(&opened);
}

static int save_secrets(struct world *w, const struct object *old,
                        const struct secret *secrets, size_t n, bool drop_others)
{
    struct what what = { .name = "a", .old = old };
    struct saving s;
    int rc;

    saving_init(&s, &what);
    s.save.secrets = secrets;
    s.save.n_secrets = n;
    s.save.drop_others = drop_others;
    store_write(w->store, &s.save.write);
    rc = outcome(w, &s.save.write);
    buf_release(&s.save.lost);
    saving_release(&s);
    return rc;
}

static void test_secrets_are_kept_and_dropped(void **state)
{
    static const struct secret two[] = { { STR_INIT("x"), STR_INIT("1") },
                                         { STR_INIT("b"), STR_INIT("2") } };
    static const struct secret kept[] = { { STR_INIT("b"), { NULL, 0 } },
                                          { STR_INIT("c"), STR_INIT("3") } };
    static const struct secret none[] = { { STR_INIT("y"), { NULL, 0 } } };
    struct world *w = *state;
    struct object a;

    assert_ok(save_secrets(w, NULL, two, 2, false), &w->err);
    a = FIND(w, .name = "a");
    assert_str(a.secret_paths, "b\nx");
    assert_ok(save_secrets(w, &a, none, 1, false), &w->err);
    a = FIND(w, .name = "a");
    assert_str(a.secret_paths, "b\nx");
    assert_ok(save_secrets(w, &a, kept, 2, true), &w->err);
    a = FIND(w, .name = "a");
    assert_str(a.secret_paths, "b\nc");
    assert_ok(save_secrets(w, &a, NULL, 0, true), &w->err);
    a = FIND(w, .name = "a");
    assert_str(a.secret_paths, "");
}

static void test_a_secret_moves_to_another_path(void **state)
{
    static const struct secret one[] = { { STR_INIT("from"), STR_INIT("S3cr3t") } };
    static const struct secret other[] = { { STR_INIT("to"), { NULL, 0 } } };
    static struct secret_move move[] = { { STR_INIT("gone"), STR_INIT("x") },
                                         { STR_INIT("from"), STR_INIT("to") } };
    struct world *w = *state;
    struct what what = { .name = "a" };
    struct saving s;
    struct object a;

    assert_ok(save_secrets(w, NULL, one, 1, false), &w->err);
    a = FIND(w, .name = "a");
    what.old = &a;
    saving_init(&s, &what);
    s.save.secrets = other;
    s.save.n_secrets = 1;
    s.save.drop_others = true;
    s.save.moves = (struct secret_moves){ move, 2 };
    store_write(w->store, &s.save.write);
    assert_ok(outcome(w, &s.save.write), &w->err);
    assert_int_equal(s.save.lost.len, 0);
    buf_release(&s.save.lost);
    saving_release(&s);
    a = FIND(w, .name = "a");
    assert_str(a.secret_paths, "to");
    assert_opens(w, &a, "to", "S3cr3t");
}

static void test_what_is_dropped_is_told_in_order(void **state)
{
    static const struct secret three[] = { { STR_INIT("x"), STR_INIT("1") },
                                           { STR_INIT("b"), STR_INIT("2") },
                                           { STR_INIT("a"), STR_INIT("3") } };
    struct world *w = *state;
    struct what what = { .name = "a" };
    struct saving s;
    struct object a;

    assert_ok(save_secrets(w, NULL, three, 3, false), &w->err);
    a = FIND(w, .name = "a");
    what.old = &a;
    saving_init(&s, &what);
    s.save.secrets = three;
    s.save.n_secrets = 1;
    s.save.drop_others = true;
    store_write(w->store, &s.save.write);
    assert_ok(outcome(w, &s.save.write), &w->err);
    assert_str(buf_str(&s.save.lost), "a\nb");
    buf_release(&s.save.lost);
    saving_release(&s);
}

/* Fails with E_BUSY when the key of a sealed access key is not the catalogue's. */
static int hold_key(struct store *store)
{
    struct account_change change;
    int rc;

    account_change_init(&change);
    change.step[0].step = STEP_SEAL_KEY_HOLDS;
    change.step[0].text[0] = str_of(store_key(store)->id);
    change.n = 1;
    rc = store_write(store, &change.write);
    err_clear(&change.write.err);
    return rc;
}

static void test_nothing_is_sealed_with_a_key_that_was_replaced(void **state)
{
    static const struct secret one[] = { { STR_INIT("x"), STR_INIT("1") } };
    struct world *w = *state, late = *w;
    struct seal_key next;
    struct rekey r;

    assert_ok(w->engine->open(&late.store, w->folder, false, &w->err), &w->err);
    assert_int_equal(hold_key(late.store), 0);
    seal_key_new(&next);
    rekey_init(&r);
    r.key = &next;
    assert_int_equal(store_write(w->store, &r.write), 0);
    assert_int_equal(save_secrets(&late, NULL, one, 1, false), E_BUSY);
    assert_int_equal(FIND(w, .name = "a").id, 0);
    assert_int_equal(hold_key(late.store), E_BUSY);
    rekey_init(&r);
    r.key = &next;
    assert_int_equal(store_write(late.store, &r.write), E_BUSY);
    err_clear(&r.write.err);
    err_clear(&late.err);
    store_close(late.store);
}

static void test_all_secrets_get_another_key(void **state)
{
    static const struct secret one[] = { { STR_INIT("x"), STR_INIT("1") } };
    struct world *w = *state;
    struct seal_key key;
    struct rekey r;

    assert_ok(save_secrets(w, NULL, one, 1, false), &w->err);
    seal_key_new(&key);
    rekey_init(&r);
    r.key = &key;
    store_write(w->store, &r.write);
    assert_ok(outcome(w, &r.write), &w->err);
    assert_int_equal(r.secrets, 1);
    store_close(w->store);
    w->store = NULL;
    assert_fails(w->engine->open(&w->store, w->folder, true, &w->err), E_DENIED, &w->err);
    err_clear(&w->err);
}

/* ---- several saves at once ---- */

static int save_several(struct world *w, const char *const *names, size_t n,
                        size_t *failed)
{
    struct saving s[4];
    struct save *list[4];
    struct save_all all;
    int rc;

    for (size_t i = 0; i < n; i++) {
        struct what what = { .name = names[i] };

        saving_init(&s[i], &what);
        list[i] = &s[i].save;
    }
    save_all_init(&all);
    all.saves = list;
    all.n = n;
    store_write(w->store, &all.write);
    rc = outcome(w, &all.write);
    *failed = all.failed;
    for (size_t i = 0; i < n; i++)
        saving_release(&s[i]);
    return rc;
}

static void test_several_saves_hold_or_none(void **state)
{
    static const char *const good[] = { "a", "b", "c" }, *const bad[] = { "d", "e", "b" };
    struct world *w = *state;
    size_t failed;

    assert_ok(save_several(w, good, 3, &failed), &w->err);
    assert_int_equal(workspace(w, "p", "").jobs, 3);
    assert_fails(save_several(w, bad, 3, &failed), E_EXISTS, &w->err);
    assert_int_equal(failed, 2);
    assert_int_equal(workspace(w, "p", "").jobs, 3);
    assert_int_equal(FIND(w, .name = "d").id, 0);
}

/* ---- clusters ---- */

static void add_cluster(void *arg, const struct cluster *c)
{
    buf_addf(arg, "%.*s ", STR_ARG(c->name));
}

static void assert_clusters(struct world *w, const char *project, const char *names)
{
    struct snapshot *s = look(w);
    struct buf list = BUF_INIT(KIB);

    assert_ok(snapshot_clusters(s, str_of(project), add_cluster, &list, &w->err),
              &w->err);
    snapshot_end(s);
    assert_str(buf_str(&list), names);
    buf_release(&list);
}

static int new_cluster(struct world *w, const char *name)
{
    struct cluster_new n;

    cluster_new_init(&n);
    n.project = STR("p");
    n.name = str_of(name);
    store_write(w->store, &n.write);
    return outcome(w, &n.write);
}

static int delete_cluster(struct world *w, const char *name)
{
    struct cluster_delete d;

    cluster_delete_init(&d);
    d.project = STR("p");
    d.name = str_of(name);
    store_write(w->store, &d.write);
    return outcome(w, &d.write);
}

static void test_clusters_stand_beside_the_default_one(void **state)
{
    struct world *w = *state;

    assert_clusters(w, "p", "default ");
    assert_ok(new_cluster(w, "z"), &w->err);
    assert_ok(new_cluster(w, "b"), &w->err);
    assert_clusters(w, "p", "default b z ");
    assert_clusters(w, "q", "default ");
    assert_fails(new_cluster(w, "b"), E_EXISTS, &w->err);
    assert_fails(new_cluster(w, "default"), E_EXISTS, &w->err);
    assert_ok(delete_cluster(w, "b"), &w->err);
    assert_fails(delete_cluster(w, "b"), E_NOTFOUND, &w->err);
    assert_clusters(w, "p", "default z ");
}

static void test_close_accepts_null(void **state)
{
    (void)state;
    store_close(NULL);
}

/* ---- SQLite alone ---- */

static void run_sql(struct world *w, const char *sql)
{
    char path[100], *message = NULL;
    sqlite3 *db = NULL;

    snprintf(path, sizeof(path), "%s/catalogue.db", w->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

static int64_t read_sql(struct world *w, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    sqlite3 *db = NULL;
    char path[100];
    int64_t v = -1;

    snprintf(path, sizeof(path), "%s/catalogue.db", w->folder);
    assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW)
        v = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return v;
}

static void test_sqlite_newer_schema_is_refused(void **state)
{
    struct world *w = *state;
    int64_t version = read_sql(w, "PRAGMA user_version");
    struct store *s = NULL;
    char sql[64];

    assert_true(version > 0);
    store_close(w->store);
    w->store = NULL;
    snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", (int)version + 1);
    run_sql(w, sql);
    assert_fails(w->engine->open(&s, w->folder, true, &w->err), E_DENIED, &w->err);
    assert_null(s);
    assert_non_null(strstr(w->err.arg[0], "newer dlfd"));
    err_clear(&w->err);
    assert_int_equal(read_sql(w, "PRAGMA user_version"), version + 1);
    snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", (int)version);
    run_sql(w, sql);
    assert_ok(w->engine->open(&w->store, w->folder, true, &w->err), &w->err);
}

static void test_sqlite_older_schema_needs_the_lock(void **state)
{
    char empty[] = "/tmp/dlf-test-store-XXXXXX";
    struct world *w = *state;
    struct store *s = NULL;

    assert_non_null(mkdtemp(empty));
    assert_fails(w->engine->open(&s, empty, false, &w->err), E_DENIED, &w->err);
    assert_null(s);
    assert_non_null(strstr(w->err.arg[0], "there is nothing in it"));
    err_clear(&w->err);
    nftw(empty, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    store_close(w->store);
    w->store = NULL;
    run_sql(w, "PRAGMA user_version = 1");
    assert_fails(w->engine->open(&s, w->folder, false, &w->err), E_DENIED, &w->err);
    assert_null(s);
    assert_non_null(strstr(w->err.arg[0], "stop it first"));
    err_clear(&w->err);
}

static void test_sqlite_what_cannot_be_opened_is_an_error(void **state)
{
    struct world *w = *state;
    struct store *s = NULL;
    char path[100];
    FILE *f;

    assert_fails(w->engine->open(&s, "/nowhere/at/all", true, &w->err), E_IO, &w->err);
    err_clear(&w->err);
    store_close(w->store);
    w->store = NULL;
    snprintf(path, sizeof(path), "%s/catalogue.db", w->folder);
    f = fopen(path, "w");
    fprintf(f, "this is no database, but it is longer than a header of one is, "
               "which has a hundred bytes or so");
    fclose(f);
    assert_fails(w->engine->open(&s, w->folder, true, &w->err), E_IO, &w->err);
    assert_null(s);
    err_clear(&w->err);
}

static void test_sqlite_another_database_stays_as_it_is(void **state)
{
    char folder[] = "/tmp/dlf-test-store-XXXXXX";
    struct world *w = *state, other = { 0 };
    struct store *s = NULL;

    assert_non_null(mkdtemp(folder));
    memcpy(other.folder, folder, sizeof(folder));
    run_sql(&other, "CREATE TABLE ref (x)");
    assert_fails(w->engine->open(&s, folder, true, &w->err), E_DENIED, &w->err);
    assert_int_equal(read_sql(&other, "PRAGMA user_version"), 0);
    assert_int_equal(read_sql(&other, "SELECT count(*) FROM sqlite_schema"), 1);
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* The second migration fails: its tables are there already. */
static void test_sqlite_a_failed_migration_changes_nothing(void **state)
{
    struct world *w = *state;
    struct store *s = NULL;
    int64_t tables;

    store_close(w->store);
    w->store = NULL;
    run_sql(w, "PRAGMA user_version = 1");
    tables = read_sql(w, "SELECT count(*) FROM sqlite_schema");
    assert_fails(w->engine->open(&s, w->folder, true, &w->err), E_IO, &w->err);
    assert_null(s);
    assert_int_equal(read_sql(w, "PRAGMA user_version"), 1);
    assert_int_equal(read_sql(w, "SELECT count(*) FROM sqlite_schema"), tables);
    err_clear(&w->err);
}

static void test_sqlite_is_in_wal_mode_and_sound(void **state)
{
    struct world *w = *state;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_int_equal(read_sql(w, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"),
                     1);
    assert_int_equal(
        read_sql(w, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    assert_int_equal(read_sql(w, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(read_sql(w, "SELECT count(*) FROM pragma_table_list "
                                 "WHERE schema = 'main' AND name NOT LIKE 'sqlite%' "
                                 "AND NOT strict"),
                     0);
}

/* Were a blob marked by mistake, the foreign key would keep it. */
static void test_sqlite_the_sweep_never_takes_a_named_blob(void **state)
{
    struct world *w = *state;
    struct object o;
    struct sweep s;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    run_sql(w, "UPDATE blob SET orphaned_at = 1");
    sweep_init(&s);
    s.before_ms = clock_ms();
    store_write(w->store, &s.write);
    outcome(w, &s.write);
    assert_int_equal(s.deleted, 0);
    o = FIND(w, .name = "a");
    assert_content(w, &o, "a");
}

/* ---- the tables of tests ---- */

static const struct CMUnitTest on_each_engine[] = {
    cmocka_unit_test(test_unknown_project_is_seen_empty),
    cmocka_unit_test(test_first_write_makes_the_default_workspace),
    cmocka_unit_test(test_failed_first_write_makes_nothing),
    cmocka_unit_test(test_workspaces_are_of_their_project),
    cmocka_unit_test(test_workspace_names_are_unique_in_their_project),
    cmocka_unit_test(test_workspaces_are_listed_by_name),
    cmocka_unit_test(test_a_workspace_that_is_in_use_is_deleted_by_force_only),
    cmocka_unit_test(test_an_empty_workspace_is_deleted),
    cmocka_unit_test(test_the_default_workspace_is_deleted_by_force_only),
    cmocka_unit_test(test_what_was_created_is_read),
    cmocka_unit_test(test_what_is_not_held_has_no_id),
    cmocka_unit_test(test_names_are_unique_for_a_kind_in_a_workspace),
    cmocka_unit_test(test_the_quota_is_exact),
    cmocka_unit_test(test_an_update_is_no_matter_of_the_quota),
    cmocka_unit_test(test_an_update_replaces_the_definition),
    cmocka_unit_test(test_saving_the_same_moves_only_time_and_user),
    cmocka_unit_test(test_an_update_of_what_others_changed_is_busy),
    cmocka_unit_test(test_a_removal_of_what_others_changed_is_busy),
    cmocka_unit_test(test_an_object_is_updated_in_its_workspace_only),
    cmocka_unit_test(test_a_resource_is_named_by_its_uid_and_can_be_renamed),
    cmocka_unit_test(test_what_is_deleted_is_gone),
    cmocka_unit_test(test_ids_are_never_used_again),
    cmocka_unit_test(test_counters_follow_kinds_and_process_types),
    cmocka_unit_test(test_revision_is_another_after_each_change),
    cmocka_unit_test(test_same_content_is_one_blob),
    cmocka_unit_test(test_a_blob_is_swept_when_its_last_user_is_gone),
    cmocka_unit_test(test_a_replaced_blob_is_swept),
    cmocka_unit_test(test_a_blob_that_is_used_again_is_kept),
    cmocka_unit_test(test_the_sweep_respects_the_age),
    cmocka_unit_test(test_the_sweep_goes_in_batches),
    cmocka_unit_test(test_what_is_staged_is_seen_by_nobody),
    cmocka_unit_test(test_an_import_is_all_or_nothing),
    cmocka_unit_test(test_an_import_of_what_is_sound),
    cmocka_unit_test(test_an_import_replaces_what_is_held_then),
    cmocka_unit_test(test_an_import_whose_blob_is_gone),
    cmocka_unit_test(test_blobs_come_in_the_order_asked_for),
    cmocka_unit_test(test_a_blob_that_is_gone_is_an_error),
    cmocka_unit_test(test_an_empty_content_is_a_blob_too),
    cmocka_unit_test(test_a_blob_is_read_part_by_part),
    cmocka_unit_test(test_a_part_that_is_not_there_is_an_error),
    cmocka_unit_test(test_a_snapshot_does_not_see_later_writes),
    cmocka_unit_test(test_snapshots_stand_beside_each_other),
    cmocka_unit_test(test_lists_are_newest_first),
    cmocka_unit_test(test_what_is_of_one_moment_is_listed_by_name),
    cmocka_unit_test(test_lists_come_in_pages),
    cmocka_unit_test(test_lists_are_of_one_kind_and_process_type),
    cmocka_unit_test(test_lists_are_searched_by_a_part_of_the_name),
    cmocka_unit_test(test_jobs_are_found_by_their_names),
    cmocka_unit_test(test_unknown_jobs_are_named),
    cmocka_unit_test(test_a_hundred_unknown_jobs_at_most_are_named),
    cmocka_unit_test(test_downstream_jobs_are_those_that_wait),
    cmocka_unit_test(test_depends_are_found_by_what_the_definition_names),
    cmocka_unit_test(test_depends_stop_when_the_caller_says_so),
    cmocka_unit_test(test_references_go_with_their_blob),
    cmocka_unit_test(test_eight_threads_write_at_once),
    cmocka_unit_test(test_of_many_with_one_name_one_succeeds),
    cmocka_unit_test(test_of_many_updates_of_one_state_one_succeeds),
    cmocka_unit_test(test_the_quota_holds_for_many_at_once),
    cmocka_unit_test(test_many_readers_share_the_connections),
    cmocka_unit_test(test_writes_of_one_commit_do_not_share_their_fate),
    cmocka_unit_test(test_more_writes_than_one_commit_takes),
    cmocka_unit_test(test_reopening_keeps_the_data),
    cmocka_unit_test(test_closing_commits_what_waits),
    cmocka_unit_test(test_a_second_process_may_open_it_beside),
    cmocka_unit_test(test_secrets_are_kept_and_dropped),
    cmocka_unit_test(test_all_secrets_get_another_key),
    cmocka_unit_test(test_a_secret_moves_to_another_path),
    cmocka_unit_test(test_what_is_dropped_is_told_in_order),
    cmocka_unit_test(test_nothing_is_sealed_with_a_key_that_was_replaced),
    cmocka_unit_test(test_several_saves_hold_or_none),
    cmocka_unit_test(test_clusters_stand_beside_the_default_one),
    cmocka_unit_test(test_close_accepts_null),
};

static const struct CMUnitTest on_sqlite[] = {
    cmocka_unit_test(test_sqlite_newer_schema_is_refused),
    cmocka_unit_test(test_sqlite_older_schema_needs_the_lock),
    cmocka_unit_test(test_sqlite_what_cannot_be_opened_is_an_error),
    cmocka_unit_test(test_sqlite_another_database_stays_as_it_is),
    cmocka_unit_test(test_sqlite_a_failed_migration_changes_nothing),
    cmocka_unit_test(test_sqlite_is_in_wal_mode_and_sound),
    cmocka_unit_test(test_sqlite_the_sweep_never_takes_a_named_blob),
};

#define ALL (COUNT_OF(on_each_engine) * COUNT_OF(engines) + COUNT_OF(on_sqlite))

static size_t add_tests(struct CMUnitTest *all, size_t n, const struct engine *engine,
                        const struct CMUnitTest *tests, size_t n_tests)
{
    static char names[ALL][120];

    for (size_t i = 0; i < n_tests; i++, n++) {
        snprintf(names[n], sizeof(names[n]), "%s_%s", engine->name, tests[i].name);
        all[n] = (struct CMUnitTest){ names[n], tests[i].test_func, set_up, tear_down,
                                      (void *)engine };
    }
    return n;
}

static int run_all(int argc, char **argv)
{
    struct CMUnitTest all[ALL];
    size_t n = 0;

    for (size_t e = 0; e < COUNT_OF(engines); e++)
        n = add_tests(all, n, &engines[e], on_each_engine, COUNT_OF(on_each_engine));
    n = add_tests(all, n, &engines[0], on_sqlite, COUNT_OF(on_sqlite));
    return t_run(all, n, argc, argv);
}

int main(int argc, char **argv)
{
    return run_all(argc, argv);
}
