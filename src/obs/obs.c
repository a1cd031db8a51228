#include "obs/obs.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "errors/errors.h"
#include "obs/obs_int.h"
#include "base/banned.h"

/* ---- paths ---- */

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

bool obs_bucket_ok(struct str name)
{
    if (name.n < OBS_BUCKET_MIN || name.n > OBS_BUCKET_MAX || !is_alnum(name.p[0]) ||
        !is_alnum(name.p[name.n - 1]))
        return false;
    for (size_t i = 0; i < name.n; i++)
        if (!is_alnum(name.p[i]) && name.p[i] != '-' &&
            (name.p[i] != '.' || name.p[i - 1] == '.'))
            return false;
    return true;
}

static bool key_ok(struct str key)
{
    struct str rest = key;

    if (!key.n || key.n > OBS_KEY_MAX || key.p[key.n - 1] == '/' ||
        memchr(key.p, '\0', key.n) || !utf8_valid(key))
        return false;
    while (rest.n) {
        struct str part = str_cut(&rest, '/');

        if (!part.n || str_is(part, ".") || str_is(part, ".."))
            return false;
    }
    return true;
}

bool obs_path_parse(struct obs_path *out, struct str text)
{
    struct str rest;

    if (!str_starts(text, "obs://"))
        return false;
    rest = str_from(text, strlen("obs://"));
    out->bucket = str_cut(&rest, '/');
    out->key = rest;
    return obs_bucket_ok(out->bucket) && key_ok(out->key);
}

/* ---- errors ---- */

int obs_fail(struct err *err, enum ec ec, const struct obs_path *path, const char *what)
{
    return err_say(err, ec, "obs://%.*s%s%.*s: %s", STR_ARG(path->bucket),
                   path->key.n ? "/" : "", STR_ARG(path->key), what);
}

int obs_no_bucket(struct err *err, struct str bucket)
{
    if (bucket.n > OBS_BUCKET_MAX)
        bucket.n = OBS_BUCKET_MAX;
    return err_set(err, E_NOTFOUND, DLF_1242, DET_NO_BUCKET, CSTR(bucket));
}

/* ---- where objects go ---- */

int sink_add(struct sink *to, const struct obs_path *path, struct str bytes,
             struct err *err)
{
    if (bytes.n > to->left)
        return obs_fail(err, E_LIMIT, path, "it is too large");
    to->left -= bytes.n;
    if (!to->buf)
        return file_write_all(to->fd, bytes) ? 0
                                             : obs_fail(err, E_IO, path, strerror(errno));
    buf_addstr(to->buf, bytes);
    return to->buf->bad ? err_nomem(err) : 0;
}

/* ---- a storage ---- */

int obs_open(struct obs **out, const struct obs_options *options, struct err *err)
{
    return options->endpoint ? obs_s3_open(out, options, err)
                             : obs_local_open(out, options, err);
}

void obs_end_by(struct obs *o, int64_t mono_ns)
{
    if (o->calls->end_by)
        o->calls->end_by(o, mono_ns);
}

void obs_close(struct obs *o)
{
    if (o)
        o->calls->close(o);
}

int obs_bucket_find(struct obs *o, struct str bucket, struct err *err)
{
    return o->calls->bucket_find(o, bucket, err);
}

int obs_exists(struct obs *o, const struct obs_path *path, bool *exists, struct err *err)
{
    return o->calls->exists(o, path, exists, err);
}

int obs_read(struct obs *o, const struct obs_path *path, struct buf *out, struct err *err)
{
    struct sink to = { .buf = out, .fd = -1, .left = out->max - out->len };

    return o->calls->get(o, path, &to, err);
}

int obs_copy(struct obs *o, const struct obs_path *path, int fd, uint64_t max,
             struct err *err)
{
    struct sink to = { .fd = fd, .left = max };

    return o->calls->get(o, path, &to, err);
}

int obs_put(struct obs *o, const struct obs_path *path, struct stream *content,
            struct err *err)
{
    return o->calls->put(o, path, content, err);
}

int obs_bucket_create(struct obs *o, struct str bucket, struct err *err)
{
    return o->calls->bucket_create(o, bucket, err);
}

int obs_bucket_list(struct obs *o, void (*each)(const char *name), struct err *err)
{
    return o->calls->bucket_list(o, each, err);
}

int obs_bucket_delete(struct obs *o, struct str bucket, bool force, struct err *err)
{
    return o->calls->bucket_delete(o, bucket, force, err);
}
