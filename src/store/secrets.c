#include "base/limits.h"
#include "base/utf8.h"
#include "store/store_int.h"

/*
 * Secrets of objects: sealed when they are written, bound to their object and
 * path, and never read but to seal them anew.
 */

/* What a sealed secret is bound to. */
struct str context_of(struct str uid, struct str path, struct buf *out)
{
    buf_addstr(out, uid);
    buf_addc(out, '\n');
    buf_addstr(out, path);
    return buf_str(out);
}

static int put_sealed(struct db *db, const struct seal_key *key, int64_t object,
                      struct str uid, struct str path, struct str plain, struct err *err)
{
    struct buf context = BUF_INIT(DEFINITION_MAX), sealed = BUF_INIT(DEFINITION_MAX);
    int rc;

    seal(key, context_of(uid, path, &context), plain, &sealed);
    if (context.bad || sealed.bad)
        rc = err_nomem(err);
    else
        rc = db_run(db, err, SQL_SECRET_PUT, "issb", object, path, str_of(key->id),
                    buf_str(&sealed));
    buf_release(&context);
    buf_release(&sealed);
    return rc;
}

/* A secret that cannot be opened stays where it is. */
static int move_secret(struct db *db, const struct secret_move *m, int64_t object,
                       struct str uid, struct err *err)
{
    struct buf context = BUF_INIT(DEFINITION_MAX), plain = BUF_INIT(DEFINITION_MAX);
    struct query *q = db_query(db, SQL_SECRET_AT, "is", object, m->from);
    int rc = db_next(q, err);
    bool opened = false;

    if (rc == 1) {
        opened = seal_open(db_key(db), context_of(uid, db_text(q, 1), &context),
                           db_text(q, 0), &plain);
        db_end(q);
        rc = plain.bad || context.bad ? err_nomem(err) : 0;
    }
    if (!rc && opened)
        rc = put_sealed(db, db_key(db), object, uid, m->to, buf_str(&plain), err);
    if (!rc && opened)
        rc = db_run(db, err, SQL_SECRET_DROP, "is", object, m->from);
    buf_release(&context);
    buf_wipe(&plain);
    return rc;
}

/* Drops the secrets that have no place any more, and notes their paths. */
static int drop_query(struct db *db, struct save *s, int64_t object, struct str kept,
                      struct err *err)
{
    struct query *q = db_query(db, SQL_SECRET_LOST, "is", object, kept);
    int rc;

    buf_release(&s->lost);
    s->lost = BUF_INIT(DEFINITION_MAX);
    while ((rc = db_next(q, err)) == 1) {
        if (s->lost.len)
            buf_addc(&s->lost, '\n');
        buf_addstr(&s->lost, db_text(q, 0));
    }
    if (!rc && s->lost.bad)
        rc = err_nomem(err);
    return rc || !s->lost.len ? rc : db_run(db, err, SQL_SECRET_KEEP, "is", object, kept);
}

static int drop_others(struct db *db, struct save *s, int64_t object, struct err *err)
{
    struct buf paths = BUF_INIT(DEFINITION_MAX);
    struct jw jw = JW_INIT(&paths, false);
    int rc;

    jw_array(&jw, STR_NONE);
    for (size_t i = 0; i < s->n_secrets; i++)
        jw_string(&jw, STR_NONE, s->secrets[i].path);
    jw_end(&jw, ']');
    rc = paths.bad ? err_nomem(err) : drop_query(db, s, object, buf_str(&paths), err);
    buf_release(&paths);
    return rc;
}

static int drop_replaced(struct db *db, struct str paths, int64_t object, struct err *err)
{
    struct str path;
    int rc = 0;

    while (!rc && str_line(&paths, &path))
        rc = db_run(db, err, SQL_SECRET_DROP, "is", object, path);
    return rc;
}

int put_secrets(struct db *db, struct save *s, int64_t object, struct str uid,
                struct err *err)
{
    const struct seal_key *key = db_key(db);
    bool had = s->old && s->old->secret_paths.n;
    int rc = 0;

    if (!s->n_secrets && !(had && (s->drop_others || s->replaced.n)))
        return 0;
    rc = check_key(db, err);
    if (!rc && had && !s->drop_others) /* which tells what it drops */
        rc = drop_replaced(db, s->replaced, object, err);
    for (size_t i = 0; !rc && had && i < s->moves.n; i++)
        rc = move_secret(db, &s->moves.items[i], object, uid, err);
    if (!rc && had && s->drop_others)
        rc = drop_others(db, s, object, err);
    for (size_t i = 0; !rc && i < s->n_secrets; i++)
        if (s->secrets[i].value.p)
            rc = put_sealed(db, key, object, uid, s->secrets[i].path, s->secrets[i].value,
                            err);
    return rc ? rc : db_run(db, err, SQL_SECRET_PATHS, "i", object);
}
