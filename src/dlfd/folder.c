#include "dlfd/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

static int fail(struct err *err, enum ec ec, const char *what, const char *path)
{
    struct buf text = BUF_INIT(8 * KIB);

    buf_addf(&text, "data folder %s: %s", path, what);
    err_set(err, ec, 0, 0, buf_cstr(&text));
    buf_release(&text);
    return ec;
}

/* Makes the folder and those above it; what is there is left as it is. */
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
            rc = fail(err, E_INVALID, "the path is too long", path);
        else if (mkdir(part.ptr, 0700) && errno != EEXIST)
            rc = fail(err, E_IO, strerror(errno), path);
    } while (!rc && slash);
    buf_release(&part);
    return rc;
}

static int take_lock(struct folder *f, const char *path, const char *file, bool alone,
                     struct err *err)
{
    f->lock = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (f->lock < 0)
        return fail(err, E_IO, strerror(errno), path);
    if (flock(f->lock, LOCK_EX | LOCK_NB) == 0)
        return 0;
    close(f->lock);
    f->lock = -1;
    if (!alone)
        return 0;
    return fail(err, E_BUSY,
                "another dlfd uses it: stop that one, or give this one another --data",
                path);
}

/* A catalogue without its key is not given another one: its secrets would be lost
 * unnoticed. */
static int lost_key(const struct folder *f, struct err *err)
{
    struct buf text = BUF_INIT(8 * KIB);

    buf_addf(&text,
             "key file %s: it is missing, and the catalogue was written with it: put it "
             "back, or say where it is by --secret-key-file",
             f->keys.path);
    err_clear(err);
    err_set(err, E_DENIED, 0, 0, buf_cstr(&text));
    buf_release(&text);
    return E_DENIED;
}

/* The keys; a new one for a folder that has no catalogue yet. */
static int open_keys(struct folder *f, const char *database, struct err *err)
{
    bool needs_key = false;
    int rc = key_file_read(&f->keys, err);

    if (rc != E_NOTFOUND || f->lock < 0) /* whoever has the lock makes it */
        return rc;
    rc = store_needs_key(database, &needs_key, err);
    if (needs_key)
        return lost_key(f, err);
    err_clear(err);
    seal_key_new(&f->keys.key[0]);
    f->keys.n = 1;
    return rc ? rc : key_file_write(&f->keys, err);
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

/* Where things are in the folder. */
static void name_files(struct folder *f, const struct folder_options *o)
{
    *f = (struct folder){ .lock = -1,
                          .key_path = BUF_INIT(8 * KIB),
                          .database = BUF_INIT(8 * KIB),
                          .objects = BUF_INIT(8 * KIB) };
    buf_addf(&f->database, "%s/catalog.db", o->path);
    buf_addf(&f->objects, "%s/obs", o->path);
    if (*o->key_path)
        buf_adds(&f->key_path, o->key_path);
    else
        buf_addf(&f->key_path, "%s/secret.key", o->path);
    f->keys.path = buf_cstr(&f->key_path);
}

static int open_folder(struct folder *f, const struct folder_options *o, struct err *err)
{
    struct buf lock = BUF_INIT(8 * KIB);
    const char *database = buf_cstr(&f->database);
    int rc = 0;

    buf_addf(&lock, "%s/lock", o->path);
    if (!database || !f->keys.path || !buf_cstr(&lock))
        rc = fail(err, E_INVALID, "the path is too long", o->path);
    else if (o->existing && access(database, F_OK))
        rc = fail(err, E_NOTFOUND,
                  errno == ENOENT ? "there is no catalogue in it" : strerror(errno),
                  o->path);
    else
        rc = make_folder(o->path, err);
    if (!rc)
        rc = take_lock(f, o->path, buf_cstr(&lock), o->alone, err);
    buf_release(&lock);
    if (!rc && o->bare && access(f->keys.path, F_OK) == 0)
        rc = key_file_read(&f->keys, err);
    return rc || o->bare ? rc : open_store(f, o, database, err);
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
    if (f->lock >= 0)
        close(f->lock);
    f->lock = -1;
}
