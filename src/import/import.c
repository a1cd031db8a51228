#include "import/import.h"

#include "base/limits.h"
#include "base/metrics.h"
#include "import/import_int.h"
#include "tasks/tasks.h"
#include "base/banned.h"

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

/* What failed first. */
static const struct err *first_fault(const struct import *im)
{
    size_t i = 0;

    while (!im->items[i]->fault.ec)
        i++;
    return &im->items[i]->fault;
}

/* Some items have faults, and the others are not to be imported without them. */
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

/* Once more from the look on, while others change what was decided by. */
static int decide_report_write(struct import *im, int64_t task, struct err *err)
{
    bool is_stale = false;
    int rc, tries = 0;

    do {
        err_clear(err);
        rc = import_look(im, err);
        if (rc || (has_faults(im) && !im->request.options->carry_on))
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
    else if (has_faults(im) && !im->request.options->carry_on)
        rc = end_undone(im, task, err);
    else
        metric_add(METRIC_IMPORTS, 1);
    err_clear(&why);
    return rc;
}
