#include "store/store.h"

#include <stdlib.h>

#include "store/store_int.h"

static enum migration migration_of(const struct store_options *options)
{
    if (!options->may_migrate)
        return MIGRATE_NOT;
    return options->scratch ? MIGRATE : MIGRATE_COPIED;
}

int store_open(struct store **out, const struct store_options *options, struct err *err)
{
    struct store *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return err_nomem(err);
    s->options = *options;
    rc = db_open(&s->db, options->path, migration_of(options), err);
    if (!rc) {
        db_set_without_sign_in(s->db, options->without_sign_in);
        rc = choose_key(s->db, options, err);
    }
    if (!rc)
        rc = pool_open(s, err);
    if (!rc)
        rc = audit_start(s, err);
    if (!rc)
        rc = writer_start(s, err);
    if (rc) {
        store_close(s);
        return rc;
    }
    *out = s;
    return 0;
}

void store_close(struct store *s)
{
    if (!s)
        return;
    writer_stop(s);
    pool_close(s);
    db_close(s->db);
    free(s);
}
