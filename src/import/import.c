#include "import/import.h"

#include <unistd.h>

#include "base/limits.h"
#include "base/metrics.h"
#include "catalog/storage.h"
#include "import/import_int.h"
#include "base/banned.h"

/*
 * The steps of an import, in their order:
 *
 *     fetch.c   the archive becomes a file of ours
 *     read.c    its files become items; each object is edited, freed of its secrets, made
 *               into a definition and staged (item.c)
 *     look.c    what is held is looked up, and decide.c says what becomes of each item
 *     plan.c    a dry run ends here: the plan is its answer
 *     report.c  what the task will tell is made
 *     write.c   all rows and the end of the task are written in one transaction; when the
 *               catalogue has changed meanwhile, it goes on from the look again
 */

int import_plan(struct import *im, enum language language, struct buf *json,
                struct err *err)
{
    int rc = import_look(im, err);

    return rc ? rc : import_print_plan(im, language, json, err);
}

static bool has_faults(const struct import *im)
{
    for (size_t i = 0; i < im->n; i++)
        if (im->items[i]->fault.ec)
            return true;
    return false;
}

/* Whether nothing is to be imported, because some items have faults. */
static bool is_undone(const struct import *im)
{
    return has_faults(im) && !im->request.options->carry_on;
}

/* The fault of the first item that has one. */
static const struct err *first_fault(const struct import *im)
{
    size_t i = 0;

    while (!im->items[i]->fault.ec)
        i++;
    return &im->items[i]->fault;
}

static int end_undone(const struct import *im, int64_t task, struct err *err)
{
    struct buf report = BUF_INIT(TASK_REPORT_MAX), audit = BUF_INIT(4 * KIB);
    int rc;

    import_report(im, true, &report);
    import_audit(im, true, first_fault(im), &audit);
    rc = task_end_failed(im->catalog, task, &report, &audit, err);
    buf_release(&report);
    buf_release(&audit);
    return rc;
}

/* The report is ready before the transaction begins, so that the writer thread writes
 * nothing but rows. */
static int report_and_write(struct import *im, int64_t task, bool *is_stale,
                            struct err *err)
{
    struct buf report = BUF_INIT(TASK_REPORT_MAX), audit = BUF_INIT(4 * KIB);
    struct task_end end;
    int rc;

    *is_stale = false;
    import_report(im, false, &report);
    import_audit(im, false, NULL, &audit);
    task_end_init(&end);
    end.id = task;
    end.failed = has_faults(im);
    end.report = buf_str(&report);
    rc = report.bad || audit.bad ? err_nomem(err)
                                 : import_write(im, &end, buf_str(&audit), is_stale, err);
    buf_release(&report);
    buf_release(&audit);
    return rc;
}

/* Looks, reports and writes once more while others change what was decided by. */
static int decide_report_write(struct import *im, int64_t task, struct err *err)
{
    bool is_stale = false;
    int rc, tries = 0;

    do {
        err_clear(err);
        rc = import_look(im, err);
        if (rc || is_undone(im))
            return rc;
        rc = report_and_write(im, task, &is_stale, err);
    } while (is_stale && ++tries < SAVE_MAX_TRIES);
    return rc;
}

int import_run(struct import *im, int64_t task, struct err *err)
{
    struct err why = ERR_INIT;
    int rc = decide_report_write(im, task, &why);

    metric_add(METRIC_IMPORT_OBJECTS, (int64_t)im->n);
    if (rc)
        rc = task_fail(im->catalog, task, &why, im->request.audit, err);
    else if (is_undone(im))
        rc = end_undone(im, task, err);
    else
        metric_add(METRIC_IMPORTS, 1);
    err_clear(&why);
    return rc;
}

/* ---- the whole ---- */

/* Gives a fault of the archive as a whole its API code. */
static int explain_archive(int rc, struct err *err)
{
    if ((rc == E_INVALID || rc == E_LIMIT) && err->api == API_OK)
        err->api = DLF_0815;
    return rc;
}

/* It has waited: the server may stop by now, and whoever asked may have lost the right.
 */
static int check_start(const struct import_task *t, struct err *err)
{
    if (atomic_load(tasks_stopping(t->all->tasks)))
        return err_set(err, E_BUSY, APIGW_0613, DET_STOPPED);
    return catalog_check_workspace(t->all->catalog, &t->place, err);
}

static int read_archive(const struct import_task *t, int fd, struct import **im,
                        struct err *err)
{
    struct import_request request = { .place = t->place,
                                      .kind = t->kind,
                                      .options = &t->options,
                                      .stop = tasks_stopping(t->all->tasks),
                                      .audit = t->task.audit };

    return explain_archive(import_read(im, t->all->catalog, &request, fd, err), err);
}

int import_task_run(struct task *task, struct err *err)
{
    struct import_task *t = (struct import_task *)task;
    struct buf json = BUF_INIT(IMPORT_PLAN_MAX);
    struct import *im = NULL;
    int fd = -1;
    int rc = check_start(t, err);

    if (!rc)
        rc = import_fetch(t->all, &t->path, &fd, err);
    if (!rc)
        rc = read_archive(t, fd, &im, err);
    if (!rc && t->options.dry_run)
        rc = import_plan(im, t->language, &json, err);
    else if (!rc)
        rc = import_run(im, task->id, err);
    import_free(im);
    if (fd >= 0)
        close(fd);
    if (t->options.dry_run)
        t->planned(t->arg, rc, err, &json);
    return rc;
}

int import_check_file(struct imports *all, const struct place *place, struct str path,
                      enum language language, struct buf *json, struct err *err)
{
    struct obs_path object;
    int fd = -1;
    int rc = catalog_check_workspace(all->catalog, place, err);

    if (!rc)
        rc = storage_need(all->obs, "path", path, &object, err);
    if (!rc)
        rc = import_fetch(all, &object, &fd, err);
    if (!rc)
        rc = explain_archive(
            check_file(all->catalog, fd, tasks_stopping(all->tasks), language, json, err),
            err);
    if (!rc)
        rc = catalog_check_workspace(all->catalog, place, err);
    if (fd >= 0)
        close(fd);
    return rc;
}
