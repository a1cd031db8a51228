#include "import/import_int.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "base/utf8.h"
#include "base/banned.h"

/*
 * The end of an import: its one transaction, and the report of what became of it, in
 * both languages: {"counts", "secretsLost", "parts": [{"name", "ok", "message"?}, ...],
 * "message": [en, zh]}.
 */

static const char *const separators[] = { "; ", "；" };

void import_fault(const struct err *e, struct str entry, enum language language,
                  struct buf *out)
{
    if (entry.n) {
        buf_addstr(out, entry);
        buf_adds(out, language == LANG_ZH ? "：" : ": ");
    }
    error_sentence(e, language, out);
}

void import_sentence(int detail, struct str what, enum language language, struct buf *out)
{
    struct buf text = BUF_INIT(ERROR_DETAIL_MAX);
    struct err e = ERR_INIT;

    buf_addstr(&text, what);
    err_set(&e, E_INVALID, API_OK, detail, buf_cstr(&text));
    error_detail(&e, language, out);
    if (text.bad)
        out->bad = text.bad;
    err_clear(&e);
    buf_release(&text);
}

/* ---- messages ---- */

bool import_list_add(struct buf *out, const struct buf *one, const char *separator)
{
    bool fits = out->len + one->len < TASK_MESSAGE_MAX - KIB;

    if (out->len)
        buf_adds(out, separator);
    if (fits)
        buf_addbuf(out, one);
    else
        buf_adds(out, "...");
    return fits;
}

/* What a part lacks, the whole lacks. */
static void release_part(struct buf *part, struct buf *whole)
{
    if (part->bad)
        whole->bad = part->bad;
    buf_release(part);
}

/* What is wrong with each item that has something wrong. */
static void list_faults(const struct import *im, enum language language, struct buf *out)
{
    struct buf one = BUF_INIT(2 * ERROR_DETAIL_MAX);
    bool fits = true;

    for (size_t i = 0; fits && i < im->n; i++) {
        const struct item *item = im->items[i];

        if (!item->one.save.write.rc)
            continue;
        buf_clear(&one);
        import_fault(&item->one.save.write.err, item->entry, language, &one);
        fits = import_list_add(out, &one, separators[language]);
    }
    release_part(&one, out);
}

/* How many from `d` on are of one name; they stand together. */
static size_t same_name(const struct dangling *d, size_t n)
{
    size_t k = 1;

    while (k < n && d[k].kind == d->kind && str_eq(d[k].name, d->name))
        k++;
    return k;
}

/* Each name once, with the first that needs it, and how many others do. */
static void list_dangling(const struct import *im, struct buf *out)
{
    struct buf one = BUF_INIT(64 * KIB);
    bool fits = true;

    for (size_t i = 0, n; fits && i < im->n_dangling; i += n) {
        const struct dangling *d = &im->dangling[i];

        n = same_name(d, im->n_dangling - i);
        buf_clear(&one);
        buf_addf(&one, "%s/", kind_name(d->kind));
        buf_addstr(&one, d->name);
        buf_adds(&one, " (");
        import_needed_by(d, &one);
        if (n > 1)
            buf_addf(&one, " +%zu", n - 1);
        buf_addc(&one, ')');
        fits = import_list_add(out, &one, ", ");
    }
    release_part(&one, out);
}

static void list_texts(const struct str *texts, size_t n, struct buf *out)
{
    struct buf one = BUF_INIT(64 * KIB);
    bool fits = true;

    for (size_t i = 0; fits && i < n; i++) {
        buf_clear(&one);
        buf_addstr(&one, texts[i]);
        fits = import_list_add(out, &one, "; ");
    }
    buf_release(&one);
}

/* Appends the sentence about `list`, when there is something in it, and clears that. */
static void add_about(struct buf *out, int detail, struct buf *list,
                      enum language language)
{
    if (list->len) {
        if (out->len)
            buf_adds(out, separators[language]);
        import_sentence(detail, utf8_cut(buf_str(list), ERROR_DETAIL_MAX - KIB), language,
                        out);
    }
    if (list->bad)
        out->bad = list->bad;
    buf_clear(list);
}

/* What a task says as a whole; nothing when all is well. */
static void write_message(const struct import *im, enum language language, bool undone,
                          struct buf *out)
{
    struct buf list = BUF_INIT(2 * TASK_MESSAGE_MAX);

    list_faults(im, language, &list);
    add_about(out, undone ? DET_NOTHING_IMPORTED : DET_NOT_IMPORTED, &list, language);
    if (!undone)
        list_dangling(im, &list);
    add_about(out, DET_DANGLING, &list, language);
    if (!undone)
        list_texts(im->warnings, im->n_warnings, &list);
    add_about(out, DET_ALIKE, &list, language);
    if (!undone)
        list_texts(im->unused, im->n_unused, &list);
    add_about(out, DET_UNUSED, &list, language);
    if (!undone)
        import_list_lost(im, &list);
    add_about(out, DET_SECRETS_LOST, &list, language);
    release_part(&list, out);
}

static void print_texts(struct jw *jw, const struct buf text[2])
{
    if (!text[LANG_EN].len)
        return;
    jw_array(jw, STR("message"));
    jw_string(jw, STR_NONE, buf_str(&text[LANG_EN]));
    jw_string(jw, STR_NONE, buf_str(&text[LANG_ZH]));
    jw_end(jw, ']');
}

/* ---- the report ---- */

static void print_part(struct jw *jw, const struct item *item, bool undone)
{
    struct buf text[2] = { BUF_INIT(4 * TASK_MESSAGE_MAX),
                           BUF_INIT(4 * TASK_MESSAGE_MAX) };
    bool faulty = item->one.save.write.rc != 0;
    struct err others = { .ec = E_INVALID, .detail = DET_WITH_OTHERS };
    const struct err *why = faulty ? &item->one.save.write.err : &others;

    jw_object(jw, STR_NONE);
    jw_string(jw, STR("name"), item->one.facts.name);
    jw_bool(jw, STR("ok"), !faulty && !undone);
    for (int i = LANG_EN; (faulty || undone) && i <= LANG_ZH; i++) {
        import_fault(why, STR_NONE, (enum language)i, &text[i]);
        text[i].len = utf8_cut(buf_str(&text[i]), TASK_PART_MESSAGE_MAX).n;
    }
    print_texts(jw, text);
    jw_end(jw, '}');
    release_part(&text[LANG_EN], jw->out);
    release_part(&text[LANG_ZH], jw->out);
}

static void add_left_out(size_t n, enum language language, struct buf *out)
{
    struct err e = ERR_INIT;

    if (n <= TASK_PARTS_MAX)
        return;
    if (out->len)
        buf_adds(out, separators[language]);
    err_set(&e, E_LIMIT, API_OK, DET_PARTS_LEFT_OUT, NUM(TASK_PARTS_MAX), NUM(n));
    error_detail(&e, language, out);
    err_clear(&e);
}

/* Subtasks are the jobs; of an import of connections these. */
static void write_report(struct import *im, bool undone, struct buf *out)
{
    enum kind kind =
        im->request.kind == TASK_IMPORT_CONNECTIONS ? KIND_CONNECTION : KIND_JOB;
    struct buf text[2] = { BUF_INIT(4 * TASK_MESSAGE_MAX),
                           BUF_INIT(4 * TASK_MESSAGE_MAX) };
    struct jw jw = JW_INIT(out, false);
    size_t n = 0;

    jw_object(&jw, STR_NONE);
    import_counts(im, undone, &jw);
    jw_array(&jw, STR("parts"));
    for (size_t i = 0; i < im->n; i++)
        if (im->items[i]->one.save.kind == kind && im->items[i]->one.facts.name.n &&
            n++ < TASK_PARTS_MAX)
            print_part(&jw, im->items[i], undone);
    jw_end(&jw, ']');
    import_print_lost(&jw, im, undone);
    for (int i = LANG_EN; i <= LANG_ZH; i++) {
        write_message(im, (enum language)i, undone, &text[i]);
        add_left_out(n, (enum language)i, &text[i]);
    }
    print_texts(&jw, text);
    jw_end(&jw, '}');
    release_part(&text[LANG_EN], out);
    release_part(&text[LANG_ZH], out);
}

/* What fails without a code of the API's is the archive's fault, or was cut off. */
static int status_of(const struct err *why)
{
    if (why->api == API_OK)
        return why->ec == E_BUSY ? 503 : 400;
    return error_row(why->api)->status;
}

/* The line of the audit log about the end, of so many members as the caller gave; without
 * an archive that was read there are no counts. */
static void write_audit(const struct import *im, struct str members, bool undone,
                        const struct err *why, struct buf *out)
{
    const char *code = why && why->api ? error_row(why->api)->code : "";
    struct jw jw = JW_INIT(out, false);
    char time[CLOCK_TEXT_BYTES];

    if (!members.n)
        return;
    clock_text(clock_ms(), time);
    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("time"), str_of(time));
    buf_addc(out, ',');
    buf_addstr(out, members);
    jw_int(&jw, STR("status"), why ? status_of(why) : 200);
    jw_string(&jw, STR("error_code"), str_of(code));
    jw_string(&jw, STR("result"), why ? STR("FAILED") : STR("SUCCESSFUL"));
    if (im)
        import_counts(im, undone, &jw);
    jw_end(&jw, '}');
}

/* ---- the transaction ---- */

/* Gives what the store only says by kind its code and its text. */
static bool explain_faults(struct import *im)
{
    bool faulty = false;

    for (size_t i = 0; i < im->n; i++) {
        struct save *s = &im->items[i]->one.save;
        struct err why = ERR_INIT;

        if (!s->write.rc)
            continue;
        faulty = true;
        if (catalog_save_result(s, &why))
            err_move(&why, &s->write.err);
    }
    return faulty;
}

/* The import's struct comes first, for the way back from the writer. */
struct running {
    struct import_all all;
    struct import *im;
    struct buf report, audit;
};

/* On the writer thread, in the transaction. */
static int finish(struct import_all *a, struct err *err)
{
    struct running *r = (struct running *)a;

    a->end.failed = explain_faults(r->im);
    write_report(r->im, false, &r->report);
    a->end.report = buf_str(&r->report);
    write_audit(r->im, r->im->request.audit, false, NULL, &r->audit);
    a->write.audit = buf_str(&r->audit);
    return r->report.bad || r->audit.bad ? err_nomem(err) : 0;
}

/* Undone. */
static int end_task(struct catalog *c, int64_t task, const struct buf *report,
                    const struct buf *audit, struct err *err)
{
    struct task_end end;
    int rc;

    if (report->bad || audit->bad)
        return err_nomem(err);
    task_end_init(&end);
    end.id = task;
    end.failed = true;
    end.report = buf_str(report);
    end.write.audit = buf_str(audit);
    rc = store_write(c->store, &end.write);
    if (rc)
        err_move(&end.write.err, err);
    metric_add(METRIC_IMPORTS, !rc && task);
    metric_add(METRIC_IMPORTS_FAILED, !rc && task);
    return rc;
}

/* What failed first. */
static const struct err *first_fault(const struct import *im)
{
    static const struct err none = { .ec = E_INVALID };

    for (size_t i = 0; i < im->n; i++)
        if (im->items[i]->one.save.write.rc)
            return &im->items[i]->one.save.write.err;
    return &none;
}

static int end_undone(struct import *im, int64_t task, struct err *err)
{
    struct buf report = BUF_INIT(TASK_REPORT_MAX), audit = BUF_INIT(4 * KIB);
    int rc;

    explain_faults(im);
    write_report(im, true, &report);
    write_audit(im, im->request.audit, true, first_fault(im), &audit);
    rc = end_task(im->catalog, task, &report, &audit, err);
    buf_release(&report);
    buf_release(&audit);
    return rc;
}

static bool has_faults(const struct import *im)
{
    for (size_t i = 0; i < im->n; i++)
        if (im->items[i]->one.save.write.rc)
            return true;
    return false;
}

/* What is to be written may need more than the import as such. */
static void need_roles(const struct import *im, struct authority *a)
{
    for (size_t i = 0; i < im->n; i++) {
        const struct save *s = &im->items[i]->one.save;

        if (!s->write.rc && s->kind == KIND_CONNECTION)
            a->role = ROLE_ADMINISTRATOR;
        if (!s->write.rc && s->kind == KIND_CDM_JOB)
            a->cdm_role = ROLE_DEVELOPER;
    }
}

static int write_all(struct import *im, int64_t task, struct err *err)
{
    struct running r = { .im = im,
                         .report = BUF_INIT(TASK_REPORT_MAX),
                         .audit = BUF_INIT(4 * KIB) };
    const struct place *p = &im->request.place;
    struct authority authority;
    int rc;

    import_all_init(&r.all);
    if (p->authority) {
        authority = *p->authority;
        need_roles(im, &authority);
        r.all.write.authority = &authority;
    }
    r.all.project = p->project;
    r.all.workspace = p->workspace;
    r.all.user = p->user;
    r.all.items = (struct import_one *const *)im->items;
    r.all.n = im->n;
    r.all.overwrite = im->request.body->overwrite;
    r.all.carry_on = im->request.body->carry_on;
    r.all.end.id = task;
    r.all.finish = finish;
    rc = store_write(im->catalog->store, &r.all.write);
    if (rc)
        err_move(&r.all.write.err, err);
    buf_release(&r.report);
    buf_release(&r.audit);
    return rc;
}

int import_run(struct import *im, int64_t task, struct err *err)
{
    struct err why = ERR_INIT;
    int rc = import_look(im, &why);

    metric_add(METRIC_IMPORT_OBJECTS, (int64_t)im->n);
    if (!rc && has_faults(im) && !im->request.body->carry_on)
        return end_undone(im, task, err);
    if (!rc)
        rc = write_all(im, task, &why);
    if (!rc) {
        metric_add(METRIC_IMPORTS, 1);
        return 0;
    }
    rc = has_faults(im) && why.api == API_OK && why.detail == DET_NONE
             ? end_undone(im, task, err)
             : task_fail(im->catalog, task, &why, im->request.audit, err);
    err_clear(&why);
    return rc;
}

/* Of who started it the task says more than the API's code. */
static struct err told(const struct err *why)
{
    struct err e = *why; /* it borrows the texts */

    if (e.api == APIGW_0301 || e.api == APIGW_0307)
        e.detail = DET_IMPORT_CREDENTIALS;
    else if (e.api == APIGW_0302 || e.api == APIGW_0306)
        e.detail = DET_IMPORT_RIGHTS;
    return e;
}

int task_fail(struct catalog *c, int64_t task, const struct err *why, struct str audit,
              struct err *err)
{
    struct err e = told(why);
    struct buf report = BUF_INIT(16 * TASK_MESSAGE_MAX), line = BUF_INIT(4 * KIB);
    struct buf text[2] = { BUF_INIT(4 * TASK_MESSAGE_MAX),
                           BUF_INIT(4 * TASK_MESSAGE_MAX) };
    struct jw jw = JW_INIT(&report, false);
    int rc;

    import_fault(&e, STR_NONE, LANG_EN, &text[LANG_EN]);
    import_fault(&e, STR_NONE, LANG_ZH, &text[LANG_ZH]);
    jw_object(&jw, STR_NONE);
    print_texts(&jw, text);
    jw_end(&jw, '}');
    release_part(&text[LANG_EN], &report);
    release_part(&text[LANG_ZH], &report);
    write_audit(NULL, audit, true, why, &line);
    rc = end_task(c, task, &report, &line, err);
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

    import_unstage(c);
    return task_fail(c, 0, &why, audited ? STR(members) : STR(""), err);
}
