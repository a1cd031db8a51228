#include "dlfd/fresh_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/limits.h"
#include "dlfd/key_file.h"

bool name_is_taken(const char *name)
{
    struct stat is;

    return lstat(name, &is) == 0;
}

void database_remove(const char *path)
{
    static const char *const endings[] = { "", "-wal", "-shm", "-journal" };

    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++) {
        struct buf one = BUF_INIT(8 * KIB);

        buf_addf(&one, "%s%s", path, endings[i]);
        if (buf_cstr(&one))
            unlink(one.ptr);
        buf_release(&one);
    }
}

int fresh_file_make(struct fresh_file *f, const char *name, struct err *err)
{
    int fd;

    *f = (struct fresh_file){ .name = name, .path = BUF_INIT(8 * KIB) };
    buf_addf(&f->path, "%s.XXXXXX", name);
    if (!buf_cstr(&f->path))
        return err_say(err, E_INVALID, "%s: the name is too long", name);
    fd = mkostemp(f->path.ptr, O_CLOEXEC);
    if (fd >= 0)
        return close(fd) ? err_say(err, E_IO, "%s: %s", name, strerror(errno)) : 0;
    err_say(err, E_IO, "%s: %s", name, strerror(errno));
    buf_release(&f->path);
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

int fresh_file_publish(struct fresh_file *f, struct err *err)
{
    if (!rename_to_free_name(f->path.ptr, f->name))
        return err_say(err, errno == EEXIST ? E_EXISTS : E_IO, "%s: %s", f->name,
                       strerror(errno));
    buf_release(&f->path);
    if (key_file_sync_folder(f->name))
        return 0;
    err_say(err, E_IO, "%s: %s", f->name, strerror(errno));
    unlink(f->name);
    return E_IO;
}

void fresh_file_drop(struct fresh_file *f)
{
    if (f->path.len)
        database_remove(f->path.ptr);
    buf_release(&f->path);
}
