#ifndef OBS_OBS_INT_H
#define OBS_OBS_INT_H

#include "obs/obs.h"

/* Private to obs/: what each kind of storage has. */

/* Where an object's bytes go: to `buf`, or to the file `fd`. */
struct sink {
    struct buf *buf;
    int fd;
    uint64_t left; /* bytes that it still takes */
};

/* The calls of obs.h; see there. */
struct obs_calls {
    int (*bucket_find)(struct obs *o, struct str bucket, struct err *err);
    int (*exists)(struct obs *o, const struct obs_path *path, bool *exists,
                  struct err *err);
    int (*get)(struct obs *o, const struct obs_path *path, struct sink *to,
               struct err *err);
    int (*put)(struct obs *o, const struct obs_path *path, struct stream *content,
               struct err *err);
    int (*bucket_create)(struct obs *o, struct str bucket, struct err *err);
    int (*bucket_list)(struct obs *o, void (*each)(const char *name), struct err *err);
    int (*bucket_delete)(struct obs *o, struct str bucket, bool force, struct err *err);
    void (*end_by)(struct obs *o, int64_t mono_ns); /* NULL: no request lasts long */
    void (*close)(struct obs *o);
};

/* First in the struct of each kind. */
struct obs {
    const struct obs_calls *calls;
};

int obs_local_open(struct obs **out, const struct obs_options *options, struct err *err);
int obs_s3_open(struct obs **out, const struct obs_options *options, struct err *err);

/* Says what is wrong with the path; gives `ec`. */
int obs_fail(struct err *err, enum ec ec, const struct obs_path *path, const char *what);

/* The bucket is not there. */
int obs_no_bucket(struct err *err, struct str bucket);

/* Hands on a piece of an object; E_LIMIT when it is more than the sink takes. */
int sink_add(struct sink *to, const struct obs_path *path, struct str bytes,
             struct err *err);

#endif
