#ifndef API_EXPORT_H
#define API_EXPORT_H

#include "api/call.h"
#include "api/export_body.h"

/*
 * Private to the routes of exports.
 */

/* Returns the layout of the archive, from the route's kind and from whether the path
 * names a job. */
enum export_layout export_layout(const struct call *c);

/* Counts an export that is answered, and adds the headers that say what it holds. */
void export_report(struct call *c, const struct export *e);

/* Answers with the archive of a plan, which it takes over, or says that the client has
 * that archive already. */
void export_answer(struct call *c, struct export *e);

/* export_obs.c: makes an object of the archive; answers where it is. */
void export_to_obs(struct call *c, const struct export_body *body);

#endif
