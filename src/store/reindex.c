#include "store/reindex.h"

#include "store/store_int.h"

/* What it takes to make all definitions anew. */

/* What rows of OBJECT_NEXT have behind the object, and from the version on those of
 * VERSION_NEXT. */
enum {
    OWNER_KIND = OBJECT_ROW_END,
    OWNER_PROJECT,
    OWNER_WORKSPACE,
    OWNER_WORKSPACE_NAME,
    OWNER_VERSION,
    OWNER_NUMBER,
    OWNER_FAULT
};

/* The row behind `after`, of objects or of their versions. */
static int next_row(struct snapshot *s, enum sql sql, int64_t after, struct object *out,
                    struct owner *owner, struct arena *arena, struct err *err)
{
    struct query *q = db_query(s->db, sql, "i", after);
    int rc = db_next(q, err);

    *out = (struct object){ 0 };
    if (rc != 1)
        return rc;
    owner->fault = scan_object(q, out);
    rc = keep_object(out, arena, err);
    owner->kind = (enum kind)db_int(q, OWNER_KIND);
    owner->project = arena_str(arena, db_text(q, OWNER_PROJECT));
    owner->workspace = arena_str(arena, db_text(q, OWNER_WORKSPACE));
    owner->workspace_name = arena_str(arena, db_text(q, OWNER_WORKSPACE_NAME));
    owner->version = sql == SQL_VERSION_NEXT ? db_int(q, OWNER_VERSION) : 0;
    owner->number = sql == SQL_VERSION_NEXT ? db_int(q, OWNER_NUMBER) : 0;
    if (sql == SQL_VERSION_NEXT && !owner->fault)
        owner->fault = (int)db_int(q, OWNER_FAULT);
    db_end(q);
    if (!rc && (!owner->project.p || !owner->workspace.p || !owner->workspace_name.p))
        rc = err_nomem(err);
    return rc;
}

int snapshot_next_object(struct snapshot *s, int64_t after, struct object *out,
                         struct owner *owner, struct arena *arena, struct err *err)
{
    return next_row(s, SQL_OBJECT_NEXT, after, out, owner, arena, err);
}

int snapshot_next_version(struct snapshot *s, int64_t after, struct object *out,
                          struct owner *owner, struct arena *arena, struct err *err)
{
    return next_row(s, SQL_VERSION_NEXT, after, out, owner, arena, err);
}

int store_other_format(struct store *s, bool *other, struct err *err)
{
    struct reader *one = reader_take(s);
    bool marked = false;
    int rc = db_exists(
        db_query(one->snapshot.db, SQL_FORMAT_MARK, "i", (int64_t)EXPORT_FORMAT), &marked,
        err);

    reader_give(one);
    *other = !marked;
    return rc;
}

static int run_format_mark(struct db *db, struct write *write, struct err *err)
{
    int rc = db_run(db, err, SQL_FORMAT_MARK_SET, "i", (int64_t)EXPORT_FORMAT);

    (void)write;
    return rc ? rc : db_run(db, err, SQL_EXPOSED_CLEAR, "");
}

void format_mark_init(struct format_mark *m)
{
    *m = (struct format_mark){ .write.run = run_format_mark };
}

/* ---- found in clear ---- */

int note_exposed(struct db *db, const struct save *s, struct err *err)
{
    int rc = 0;

    if (!save_has_secret(s))
        return 0;
    for (size_t i = 0; !rc && i < s->n_secrets; i++)
        if (s->secrets[i].value.p)
            rc = db_run(db, err, SQL_EXPOSED_ADD, "iis", s->old->id, s->version,
                        s->secrets[i].path);
    return rc ? rc : db_run(db, err, SQL_FORMAT_MARK_DROP, "");
}

/* A row of EXPOSED. */
enum {
    EXPOSED_KIND,
    EXPOSED_PROJECT,
    EXPOSED_WORKSPACE,
    EXPOSED_SCOPE,
    EXPOSED_NAME,
    EXPOSED_VERSION,
    EXPOSED_PATH
};

int snapshot_exposed(struct snapshot *s,
                     int (*each)(void *arg, const struct exposed *e, struct err *err),
                     void *arg, struct err *err)
{
    struct query *q = db_query(s->db, SQL_EXPOSED, "");
    int rc = 0;

    while (!rc && (rc = db_next(q, err)) == 1) {
        struct exposed e = { .kind = (enum kind)db_int(q, EXPOSED_KIND),
                             .project = db_text(q, EXPOSED_PROJECT),
                             .workspace = db_text(q, EXPOSED_WORKSPACE),
                             .scope = db_text(q, EXPOSED_SCOPE),
                             .name = db_text(q, EXPOSED_NAME),
                             .version = db_int(q, EXPOSED_VERSION),
                             .path = db_text(q, EXPOSED_PATH) };

        rc = each(arg, &e, err);
    }
    db_end(q);
    return rc;
}
