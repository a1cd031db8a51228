#include "store/sqlite_frozen.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/limits.h"
#include "base/percent.h"
#include "errors/errors.h"
#include "store/files.h"

static bool can_write(const char *path)
{
    const char *slash = strrchr(path, '/');
    struct buf folder = BUF_INIT(8 * KIB);
    bool can;

    buf_add(&folder, path, slash ? (size_t)(slash - path) + 1 : 0);
    if (!slash)
        buf_addc(&folder, '.');
    can = access(path, W_OK) == 0 && buf_cstr(&folder) && access(folder.ptr, W_OK) == 0;
    buf_release(&folder);
    return can;
}

bool store_is_frozen(const char *path)
{
    return access(path, R_OK) == 0 && !can_write(path);
}

/* The size of what is beside the file; -1: it does not exist. */
static int64_t size_beside(const char *path, const char *ending)
{
    struct buf name = BUF_INIT(8 * KIB);
    struct stat is;
    int64_t size = -1;

    buf_addf(&name, "%s%s", path, ending);
    if (buf_cstr(&name) && stat(name.ptr, &is) == 0)
        size = is.st_size;
    buf_release(&name);
    return size;
}

int frozen_look(struct frozen *f, const char *path, struct err *err)
{
    *f = (struct frozen){ .is = !can_write(path) };
    if (f->is && stat(path, &f->file)) {
        f->is = false;
        return errno == ENOENT ? 0
                               : err_fault(err, E_IO, "%s: %s", path, strerror(errno));
    }
    f->has_log = f->is && size_beside(path, "-wal") > 0;
    if (!f->has_log || size_beside(path, "-shm") > 0)
        return 0;
    return err_fault(
        err, E_IO,
        "%s: its folder cannot be written, and its log (-wal) has changes whose index "
        "(-shm) is missing: copy both to a folder that can be written",
        path);
}

void frozen_uri(const struct frozen *f, const char *path, struct buf *out)
{
    buf_adds(out, "file:");
    percent_encode(out, str_of(path));
    buf_adds(out, f->has_log ? "?mode=ro" : "?mode=ro&immutable=1");
}

static bool same_time(struct timespec a, struct timespec b)
{
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

int frozen_check(const struct frozen *f, const char *path, struct err *err)
{
    struct stat now;

    if (!f->is || f->has_log)
        return 0;
    if (stat(path, &now) == 0 && now.st_ino == f->file.st_ino &&
        now.st_size == f->file.st_size && same_time(now.st_mtim, f->file.st_mtim) &&
        size_beside(path, "-wal") <= 0)
        return 0;
    return err_fault(
        err, E_BUSY,
        "%s: somebody changed it while it was read, where it cannot be locked: try again",
        path);
}
