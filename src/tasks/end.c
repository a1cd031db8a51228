#include "tasks/tasks.h"

#include "base/clock.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "json/json.h"
#include "base/banned.h"

/* How a task ends, and what is told of that. */

void task_message(struct jw *jw, struct buf text[2])
{
    if (text[LANG_EN].len) {
        jw_array(jw, STR("message"));
        jw_string(jw, STR_NONE, buf_str(&text[LANG_EN]));
        jw_string(jw, STR_NONE, buf_str(&text[LANG_ZH]));
        jw_end(jw, ']');
    }
    buf_release_part(&text[LANG_EN], jw->out);
    buf_release_part(&text[LANG_ZH], jw->out);
}

/* An error without an API code is a fault of the archive, or the task was cut off. */
static int status_of(const struct err *why)
{
    if (why->api == API_OK)
        return why->ec == E_BUSY ? 503 : 400;
    return error_row(why->api)->status;
}

bool task_audit(struct jw *jw, struct str members, const struct err *why)
{
    const char *code = why && why->api ? error_row(why->api)->code : "";
    char time[CLOCK_TEXT_BYTES];

    if (!members.n)
        return false;
    clock_text(clock_ms(), time);
    jw_object(jw, STR_NONE);
    jw_string(jw, STR("time"), str_of(time));
    buf_addc(jw->out, ',');
    buf_addstr(jw->out, members);
    jw_int(jw, STR("status"), why ? status_of(why) : 200);
    jw_string(jw, STR("error_code"), str_of(code));
    jw_string(jw, STR("result"), why ? STR("FAILED") : STR("SUCCESSFUL"));
    return true;
}

/* ---- ends without anything written ---- */

int task_end_failed(struct catalog *c, int64_t id, const struct buf *report,
                    const struct buf *audit, struct err *err)
{
    struct task_end end;
    int rc;

    if (report->bad || audit->bad)
        return err_nomem(err);
    task_end_init(&end);
    end.id = id;
    end.failed = true;
    end.report = buf_str(report);
    end.write.audit = buf_str(audit);
    rc = store_write(c->store, &end.write);
    if (rc)
        err_move(&end.write.err, err);
    metric_add(METRIC_IMPORTS, !rc && id);
    metric_add(METRIC_IMPORTS_FAILED, !rc && id);
    return rc;
}

/* When rights are missing, the task says whose: those of the user who started it. */
static struct err told(const struct err *why)
{
    struct err e = *why; /* it borrows the texts */

    if (e.api == APIGW_0301 || e.api == APIGW_0307)
        e.detail = DET_IMPORT_CREDENTIALS;
    else if (e.api == APIGW_0302 || e.api == APIGW_0306)
        e.detail = DET_IMPORT_RIGHTS;
    return e;
}

/* Writes a report that has only the reason: {"message": [en, zh]}. */
static void write_reason(const struct err *why, struct buf *report)
{
    struct err e = told(why);
    struct buf text[2] = { BUF_INIT(4 * TASK_MESSAGE_MAX),
                           BUF_INIT(4 * TASK_MESSAGE_MAX) };
    struct jw jw = JW_INIT(report, false);

    error_sentence(&e, LANG_EN, &text[LANG_EN]);
    error_sentence(&e, LANG_ZH, &text[LANG_ZH]);
    jw_object(&jw, STR_NONE);
    task_message(&jw, text);
    jw_end(&jw, '}');
}

int task_fail(struct catalog *c, int64_t id, const struct err *why, struct str audit,
              struct err *err)
{
    struct buf report = BUF_INIT(16 * TASK_MESSAGE_MAX), line = BUF_INIT(4 * KIB);
    struct jw jw = JW_INIT(&line, false);
    int rc;

    write_reason(why, &report);
    if (task_audit(&jw, audit, why))
        jw_end(&jw, '}');
    rc = task_end_failed(c, id, &report, &line, err);
    buf_release(&report);
    buf_release(&line);
    return rc;
}

int tasks_interrupted(struct catalog *c, bool audited, struct err *err)
{
    static const char members[] =
        "\"request_id\":\"\",\"address\":\"\",\"user\":\"\",\"domain\":\"\","
        "\"credential\":\"\",\"operation\":\"ImportsInterrupted\",\"project\":\"\","
        "\"workspace\":\"\",\"object\":\"imports that the last end of the server cut off\"";
    const struct err why = { .ec = E_BUSY, .detail = DET_INTERRUPTED };

    return task_fail(c, 0, &why, audited ? STR(members) : STR(""), err);
}
