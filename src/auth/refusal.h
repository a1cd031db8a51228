#ifndef AUTH_REFUSAL_H
#define AUTH_REFUSAL_H

#include "store/authority.h"
#include "store/reason.h"

/*
 * Gives an error of the store the API's code and words for its reason, and returns its
 * ec; an error without a reason stays as it is.  Whoever lets the store judge or write
 * calls this before anybody is told.
 */
int refusal_explain(struct err *err);

/* store_judge(), and why not.  E_DENIED with
 *
 *     APIGW_0301  the token or the access key does not exist any more, or has expired
 *     APIGW_0307  the token was revoked
 *     APIGW_0306  the project is not theirs
 *     APIGW_0302  they do not have the role
 */
int refusal_judge(struct store *s, const struct authority *a, struct rights *rights,
                  struct revisions *revisions, struct err *err) MUST_CHECK;

#endif
