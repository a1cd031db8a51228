#include "dlfd/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "store/files.h"
#include "store/keys.h"

/* Makes the folder and those above it, where they are missing. */
static int make_folder(const char *path, struct err *err)
{
    struct buf part = BUF_INIT(4 * KIB);
    const char *slash = path;
    int rc = 0;

    do {
        slash = strchr(slash + 1, '/');
        buf_clear(&part);
        buf_add(&part, path, slash ? (size_t)(slash - path) : strlen(path));
        if (!buf_cstr(&part))
            rc = err_say(err, E_INVALID, "data folder %s: the path is too long", path);
        else if (mkdir(part.ptr, 0700) && errno != EEXIST)
            rc = err_say(err, E_IO, "data folder %s: %s", path, strerror(errno));
    } while (!rc && slash);
    buf_release(&part);
    return rc;
}

static int no_catalogue(const char *path, struct err *err)
{
    return err_say(
        err, E_NOTFOUND,
        "data folder %s: there is no catalogue in it: dlfd makes one when it starts; "
        "--data DIR names another folder",
        path);
}

int folder_find(const char *path, struct err *err)
{
    struct buf database = BUF_INIT(8 * KIB);
    struct stat is;
    int rc = 0;

    buf_addf(&database, "%s/catalog.db", path);
    if (!buf_cstr(&database))
        rc = err_say(err, E_INVALID, "data folder %s: the path is too long", path);
    else if (stat(database.ptr, &is) == 0)
        rc = is.st_size ? 0 : no_catalogue(path, err); /* a first start was cut short */
    else if (errno == ENOENT)
        rc = no_catalogue(path, err);
    else
        rc = err_say(err, E_IO, "data folder %s: %s", path, strerror(errno));
    buf_release(&database);
    return rc;
}

static void drop_lock(struct folder *f)
{
    if (f->lock >= 0)
        close(f->lock);
    f->lock = -1;
}

static int take_lock(struct folder *f, const char *path, bool alone, struct err *err)
{
    struct buf file = BUF_INIT(8 * KIB);

    buf_addf(&file, "%s/lock", path);
    f->lock = buf_cstr(&file) ? open(file.ptr, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
    buf_release(&file);
    if (f->lock < 0)
        return err_say(err, E_IO, "data folder %s: %s", path, strerror(errno));
    if (flock(f->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    drop_lock(f);
    if (!alone)
        return 0;
    return err_say(
        err, E_BUSY,
        "data folder %s: another dlfd uses it: stop that one, or give this one another --data",
        path);
}

/* Refuses to make a new key for a catalogue that has secrets: they could not be read any
 * more, and nobody would notice. */
static int lost_key(const struct folder *f, struct err *err)
{
    return err_say(
        err, E_DENIED,
        "key file %s: it is missing, and the catalogue was written with it: put it "
        "back, or say where it is by --secret-key-file",
        f->keys.path);
}

/* Reads the keys.  Makes one where the catalogue has none yet and we hold the lock. */
static int open_keys(struct folder *f, const char *database, struct err *err)
{
    bool needs_key = false;
    int rc = key_file_read(&f->keys, err);

    if (rc != E_NOTFOUND)
        return rc;
    err_clear(err);
    rc = store_needs_key(database, &needs_key, err);
    if (needs_key)
        return lost_key(f, err);
    if (rc || f->lock < 0)
        return rc;
    seal_key_new(&f->keys.key[0]);
    f->keys.n = 1;
    return key_file_write(&f->keys, err);
}

static int open_with_keys(struct folder *f, const struct folder_options *o,
                          const char *database, struct err *err)
{
    struct store_options options = { .path = database,
                                     .readers = o->readers,
                                     .sweep_age_ms = o->sweep_age_ms,
                                     .may_migrate = f->lock >= 0,
                                     .without_sign_in = o->without_sign_in,
                                     .keys = f->keys.key };
    int rc = open_keys(f, database, err);

    options.n_keys = f->keys.n;
    return rc ? rc : store_open(&f->store, &options, err);
}

/* Tries once more when the key is not the catalogue's: `dlfd admin key rotate` may have
 * changed both after the key file was read. */
static int open_store(struct folder *f, const struct folder_options *o,
                      const char *database, struct err *err)
{
    int rc = open_with_keys(f, o, database, err);

    if (rc != E_DENIED)
        return rc;
    err_clear(err);
    return open_with_keys(f, o, database, err);
}

/* Makes the paths of the folder's files. */
static void name_files(struct folder *f, const struct folder_options *o)
{
    *f = (struct folder){ .lock = -1,
                          .key_path = BUF_INIT(8 * KIB),
                          .database = BUF_INIT(8 * KIB),
                          .objects = BUF_INIT(8 * KIB),
                          .exposed = BUF_INIT(8 * KIB) };
    buf_addf(&f->database, "%s/catalog.db", o->path);
    buf_addf(&f->objects, "%s/obs", o->path);
    buf_addf(&f->exposed, "%s/exposed-secrets.csv", o->path);
    if (*o->key_path)
        buf_adds(&f->key_path, o->key_path);
    else
        buf_addf(&f->key_path, "%s/secret.key", o->path);
    f->keys.path = buf_cstr(&f->key_path);
}

/* A server needs the folder for itself, and so do some commands.  The others take the
 * lock only while they bring an older catalogue up to date: a server can start meanwhile.
 */
static int lock_folder(struct folder *f, const struct folder_options *o,
                       const char *database, struct err *err)
{
    enum store_schema schema = SCHEMA_CURRENT;
    int rc = 0;

    if (!o->makes && !o->bare)
        rc = store_schema(&schema, database, err);
    if (!rc && schema == SCHEMA_NONE)
        rc = no_catalogue(o->path, err);
    if (!rc && (o->alone || schema == SCHEMA_OLDER))
        rc = take_lock(f, o->path, o->alone, err);
    return rc;
}

static int open_folder(struct folder *f, const struct folder_options *o, struct err *err)
{
    const char *database = buf_cstr(&f->database);
    int rc;

    if (!database || !f->keys.path || !buf_cstr(&f->exposed))
        return err_say(err, E_INVALID, "data folder %s: the path is too long", o->path);
    rc = o->makes ? make_folder(o->path, err) : folder_find(o->path, err);
    if (!rc)
        rc = lock_folder(f, o, database, err);
    if (!rc && o->bare && access(f->keys.path, F_OK) == 0)
        rc = key_file_read(&f->keys, err);
    if (!rc && o->reads && store_is_frozen(database))
        rc = open_keys(f, database, err);
    else if (!rc && !o->bare)
        rc = open_store(f, o, database, err);
    if (!o->alone)
        drop_lock(f);
    return rc;
}

int folder_open(struct folder *f, const struct folder_options *o, struct err *err)
{
    int rc;

    name_files(f, o);
    rc = open_folder(f, o, err);
    if (rc)
        folder_close(f);
    return rc;
}

void folder_close(struct folder *f)
{
    store_close(f->store);
    f->store = NULL;
    key_file_wipe(&f->keys);
    buf_release(&f->key_path);
    buf_release(&f->database);
    buf_release(&f->objects);
    buf_release(&f->exposed);
    drop_lock(f);
}
