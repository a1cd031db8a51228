#include "dlfd/admin_int.h"

int admin_explain(struct err *err, int rc, const char *why)
{
    return err->arg[0] ? rc : err_say(err, rc, "%s", why);
}

static const char *why_not(int rc, const char *not_found, const char *taken,
                           const char *denied)
{
    switch (rc) {
    case E_NOTFOUND:
        return not_found;
    case E_EXISTS:
        return taken;
    case E_DENIED:
    case E_LIMIT:
        return denied;
    case E_BUSY:
        return "the key for secrets was changed meanwhile: try again";
    default:
        return "out of memory";
    }
}

int admin_write(struct folder *f, struct write *w, const char *not_found,
                const char *taken, const char *denied, struct err *err)
{
    int rc = store_write(f->store, w);

    if (!rc)
        return 0;
    err_move(&w->err, err);
    return admin_explain(err, rc, why_not(rc, not_found, taken, denied));
}
