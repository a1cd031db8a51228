#include "dlfd/admin_int.h"

#include <stdio.h>
#include <stdlib.h>

#include "obs/obs.h"

static int open_objects(struct obs **out, struct folder *f, struct err *err)
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

int admin_bucket_create(struct folder *f, const struct admin_call *call)
{
    struct err err = ERR_INIT;
    struct obs *o = NULL;
    int rc = open_objects(&o, f, &err);

    if (!rc)
        rc = obs_bucket_create(o, str_of(call->name), &err);
    if (rc)
        rc = admin_failed(&err, "out of memory");
    err_clear(&err);
    obs_close(o);
    return rc;
}

static void print_name(const char *name)
{
    puts(name);
}

int admin_bucket_list(struct folder *f, const struct admin_call *call)
{
    struct err err = ERR_INIT;
    struct obs *o = NULL;
    int rc = open_objects(&o, f, &err);

    (void)call;
    if (!rc)
        rc = obs_bucket_list(o, print_name, &err);
    if (rc)
        rc = admin_failed(&err, "out of memory");
    err_clear(&err);
    obs_close(o);
    return rc;
}

int admin_bucket_delete(struct folder *f, const struct admin_call *call)
{
    struct err err = ERR_INIT;
    struct obs *o = NULL;
    int rc = open_objects(&o, f, &err);

    if (!rc)
        rc = obs_bucket_delete(o, str_of(call->name), call->force, &err);
    if (rc == E_NOTFOUND || rc == E_DENIED) {
        fprintf(stderr, "dlfd admin: %s\n",
                rc == E_NOTFOUND
                    ? "there is no bucket of that name"
                    : "it is not empty: --force deletes it with its objects");
        rc = 1;
    } else if (rc) {
        rc = admin_failed(&err, "out of memory");
    }
    err_clear(&err);
    obs_close(o);
    return rc;
}
