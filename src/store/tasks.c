#include "store/tasks.h"

#include "base/clock.h"
#include "base/limits.h"
#include "store/damage.h"
#include "store/store_int.h"

static int run_task_new(struct db *db, struct write *write, struct err *err)
{
    struct task_new *t = (struct task_new *)write;
    struct arena arena = ARENA_INIT;
    struct changes c;
    int64_t now = clock_ms();
    int rc = open_workspace(db, t->project, t->workspace, &c, &arena, err);

    if (!rc)
        rc = db_run(db, err, SQL_TASK_DROP, "i", now - TASK_KEPT_MS);
    if (!rc)
        rc = db_run(db, err, SQL_TASK_ADD, "siisi", t->uid, c.w.id, (int64_t)t->kind,
                    t->path, now);
    t->id = db_last_id(db);
    arena_release(&arena);
    return rc;
}

void task_new_init(struct task_new *t)
{
    *t = (struct task_new){ .write.run = run_task_new };
}

int task_end_write(struct db *db, const struct task_end *t, struct err *err)
{
    return db_run(db, err, SQL_TASK_END, "isis", t->id,
                  t->failed ? STR("FAILED") : STR("SUCCESSFUL"), clock_ms(), t->report);
}

static int run_task_end(struct db *db, struct write *write, struct err *err)
{
    struct task_end *t = (struct task_end *)write;
    int rc = task_end_write(db, t, err);

    if (!t->id && !db_changes(db))
        write->audit = STR(""); /* none ran: there is nothing to tell */
    return rc;
}

void task_end_init(struct task_end *t)
{
    *t = (struct task_end){ .write.run = run_task_end };
}

/* A row of TASK. */
enum {
    SHOWN_UID,
    SHOWN_KIND,
    SHOWN_PATH,
    SHOWN_STATUS,
    SHOWN_STARTED,
    SHOWN_ENDED,
    SHOWN_REPORT,
    SHOWN_FAULT,
    SHOWN_ID
};

int snapshot_task(struct snapshot *s, int64_t workspace, struct str uid,
                  struct shown_task *out, struct arena *arena, struct err *err)
{
    struct query *q = db_query(s->db, SQL_TASK, "is", workspace, uid);
    int rc = db_next(q, err);

    if (rc != 1)
        return rc ? rc : err_set(err, E_NOTFOUND, API_OK, DET_NONE);
    *out = (struct shown_task){
        .uid = arena_str(arena, db_text(q, SHOWN_UID)),
        .kind = (enum task_kind)db_int(q, SHOWN_KIND),
        .path = arena_str(arena, db_text(q, SHOWN_PATH)),
        .status = arena_str(arena, db_text(q, SHOWN_STATUS)),
        .started = db_int(q, SHOWN_STARTED),
        .ended = db_int(q, SHOWN_ENDED),
        .report = arena_str(arena, db_text(q, SHOWN_REPORT)),
        .id = db_int(q, SHOWN_ID),
    };
    rc = db_int(q, SHOWN_FAULT) ? row_damaged("task", db_int(q, SHOWN_ID), err) : 0;
    db_end(q);
    if (rc)
        return rc;
    return out->uid.p && out->path.p && out->status.p && out->report.p ? 0
                                                                       : err_nomem(err);
}
