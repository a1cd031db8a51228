#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/call.h"

#include "base/limits.h"
#include "model/names.h"

/* Objects that a member of a request's body names. */

static int no_bucket(const char *field, struct str bucket, struct err *err)
{
    if (bucket.n > 200)
        bucket.n = 200;
    return err_set(err, E_NOTFOUND, DLF_1242, DET_BUCKET_OF, field, CSTR(bucket));
}

int storage_explain(const char *field, struct err *err)
{
    struct buf what = BUF_INIT(8 * KIB);
    enum ec ec = err->ec;

    if (err->api == DLF_1242 && err->arg[0])
        return no_bucket(field, str_of(err->arg[0]), err);
    if (err->api != API_OK || ec == E_NOMEM)
        return ec;
    buf_adds(&what, err->arg[0] ? err->arg[0] : "");
    err_set(err, ec, ec == E_INVALID ? DLF_0803 : DLF_0815, DET_OBS_FAULT, field,
            buf_cstr(&what));
    buf_release(&what);
    return ec;
}

int storage_find(struct api *api, const char *field, struct str text,
                 struct obs_path *path, bool *there, struct err *err)
{
    struct str bucket;

    *there = false;
    if (obs_path_ok(text, false, &bucket) && !obs_bucket_ok(bucket))
        return no_bucket(field, bucket, err); /* none of that name can be held */
    if (!obs_path_parse(path, text))
        return err_set(err, E_INVALID, DLF_0803, DET_OBS_PATH, field, "obs://bucket/key");
    return obs_exists(api->obs, path, there, err) ? storage_explain(field, err) : 0;
}

int storage_need(struct api *api, const char *field, struct str text,
                 struct obs_path *path, struct err *err)
{
    bool there;
    int rc = storage_find(api, field, text, path, &there, err);

    return rc || there ? rc : err_set(err, E_NOTFOUND, DLF_0815, DET_NO_OBJECT, field);
}

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

int storage_fetch(struct api *api, const char *field, const struct obs_path *path,
                  int *out, struct err *err)
{
    int fd = open_scratch(api->scratch);
    int rc;

    *out = fd;
    if (fd < 0)
        return err_set(err, E_IO, DLF_0815, DET_OBS_FAULT, field,
                       "no file can be made in the data folder");
    rc = obs_copy(api->obs, path, fd, api->max_import_bytes, err);
    return rc ? storage_explain(field, err) : 0;
}
