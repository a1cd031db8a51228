#include "dlfd/admin_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auth/credentials.h"
#include "base/file.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "catalog/catalog.h"
#include "dlfd/renew.h"
#include "errors/errors.h"
#include "store/check.h"
#include "store/files.h"
#include "store/keys.h"

/* Backup, restore, check, reindex: the catalogue as a whole. */

/* Makes the name of a file beside another, such as FILE.key; the caller releases `out`.
 * NULL when the name is too long. */
static const char *beside(struct buf *out, const char *file, const char *ending)
{
    *out = BUF_INIT(8 * KIB);
    buf_addf(out, "%s%s", file, ending);
    return buf_cstr(out);
}

/* Whether the name is in use, even by a link that leads nowhere. */
static bool is_taken(const char *name)
{
    struct stat is;

    return lstat(name, &is) == 0;
}

/* Removes a database, and what SQLite has beside its file. */
static void remove_database(const char *path)
{
    static const char *const endings[] = { "", "-wal", "-shm", "-journal" };

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        struct buf one;

        if (beside(&one, path, endings[i]))
            unlink(one.ptr);
        buf_release(&one);
    }
}

/* Prints a line; control characters in the names that it holds are made visible. */
static void say(const char *text)
{
    struct buf line = BUF_INIT(8 * KIB);

    utf8_add_visible(&line, str_of(text), 4 * KIB);
    puts(line.bad || !buf_cstr(&line) ? "out of memory" : line.ptr);
    buf_release(&line);
}

static int check_definitions(struct snapshot *s, void *arg, struct err *err)
{
    return catalog_check(s, arg, err);
}

/* Checks all of a catalogue and prints what it finds.  Gives 0, or 1 when the catalogue
 * is damaged or cannot be read, which it has said. */
static int examine(const char *path, const struct key_file *keys)
{
    struct reindex definitions = { .say = say };
    struct store_report r;
    struct err err = ERR_INIT;
    int rc = store_check(path, keys->key, keys->n, &r, say, check_definitions,
                         &definitions, &err);

    if (rc)
        fprintf(stderr, "dlfd admin: %s\n", err.arg[0] ? err.arg[0] : "out of memory");
    else
        printf("%lld workspaces, %lld objects, %lld definitions of %lld bytes, stored in "
               "%lld; %lld dangling, %lld refused, %lld damaged\n",
               (long long)r.workspaces, (long long)r.objects, (long long)r.blobs,
               (long long)r.raw_bytes, (long long)r.stored_bytes, (long long)r.dangling,
               (long long)definitions.refused, (long long)r.damaged);
    err_clear(&err);
    return rc || r.damaged ? 1 : 0;
}

int admin_check(struct folder *f, const struct admin_call *call, struct err *err)
{
    (void)call;
    (void)err;
    return examine(buf_cstr(&f->database), &f->keys);
}

/* ---- backup ---- */

/* Whether the key file at `path` already holds exactly the wanted keys: an earlier backup
 * of that name, or one that was cut short, may have left it. */
static bool has_keys(const char *path, const struct key_file *wanted)
{
    struct key_file there = { .path = path };
    struct err err = ERR_INIT;
    bool same = !key_file_read(&there, &err) && there.n == wanted->n;

    for (int i = 0; same && i < there.n; i++)
        same = memcmp(there.key[i].bytes, wanted->key[i].bytes, SEAL_KEY_BYTES) == 0;
    key_file_wipe(&there);
    err_clear(&err);
    return same;
}

/* Writes FILE.key unless it is there already; *made tells whether it was written. */
static int publish_key(const struct key_file *keys, const char *path, bool *made,
                       struct err *err)
{
    struct key_file key = *keys;
    struct file_draft draft;
    int rc;

    *made = !has_keys(path, keys);
    if (!*made)
        return 0;
    rc = file_draft_make(&draft, path, err);
    if (!rc) {
        key.path = draft.path.ptr;
        rc = key_file_write(&key, err);
    }
    if (!rc)
        rc = file_draft_publish(&draft, err);
    file_draft_drop(&draft);
    key_file_wipe(&key);
    *made = !rc;
    return rc;
}

/* Publishes the key before the file that needs it. */
static int publish(const struct key_file *keys, const char *key_path,
                   struct file_draft *draft, struct err *err)
{
    bool made = false;
    int rc = keys ? publish_key(keys, key_path, &made, err) : 0;

    if (!rc)
        rc = file_draft_publish(draft, err);
    if (rc && made)
        unlink(key_path);
    return rc;
}

/* Sees that the backup would overwrite nothing. */
static int check_are_free(const char *file, const char *key_path,
                          const struct key_file *keys, struct err *err)
{
    static const char *const why = "is there already: choose another name";

    if (!key_path)
        return err_say(err, E_INVALID, "%s: the name is too long", file);
    if (is_taken(file))
        return err_say(err, E_EXISTS, "%s: %s", file, why);
    if (keys && is_taken(key_path) && !has_keys(key_path, keys))
        return err_say(err, E_EXISTS, "%s: %s", key_path, why);
    return 0;
}

int admin_backup(struct folder *f, const struct admin_call *call, struct err *err)
{
    const struct key_file *keys = call->without_key || !f->keys.n ? NULL : &f->keys;
    struct file_draft draft = { .path = BUF_INIT(0) };
    struct buf path;
    const char *key_path = beside(&path, call->name, ".key");
    int rc = check_are_free(call->name, key_path, keys, err);

    if (!rc)
        rc = file_draft_make(&draft, call->name, err);
    if (!rc)
        rc = store_copy(buf_cstr(&f->database), draft.path.ptr, err);
    if (!rc && examine(draft.path.ptr, &f->keys))
        rc = err_say(err, E_IO, "the copy is not sound: nothing was backed up");
    if (!rc)
        rc = publish(keys, key_path, &draft, err);
    if (draft.path.len)
        remove_database(draft.path.ptr);
    file_draft_drop(&draft);
    buf_release(&path);
    return rc;
}

/* ---- restore ---- */

/* Reads the keys to open the backup with: first its own, if it is beside it, then the
 * folder's. */
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

/* Deletes all tokens: the backup does not know which were revoked since it was made. */
static int drop_tokens(struct store *store, struct err *err)
{
    struct tokens_drop drop;
    int rc;

    tokens_drop_init(&drop);
    rc = store_write(store, &drop.write);
    if (rc)
        *err = drop.write.err;
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
        return err_say(err, E_DENIED,
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

/* Copies the checked catalogue over the present one in one transaction.  A present file
 * that SQLite cannot open is moved aside first, and kept. */
static int put_in_place(const char *copy, const char *database, struct err *err)
{
    enum store_schema schema;
    struct buf aside;
    int rc = store_schema(&schema, database, err);

    if (rc || schema != SCHEMA_DAMAGED)
        return rc ? rc : store_copy(copy, database, err);
    if (!beside(&aside, database, ".damaged") || rename(database, aside.ptr))
        rc = err_say(err, E_IO, "%s: %s", database, strerror(errno));
    if (!rc) {
        remove_database(database); /* the log of the file that was moved */
        rc = store_copy(copy, database, err);
        if (rc) {
            remove_database(database);
            rename(aside.ptr, database);
        }
    }
    buf_release(&aside);
    return rc;
}

/* Keeps both keys in the key file until the catalogue is replaced, so that the folder can
 * be opened at any instant. */
static int replace_catalogue(const struct folder *f, const char *copy,
                             struct key_file *keys, struct err *err)
{
    int rc = keys->n ? key_file_write(keys, err) : 0;

    if (!rc)
        rc = put_in_place(copy, f->database.ptr, err);
    keys->n = keys->n > 1 ? 1 : keys->n;
    return rc || !keys->n ? rc : key_file_write(keys, err);
}

/* Whether the file ends within a page: SQLite would read the rest of that page as zeros.
 * Bytes 16 and 17 of a database give the size of its pages; 1 means 65536. */
static bool is_cut(const char *file, off_t size)
{
    uint8_t head[18] = { 0 };
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool whole = fd >= 0 && read(fd, head, sizeof(head)) == (ssize_t)sizeof(head);
    off_t page = head[16] << 8 | head[17];

    if (fd >= 0)
        close(fd);
    return whole && page && size % (page == 1 ? 65536 : page) != 0;
}

/* Says why a file is no backup; NULL when it is one. */
static const char *why_no_backup(const char *file, const char *copy, struct err *err)
{
    static const char *const why[] = {
        [SCHEMA_NONE] = "there is nothing in it",
        [SCHEMA_FOREIGN] = "it is a database, but no catalogue of dlfd",
        [SCHEMA_DAMAGED] = "it is not a database, or a damaged one",
        [SCHEMA_NEWER] = "a newer dlfd wrote it: use that version",
        [SCHEMA_CURRENT] = NULL,
    };
    enum store_schema schema;
    struct stat is, other;

    if (stat(file, &is))
        return strerror(errno);
    if (!S_ISREG(is.st_mode)) /* a device or pipe may never end */
        return S_ISDIR(is.st_mode) ? "it is a folder" : "it is not a regular file";
    if (stat(copy, &other) == 0 && is.st_dev == other.st_dev && is.st_ino == other.st_ino)
        return "restore works under that name: move it elsewhere first";
    if (store_schema(&schema, file, err))
        return err->arg[0] ? err->arg[0] : "out of memory";
    return why[schema] || !is_cut(file, is.st_size) ? why[schema] : why[SCHEMA_DAMAGED];
}

/* Sees that the file is a backup, and that no catalogue is there unless --force is given.
 */
static int check_restore(const struct folder *f, const struct admin_call *call,
                         const char *copy, struct err *err)
{
    struct err found = ERR_INIT;
    enum store_schema schema;
    const char *why;

    if (store_schema(&schema, f->database.ptr, &found))
        schema = SCHEMA_DAMAGED;
    err_clear(&found);
    if (schema != SCHEMA_NONE && !call->force)
        return err_say(err, E_EXISTS,
                       "%s: is there: --force puts the backup in its place",
                       f->database.ptr);
    why = why_no_backup(call->name, copy, &found);
    if (why)
        err_say(err, E_INVALID, "%s: %s", call->name, why);
    err_clear(&found);
    return why ? E_INVALID : 0;
}

/* Copies the backup, brings the copy up to date, checks it, and puts it in place. */
static int restore(const struct folder *f, const char *file, const char *copy,
                   struct err *err)
{
    struct key_file keys = { .n = 0 };
    int rc;

    remove_database(copy); /* of one that was cut short */
    rc = read_keys(f, file, &keys, err);
    if (!rc)
        rc = store_copy(file, copy, err);
    if (!rc)
        rc = try_open(copy, &keys, err);
    if (!rc && examine(copy, &keys))
        rc = err_say(err, E_IO, "the backup is damaged: nothing was restored");
    if (!rc)
        rc = replace_catalogue(f, copy, &keys, err);
    remove_database(copy);
    key_file_wipe(&keys);
    return rc;
}

int admin_restore(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct buf path;
    const char *copy = beside(&path, f->database.ptr, ".restore");
    int rc = copy ? check_restore(f, call, copy, err) : err_nomem(err);

    if (!rc)
        rc = restore(f, call->name, copy, err);
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

int admin_reindex(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct reindex all = { .say = say };
    int rc = renew_definitions(f, &all, err);

    (void)call;
    if (rc)
        rc = reindex_failed(err, all.objects);
    else
        printf("%lld objects made anew, %lld of them with other bytes; %lld definitions "
               "kept as they are\n",
               (long long)all.objects, (long long)all.changed, (long long)all.refused);
    if (!rc && access(f->exposed.ptr, F_OK) == 0)
        printf("secrets that were stored in clear are listed in %s: replace them\n",
               f->exposed.ptr);
    return rc;
}
