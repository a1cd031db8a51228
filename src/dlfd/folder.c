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

int folder_open(struct folder *f, const char *path, bool alone, int readers,
                int64_t sweep_age_ms, struct err *err)
{
    struct buf lock = BUF_INIT(8 * KIB), database = BUF_INIT(8 * KIB);
    struct store_options options = { .readers = readers, .sweep_age_ms = sweep_age_ms };
    int rc = make_folder(path, err);

    *f = (struct folder){ .lock = -1 };
    buf_addf(&lock, "%s/lock", path);
    buf_addf(&database, "%s/catalog.db", path);
    if (!rc)
        rc = take_lock(f, path, buf_cstr(&lock), alone, err);
    if (!rc) {
        options.path = buf_cstr(&database);
        options.may_migrate = f->lock >= 0;
        rc = store_open(&f->store, &options, err);
    }
    buf_release(&lock);
    buf_release(&database);
    if (rc)
        folder_close(f);
    return rc;
}

void folder_close(struct folder *f)
{
    store_close(f->store);
    f->store = NULL;
    if (f->lock >= 0)
        close(f->lock);
    f->lock = -1;
}
