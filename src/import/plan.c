#include "import/import_int.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "base/banned.h"

/* The plan that a dry run answers with. */

static void print_item(struct jw *jw, const struct import_item *item,
                       enum language language)
{
    bool is_cdm = kind_row(item->save.kind)->is_cdm;
    struct buf message = BUF_INIT(4 * TASK_MESSAGE_MAX);

    jw_object(jw, STR_NONE);
    jw_string(jw, STR("kind"), str_of(kind_name(item->save.kind)));
    jw_string(jw, STR("name"), item->facts.name);
    if (is_cdm)
        jw_string(jw, STR("cluster"), item->facts.scope);
    else if (item->save.kind != KIND_CONNECTION && item->facts.directory.n)
        jw_string(jw, STR("directory"), item->facts.directory);
    jw_string(jw, STR("entry"), item->entry);
    jw_string(jw, STR("action"), str_of(import_action_name(item->action)));
    if (item->fault.ec) {
        error_sentence(&item->fault, language, &message);
        message.len = utf8_cut(buf_str(&message), TASK_PART_MESSAGE_MAX).n;
        jw_buf(jw, STR("message"), &message);
    }
    jw_end(jw, '}');
    buf_release(&message);
}

static void print_dangling(struct jw *jw, const struct dangling *d)
{
    struct buf by = BUF_INIT(4 * KIB);

    import_needed_by(d, &by);
    jw_object(jw, STR_NONE);
    jw_string(jw, STR("kind"), str_of(kind_name(d->kind)));
    jw_string(jw, STR("name"), d->name);
    jw_buf(jw, STR("neededBy"), &by);
    jw_end(jw, '}');
    buf_release(&by);
}

static void print_warning(struct jw *jw, int detail, struct str names,
                          enum language language)
{
    struct buf text = BUF_INIT(2 * ERROR_DETAIL_MAX);

    import_sentence(detail, names, language, &text);
    jw_buf(jw, STR_NONE, &text);
    buf_release(&text);
}

static void print_plan(struct jw *jw, const struct import *im, enum language language)
{
    jw_object(jw, STR_NONE);
    import_counts(im, false, jw);
    jw_array(jw, STR("objects"));
    for (size_t i = 0; i < im->n; i++)
        print_item(jw, im->items[i], language);
    jw_end(jw, ']');
    jw_array(jw, STR("dangling"));
    for (size_t i = 0; i < im->n_dangling; i++)
        print_dangling(jw, &im->dangling[i]);
    jw_end(jw, ']');
    jw_array(jw, STR("warnings"));
    for (size_t i = 0; i < im->n_warnings; i++)
        print_warning(jw, DET_ALIKE, im->warnings[i], language);
    for (size_t i = 0; i < im->n_unused; i++)
        print_warning(jw, DET_UNUSED, im->unused[i], language);
    jw_end(jw, ']');
    import_print_lost(jw, im, false);
    jw_end(jw, '}');
}

static int plan_fault(const struct buf *json, struct err *err)
{
    if (json->bad == E_NOMEM)
        return err_nomem(err);
    return err_set(err, E_LIMIT, DLF_3051, DET_PLAN_LARGE, NUM(IMPORT_PLAN_MAX));
}

int import_print_plan(const struct import *im, enum language language, struct buf *json,
                      struct err *err)
{
    struct jw jw = JW_INIT(json, false);

    print_plan(&jw, im, language);
    return json->bad ? plan_fault(json, err) : 0;
}
