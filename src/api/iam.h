#ifndef API_IAM_H
#define API_IAM_H

#include "api/call.h"

/* Private to the IAM routes: the JSON of what they show. */

/* The token of `who`: its body, without the token itself. */
void iam_write_token(struct call *c, const struct principal *who, bool with_catalog,
                     struct buf *out);

/* The projects of the caller's domain in which they have a role: all of them, or those
 * of the name or the id that is given. */
struct iam_project {
    struct str id, name; /* in the request's arena */
};
int iam_find_projects(struct call *c, const struct principal *who, enum account_list list,
                      struct str which, struct iam_project *first, size_t *n,
                      struct err *err) MUST_CHECK;

#endif
