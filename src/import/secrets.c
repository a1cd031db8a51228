#include "import/import_int.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "base/banned.h"

/* What becomes of a job's stored secrets when an import renames or drops nodes. */

/* Compares the stored definition with the new one, and has item->save move each secret
 * whose node is still there.  A damaged definition is no error: it is replaced, and its
 * secrets are lost.  E_NOMEM and E_IO. */
static int find_moves(struct import *im, struct import_item *item, struct snapshot *s,
                      const struct object *held, struct err *err)
{
    struct buf text = BUF_INIT(DEFINITION_MAX);
    struct err why = ERR_INIT;
    int rc = object_read_definition(s, held, &text, &why);

    if (!rc)
        rc = object_follow_secrets(&item->save, buf_str(&text), &item->nodes, &im->arena,
                                   &why);
    buf_release(&text);
    if (rc == E_NOMEM || rc == E_IO) {
        err_move(&why, err);
        return rc;
    }
    err_clear(&why);
    return 0;
}

int import_follow_secrets(struct import *im, struct import_item *item, struct snapshot *s,
                          const struct object *held, struct err *err)
{
    struct save *save = &item->save;
    int rc = 0;

    if (save->kind != KIND_JOB || !held->secret_paths.n)
        return 0;
    item->held_blob = held->blob;
    item->held_secrets = arena_str(&im->arena, held->secret_paths);
    if (!item->held_secrets.p)
        return err_nomem(err);
    if (item->nodes.n)
        rc = find_moves(im, item, s, held, err);
    if (rc)
        return rc;
    save->lost = BUF_INIT(DEFINITION_MAX);
    secrets_lost(held->secret_paths, save->secrets, save->n_secrets, &save->moves,
                 &save->lost);
    return save->lost.bad ? err_nomem(err) : 0;
}
