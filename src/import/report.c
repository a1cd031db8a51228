#include "import/import_int.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "tasks/tasks.h"
#include "base/banned.h"

/*
 * What a task tells of an import, in both languages: {"counts", "passedOver", "parts":
 * [{"name", "ok", "message"?}, ...], "secretsLost", "message": [en, zh]}.
 */

static void print_part(struct jw *jw, const struct import_item *item, bool undone)
{
    struct buf text[2] = { BUF_INIT(4 * TASK_MESSAGE_MAX),
                           BUF_INIT(4 * TASK_MESSAGE_MAX) };
    bool faulty = item->fault.ec != 0;
    struct err others = { .ec = E_INVALID, .detail = DET_WITH_OTHERS };
    const struct err *why = faulty ? &item->fault : &others;

    jw_object(jw, STR_NONE);
    jw_string(jw, STR("name"), item->facts.name);
    jw_bool(jw, STR("ok"), !faulty && !undone);
    for (int i = LANG_EN; (faulty || undone) && i <= LANG_ZH; i++) {
        error_sentence(why, (enum language)i, &text[i]);
        text[i].len = utf8_cut(buf_str(&text[i]), TASK_PART_MESSAGE_MAX).n;
    }
    task_message(jw, text);
    jw_end(jw, '}');
}

static void add_left_out(size_t n, enum language language, struct buf *out)
{
    struct err e = ERR_INIT;

    if (n <= TASK_PARTS_MAX)
        return;
    if (out->len)
        buf_adds(out, language == LANG_ZH ? "；" : "; ");
    err_set(&e, E_LIMIT, API_OK, DET_PARTS_LEFT_OUT, NUM(TASK_PARTS_MAX), NUM(n));
    error_detail(&e, language, out);
    err_clear(&e);
}

/* Subtasks are the jobs; of an import of connections these. */
void import_report(const struct import *im, bool undone, struct buf *out)
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
        if (im->items[i]->save.kind == kind && im->items[i]->facts.name.n &&
            n++ < TASK_PARTS_MAX)
            print_part(&jw, im->items[i], undone);
    jw_end(&jw, ']');
    import_print_lost(&jw, im, undone);
    for (int i = LANG_EN; i <= LANG_ZH; i++) {
        import_message(im, (enum language)i, undone, &text[i]);
        add_left_out(n, (enum language)i, &text[i]);
    }
    task_message(&jw, text);
    jw_end(&jw, '}');
}

void import_audit(const struct import *im, bool undone, const struct err *why,
                  struct buf *out)
{
    struct jw jw = JW_INIT(out, false);

    if (!task_audit(&jw, im->request.audit, why))
        return;
    import_counts(im, undone, &jw);
    jw_end(&jw, '}');
}
