#ifndef AUTH_REFUSAL_H
#define AUTH_REFUSAL_H

#include "store/authority.h"
#include "store/reason.h"

/*
 * Gives an error of the store the API's code and text for its reason, and returns its ec;
 * an error without a reason stays as it is.  Call this after the store has judged or
 * written, before the error is shown or logged.
 */
int refusal_explain(struct err *err);

/* As store_judge(), with the API's code.  E_DENIED with
 *
 *     APIGW_0301  the token or the access key does not exist any more, or has expired
 *     APIGW_0307  the token was revoked
 *     APIGW_0306  the project is not theirs
 *     APIGW_0302  they do not have the role
 */
int refusal_judge(struct store *s, const struct authority *a, struct rights *rights,
                  struct revisions *revisions, struct err *err) MUST_CHECK;

#endif
