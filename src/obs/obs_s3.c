#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/base64.h"
#include "base/hash.h"
#include "base/limits.h"
#include "base/percent.h"
#include "base/wipe.h"
#include "errors/errors.h"
#include "obs/s3.h"
#include "base/banned.h"

/* Objects of a service that speaks S3. */

static struct s3 *s3_of(struct obs *o)
{
    return (struct s3 *)o;
}

/* Sends the request; a status other than 2xx is an error too, as s3_judge() maps it.  The
 * caller releases the reply in either case. */
static int send_well(struct s3 *s, const struct s3_request *r, struct s3_reply *reply,
                     struct err *err)
{
    int rc = s3_send(s, r, reply, err);

    return rc ? rc : s3_judge(r, reply, err);
}

/* As send_well(), where the answer says no more. */
static int send_only(struct s3 *s, const struct s3_request *r, struct err *err)
{
    struct s3_reply reply = S3_REPLY_INIT;
    int rc = send_well(s, r, &reply, err);

    s3_reply_release(&reply);
    return rc;
}

/* ---- read ---- */

/* The answer to HEAD has no body: of a refusal another request learns the reason.  It
 * needs no other right than HEAD of the bucket. */
static int ask_why(struct s3 *s, struct str bucket, int rc, struct err *err)
{
    struct obs_path path = { .bucket = bucket };
    struct s3_request r = { .method = "GET",
                            .path = &path,
                            .query = STR("list-type=2&max-keys=1") };
    struct err why = ERR_INIT;
    int said = send_only(s, &r, &why);

    if (!said)
        return rc;
    err_clear(err);
    *err = why;
    return said;
}

/* E_NOTFOUND of an object: its bucket may not be there, either. */
static int ask_head(struct s3 *s, const struct obs_path *path, struct err *err)
{
    struct s3_request r = { .method = "HEAD", .path = path };
    struct s3_reply reply = S3_REPLY_INIT;
    int rc = send_well(s, &r, &reply, err);

    if (rc && reply.status / 100 == 4 && (rc != E_NOTFOUND || !path->key.n))
        rc = ask_why(s, path->bucket, rc, err);
    s3_reply_release(&reply);
    return rc;
}

static int s3_bucket_find(struct obs *o, struct str bucket, struct err *err)
{
    struct obs_path path = { .bucket = bucket };

    return ask_head(s3_of(o), &path, err);
}

static int s3_exists(struct obs *o, const struct obs_path *path, bool *exists,
                     struct err *err)
{
    int rc = ask_head(s3_of(o), path, err);

    *exists = rc == 0;
    if (rc != E_NOTFOUND || err->api != API_OK)
        return rc;
    err_clear(err);
    return s3_bucket_find(o, path->bucket, err);
}

static int s3_get(struct obs *o, const struct obs_path *path, struct sink *to,
                  struct err *err)
{
    struct s3_request r = { .method = "GET", .path = path, .to = to };

    return send_only(s3_of(o), &r, err);
}

/* ---- write ---- */

/* What is put: a part's worth of the stream at a time. */
struct upload {
    struct s3 *s;
    const struct obs_path *path;
    struct stream *content;
    struct buf part;  /* what was read and is not sent */
    struct buf id;    /* of an upload in parts, encoded */
    struct buf parts; /* the list of them, XML */
    int n;
    bool ended; /* the stream */
};

static int fill_part(struct upload *u, struct err *err)
{
    int rc = 0;

    while (!rc && !u->ended && u->part.len <= OBS_PART_BYTES) {
        size_t before = u->part.len;

        rc = u->content->next(u->content, &u->part, err);
        if (!rc && u->part.bad)
            rc = err_nomem(err);
        u->ended = u->part.len == before;
    }
    return rc;
}

/* The SHA-256 as the service is to keep it. */
static void add_checksum(struct buf *out, struct str bytes)
{
    uint8_t hash[SHA256_BYTES];

    sha256(bytes, hash);
    base64_encode(out, (struct str){ (const char *)hash, sizeof(hash) });
}

/* Puts `bytes` with their checksum: an object, or with `query` a part of one. */
static int put_bytes(struct upload *u, struct str bytes, struct str query,
                     struct s3_reply *reply, struct buf *checksum, struct err *err)
{
    struct s3_request r = {
        .method = "PUT", .path = u->path, .query = query, .body = bytes, .n_extra = 1
    };

    add_checksum(checksum, bytes);
    if (checksum->bad)
        return err_nomem(err);
    r.extra[0] = (struct sign_header){ STR("X-Amz-Checksum-Sha256"), buf_str(checksum) };
    return send_well(u->s, &r, reply, err);
}

static int put_whole(struct upload *u, struct err *err)
{
    struct s3_reply reply = S3_REPLY_INIT;
    struct buf checksum = BUF_INIT(KIB);
    int rc = put_bytes(u, buf_str(&u->part), STR(""), &reply, &checksum, err);

    buf_release(&checksum);
    s3_reply_release(&reply);
    return rc;
}

static int odd_answer(struct upload *u, struct err *err)
{
    return obs_fail(err, E_IO, u->path, "the storage's answer is not understood");
}

static int begin_parts(struct upload *u, struct err *err)
{
    struct s3_request r = {
        .method = "POST",
        .path = u->path,
        .query = STR("uploads="),
        .extra = { { STR("X-Amz-Checksum-Algorithm"), STR("SHA256") } },
        .n_extra = 1,
    };
    struct s3_reply reply = S3_REPLY_INIT;
    int rc = send_well(u->s, &r, &reply, err);
    struct str id = s3_element(&reply, "UploadId");

    if (!rc && (!id.n || memchr(id.p, '&', id.n)))
        rc = odd_answer(u, err);
    if (!rc) {
        percent_encode(&u->id, id);
        rc = u->id.bad == E_NOMEM ? err_nomem(err) : u->id.bad ? odd_answer(u, err) : 0;
    }
    s3_reply_release(&reply);
    return rc;
}

static void list_part(struct upload *u, const char *etag, struct str checksum)
{
    buf_addf(&u->parts, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag>", u->n, etag);
    buf_adds(&u->parts, "<ChecksumSHA256>");
    buf_addstr(&u->parts, checksum);
    buf_adds(&u->parts, "</ChecksumSHA256></Part>");
}

/* All but the last are equally long. */
static int put_part(struct upload *u, struct err *err)
{
    struct str bytes = buf_str(&u->part);
    struct s3_reply reply = S3_REPLY_INIT;
    struct buf checksum = BUF_INIT(KIB), query = BUF_INIT(4 * KIB);
    int rc;

    if (bytes.n > OBS_PART_BYTES)
        bytes.n = OBS_PART_BYTES;
    buf_addf(&query, "partNumber=%d&uploadId=", ++u->n);
    buf_addstr(&query, buf_str(&u->id));
    rc = query.bad ? err_nomem(err)
                   : put_bytes(u, bytes, buf_str(&query), &reply, &checksum, err);
    if (!rc && (!reply.etag[0] || strpbrk(reply.etag, "<&")))
        rc = odd_answer(u, err);
    if (!rc) {
        list_part(u, reply.etag, buf_str(&checksum));
        u->part.len -= bytes.n;
        memmove(u->part.ptr, u->part.ptr + bytes.n, u->part.len);
    }
    buf_release(&query);
    buf_release(&checksum);
    s3_reply_release(&reply);
    return rc;
}

static int put_parts(struct upload *u, struct err *err)
{
    int rc = 0;

    while (!rc && u->part.len) {
        if (u->n == OBS_PARTS_MAX)
            return obs_fail(err, E_LIMIT, u->path, "it is too large");
        rc = put_part(u, err);
        if (!rc)
            rc = fill_part(u, err);
    }
    return rc;
}

/* POST ends an upload, and DELETE drops it. */
static struct s3_request end_request(struct upload *u, const char *method,
                                     struct buf *query)
{
    buf_adds(query, "uploadId=");
    buf_addstr(query, buf_str(&u->id));
    return (
        struct s3_request){ .method = method, .path = u->path, .query = buf_str(query) };
}

/* A status of 200 may come before it is known how it ends: the body tells. */
static int end_parts(struct upload *u, struct err *err)
{
    struct buf query = BUF_INIT(4 * KIB);
    struct s3_request r = end_request(u, "POST", &query);
    struct s3_reply reply = S3_REPLY_INIT;
    int rc;

    buf_adds(&u->parts, "</CompleteMultipartUpload>");
    r.body = buf_str(&u->parts);
    rc = query.bad || u->parts.bad ? err_nomem(err) : send_well(u->s, &r, &reply, err);
    if (!rc && !str_has(buf_str(&reply.body), "<CompleteMultipartUploadResult")) {
        reply.status = 500;
        rc = s3_judge(&r, &reply, err);
    }
    s3_reply_release(&reply);
    buf_release(&query);
    return rc;
}

/* What cannot be dropped the service drops by its own rules. */
static void drop_parts(struct upload *u)
{
    struct buf query = BUF_INIT(4 * KIB);
    struct s3_request r = end_request(u, "DELETE", &query);
    struct err err = ERR_INIT;

    if (query.bad || send_only(u->s, &r, &err))
        err_clear(&err);
    buf_release(&query);
}

static int put_in_parts(struct upload *u, struct err *err)
{
    int rc = begin_parts(u, err);

    if (rc)
        return rc;
    buf_adds(&u->parts, "<CompleteMultipartUpload "
                        "xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">");
    rc = put_parts(u, err);
    if (!rc)
        rc = end_parts(u, err);
    if (rc)
        drop_parts(u);
    return rc;
}

static int s3_put(struct obs *o, const struct obs_path *path, struct stream *content,
                  struct err *err)
{
    struct upload u = { .s = s3_of(o),
                        .path = path,
                        .content = content,
                        .part = BUF_INIT(OBS_PART_BYTES + OBS_PIECE_MAX),
                        .id = BUF_INIT(2 * KIB),
                        .parts = BUF_INIT(4 * MIB) };
    int rc = fill_part(&u, err);

    if (!rc && u.part.len <= OBS_PART_BYTES)
        rc = put_whole(&u, err);
    else if (!rc)
        rc = put_in_parts(&u, err);
    buf_release(&u.part);
    buf_release(&u.id);
    buf_release(&u.parts);
    return rc;
}

/* ---- buckets are made where they are ---- */

static int not_here(struct str bucket, struct err *err)
{
    struct obs_path path = { .bucket = bucket };

    return obs_fail(err, E_DENIED, &path, "buckets are kept by the storage's own tools");
}

static int s3_bucket_create(struct obs *o, struct str bucket, struct err *err)
{
    (void)o;
    return not_here(bucket, err);
}

static int s3_bucket_list(struct obs *o, void (*each)(const char *name), struct err *err)
{
    (void)o;
    (void)each;
    return not_here(STR(""), err);
}

static int s3_bucket_delete(struct obs *o, struct str bucket, bool force, struct err *err)
{
    (void)o;
    (void)force;
    return not_here(bucket, err);
}

/* ---- the storage ---- */

static void s3_end_by(struct obs *o, int64_t mono_ns)
{
    atomic_store(&s3_of(o)->end_ns, mono_ns);
}

static void s3_close(struct obs *o)
{
    struct s3 *s = s3_of(o);

    if (s->secret)
        wipe(s->secret, strlen(s->secret));
    free(s->endpoint);
    free(s->region);
    free(s->access);
    free(s->secret);
    free(s->ca_file);
    free(s);
}

static const struct obs_calls s3_calls = {
    .bucket_find = s3_bucket_find,
    .exists = s3_exists,
    .get = s3_get,
    .put = s3_put,
    .bucket_create = s3_bucket_create,
    .bucket_list = s3_bucket_list,
    .bucket_delete = s3_bucket_delete,
    .end_by = s3_end_by,
    .close = s3_close,
};

int obs_s3_open(struct obs **out, const struct obs_options *options, struct err *err)
{
    struct s3 *s;

    if (obs_endpoint_way(options->endpoint) == OBS_NO_ENDPOINT)
        return err_say(err, E_INVALID, "http://HOST:PORT or https://HOST:PORT expected");
    s = calloc(1, sizeof(*s));
    if (!s || curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
        free(s);
        return err_nomem(err);
    }
    s->obs.calls = &s3_calls;
    s->endpoint = strdup(options->endpoint);
    s->region = strdup(options->region);
    s->access = strdup(options->access);
    s->secret = strdup(options->secret);
    s->ca_file = options->ca_file ? strdup(options->ca_file) : NULL;
    s->stall_s = options->stall_s ? options->stall_s : OBS_STALL_S;
    if (!s->endpoint || !s->region || !s->access || !s->secret ||
        (options->ca_file && !s->ca_file)) {
        s3_close(&s->obs);
        return err_nomem(err);
    }
    s->host = strstr(s->endpoint, "://") + 3;
    s->no_proxy = obs_endpoint_way(s->endpoint) == OBS_HERE;
    s->end_ns = INT64_MAX;
    *out = &s->obs;
    return 0;
}
