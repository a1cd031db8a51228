#include "import/import_int.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "base/banned.h"

/* What plans and reports say of an import, in either language. */

static const char *const separators[] = { "; ", "；" };

static const char *const actions[] = { "create", "overwrite", "skip", "same", "error" };

const char *import_action_name(enum import_action action)
{
    return actions[action];
}

void import_counts(const struct import *im, bool undone, struct jw *jw)
{
    int64_t counts[IMPORT_ACTIONS] = { 0 };

    for (size_t i = 0; i < im->n; i++)
        counts[im->items[i]->action]++;
    jw_object(jw, STR("counts"));
    for (int i = 0; i < IMPORT_ACTIONS; i++)
        jw_int(jw, str_of(actions[i]), undone && i != IMPORT_ERROR ? 0 : counts[i]);
    jw_end(jw, '}');
    jw_int(jw, STR("passedOver"), (int64_t)im->passed_over);
}

void import_fault(const struct err *e, struct str entry, enum language language,
                  struct buf *out)
{
    buf_addstr(out, entry);
    buf_adds(out, language == LANG_ZH ? "：" : ": ");
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

void import_needed_by(const struct dangling *d, struct buf *out)
{
    buf_addf(out, "%s/", kind_name(d->by->save.kind));
    if (kind_row(d->by->save.kind)->is_cdm)
        buf_addf(out, "%.*s/", STR_ARG(d->by->facts.scope));
    buf_addstr(out, d->by->facts.name);
}

/* ---- lists, as long as there is room ---- */

/* Appends one more of several texts.  False: there is no room for it, and "..." stands
 * for the rest. */
static bool list_add(struct buf *out, const struct buf *one, const char *separator)
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

/* Lists the faults of all items. */
static void list_faults(const struct import *im, enum language language, struct buf *out)
{
    struct buf one = BUF_INIT(2 * ERROR_DETAIL_MAX);
    bool fits = true;

    for (size_t i = 0; fits && i < im->n; i++) {
        const struct import_item *item = im->items[i];

        if (!item->fault.ec)
            continue;
        buf_clear(&one);
        import_fault(&item->fault, item->entry, language, &one);
        fits = list_add(out, &one, separators[language]);
    }
    buf_release_part(&one, out);
}

/* Returns how many of the `n` from `d` on have the name of the first: they are sorted. */
static size_t same_name(const struct dangling *d, size_t n)
{
    size_t k = 1;

    while (k < n && d[k].kind == d->kind && str_eq(d[k].name, d->name))
        k++;
    return k;
}

/* Lists each name once, with the first that needs it, and how many others do. */
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
        fits = list_add(out, &one, ", ");
    }
    buf_release_part(&one, out);
}

static void list_texts(const struct str *texts, size_t n, struct buf *out)
{
    struct buf one = BUF_INIT(64 * KIB);
    bool fits = true;

    for (size_t i = 0; fits && i < n; i++) {
        buf_clear(&one);
        buf_addstr(&one, texts[i]);
        fits = list_add(out, &one, "; ");
    }
    buf_release_part(&one, out);
}

/* ---- secrets that were lost ---- */

/* Goes through the lost secrets of all items; `shown` is released behind the last. */
struct lost_secrets {
    const struct import *im;
    size_t next;                    /* item */
    const struct import_item *item; /* that has lost the secret, */
    struct buf shown;               /* as people know it */
    struct str rest;                /* of what the item has lost */
};

static struct lost_secrets lost_secrets_of(const struct import *im)
{
    return (struct lost_secrets){ .im = im, .shown = BUF_INIT(4 * KIB), .rest = STR("") };
}

static bool next_lost(struct lost_secrets *l)
{
    struct str line;

    while (!str_line(&l->rest, &line)) {
        if (l->next == l->im->n)
            return false;
        l->item = l->im->items[l->next++];
        l->rest = buf_str(&l->item->save.lost);
    }
    buf_clear(&l->shown);
    secret_path_show(&l->shown, utf8_cut(line, KIB));
    return true;
}

void import_print_lost(struct jw *jw, const struct import *im, bool undone)
{
    struct lost_secrets l = lost_secrets_of(im);

    jw_array(jw, STR("secretsLost"));
    for (int n = 0; !undone && n < TASK_PARTS_MAX && next_lost(&l); n++) {
        jw_object(jw, STR_NONE);
        jw_string(jw, STR("kind"), str_of(kind_name(l.item->save.kind)));
        jw_string(jw, STR("name"), l.item->facts.name);
        jw_string(jw, STR("secret"), buf_str(&l.shown));
        jw_end(jw, '}');
    }
    jw_end(jw, ']');
    buf_release_part(&l.shown, jw->out);
}

static void list_lost_secrets(const struct import *im, struct buf *out)
{
    struct lost_secrets l = lost_secrets_of(im);
    struct buf one = BUF_INIT(8 * KIB);
    bool fits = true;

    while (fits && next_lost(&l)) {
        buf_clear(&one);
        buf_addf(&one, "%s/%.*s: ", kind_name(l.item->save.kind),
                 STR_ARG(l.item->facts.name));
        buf_addbuf(&one, &l.shown);
        fits = list_add(out, &one, ", ");
    }
    buf_release_part(&one, out);
    buf_release_part(&l.shown, out);
}

/* ---- the message ---- */

/* Appends the sentence about `list`, unless that is empty, and clears it. */
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

void import_message(const struct import *im, enum language language, bool undone,
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
        list_lost_secrets(im, &list);
    add_about(out, DET_SECRETS_LOST, &list, language);
    buf_release_part(&list, out);
}
