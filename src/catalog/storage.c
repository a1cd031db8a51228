#include "catalog/storage.h"

#include "base/limits.h"
#include "model/names.h"

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

int storage_find(struct obs *obs, const char *field, struct str text,
                 struct obs_path *path, bool *there, struct err *err)
{
    struct str bucket;

    *there = false;
    if (obs_path_ok(text, false, &bucket) && !obs_bucket_ok(bucket))
        return no_bucket(field, bucket, err); /* none of that name can be held */
    if (!obs_path_parse(path, text))
        return err_set(err, E_INVALID, DLF_0803, DET_OBS_PATH, field, "obs://bucket/key");
    return obs_exists(obs, path, there, err) ? storage_explain(field, err) : 0;
}

int storage_need(struct obs *obs, const char *field, struct str text,
                 struct obs_path *path, struct err *err)
{
    bool there;
    int rc = storage_find(obs, field, text, path, &there, err);

    return rc || there ? rc : err_set(err, E_NOTFOUND, DLF_0815, DET_NO_OBJECT, field);
}
