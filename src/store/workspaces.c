#include "store/workspaces.h"

#include "base/clock.h"
#include "base/limits.h"
#include "store/damage.h"
#include "store/store_int.h"

/* WORKSPACE_COLUMNS of sql.def. */
enum {
    WORKSPACE_ID,
    WORKSPACE_UID,
    WORKSPACE_NAME,
    WORKSPACE_REVISION,
    WORKSPACE_JOBS,
    WORKSPACE_REAL_TIME_JOBS,
    WORKSPACE_SCRIPTS,
    WORKSPACE_RESOURCES
};

static void read_workspace(struct query *q, struct workspace *w, struct arena *arena)
{
    *w = (struct workspace){
        .id = db_int(q, WORKSPACE_ID),
        .uid = arena_str(arena, db_text(q, WORKSPACE_UID)),
        .name = arena_str(arena, db_text(q, WORKSPACE_NAME)),
        .revision = db_int(q, WORKSPACE_REVISION),
        .jobs = db_int(q, WORKSPACE_JOBS),
        .real_time_jobs = db_int(q, WORKSPACE_REAL_TIME_JOBS),
        .scripts = db_int(q, WORKSPACE_SCRIPTS),
        .resources = db_int(q, WORKSPACE_RESOURCES),
    };
}

static const char cdm_mark[] = "cdm"; /* an address that no other text has */
const struct str cdm_workspace = { cdm_mark, 0 };

bool is_cdm_workspace(struct str uid)
{
    return uid.p == cdm_workspace.p;
}

static struct query *query_workspace(struct db *db, struct str project, struct str uid)
{
    if (uid.n)
        return db_query(db, SQL_WORKSPACE_BY_UID, "ss", project, uid);
    return db_query(db, SQL_WORKSPACE_BY_NAME, "ss", project,
                    is_cdm_workspace(uid) ? STR("") : STR("default"));
}

/* So many objects as nobody has: sums of them do not overflow. */
static bool counts_are_sound(const struct workspace *w)
{
    const int64_t counts[] = { w->jobs, w->real_time_jobs, w->scripts, w->resources };

    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++)
        if (counts[i] < 0 || counts[i] > INT32_MAX)
            return false;
    return w->real_time_jobs <= w->jobs;
}

static int no_workspace(struct str uid, struct err *err)
{
    uid.n = uid.n < 128 ? uid.n : 128;
    return store_fail(err, E_NOTFOUND, STORE_NO_WORKSPACE, DET_WORKSPACE, CSTR(uid));
}

int find_workspace(struct db *db, struct str project, struct str uid,
                   struct workspace *out, struct arena *arena, struct err *err)
{
    struct query *q = query_workspace(db, project, uid);
    int rc = db_next(q, err);
    bool known;

    *out = (struct workspace){ .uid = STR(""), .name = STR("default") };
    if (rc == 1) {
        read_workspace(q, out, arena);
        db_end(q);
        if (!counts_are_sound(out))
            return row_damaged("workspace", out->id, err);
        return out->uid.p && out->name.p ? 0 : err_nomem(err);
    }
    if (rc < 0)
        return rc;
    if (uid.n)
        return no_workspace(uid, err);
    if (is_cdm_workspace(uid))
        return 0; /* it begins with its first write */
    rc = db_exists(db_query(db, SQL_PROJECT, "s", project), &known, err);
    if (!rc && known)
        return store_fail(err, E_NOTFOUND, STORE_NO_WORKSPACE, DET_NO_DEFAULT);
    return rc;
}

int snapshot_workspace(struct snapshot *s, struct str project, struct str uid,
                       struct workspace *out, struct arena *arena, struct err *err)
{
    return find_workspace(s->db, project, uid, out, arena, err);
}

static int read_revisions(struct db *db, struct str project, struct str uid,
                          struct revisions *out, struct err *err)
{
    enum sql sql = uid.n ? SQL_REVISIONS_BY_UID : SQL_REVISIONS_BY_NAME;
    struct query *q = db_query(db, sql, "ss", project, uid.n ? uid : STR("default"));
    int rc = db_next(q, err);

    *out = (struct revisions){ 0 };
    if (rc != 1)
        return rc;
    *out = (struct revisions){ db_int(q, 0), db_int(q, 1), db_int(q, 2) };
    db_end(q);
    return 0;
}

int snapshot_revisions(struct snapshot *s, struct str project, struct str uid,
                       struct revisions *out, struct err *err)
{
    return read_revisions(s->db, project, uid, out, err);
}

int store_revisions(struct store *s, struct str project, struct str uid,
                    struct revisions *out, struct err *err)
{
    struct reader *one = reader_take(s);
    int rc = read_revisions(one->snapshot.db, project, uid, out, err);

    reader_give(one);
    return rc;
}

int snapshot_workspaces(struct snapshot *s, struct str project,
                        void (*each)(void *arg, const struct workspace *w), void *arg,
                        struct err *err)
{
    struct query *q = db_query(s->db, SQL_WORKSPACE_LIST, "s", project);
    struct arena arena = ARENA_INIT;
    int rc;

    while ((rc = db_next(q, err)) == 1) {
        struct workspace w;

        read_workspace(q, &w, &arena);
        if (!w.uid.p || !w.name.p) {
            rc = err_nomem(err);
            break;
        }
        each(arg, &w);
    }
    db_end(q);
    arena_release(&arena);
    return rc;
}

/* ---- in a write ---- */

int add_workspace(struct db *db, struct str project, struct str name,
                  char uid[ID_HEX_BYTES], struct err *err)
{
    id_hex(uid);
    return db_run(db, err, SQL_WORKSPACE_ADD, "sssii", str_of(uid), project, name,
                  id_random(), clock_ms());
}

/* Without sign-in the project's row and its default workspace are written at its first
 * write.  Where there are accounts only `dlfd admin project create` makes projects: one
 * that was deleted while a write was under way stays deleted. */
int add_project(struct db *db, struct str project, struct err *err)
{
    char uid[ID_HEX_BYTES];
    bool known;
    int rc = db_exists(db_query(db, SQL_PROJECT, "s", project), &known, err);

    if (rc || known)
        return rc;
    rc = db_run(db, err, SQL_PROJECT_ADD, "sii", project, clock_ms(),
                (int64_t)db_without_sign_in(db));
    if (rc)
        return rc;
    if (db_changes(db) == 0)
        return store_fail(err, E_DENIED, STORE_OTHER_PROJECT, DET_OTHER_PROJECT);
    return add_workspace(db, project, STR("default"), uid, err);
}

/* Finds the workspace of a write, or begins it.  Writers queued at BEGIN. */
int open_workspace(struct db *db, struct str project, struct str uid, struct changes *out,
                   struct arena *arena, struct err *err)
{
    struct workspace *w = &out->w;
    char cdm_uid[ID_HEX_BYTES];
    int rc;

    *out = (struct changes){ .changed = false };
    rc = find_workspace(db, project, uid, w, arena, err);
    if (!rc && !w->id) {
        rc = add_project(db, project, err);
        if (!rc && is_cdm_workspace(uid))
            rc = add_workspace(db, project, STR(""), cdm_uid, err);
        if (!rc)
            rc = find_workspace(db, project, uid, w, arena, err);
    }
    return rc;
}

/* Counts `by` objects more of a kind. */
void change_workspace(struct changes *c, enum kind kind, int64_t by, int64_t real_time_by)
{
    c->jobs += kind == KIND_JOB ? by : 0;
    c->real_time_jobs += real_time_by;
    c->scripts += kind == KIND_SCRIPT ? by : 0;
    c->resources += kind == KIND_RESOURCE ? by : 0;
    c->changed = true;
}

int close_workspace(struct db *db, const struct changes *c, struct err *err)
{
    if (!c->changed)
        return 0;
    return db_run(db, err, SQL_WORKSPACE_CHANGE, "iiiiii", c->w.id, id_random(), c->jobs,
                  c->real_time_jobs, c->scripts, c->resources);
}

/* ---- writes ---- */

static int run_workspace_new(struct db *db, struct write *write, struct err *err)
{
    struct workspace_new *n = (struct workspace_new *)write;
    int rc = add_project(db, n->project, err);

    return rc ? rc : add_workspace(db, n->project, n->name, n->uid, err);
}

void workspace_new_init(struct workspace_new *w)
{
    *w = (struct workspace_new){ .write.run = run_workspace_new };
}

static int delete_workspace(struct db *db, const struct workspace *w, struct err *err)
{
    int rc = db_run(db, err, SQL_WORKSPACE_ORPHAN_BLOBS, "i", w->id);

    if (!rc)
        rc = db_run(db, err, SQL_WORKSPACE_EMPTY, "i", w->id);
    return rc ? rc : db_run(db, err, SQL_WORKSPACE_DELETE, "i", w->id);
}

static int run_workspace_delete(struct db *db, struct write *write, struct err *err)
{
    struct workspace_delete *d = (struct workspace_delete *)write;
    struct query *q = db_query(db, SQL_WORKSPACE_BY_NAME, "ss", d->project, d->name);
    struct arena arena = ARENA_INIT;
    struct workspace w;
    bool used;
    int rc = db_next(q, err);

    if (rc <= 0)
        return rc ? rc : err_set(err, E_NOTFOUND, API_OK, DET_NONE);
    read_workspace(q, &w, &arena);
    db_end(q);
    rc = db_exists(db_query(db, SQL_WORKSPACE_USED, "i", w.id), &used, err);
    if (!rc && !d->force && (used || str_is(d->name, "default")))
        rc = err_set(err, E_DENIED, API_OK, DET_NONE);
    if (!rc)
        rc = delete_workspace(db, &w, err);
    arena_release(&arena);
    return rc;
}

void workspace_delete_init(struct workspace_delete *w)
{
    *w = (struct workspace_delete){ .write.run = run_workspace_delete };
}
