/*
 * One call of obs/ against a service, which the variables OBS_... name:
 *
 *     obs_client bucket|exists|get|put|put-broken obs://BUCKET/KEY [FILE [MAX]]
 *
 * Prints "EC API TEXT", the error; for exists, when there is none, "0 0 yes" or no.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/limits.h"
#include "errors/errors.h"
#include "obs/obs.h"

struct file_stream {
    struct stream stream;
    int fd;
    bool broken;
};

static int next_piece(struct stream *stream, struct buf *piece, struct err *err)
{
    struct file_stream *f = (struct file_stream *)stream;
    static char bytes[300 * KIB];
    ssize_t n = read(f->fd, bytes, sizeof(bytes));

    if (n < 0 || (n == 0 && f->broken))
        return err_set(err, E_BUSY, 0, 0, "the stream broke");
    buf_add(piece, bytes, (size_t)n);
    return 0;
}

static int put(struct obs *o, const struct obs_path *path, const char *file, bool broken,
               struct err *err)
{
    struct file_stream f = { { .next = next_piece }, open(file, O_RDONLY), broken };
    int rc = obs_put(o, path, &f.stream, err);

    close(f.fd);
    return rc;
}

static int get(struct obs *o, const struct obs_path *path, const char *file,
               const char *max, struct err *err)
{
    int fd = open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    int rc = obs_copy(o, path, fd, strtoull(max, NULL, 10), err);

    close(fd);
    return rc;
}

static int call(struct obs *o, char **argv, struct err *err)
{
    struct obs_path path;
    bool exists = false;
    int rc = E_INVALID;

    if (!obs_path_parse(&path, str_of(argv[2])))
        return err_set(err, rc, DLF_0803, 0, "that is no path");
    if (strcmp(argv[1], "bucket") == 0)
        rc = obs_bucket_find(o, path.bucket, err);
    else if (strcmp(argv[1], "get") == 0)
        rc = get(o, &path, argv[3], argv[4], err);
    else if (strcmp(argv[1], "exists") == 0)
        rc = obs_exists(o, &path, &exists, err);
    else
        rc = put(o, &path, argv[3], strcmp(argv[1], "put-broken") == 0, err);
    if (!rc)
        printf("0 0 %s\n", exists ? "yes" : "no");
    return rc;
}

int main(int argc, char **argv)
{
    const char *stall = getenv("OBS_STALL");
    struct obs_options options = { .endpoint = getenv("OBS_ENDPOINT"),
                                   .region = getenv("OBS_REGION"),
                                   .access = getenv("OBS_ACCESS"),
                                   .secret = getenv("OBS_SECRET"),
                                   .ca_file = getenv("OBS_CA"),
                                   .stall_s = stall ? (int)strtol(stall, NULL, 10) : 0 };
    struct err err = ERR_INIT;
    struct obs *o = NULL;
    int rc;

    if (argc < 3)
        return 2;
    signal(SIGPIPE, SIG_IGN);
    rc = obs_open(&o, &options, &err);
    if (!rc)
        rc = call(o, argv, &err);
    if (rc)
        printf("%d %s %s\n", rc, err.api ? error_row(err.api)->code : "0",
               err.arg[0] ? err.arg[0] : "");
    err_clear(&err);
    obs_close(o);
    return 0;
}
