#include "dlfd/admin_int.h"

#include <stdio.h>

#include "store/keys.h"

/*
 * A new key, in three steps of which each leaves a folder that can be opened: the
 * file gets the new key beside the old one, the catalogue is sealed anew in one
 * transaction, the old key goes.
 */
int admin_key_rotate(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct key_file next = { .path = f->keys.path, .n = 2 };
    struct rekey r;
    int rc;

    (void)call;
    seal_key_new(&next.key[0]);
    next.key[1] = *store_key(f->store);
    rc = key_file_write(&next, err);
    rekey_init(&r);
    r.key = &next.key[0];
    if (!rc && store_write(f->store, &r.write))
        rc = err_move(&r.write.err, err);
    next.n = 1;
    if (!rc)
        rc = key_file_write(&next, err);
    if (!rc)
        printf("%lld secrets sealed with a new key\n", (long long)r.secrets);
    key_file_wipe(&next);
    return rc;
}
