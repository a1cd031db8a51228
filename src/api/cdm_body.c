#include "api/cdm_body.h"

#include "errors/errors.h"

int cdm_body_refuse(const char *key, struct err *err)
{
    return err_set(err, E_INVALID, CDM_0014, DET_LIST_OF_OBJECTS, key);
}

int cdm_body_read(const struct json_doc *body, const char *key, uint32_t **items,
                  size_t *n, struct arena *arena, struct err *err)
{
    uint32_t list = body ? json_member(body, 0, key) : 0;

    *n = 0;
    if (list && json_type(body, list) == JSON_OBJECT)
        list = json_member(body, list, key);
    if (!list || json_type(body, list) != JSON_ARRAY || !body->value[list].len)
        return cdm_body_refuse(key, err);
    *items = arena_array(arena, body->value[list].len, sizeof(**items));
    if (!*items)
        return err_nomem(err);
    JSON_EACH (i, body, list) {
        if (json_type(body, i) != JSON_OBJECT)
            return cdm_body_refuse(key, err);
        (*items)[(*n)++] = i;
    }
    return 0;
}
