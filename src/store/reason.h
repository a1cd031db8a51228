#ifndef STORE_REASON_H
#define STORE_REASON_H

#include "base/err.h"

/*
 * Why the store refuses, where the error's code (enum ec) does not say it all:
 * err->reason. It knows no codes of the API; refusal_explain() of auth/ gives them.
 */
enum store_reason {
    STORE_UNSAID,
    STORE_NO_WORKSPACE,  /* E_NOTFOUND: not one of the project's, or it has no default */
    STORE_OTHER_PROJECT, /* E_DENIED: not theirs, or none that a write may begin */
    STORE_ONE_DLI,       /* E_EXISTS: another DLI connection is in the workspace */
    STORE_LINK_USED,     /* E_DENIED: by a CDM job */
    STORE_CONTENDED,     /* E_BUSY: somebody else was first */
    /* Of what somebody acts by; all are E_DENIED. */
    STORE_TOKEN_UNKNOWN,
    STORE_TOKEN_EXPIRED, /* its text says when */
    STORE_TOKEN_REVOKED,
    STORE_KEY_UNKNOWN, /* its text is the access key's id */
    STORE_NO_ROLE,     /* they do not have the role */
    STORE_REASONS
};

/* As err_set(), with a reason instead of an API code. */
#define store_fail(err, ec, reason, detail, ...)                                         \
    store_fill(err, ec, reason, detail, (const char *[]){ "", ##__VA_ARGS__, NULL })
int store_fill(struct err *err, enum ec ec, enum store_reason reason, int detail,
               const char **texts);

#endif
