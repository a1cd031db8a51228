#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"

bool file_write_all(int fd, struct str bytes)
{
    while (bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);

        if (n == 0 || (n < 0 && errno != EINTR))
            return false;
        bytes = str_from(bytes, n < 0 ? 0 : (size_t)n);
    }
    return true;
}

/* Makes the entry of `path` in its folder as durable as fsync() makes its contents. */
static bool sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool ok = fd >= 0 && fsync(fd) == 0;

    if (fd >= 0)
        close(fd);
    free(folder);
    return ok;
}

static bool write_new(const char *path, struct str text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = fd >= 0 && file_write_all(fd, text) && fsync(fd) == 0;

    if (fd >= 0)
        ok = close(fd) == 0 && ok;
    return ok;
}

bool file_replace(const char *path, struct str text)
{
    struct buf new_path = BUF_INIT(8 * KIB);
    bool ok;

    buf_addf(&new_path, "%s.new", path);
    ok = buf_cstr(&new_path) && write_new(new_path.ptr, text) &&
         rename(new_path.ptr, path) == 0 && sync_folder(path);
    buf_release(&new_path);
    return ok;
}

int file_read_private(const char *what, const char *path, char *text, size_t *n,
                      struct err *err)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC), rc = 0;
    ssize_t got = -1;
    struct stat is;

    if (fd < 0)
        rc = errno == ENOENT ? E_NOTFOUND : E_IO;
    else if (fstat(fd, &is) != 0)
        rc = E_IO;
    else if (is.st_mode & 077)
        rc = E_DENIED;
    else if ((got = read(fd, text, *n)) < 0)
        rc = E_IO;
    *n = got < 0 ? 0 : (size_t)got;
    if (rc)
        err_say(err, rc, "%s %s: %s", what, path,
                rc == E_DENIED ? "others may use it: chmod 600" : strerror(errno));
    if (fd >= 0)
        close(fd);
    return rc;
}

int file_draft_make(struct file_draft *d, const char *name, struct err *err)
{
    int fd;

    *d = (struct file_draft){ .name = name, .path = BUF_INIT(8 * KIB) };
    buf_addf(&d->path, "%s.XXXXXX", name);
    if (!buf_cstr(&d->path))
        return err_say(err, E_INVALID, "%s: the name is too long", name);
    fd = mkostemp(d->path.ptr, O_CLOEXEC);
    if (fd >= 0)
        return close(fd) ? err_say(err, E_IO, "%s: %s", name, strerror(errno)) : 0;
    err_say(err, E_IO, "%s: %s", name, strerror(errno));
    buf_release(&d->path);
    return E_IO;
}

/* Where the file system cannot rename so, it gets a second name, and then loses its
 * first. */
static bool rename_to_free_name(const char *from, const char *to)
{
    if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE) == 0)
        return true;
    if (errno != EINVAL && errno != ENOSYS)
        return false;
    return link(from, to) == 0 && unlink(from) == 0;
}

int file_draft_publish(struct file_draft *d, struct err *err)
{
    if (!rename_to_free_name(d->path.ptr, d->name))
        return err_say(err, errno == EEXIST ? E_EXISTS : E_IO, "%s: %s", d->name,
                       strerror(errno));
    buf_release(&d->path);
    if (sync_folder(d->name))
        return 0;
    err_say(err, E_IO, "%s: %s", d->name, strerror(errno));
    unlink(d->name);
    return E_IO;
}

void file_draft_drop(struct file_draft *d)
{
    if (d->path.len)
        unlink(d->path.ptr);
    buf_release(&d->path);
}
