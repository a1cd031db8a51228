#include "api/call.h"

#include "base/limits.h"

/* What probes ask. */

void show_health(struct call *c)
{
    struct buf json = BUF_INIT(KIB);

    buf_adds(&json, "{\"status\":\"ok\"}");
    call_json(c, &json);
}

/* Ready is who can read the catalogue. */
void show_readiness(struct call *c)
{
    struct place nowhere = { .project = STR("-"), .workspace = STR("") };

    if (catalog_check_workspace(c->api->catalog, &nowhere, &c->err))
        call_fail(c);
    else
        show_health(c);
}
