#include "api/call.h"

/* Answers that succeed; errors.c has those that fail. */

void call_json(struct call *c, struct buf *json)
{
    if (json->bad) {
        buf_release(json);
        err_nomem(&c->err);
        call_fail(c);
        return;
    }
    http_add_header(c->http, "Content-Type", "application/json;charset=UTF-8");
    http_answer(c->http, client_status(c, 200), json);
}

void call_no_content(struct call *c)
{
    http_answer(c->http, 204, NULL);
}

void call_unsent(struct call *c, int status, const char *etag)
{
    http_add_header(c->http, "ETag", etag);
    http_answer(c->http, status, NULL);
}

/* Clients with habits of their own: what differs, and for whom. */
static const struct {
    const char *user_agent; /* a prefix */
    const char *operation;
    int status, instead;
    const char *client;
} client_habits[] = {
    { "golangsdk/", "ExportJobList", 200, 202,
      "gophertelekomcloud takes 201 and 202 only" },
    { "golangsdk/", "ExportConnections", 200, 202,
      "gophertelekomcloud takes 201 and 202 only" },
    { "golangsdk/", "UpdateLink", 200, 202, "gophertelekomcloud: likewise" },
    { "golangsdk/", "CreateCdmJob", 200, 202, "gophertelekomcloud: likewise" },
    { "golangsdk/", "UpdateCdmJob", 200, 202, "gophertelekomcloud: likewise" },
    { "golangsdk/", "DeleteCdmJob", 200, 202, "gophertelekomcloud: likewise" },
};

int client_status(const struct call *c, int status)
{
    bool heeded = !c->signer || c->agent_signed;
    const char *agent = heeded ? http_header(c->http, "User-Agent") : NULL;

    for (size_t i = 0; agent && i < sizeof(client_habits) / sizeof(client_habits[0]); i++)
        if (str_starts(str_of(agent), client_habits[i].user_agent) &&
            str_is(str_of(c->route->operation), client_habits[i].operation) &&
            status == client_habits[i].status)
            return client_habits[i].instead;
    return status;
}
