#ifndef API_CDM_BODY_H
#define API_CDM_BODY_H

#include "base/arena.h"
#include "json/json.h"

/*
 * The bodies of CDM: {"jobs": [...]}, or {"jobs": {"jobs": [...]}}, or the same with
 * "links" as `key`.  Fills *items, in `arena`, with the places of the objects of the
 * list, one at least.  E_INVALID, CDM_0014; `body` may be NULL, which is none.
 */
int cdm_body_read(const struct json_doc *body, const char *key, uint32_t **items,
                  size_t *n, struct arena *arena, struct err *err) MUST_CHECK;

/* Sets and returns E_INVALID, CDM_0014, for a body without such a list. */
int cdm_body_refuse(const char *key, struct err *err);

#endif
