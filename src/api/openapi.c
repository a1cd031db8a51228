#include "api/call.h"

#include "base/limits.h"

/* api/openapi.yaml, made JSON when dlfd was built. */
static const char *const document[] = {
#include "openapi.inc"
};

void show_openapi(struct call *c)
{
    struct str text = str_of(document[0]);
    struct buf json = BUF_INIT(text.n);

    buf_addstr(&json, text);
    call_json(c, &json);
}
