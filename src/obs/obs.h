#ifndef OBS_OBS_H
#define OBS_OBS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/stream.h"

/*
 * Objects by obs://bucket/key.  A storage is used by several threads at once.  An
 * object is there whole, with its old bytes or its new ones, whatever happens
 * meanwhile.
 *
 * They are files: FOLDER/bucket/key, a folder there being a bucket.  When obs_put()
 * has returned 0 it is on the disk.  Where a file is, no object can stand below it:
 * not both of a and a/b.  No symbolic link is followed, but FOLDER itself.
 *
 * Or they are kept by a service that speaks S3: paths are ENDPOINT/bucket/key, requests
 * are signed by AWS SigV4, and sent again where that may help (OBS_TRIES).  What is
 * put goes with its SHA-256, and part by part above OBS_PART_BYTES, which is what is
 * held of it in memory.  The process ignores SIGPIPE.  When a put fails for want of
 * an answer, the object may yet be the new one.
 *
 * Errors, for a caller that answers them; E_NOMEM is possible too:
 *   E_INVALID   the path breaks a rule of the storage: DLF.0803
 *   E_NOTFOUND  the bucket is not there, and err->api is DLF_1242; or the object is
 *               not, and err->api is API_OK: the caller says DLF.0815
 *   E_LIMIT     the object is larger than what was made ready for it
 *   E_IO        it cannot be read or written: DLF.0815
 * But for buckets that are not there, the detail is a text: the path, and why.
 */
struct obs;

struct obs_options {
    const char *folder; /* made, when what it stands in is there */
    bool alone;         /* nobody else writes: what a crash left behind is removed */

    /* A service; then the above is not looked at. */
    const char *endpoint; /* http://HOST[:PORT] or https://...; NULL: files */
    const char *region, *access, *secret;
    const char *ca_file; /* whom to trust; NULL: as the system does */
    int stall_s;         /* seconds without progress; 0: OBS_STALL_S */
};

/* Which way leads to the endpoint.  An endpoint is http:// or https://, a host, and
 * perhaps a port; nothing else. */
enum obs_way {
    OBS_NO_ENDPOINT,
    OBS_HERE,  /* it is on this machine, and no proxy is asked */
    OBS_TLS,   /* with TLS to another one */
    OBS_PLAIN, /* without */
};
enum obs_way obs_endpoint_way(const char *endpoint);

/* E_INVALID: that is no endpoint.  The service is not asked yet. */
int obs_open(struct obs **out, const struct obs_options *options,
             struct err *err) MUST_CHECK;

/* Requests to a service are given up then, E_IO, and those that come later: so a service
 * that hangs holds up no stop. */
void obs_end_by(struct obs *o, int64_t mono_ns);

/* Accepts NULL. */
void obs_close(struct obs *o);

/* ---- paths ---- */

struct obs_path {
    struct str bucket, key; /* borrow from its text */
};

/*
 * Whether `text` is obs://bucket/key, with a bucket as obs_bucket_ok() has it, and a
 * key of 1 to OBS_KEY_MAX bytes: UTF-8 without a NUL, of which no part between
 * slashes is empty, "." or "..".  Case counts; nothing is decoded.
 *
 * Files are stricter than a service: parts of at most 255 bytes, of which the first is
 * not .dlfd, where what is being written stands.
 */
bool obs_path_parse(struct obs_path *out, struct str text);

/* 3 to 63 of a-z 0-9 - and . of which the first and the last are letters or digits,
 * and no dot follows another. */
bool obs_bucket_ok(struct str name);

/* ---- objects; paths are those of obs_path_parse() ---- */

/* 0 when the bucket is there. */
int obs_bucket_find(struct obs *o, struct str bucket, struct err *err) MUST_CHECK;

int obs_exists(struct obs *o, const struct obs_path *path, bool *exists,
               struct err *err) MUST_CHECK;

/* Appends the object to `out`, within the limit of that.  On failure a part of it may
 * have been appended. */
int obs_read(struct obs *o, const struct obs_path *path, struct buf *out,
             struct err *err) MUST_CHECK;

/* Writes the object to the file `fd`, at most `max` bytes.  As above on failure. */
int obs_copy(struct obs *o, const struct obs_path *path, int fd, uint64_t max,
             struct err *err) MUST_CHECK;

/* Makes the object of all that `content` gives, or puts it in the place of the one
 * that is there.  The stream remains the caller's, and its errors are handed up. */
int obs_put(struct obs *o, const struct obs_path *path, struct stream *content,
            struct err *err) MUST_CHECK;

/* ---- buckets, for `dlfd admin`; of files: a service has its own tools, E_DENIED ---- */

/* E_EXISTS: it is there. */
int obs_bucket_create(struct obs *o, struct str bucket, struct err *err) MUST_CHECK;

/* In the order of their names. */
int obs_bucket_list(struct obs *o, void (*each)(const char *name),
                    struct err *err) MUST_CHECK;

/* With its objects when `force`; else E_DENIED where there are any. */
int obs_bucket_delete(struct obs *o, struct str bucket, bool force,
                      struct err *err) MUST_CHECK;

#endif
