#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "catalog/storage.h"
#include "import/import_int.h"

/* Where the file system cannot make a file without a name, it gets one for an instant. */
static int open_scratch(const char *folder)
{
    struct buf path = BUF_INIT(8 * KIB);
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

    if (fd >= 0)
        return fd;
    buf_addf(&path, "%s/scratch-XXXXXX", folder);
    fd = buf_cstr(&path) ? mkostemp(path.ptr, O_CLOEXEC) : -1;
    if (fd >= 0)
        unlink(path.ptr);
    buf_release(&path);
    return fd;
}

int import_fetch(const struct imports *all, const struct obs_path *path, int *out,
                 struct err *err)
{
    int fd = open_scratch(all->scratch);
    int rc;

    *out = fd;
    if (fd < 0)
        return err_set(err, E_IO, DLF_0815, DET_OBS_FAULT, "path",
                       "no file can be made in the data folder");
    rc = obs_copy(all->obs, path, fd, all->max_bytes, err);
    return rc ? storage_explain("path", err) : 0;
}
