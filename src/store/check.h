#ifndef STORE_CHECK_H
#define STORE_CHECK_H

#include "base/seal.h"
#include "store/store.h"

struct store_report {
    int64_t workspaces, objects, blobs, raw_bytes, stored_bytes;
    int64_t damaged, dangling;
};

/* Checks the whole catalogue `path`, and calls `say` with a line about each damaged row
 * and each dangling name.  Without keys it does not check sealed secrets.  Then it calls
 * `more`, unless that is NULL, for checks that the store cannot make. */
int store_check(const char *path, const struct seal_key *keys, int n_keys,
                struct store_report *report, void (*say)(const char *text),
                int (*more)(struct snapshot *s, void *arg, struct err *err), void *arg,
                struct err *err) MUST_CHECK;

#endif
