#include "dlfd/admin_int.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "auth/credentials.h"
#include "base/limits.h"
#include "catalog/catalog.h"
#include "model/errors.h"

/* Backup, restore, check, reindex: the catalogue as a whole. */

static int refuse(const char *path, const char *what)
{
    fprintf(stderr, "dlfd admin: %s: %s\n", path, what);
    return 1;
}

static void say(const char *text)
{
    puts(text);
}

/* What stands beside a file: FILE.key and so on; NULL when the name is too long. */
static const char *beside(struct buf *out, const char *file, const char *ending)
{
    *out = BUF_INIT(8 * KIB);
    buf_addf(out, "%s%s", file, ending);
    return buf_cstr(out);
}

static int check_definitions(struct snapshot *s, void *arg, struct err *err)
{
    return catalog_check(s, arg, err);
}

/* Looks at all of a catalogue; gives the exit status. */
static int examine(const char *path, const struct key_file *keys)
{
    struct reindex definitions = { .say = say };
    struct store_report r;
    struct err err = ERR_INIT;
    int rc = store_check(path, keys->key, keys->n, &r, say, check_definitions,
                         &definitions, &err);

    if (rc)
        rc = admin_failed(&err, "out of memory");
    else
        printf("%lld workspaces, %lld objects, %lld definitions of %lld bytes, stored in "
               "%lld; %lld dangling, %lld refused, %lld damaged\n",
               (long long)r.workspaces, (long long)r.objects, (long long)r.blobs,
               (long long)r.raw_bytes, (long long)r.stored_bytes, (long long)r.dangling,
               (long long)definitions.refused, (long long)r.damaged);
    err_clear(&err);
    return rc || r.damaged ? 1 : 0;
}

int admin_check(struct folder *f, const struct admin_call *call)
{
    (void)call;
    return examine(buf_cstr(&f->database), &f->keys);
}

/* ---- backup ---- */

/* The key is there before the file that needs it. */
static int publish(const struct folder *f, const struct admin_call *call,
                   const char *made, struct err *err)
{
    struct key_file key = f->keys;
    struct buf path;
    int rc = 0;

    key.path = beside(&path, call->name, ".key");
    if (!call->without_key && key.n)
        rc = key_file_write(&key, err);
    if (!rc && (rename(made, call->name) || !key_file_sync_folder(call->name)))
        rc = err_set(err, E_IO, 0, 0, "the backup cannot be given its name");
    key_file_wipe(&key);
    buf_release(&path);
    return rc;
}

int admin_backup(struct folder *f, const struct admin_call *call)
{
    struct err err = ERR_INIT;
    struct buf path;
    const char *made = beside(&path, call->name, ".new");
    int rc;

    if (!made || access(call->name, F_OK) == 0) {
        buf_release(&path);
        return refuse(call->name, "is there already: choose another name");
    }
    unlink(made);
    rc = store_copy(buf_cstr(&f->database), made, &err);
    if (!rc && examine(made, &f->keys))
        rc = err_set(&err, E_IO, 0, 0, "the copy is not sound: nothing was backed up");
    if (!rc)
        rc = publish(f, call, made, &err);
    if (rc) {
        unlink(made);
        rc = admin_failed(&err, "out of memory");
    }
    err_clear(&err);
    buf_release(&path);
    return rc;
}

/* ---- restore ---- */

/* The keys to open the backup with: its own, when it stands beside it, first. */
static int read_keys(const struct folder *f, const char *file, struct key_file *keys,
                     struct err *err)
{
    struct buf path;
    int rc;

    *keys = (struct key_file){ .path = beside(&path, file, ".key") };
    rc = key_file_read(keys, err);
    if (rc == E_NOTFOUND) {
        err_clear(err);
        rc = 0;
    }
    if (!rc && keys->n < KEY_FILE_MAX_KEYS && f->keys.n)
        keys->key[keys->n++] = f->keys.key[0];
    keys->path = f->keys.path;
    buf_release(&path);
    return rc;
}

/* A backup does not know which of its tokens were revoked since. */
static int drop_tokens(struct store *store, struct err *err)
{
    struct account_change change;
    int rc;

    account_change_init(&change);
    change_add(&change, STEP_TOKENS_DROP, NULL, 0, 0, 0);
    rc = store_write(store, &change.write);
    if (rc)
        *err = change.write.err;
    return rc;
}

/* Brings the copy up to date, and sees that its secrets can be opened. */
static int try_open(const char *copy, const struct key_file *keys, struct err *err)
{
    struct store_options options = { .path = copy,
                                     .readers = 1,
                                     .sweep_age_ms = SWEEP_NEVER,
                                     .may_migrate = true,
                                     .scratch = true,
                                     .keys = keys->key,
                                     .n_keys = keys->n };
    struct store *store;
    bool needs_key = false;
    int rc = store_needs_key(copy, &needs_key, err);

    if (!rc && needs_key && !keys->n)
        return err_set(err, E_DENIED, 0, 0,
                       "the backup's key is neither beside it (FILE.key) nor in the data "
                       "folder");
    if (!rc)
        rc = store_open(&store, &options, err);
    if (rc)
        return rc;
    rc = drop_tokens(store, err);
    store_close(store);
    return rc;
}

/* Both keys stand in the file until the catalogue is the new one: at any instant
 * the folder can be opened. */
static int replace(const struct folder *f, const char *copy, struct key_file *keys,
                   struct err *err)
{
    int rc = keys->n ? key_file_write(keys, err) : 0;

    if (!rc)
        rc = store_copy(copy, f->database.ptr, err);
    keys->n = keys->n > 1 ? 1 : keys->n;
    return rc || !keys->n ? rc : key_file_write(keys, err);
}

static void remove_copy(const char *copy)
{
    static const char *const endings[] = { "", "-wal", "-shm", "-journal" };

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        struct buf path;

        unlink(beside(&path, copy, endings[i]));
        buf_release(&path);
    }
}

int admin_restore(struct folder *f, const struct admin_call *call)
{
    const char *database = buf_cstr(&f->database);
    struct key_file keys;
    struct err err = ERR_INIT;
    struct buf path;
    const char *copy = beside(&path, database, ".restore");
    int rc;

    if (access(database, F_OK) == 0 && !call->force) {
        buf_release(&path);
        return refuse(database, "is there: --force puts the backup in its place");
    }
    if (access(call->name, R_OK)) {
        buf_release(&path);
        return refuse(call->name, strerror(errno));
    }
    remove_copy(copy);
    rc = read_keys(f, call->name, &keys, &err);
    if (!rc)
        rc = store_copy(call->name, copy, &err);
    if (!rc)
        rc = try_open(copy, &keys, &err);
    if (!rc && examine(copy, &keys))
        rc = err_set(&err, E_IO, 0, 0, "the backup is damaged: nothing was restored");
    if (!rc)
        rc = replace(f, copy, &keys, &err);
    if (rc)
        rc = admin_failed(&err, "out of memory");
    remove_copy(copy);
    key_file_wipe(&keys);
    err_clear(&err);
    buf_release(&path);
    return rc;
}

/* ---- reindex ---- */

static int reindex_failed(const struct err *err, int64_t objects)
{
    struct buf detail = BUF_INIT(ERROR_DETAIL_MAX);

    error_detail(err, LANG_EN, &detail);
    fprintf(stderr, "dlfd admin: after %lld objects: %.*s\n", (long long)objects,
            STR_ARG(buf_str(&detail)));
    buf_release(&detail);
    return 1;
}

int admin_reindex(struct folder *f, const struct admin_call *call)
{
    struct catalog catalog = { .store = f->store };
    struct reindex all = { .say = say };
    struct err err = ERR_INIT;
    int rc = catalog_reindex(&catalog, &all, &err);

    (void)call;
    if (rc)
        rc = reindex_failed(&err, all.objects);
    else
        printf("%lld objects made anew, %lld of them with other bytes; %lld definitions "
               "kept as they are\n",
               (long long)all.objects, (long long)all.changed, (long long)all.refused);
    err_clear(&err);
    return rc;
}
