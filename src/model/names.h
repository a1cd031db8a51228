#ifndef MODEL_NAMES_H
#define MODEL_NAMES_H

#include <stdbool.h>

#include "base/str.h"

/*
 * The documented rules for names.  Texts are valid UTF-8; lengths are in code points; CJK
 * is U+4E00 to U+9FFF.
 */
struct name_rule {
    size_t max;
    bool cjk;          /* Chinese characters are allowed */
    bool no_dots;      /* "." and ".." are refused: they leave a folder */
    const char *extra; /* what is allowed beside letters and digits */
};

extern const struct name_rule name_job; /* scripts too */
extern const struct name_rule name_node;
extern const struct name_rule name_resource;
extern const struct name_rule name_param;
extern const struct name_rule name_connection;
extern const struct name_rule name_cdm; /* links and jobs of CDM */
extern const struct name_rule name_cluster;
extern const struct name_rule name_workspace;
extern const struct name_rule name_project; /* a project's id, or its name */
extern const struct name_rule name_account; /* of users and domains */

bool name_follows(const struct name_rule *rule, struct str name);

/* Whether the name is "." or "..", which some rules refuse. */
bool name_is_dots(struct str name);

/*
 * Whether `path` is a directory: "" or "/" for the root, else /a/b with at
 * most 10 segments of at most `max_segment` code points, with or without a
 * last slash.
 */
bool directory_ok(struct str path, size_t max_segment);

/* Returns the form in which directories are compared: without a last slash, "/" for the
 * root. */
struct str directory_key(struct str path);

/* Whether `path` is obs://bucket/key, or with `or_hdfs` hdfs://...  Sets *bucket, unless
 * it is NULL, to the bucket. */
bool obs_path_ok(struct str path, bool or_hdfs, struct str *bucket);

#endif
