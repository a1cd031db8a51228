#include "catalog/object.h"

#include "archive/deflate.h"
#include "auth/refusal.h"
#include "base/limits.h"
#include "base/utf8.h"

int place_enter(struct catalog *c, const struct place *place, struct snapshot **s,
                struct workspace *w, struct rights *rights, struct arena *arena,
                struct err *err)
{
    int rc = store_snapshot(s, c->store, err);

    if (rc)
        return rc;
    rc = snapshot_judge(*s, place->authority, rights, err);
    if (!rc)
        rc = snapshot_workspace(*s, place->project, place->workspace, w, arena, err);
    if (!rc)
        return 0;
    snapshot_end(*s);
    return refusal_explain(err);
}

int place_open(struct catalog *c, const struct place *place, struct snapshot **s,
               struct workspace *w, struct arena *arena, struct err *err)
{
    return place_enter(c, place, s, w, NULL, arena, err);
}

int64_t catalog_quota(const struct catalog *c, enum kind kind)
{
    if (kind == KIND_JOB)
        return c->max_jobs;
    return kind == KIND_SCRIPT ? c->max_scripts : 0;
}

int object_not_held(enum kind kind, struct str key, struct err *err)
{
    return err_set(err, E_NOTFOUND, kind_row(kind)->not_held, DET_NOT_HELD,
                   CSTR(utf8_cut(key, KIB - 1)));
}

int object_inflate(const struct object *o, struct str stored, struct buf *text,
                   struct err *err)
{
    int rc = deflate_undo(text, stored, o->raw_size, err);

    return rc == E_INTERNAL ? row_damaged("blob", o->blob, err) : rc;
}

int object_read_definition(struct snapshot *s, const struct object *o, struct buf *text,
                           struct err *err)
{
    struct buf stored = BUF_INIT(DEFINITION_MAX);
    int rc = snapshot_blobs(s, &o->blob, 1, &stored, err);

    if (!rc)
        rc = object_inflate(o, buf_str(&stored), text, err);
    buf_release(&stored);
    return rc;
}

int blob_make(struct new_blob *blob, struct str text, struct err *err)
{
    int rc;

    sha256(text, blob->sha256);
    blob->raw_size = (uint32_t)text.n;
    blob->crc32 = deflate_crc32(text);
    rc = deflate_make(&blob->stored, text, err);
    sha256(buf_str(&blob->stored), blob->stored_sha256);
    return rc;
}

int facts_set_cluster(struct facts *f, enum kind kind, struct str cluster,
                      struct arena *arena, struct err *err)
{
    struct buf list = BUF_INIT(KIB);

    if (!cluster.n)
        return 0;
    f->scope = cluster;
    buf_addstr(&list, cluster);
    if (kind == KIND_CDM_JOB)
        buf_addf(&list, "/%.*s", STR_ARG(f->process_type));
    f->process_type = arena_buf(arena, &list);
    buf_release(&list);
    return f->process_type.p ? 0 : err_nomem(err);
}

int object_follow_secrets(struct save *save, struct str old, const struct job_nodes *new,
                          struct arena *arena, struct err *err)
{
    struct json_doc doc = { 0 };
    struct job_nodes nodes;
    int rc = json_read(&doc, old, JSON_STORED_MAX_VALUES, err);

    if (!rc)
        rc = job_nodes(&doc, &nodes, arena, err);
    if (!rc)
        rc = secrets_follow(&nodes, new, save->secrets, save->n_secrets, &save->moves,
                            arena, err);
    json_release(&doc);
    return rc;
}

bool object_may_hold_secrets(enum kind kind, const struct json_doc *body,
                             enum secret_rule *rule)
{
    *rule = kind == KIND_JOB ? SECRETS_NODES : SECRETS_CONFIG;
    return kind == KIND_CONNECTION || kind_row(kind)->is_cdm ||
           (kind == KIND_JOB && (str_has(body->text, "value_is_sensitive") ||
                                 str_has(body->text, "\"headers\"") ||
                                 str_has(body->text, "\"scriptArgs\"") ||
                                 str_has(body->text, "\"arguments\"") ||
                                 str_has(body->text, "\\u"))); /* it may be escaped */
}
