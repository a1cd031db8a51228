#include "unit/world.h"

#include <ftw.h>
#include <semaphore.h>
#include <unistd.h>

#include "archive/deflate.h"
#include "base/clock.h"
#include "base/limits.h"

bool folder_make(char folder[FOLDER_MAX])
{
    const char *tmp = getenv("TMPDIR");

    if (!tmp)
        tmp = access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm";
    snprintf(folder, FOLDER_MAX, "%.40s/dlf-test-XXXXXX", tmp);
    return mkdtemp(folder) != NULL;
}

static int remove_one(const char *path, const struct stat *s, int type, struct FTW *ftw)
{
    (void)s;
    (void)type;
    (void)ftw;
    return remove(path);
}

void folder_remove(const char *folder)
{
    nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int world_open(struct world *w, struct store_options options)
{
    if (!folder_make(w->folder))
        return -1;
    snprintf(w->path, sizeof(w->path), "%s/catalog.db", w->folder);
    options.path = w->path;
    w->place =
        (struct place){ .project = STR("p"), .workspace = STR(""), .user = STR("u") };
    w->catalog = (struct catalog){ .max_archive_bytes = 1UL << 40,
                                   .max_archive_entries = 100000,
                                   .max_unpacked_bytes = 1UL << 40 };
    if (store_open(&w->store, &options, &w->err))
        return -1;
    w->catalog.store = w->store;
    return 0;
}

void world_close(struct world *w)
{
    store_close(w->store);
    arena_release(&w->arena);
    err_clear(&w->err);
    folder_remove(w->folder);
}

int world_set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));

    *state = w;
    return world_open(w, (struct store_options){ WORLD_OPTIONS });
}

int world_tear_down(void **state)
{
    world_close(*state);
    free(*state);
    return 0;
}

int save_json(struct catalog *c, const struct place *place, enum kind kind,
              struct str key, const char *json, struct err *err)
{
    struct arena arena = ARENA_INIT;
    struct json_doc doc = { 0 };
    struct save *s;
    int rc = json_read(&doc, str_of(json), JSON_MAX_VALUES, err);

    if (!rc)
        rc = catalog_save_prepare(c, place, kind, key, &doc, 0, &arena, &s, err);
    if (!rc) {
        store_write(c->store, &s->write);
        rc = catalog_save_result(s, err);
        catalog_save_release(s);
    }
    json_release(&doc);
    arena_release(&arena);
    return rc;
}

/* ---- writing ---- */

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

void saving_init(struct saving *s, const struct what *w)
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

void saving_release(struct saving *s)
{
    buf_release(&s->blob.stored);
    err_clear(&s->save.write.err);
}

int outcome(struct world *w, struct write *write)
{
    err_clear(&w->err);
    w->err = write->err;
    write->err = ERR_INIT;
    return write->rc;
}

int t_save(struct world *w, struct what what)
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

int t_remove(struct world *w, struct what what)
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

int new_workspace(struct world *w, const char *project, const char *name)
{
    struct workspace_new n;

    workspace_new_init(&n);
    n.project = str_of(project);
    n.name = str_of(name);
    store_write(w->store, &n.write);
    memcpy(w->workspace, n.uid, sizeof(n.uid));
    return outcome(w, &n.write);
}

int delete_workspace(struct world *w, const char *project, const char *name, bool force)
{
    struct workspace_delete d;

    workspace_delete_init(&d);
    d.project = str_of(project);
    d.name = str_of(name);
    d.force = force;
    store_write(w->store, &d.write);
    return outcome(w, &d.write);
}

int64_t sweep(struct world *w, int64_t ms)
{
    struct sweep s;

    sweep_init(&s);
    s.now_ms = clock_ms();
    s.before_ms = s.now_ms + ms;
    store_write(w->store, &s.write);
    assert_ok(outcome(w, &s.write), &w->err);
    return s.deleted;
}

void post(struct write *write)
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

void create_jobs(struct world *w, int n)
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

/* ---- looking ---- */

struct snapshot *look(struct world *w)
{
    struct snapshot *s = NULL;

    assert_ok(store_snapshot(&s, w->store, &w->err), &w->err);
    return s;
}

struct workspace workspace_in(struct world *w, struct snapshot *s, const char *project,
                              const char *uid)
{
    struct workspace is;

    assert_ok(
        snapshot_workspace(s, str_of(project), str_of(uid), &is, &w->arena, &w->err),
        &w->err);
    return is;
}

struct workspace workspace(struct world *w, const char *project, const char *uid)
{
    struct snapshot *s = look(w);
    struct workspace is = workspace_in(w, s, project, uid);

    snapshot_end(s);
    return is;
}

struct object object_in(struct world *w, struct snapshot *s, int64_t in, enum kind kind,
                        const char *key)
{
    struct object o;

    assert_ok(snapshot_object(s, in, kind, STR(""), str_of(key), &o, &w->arena, &w->err),
              &w->err);
    return o;
}

struct object t_find(struct world *w, struct what what)
{
    struct snapshot *s = look(w);
    struct workspace in =
        workspace_in(w, s, or_else(what.project, "p"), or_else(what.workspace, ""));
    struct object o =
        object_in(w, s, in.id, what.kind ? what.kind : KIND_JOB, or_else(what.name, "a"));

    snapshot_end(s);
    return o;
}

int64_t revision(struct world *w)
{
    return workspace(w, "p", "").revision;
}

void assert_counts(struct world *w, const char *workspace_uid, int64_t jobs,
                   int64_t real_time, int64_t scripts, int64_t resources)
{
    struct workspace is = workspace(w, "p", workspace_uid);

    assert_int_equal(is.jobs, jobs);
    assert_int_equal(is.real_time_jobs, real_time);
    assert_int_equal(is.scripts, scripts);
    assert_int_equal(is.resources, resources);
}

void assert_content(struct world *w, const struct object *o, const char *want)
{
    struct buf stored = BUF_INIT(MIB), raw = BUF_INIT(MIB);

    assert_ok(store_blobs(w->store, &o->blob, 1, &stored, &w->err), &w->err);
    assert_int_equal(stored.len, o->stored_size);
    assert_ok(deflate_undo(&raw, buf_str(&stored), o->raw_size, &w->err), &w->err);
    assert_str(buf_str(&raw), want);
    buf_release(&stored);
    buf_release(&raw);
}

bool blob_is_held(struct world *w, int64_t blob)
{
    struct buf stored = BUF_INIT(MIB);
    int rc = store_blobs(w->store, &blob, 1, &stored, &w->err);

    buf_release(&stored);
    if (rc)
        assert_int_equal(rc, E_INTERNAL);
    err_clear(&w->err);
    return rc == 0;
}

void next_ms(void)
{
    int64_t now = clock_ms();

    while (clock_ms() == now)
        usleep(200);
}
