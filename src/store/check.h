#ifndef STORE_CHECK_H
#define STORE_CHECK_H

#include "base/seal.h"
#include "store/store.h"

struct store_report {
    int64_t workspaces, objects, blobs, raw_bytes, stored_bytes;
    int64_t damaged, dangling;
};

/* Looks at all of it, and says a line about each thing that is damaged or dangling;
 * without keys not at what is sealed.  Then calls `more`, unless it is NULL, for what the
 * store cannot judge. */
int store_check(const char *path, const struct seal_key *keys, int n_keys,
                struct store_report *report, void (*say)(const char *text),
                int (*more)(struct snapshot *s, void *arg, struct err *err), void *arg,
                struct err *err) MUST_CHECK;

#endif
