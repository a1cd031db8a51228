#include "api/call.h"

#include "base/limits.h"
#include "base/percent.h"
#include "model/secrets.h"

/* Objects are created, updated and deleted. */

/* What the request waits for: one of the two. */
struct object_write {
    struct save *save;
    struct removal *removal;
    void (*succeed)(struct call *c);
};

static void free_write(void *op)
{
    struct object_write *w = op;

    if (w->save)
        catalog_save_release(w->save);
    w->save = NULL;
}

/* NULL: see c->err. */
static struct object_write *new_write(struct call *c, void (*succeed)(struct call *c))
{
    struct object_write *w = arena_alloc(&c->http->arena, sizeof(*w));

    if (!w) {
        err_nomem(&c->err);
        return NULL;
    }
    w->succeed = succeed;
    c->op = w;
    c->op_free = free_write;
    return w;
}

/* Goes on after a write.  When somebody else was faster all begins anew, from what they
 * wrote. */
static void end_write(struct call *c, int rc)
{
    struct object_write *w = c->op;

    if (rc == E_BUSY && ++c->tries < SAVE_MAX_TRIES) {
        err_clear(&c->err);
        free_write(w);
        call_run(c);
    } else if (rc) {
        call_fail(c);
    } else {
        w->succeed(c);
    }
}

/* If-Match: true when the object is not the one that is meant; it has been answered
 * then.  The write itself fails when the object changes after this look, and all is
 * tried again. */
static bool answer_changed(struct call *c, const struct object *old)
{
    const char *if_match = http_header(c->http, "If-Match");
    char etag[ETAG_BYTES];

    if (!if_match || !old)
        return false;
    etag_make(old->sha256, etag);
    if (etag_matches(if_match, etag, false))
        return false;
    call_unsent(c, 412, etag);
    return true;
}

/* ---- create and update ---- */

/* node.property of each secret that is lost, percent-encoded, as many as have room. */
static void list_lost_secrets(struct str paths, struct buf *items)
{
    struct buf shown = BUF_INIT(DEFINITION_MAX), item = BUF_INIT(4 * DEFINITION_MAX);
    struct str path;
    bool fits = true;

    while (fits && str_line(&paths, &path)) {
        buf_clear(&shown);
        buf_clear(&item);
        secret_path_show(&shown, path);
        percent_encode(&item, buf_str(&shown));
        if (shown.bad || item.bad)
            items->bad = E_NOMEM;
        fits = buf_add_item(items, buf_str(&item), HEADER_LIST_MAX);
    }
    buf_release(&shown);
    buf_release(&item);
}

/* Stored secrets that an update of a job lost, because no place of the new definition is
 * theirs: how many, then which.  When there is no memory for the list, the header still
 * says that there is one. */
static void tell_lost_secrets(struct call *c, const struct save *save)
{
    struct buf items = BUF_INIT(HEADER_LIST_MAX + 16),
               list = BUF_INIT(HEADER_LIST_MAX + KIB);
    struct str left = buf_str(&save->lost), path;
    size_t n = 0;

    if (!left.n)
        return;
    while (str_line(&left, &path))
        n++;
    list_lost_secrets(buf_str(&save->lost), &items);
    buf_addf(&list, "%zu; ", n);
    buf_addbuf(&list, &items);
    http_add_header(c->http, "X-Dlf-Secrets-Lost", list.bad ? "..." : buf_cstr(&list));
    buf_release(&items);
    buf_release(&list);
}

static void after_save(struct call *c)
{
    struct object_write *w = c->op;
    int rc = catalog_save_result(w->save, &c->err);

    if (!rc)
        tell_lost_secrets(c, w->save);
    end_write(c, rc);
}

void call_save(struct call *c, struct str key, const struct json_doc *body, uint32_t at,
               void (*succeed)(struct call *c))
{
    struct object_write *w = new_write(c, succeed);

    if (!w || catalog_save_prepare(c->api->catalog, &c->place, c->route->kind, key, body,
                                   at, &c->http->arena, &w->save, &c->err)) {
        call_fail(c);
    } else if (!answer_changed(c, w->save->old)) {
        c->subject = w->save->facts->name;
        call_submit(c, &w->save->write, after_save);
    }
}

static void answer_created(struct call *c)
{
    struct object_write *w = c->op;
    struct buf json = BUF_INIT(KIB);

    if (!(c->route->flags & ROUTE_OK)) {
        call_no_content(c);
        return;
    }
    buf_addf(&json, "{\"resourceId\":\"%s\"}", w->save->uid);
    call_json(c, &json);
}

void create_object(struct call *c)
{
    call_save(c, STR_NONE, c->body, 0, answer_created);
}

struct str call_key(const struct call *c)
{
    struct str key = c->name;

    while (c->route->kind == KIND_RESOURCE && key.n && key.p[key.n - 1] == ' ')
        key.n--;
    return key;
}

/* ischeck=true asks to test a connection. */
static bool refuse_test(struct call *c)
{
    bool test = false;

    if (!query_bool(c, "ischeck", &test) && !test)
        return false;
    if (test)
        err_set(&c->err, E_INVALID, DLF_6423, DET_NOT_TESTED);
    call_fail(c);
    return true;
}

void update_object(struct call *c)
{
    struct json_doc nothing = { 0 };
    const struct json_doc *body = c->body;

    if (c->route->kind == KIND_CONNECTION && refuse_test(c))
        return;
    if (!body) { /* an update without members changes none */
        if (json_read(&nothing, STR("{}"), 1, &c->err)) {
            call_fail(c);
            return;
        }
        body = &nothing;
    }
    call_save(c, call_key(c), body, 0, call_no_content);
    json_release(&nothing);
}

/* ---- delete ---- */

static void after_removal(struct call *c)
{
    struct object_write *w = c->op;

    end_write(c, catalog_remove_result(w->removal, &c->err));
}

void call_remove(struct call *c, void (*succeed)(struct call *c))
{
    bool conditional = http_header(c->http, "If-Match") != NULL;
    struct object_write *w = new_write(c, succeed);

    if (!w ||
        catalog_remove_prepare(c->api->catalog, &c->place, c->route->kind, call_key(c),
                               conditional, &c->http->arena, &w->removal, &c->err))
        call_fail(c);
    else if (!answer_changed(c, w->removal->old))
        call_submit(c, &w->removal->write, after_removal);
}

void delete_object(struct call *c)
{
    if (c->body && definition_check_approvers(c->body, &c->err))
        call_fail(c);
    else
        call_remove(c, call_no_content);
}
