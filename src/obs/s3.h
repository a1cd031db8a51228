#ifndef OBS_S3_H
#define OBS_S3_H

#include <stdatomic.h>

#include "obs/obs_int.h"
#include "sign/sigv4.h"

/* Private to obs/: a service that speaks S3, and one request to it. */

struct s3 {
    struct obs obs;
    char *endpoint; /* http://host:port, without a slash behind it */
    const char *host;
    char *region, *access, *secret, *ca_file; /* the last may be NULL */
    long stall_s;
    bool no_proxy;          /* the service is on this machine */
    _Atomic int64_t end_ns; /* by clock_mono_ns(), when requests end; INT64_MAX: never */
};

#define S3_ETAG_BYTES 200
#define S3_EXTRA_MAX 2

struct s3_request {
    const char *method;
    const struct obs_path *path; /* an empty key: the bucket itself */
    struct str query;            /* encoded */
    struct str body;
    struct sign_header extra[S3_EXTRA_MAX];
    size_t n_extra;
    struct sink *to; /* what takes an answer of 2xx; NULL: the reply */
};

struct s3_reply {
    long status;
    struct buf body; /* of errors too */
    char etag[S3_ETAG_BYTES];
};

#define S3_REPLY_INIT ((struct s3_reply){ .body = BUF_INIT(OBS_REPLY_MAX) })

/*
 * Sends it, and again, after a pause, when the service is not reached, is cut off, or
 * says that it is its own fault: OBS_TRIES times in all.  What a sink has got is not
 * asked for again, as long as the object is the same.  0 whatever the last status was;
 * E_IO when there was none, E_LIMIT and E_IO of the sink, or E_NOMEM.
 */
int s3_send(struct s3 *s, const struct s3_request *r, struct s3_reply *reply,
            struct err *err) MUST_CHECK;

void s3_reply_release(struct s3_reply *reply);

/* Returns the text between <name> and </name> in the body; .p is NULL when there is no
 * such element. */
struct str s3_element(const struct s3_reply *reply, const char *name);

/* Maps the reply's status to 0 (2xx), E_NOTFOUND (the bucket or the object is missing) or
 * E_IO, with what the service said. */
int s3_judge(const struct s3_request *r, const struct s3_reply *reply, struct err *err);

#endif
