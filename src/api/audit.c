#include "api/call.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/utf8.h"

/*
 * The audit log: who did what, one JSON object a line.  Of all requests those that
 * write, export or sign in, and those that were refused.
 */

int audit_open(struct api *api, struct err *err)
{
    struct buf why = BUF_INIT(8 * KIB);
    int file;

    if (!*api->audit_path)
        return 0;
    file = open(api->audit_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (file >= 0 && api->audit < 0) {
        api->audit = file;
        return 0;
    }
    if (file >= 0) {
        dup3(file, api->audit, O_CLOEXEC); /* in one step: no line is lost */
        close(file);
        return 0;
    }
    buf_addf(&why, "audit-log: %s: %s", api->audit_path, strerror(errno));
    err_set(err, E_IO, 0, 0, buf_cstr(&why));
    buf_release(&why);
    return E_IO;
}

static bool is_audited(const struct call *c)
{
    int status = c->http->status;

    if (status == 401 || status == 403 || status == 429)
        return true;
    return c->route && (c->route->permission >= PERM_EXPORT ||
                        c->route->body == BODY_IAM || c->route->handler == revoke_token);
}

/* A text of the client's, which need not be UTF-8. */
static void add_text(struct jw *jw, const char *key, struct str text)
{
    struct buf safe = BUF_INIT(4 * KIB);
    bool ascii = text.n > KIB || !utf8_valid(text);

    for (size_t i = 0; i < text.n && safe.len < KIB; i++)
        if (ascii && (unsigned char)text.p[i] >= 0x80)
            buf_addc(&safe, '?');
        else
            buf_addc(&safe, text.p[i]);
    jw_buf(jw, str_of(key), &safe);
    buf_release(&safe);
}

static void write_line(const struct call *c, struct buf *out)
{
    char time[CLOCK_TEXT_BYTES], peer[HTTP_PEER_BYTES];
    struct jw jw = JW_INIT(out, false);

    clock_text(clock_ms(), time);
    http_peer(c->http, true, peer);
    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("time"), str_of(time));
    jw_string(&jw, STR("request_id"), str_of(c->http->id));
    jw_string(&jw, STR("address"), str_of(peer));
    add_text(&jw, "user", c->who.account.name.n ? c->who.account.name : c->claimed);
    add_text(&jw, "domain", c->who.account.domain_name);
    add_text(&jw, "credential", c->signer ? c->signer->claim.access : c->who.credential);
    jw_string(&jw, STR("operation"), str_of(c->route ? c->route->operation : "-"));
    add_text(&jw, "project", c->place.project);
    add_text(&jw, "workspace", c->place.workspace);
    add_text(&jw, "object", c->subject.n ? c->subject : c->name);
    jw_int(&jw, STR("status"), c->http->status);
    jw_string(&jw, STR("error_code"), str_of(c->code ? c->code : ""));
    jw_end(&jw, '}');
    buf_addc(out, '\n');
}

void audit(const struct call *c)
{
    struct buf line = BUF_INIT(64 * KIB);

    if (c->api->audit < 0 || !is_audited(c))
        return;
    write_line(c, &line);
    if (line.bad || write(c->api->audit, line.ptr, line.len) != (ssize_t)line.len)
        log_error("audit log: a line about request %s could not be written: %s",
                  c->http->id, line.bad ? "out of memory" : strerror(errno));
    buf_release(&line);
}
