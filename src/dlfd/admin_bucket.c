#include "dlfd/admin_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "obs/obs.h"

static int open_buckets(struct obs **out, struct folder *f, struct err *err)
{
    struct obs_options options = { .folder = buf_cstr(&f->objects) };
    const char *endpoint = getenv("DLFD_OBS_ENDPOINT");

    if (endpoint && *endpoint)
        return err_say(err, E_INVALID,
                       "DLFD_OBS_ENDPOINT is set, and a service keeps its buckets "
                       "itself: use its own tools");
    if (!options.folder)
        return err_say(err, E_INVALID, "the path is too long");
    return obs_open(out, &options, err);
}

int admin_bucket_create(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct obs *o = NULL;
    int rc = open_buckets(&o, f, err);

    if (!rc)
        rc = obs_bucket_create(o, str_of(call->name), err);
    obs_close(o);
    return rc;
}

static void print_bucket(const char *name)
{
    puts(name);
}

int admin_bucket_list(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct obs *o = NULL;
    int rc = open_buckets(&o, f, err);

    (void)call;
    if (!rc)
        rc = obs_bucket_list(o, print_bucket, err);
    obs_close(o);
    return rc;
}

int admin_bucket_delete(struct folder *f, const struct admin_call *call, struct err *err)
{
    struct obs *o = NULL;
    int rc = open_buckets(&o, f, err);

    if (!rc)
        rc = obs_bucket_delete(o, str_of(call->name), call->force != NULL, err);
    if (rc == E_NOTFOUND)
        err_say(err, rc, "there is no bucket of that name");
    else if (rc == E_DENIED)
        err_say(err, rc, "it is not empty: --force deletes it with its objects");
    obs_close(o);
    return rc;
}
