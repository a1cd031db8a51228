#include "import/import_int.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "base/banned.h"

/* Secrets of nodes that an import renames, or drops. */

/* A definition that is damaged is replaced all the same: what it had is lost then. */
static int find_moves(struct import *im, struct item *item, struct snapshot *s,
                      const struct object *held, struct err *err)
{
    struct buf text = BUF_INIT(DEFINITION_MAX);
    struct err why = ERR_INIT;
    int rc = object_read_definition(s, held, &text, &why);

    if (!rc)
        rc = object_follow_secrets(&item->one.save, buf_str(&text), &item->nodes,
                                   &im->arena, &why);
    buf_release(&text);
    if (rc == E_NOMEM || rc == E_IO) {
        err_move(&why, err);
        return rc;
    }
    err_clear(&why);
    item->one.moves_of = held->blob;
    return 0;
}

int import_follow_secrets(struct import *im, struct item *item, struct snapshot *s,
                          const struct object *held, struct err *err)
{
    struct save *save = &item->one.save;
    int rc = 0;

    save->moves = (struct secret_moves){ .n = 0 };
    if (save->kind != KIND_JOB || !held->secret_paths.n)
        return 0;
    if (item->nodes.n)
        rc = find_moves(im, item, s, held, err);
    if (rc || !im->request.body->dry_run)
        return rc;
    save->lost = BUF_INIT(DEFINITION_MAX);
    secrets_lost(held->secret_paths, save->secrets, save->n_secrets, &save->moves,
                 &save->lost);
    return save->lost.bad ? err_nomem(err) : 0;
}

/* ---- what is told ---- */

/* Calls `each` for the secrets that were lost; it returns false to end. */
static void each_lost(const struct import *im,
                      bool (*each)(void *arg, const struct item *item, struct str shown),
                      void *arg)
{
    struct buf shown = BUF_INIT(4 * KIB);
    bool more = true;

    for (size_t i = 0; more && i < im->n; i++) {
        struct str lost = buf_str(&im->items[i]->one.save.lost), line;

        while (more && str_line(&lost, &line)) {
            buf_clear(&shown);
            secret_path_show(&shown, utf8_cut(line, KIB));
            more = each(arg, im->items[i], buf_str(&shown));
        }
    }
    buf_release(&shown);
}

struct printing {
    struct jw *jw;
    size_t left;
};

static bool print_lost(void *arg, const struct item *item, struct str shown)
{
    struct printing *p = arg;

    jw_object(p->jw, STR_NONE);
    jw_string(p->jw, STR("kind"), str_of(kind_name(item->one.save.kind)));
    jw_string(p->jw, STR("name"), item->one.facts.name);
    jw_string(p->jw, STR("secret"), shown);
    jw_end(p->jw, '}');
    return --p->left > 0;
}

void import_print_lost(struct jw *jw, const struct import *im, bool undone)
{
    struct printing p = { jw, TASK_PARTS_MAX };

    jw_array(jw, STR("secretsLost"));
    if (!undone)
        each_lost(im, print_lost, &p);
    jw_end(jw, ']');
}

static bool list_lost(void *arg, const struct item *item, struct str shown)
{
    struct buf one = BUF_INIT(8 * KIB);
    bool fits;

    buf_addf(&one, "%s/%.*s: ", kind_name(item->one.save.kind),
             STR_ARG(item->one.facts.name));
    buf_addstr(&one, shown);
    fits = import_list_add(arg, &one, ", ");
    buf_release(&one);
    return fits;
}

void import_list_lost(const struct import *im, struct buf *out)
{
    each_lost(im, list_lost, out);
}
