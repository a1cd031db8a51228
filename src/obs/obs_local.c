#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/id.h"
#include "base/limits.h"
#include "errors/errors.h"
#include "obs/obs_int.h"
#include "base/banned.h"

/*
 * Objects as files.  Every part of a path is opened by itself, and no link followed,
 * so that no name leads out of the folder.  An object is written in the bucket's
 * folder .dlfd, under a name of its own, and gets its name when it is on the disk.
 */
#define STAGING ".dlfd"
#define FOLDER_FLAGS (O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)

struct obs_local {
    struct obs obs;
    int folder;
};

static int folder_of(struct obs *o)
{
    return ((struct obs_local *)o)->folder;
}

static void close_if(int fd)
{
    if (fd >= 0)
        close(fd);
}

struct name {
    char text[NAME_MAX + 1];
};

/* False with errno when it is too long. */
static bool name_of(struct name *out, struct str part)
{
    if (part.n > NAME_MAX) {
        errno = ENAMETOOLONG;
        return false;
    }
    memcpy(out->text, part.p, part.n);
    out->text[part.n] = '\0';
    return true;
}

/* A descriptor, or -1 with errno. */
static int open_at(int folder, struct str part, int flags)
{
    struct name name;

    return name_of(&name, part) ? openat(folder, name.text, flags, 0600) : -1;
}

/* As open_at(), of a folder, which is made when it is missing. */
static int make_at(int folder, struct str part)
{
    int fd = open_at(folder, part, FOLDER_FLAGS);
    struct name name;

    if (fd >= 0 || errno != ENOENT || !name_of(&name, part))
        return fd;
    if ((mkdirat(folder, name.text, 0700) && errno != EEXIST) || fsync(folder))
        return -1;
    return open_at(folder, part, FOLDER_FLAGS);
}

static bool is_missing(int error)
{
    return error == ENOENT || error == ENOTDIR || error == ELOOP;
}

/* After a call that set errno; what is missing is E_IO to one who writes. */
static int fail_by_errno(struct err *err, const struct obs_path *path, bool writes)
{
    int error = errno;

    if (error == ENOMEM)
        return err_nomem(err);
    if (error == ENAMETOOLONG)
        return obs_fail(err, E_INVALID, path, "a part of it has more than 255 bytes");
    if (is_missing(error) && !writes)
        return obs_fail(err, E_NOTFOUND, path, "there is no such object");
    return obs_fail(err, E_IO, path, strerror(error));
}

static int open_bucket(int *out, struct obs *o, struct str bucket, struct err *err)
{
    struct obs_path path = { .bucket = bucket };

    *out = open_at(folder_of(o), bucket, FOLDER_FLAGS);
    if (*out >= 0)
        return 0;
    return is_missing(errno) ? obs_no_bucket(err, bucket)
                             : fail_by_errno(err, &path, true);
}

/* The folder that the key's last part, *name, stands in, made where it is missing if
 * `make`.  Takes `bucket`; -1 with errno. */
static int open_parent(int bucket, struct str key, bool make, struct str *name)
{
    const char *slash;
    int folder = bucket;

    while (folder >= 0 && (slash = memchr(key.p, '/', key.n)) != NULL) {
        struct str part = { key.p, (size_t)(slash - key.p) };
        int next = make ? make_at(folder, part) : open_at(folder, part, FOLDER_FLAGS);
        int error = errno;

        close(folder);
        errno = error;
        folder = next;
        key = str_from(key, part.n + 1);
    }
    *name = key;
    return folder;
}

static int check_key(const struct obs_path *path, struct err *err)
{
    if (str_is(path->key, STAGING) || str_starts(path->key, STAGING "/"))
        return obs_fail(err, E_INVALID, path, "the name " STAGING " is taken");
    return 0;
}

/* ---- read ---- */

static int open_object(int *out, struct obs *o, const struct obs_path *path,
                       struct err *err)
{
    int bucket, folder, rc = check_key(path, err);
    struct stat is;
    struct str name;

    *out = -1;
    if (!rc)
        rc = open_bucket(&bucket, o, path->bucket, err);
    if (rc)
        return rc;
    folder = open_parent(bucket, path->key, false, &name);
    if (folder >= 0)
        *out = open_at(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*out < 0 || fstat(*out, &is) != 0)
        rc = fail_by_errno(err, path, false);
    else if (!S_ISREG(is.st_mode))
        rc = obs_fail(err, E_NOTFOUND, path, "it is no object");
    close_if(folder);
    if (rc) {
        close_if(*out);
        *out = -1;
    }
    return rc;
}

static int local_exists(struct obs *o, const struct obs_path *path, bool *exists,
                        struct err *err)
{
    int fd, rc = open_object(&fd, o, path, err);

    *exists = rc == 0;
    close_if(fd);
    if (rc != E_NOTFOUND || err->api == DLF_1242)
        return rc;
    err_clear(err);
    return 0;
}

static int local_get(struct obs *o, const struct obs_path *path, struct sink *to,
                     struct err *err)
{
    char block[64 * KIB];
    int fd, rc = open_object(&fd, o, path, err);
    ssize_t n = 1;

    while (!rc && n) {
        n = read(fd, block, sizeof(block));
        if (n > 0)
            rc = sink_add(to, path, (struct str){ block, (size_t)n }, err);
        else if (n < 0 && errno != EINTR)
            rc = fail_by_errno(err, path, true);
    }
    close_if(fd);
    return rc;
}

/* ---- write ---- */

static int write_stream(int fd, const struct obs_path *path, struct stream *content,
                        struct err *err)
{
    struct buf piece = BUF_INIT(OBS_PIECE_MAX);
    int rc;

    do {
        buf_clear(&piece);
        rc = content->next(content, &piece, err);
        if (!rc && piece.bad)
            rc = err_nomem(err);
        if (!rc && !file_write_all(fd, buf_str(&piece)))
            rc = fail_by_errno(err, path, true);
    } while (!rc && piece.len);
    buf_release(&piece);
    if (!rc && fsync(fd))
        rc = fail_by_errno(err, path, true);
    return rc;
}

/* Puts what is written in its place; the folders above it are made. */
static int give_name(int bucket, int staging, const char *staged,
                     const struct obs_path *path, struct err *err)
{
    struct name name;
    struct str part;
    int own = dup(bucket); /* open_parent() takes it */
    int folder = open_parent(own, path->key, true, &part), rc = 0;

    if (folder < 0 || !name_of(&name, part) ||
        renameat(staging, staged, folder, name.text) || fsync(folder))
        rc = fail_by_errno(err, path, true);
    close_if(folder);
    return rc;
}

static int put_in(int bucket, int staging, const struct obs_path *path,
                  struct stream *content, struct err *err)
{
    char staged[ID_HEX_BYTES];
    int fd, rc;

    id_hex(staged);
    fd = open_at(staging, str_of(staged),
                 O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return fail_by_errno(err, path, true);
    rc = write_stream(fd, path, content, err);
    if (close(fd) && !rc)
        rc = fail_by_errno(err, path, true);
    if (!rc)
        rc = give_name(bucket, staging, staged, path, err);
    if (rc)
        unlinkat(staging, staged, 0);
    return rc;
}

static int local_put(struct obs *o, const struct obs_path *path, struct stream *content,
                     struct err *err)
{
    int bucket, staging, rc = check_key(path, err);

    if (!rc)
        rc = open_bucket(&bucket, o, path->bucket, err);
    if (rc)
        return rc;
    staging = make_at(bucket, STR(STAGING));
    rc = staging < 0 ? fail_by_errno(err, path, true)
                     : put_in(bucket, staging, path, content, err);
    close_if(staging);
    close(bucket);
    return rc;
}

/* ---- buckets ---- */

static int local_bucket_find(struct obs *o, struct str bucket, struct err *err)
{
    int fd, rc = open_bucket(&fd, o, bucket, err);

    close_if(fd);
    return rc;
}

static int local_bucket_create(struct obs *o, struct str bucket, struct err *err)
{
    struct obs_path path = { .bucket = bucket };
    struct name name;

    if (name_of(&name, bucket) && mkdirat(folder_of(o), name.text, 0700) == 0 &&
        fsync(folder_of(o)) == 0)
        return 0;
    return errno == EEXIST ? obs_fail(err, E_EXISTS, &path, "it is there already")
                           : fail_by_errno(err, &path, true);
}

static int is_bucket(const struct dirent *d)
{
    return obs_bucket_ok(str_of(d->d_name));
}

static int local_bucket_list(struct obs *o, void (*each)(const char *name),
                             struct err *err)
{
    struct obs_path path = { .bucket = STR("") };
    struct dirent **found;
    int n = scandirat(folder_of(o), ".", &found, is_bucket, alphasort);

    if (n < 0)
        return fail_by_errno(err, &path, true);
    for (int i = 0; i < n; i++) {
        int fd = open_at(folder_of(o), str_of(found[i]->d_name), FOLDER_FLAGS);

        if (fd >= 0)
            each(found[i]->d_name);
        close_if(fd);
        free(found[i]);
    }
    free(found);
    return 0;
}

static bool is_dots(const char *name)
{
    return strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
}

/* Removes all that is in the folder, whose descriptor it takes; false with errno.
 * Keys limit how deep it goes. */
static bool empty_folder(int fd)
{
    DIR *dir = fdopendir(fd);
    struct dirent *d;
    bool ok = dir != NULL;

    if (!dir)
        close_if(fd);
    while (ok && (d = readdir(dir)) != NULL) {
        if (is_dots(d->d_name) || unlinkat(dirfd(dir), d->d_name, 0) == 0)
            continue;
        ok = errno == EISDIR &&
             empty_folder(openat(dirfd(dir), d->d_name, FOLDER_FLAGS)) &&
             unlinkat(dirfd(dir), d->d_name, AT_REMOVEDIR) == 0;
    }
    if (dir)
        closedir(dir);
    return ok;
}

static int local_bucket_delete(struct obs *o, struct str bucket, bool force,
                               struct err *err)
{
    struct obs_path path = { .bucket = bucket };
    struct name name;
    int fd, rc = open_bucket(&fd, o, bucket, err);

    if (rc)
        return rc;
    unlinkat(fd, STAGING, AT_REMOVEDIR); /* it is made anew when it is needed */
    if (!force)
        close(fd);
    else if (!empty_folder(fd))
        return fail_by_errno(err, &path, true);
    if (name_of(&name, bucket) && unlinkat(folder_of(o), name.text, AT_REMOVEDIR) == 0)
        return fsync(folder_of(o)) ? fail_by_errno(err, &path, true) : 0;
    return errno == ENOTEMPTY ? obs_fail(err, E_DENIED, &path, "it is not empty")
                              : fail_by_errno(err, &path, true);
}

/* ---- the storage ---- */

static void local_close(struct obs *o)
{
    close(folder_of(o));
    free(o);
}

static const struct obs_calls local_calls = {
    .bucket_find = local_bucket_find,
    .exists = local_exists,
    .get = local_get,
    .put = local_put,
    .bucket_create = local_bucket_create,
    .bucket_list = local_bucket_list,
    .bucket_delete = local_bucket_delete,
    .close = local_close,
};

/* What was being written when the last process ended. */
static int remove_staged(struct obs *o, struct err *err)
{
    struct dirent **found;
    int n = scandirat(folder_of(o), ".", &found, is_bucket, NULL);
    bool ok = n >= 0;

    for (int i = 0; i < n; i++) {
        int bucket = open_at(folder_of(o), str_of(found[i]->d_name), FOLDER_FLAGS);
        int staging = bucket < 0 ? -1 : open_at(bucket, STR(STAGING), FOLDER_FLAGS);

        ok = (staging < 0 || empty_folder(staging)) && ok;
        close_if(bucket);
        free(found[i]);
    }
    if (n >= 0)
        free(found);
    return ok ? 0 : err_say(err, E_IO, "%s", strerror(errno));
}

static int open_root(const char *path, struct err *err)
{
    int fd = -1;

    if (mkdir(path, 0700) == 0 || errno == EEXIST)
        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        err_say(err, E_IO, "object folder %s: %s", path, strerror(errno));
    return fd;
}

int obs_local_open(struct obs **out, const struct obs_options *options, struct err *err)
{
    struct obs_local *o = malloc(sizeof(*o));
    int rc = 0;

    if (!o)
        return err_nomem(err);
    o->obs.calls = &local_calls;
    o->folder = open_root(options->folder, err);
    if (o->folder < 0) {
        free(o);
        return E_IO;
    }
    if (options->alone)
        rc = remove_staged(&o->obs, err);
    if (rc)
        local_close(&o->obs);
    else
        *out = &o->obs;
    return rc;
}
