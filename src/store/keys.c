#include "store/keys.h"

#include "base/limits.h"
#include "base/utf8.h"
#include "store/files.h"
#include "store/store_int.h"

/* The key that the database was written with, and another one instead. */

/*
 * Secrets of objects: sealed when they are written, bound to their object and
 * path, and never read but to seal them anew.
 */
#define KEY_ID "key_id"

static int wrong_key(struct err *err)
{
    return err_fault(
        err, E_DENIED,
        "the secrets of this data folder were written with another key: give "
        "dlfd the key file that belongs to it (--secret-key-file)");
}

/* The key's id in the database; "" when it has none yet. */
static int read_key_id(struct db *db, char id[SEAL_ID_BYTES], struct err *err)
{
    struct query *q = db_query(db, SQL_META, "s", STR(KEY_ID));
    int rc = db_next(q, err);
    struct str text;

    id[0] = '\0';
    if (rc != 1)
        return rc;
    text = db_text(q, 0);
    if (text.n < SEAL_ID_BYTES) {
        memcpy(id, text.p, text.n);
        id[text.n] = '\0';
    }
    db_end(q);
    return 0;
}

const struct seal_key *store_key(const struct store *s)
{
    return db_key(s->db);
}

int store_needs_key(const char *path, bool *needs, struct err *err)
{
    char id[SEAL_ID_BYTES] = "";
    enum store_schema schema;
    struct db *db;
    int rc = db_peek(&db, &schema, path, err);

    *needs = false;
    if (!rc &&
        (schema == SCHEMA_DAMAGED || schema == SCHEMA_FOREIGN || schema == SCHEMA_NEWER))
        return db_refuse(schema, err);
    if (rc || !db)
        return rc;
    rc = read_key_id(db, id, err);
    db_close(db);
    *needs = id[0] != '\0';
    return rc;
}

int choose_key(struct db *db, const struct store_options *options, struct err *err)
{
    char id[SEAL_ID_BYTES];
    int rc;

    if (!options->n_keys)
        return 0;
    rc = read_key_id(db, id, err);
    if (rc)
        return rc;
    if (!id[0]) {
        db_set_key(db, &options->keys[0]);
        return db_run(db, err, SQL_META_SET, "ss", STR(KEY_ID),
                      str_of(options->keys[0].id));
    }
    for (int i = 0; i < options->n_keys; i++)
        if (strcmp(options->keys[i].id, id) == 0) {
            db_set_key(db, &options->keys[i]);
            return 0;
        }
    return wrong_key(err);
}

/* The key was another one when the catalogue was opened: it was rotated since.  To be
 * called in the transaction that seals. */
int check_key(struct db *db, struct err *err)
{
    const struct seal_key *key = db_key(db);
    char id[SEAL_ID_BYTES];
    int rc =
        key ? read_key_id(db, id, err) : err_fault(err, E_INTERNAL, "no key for secrets");

    if (rc || strcmp(id, key->id) == 0)
        return rc;
    return store_fail(err, E_BUSY, STORE_CONTENDED, DET_TEXT,
                      "the key for secrets was changed meanwhile: try again");
}

int fits_key(struct db *db, const struct seal_key *keys, int n, bool *fits,
             struct err *err)
{
    char id[SEAL_ID_BYTES];
    int rc = read_key_id(db, id, err);

    *fits = !rc && !id[0];
    for (int i = 0; !rc && i < n; i++)
        *fits = *fits || strcmp(keys[i].id, id) == 0;
    return rc;
}

/* ---- another key ---- */

/* `name` is a secret's path, or an access key's id. */
static int not_opened(struct str name, struct err *err)
{
    return err_fault(err, E_INTERNAL,
                     "%.*s cannot be opened with the key that it was written with: `dlfd "
                     "admin check` says whose it is",
                     STR_ARG(utf8_cut(name, KIB)));
}

/* Opens what was sealed with the old key and bound to `from`, and appends it sealed with
 * the new key and bound to `to`. */
static int reseal(struct db *db, const struct seal_key *key, struct str name,
                  struct str from, struct str to, struct str sealed, struct buf *out,
                  struct err *err)
{
    struct buf plain = BUF_INIT(DEFINITION_MAX);
    bool opened = seal_open(db_key(db), from, sealed, &plain);
    int rc = 0;

    if (opened)
        seal(key, to, buf_str(&plain), out);
    if (plain.bad == E_NOMEM || out->bad)
        rc = err_nomem(err);
    else if (!opened)
        rc = not_opened(name, err);
    buf_wipe(&plain);
    return rc;
}

/* A row of SECRET_OF_OTHER_KEY. */
enum { SECRET_OBJECT, SECRET_UID, SECRET_PATH, SECRET_SEALED, SECRET_BOUND };

/* The secret of the row. */
static int seal_secret(struct db *db, struct query *q, const struct seal_key *key,
                       struct err *err)
{
    struct buf from = BUF_INIT(DEFINITION_MAX), to = BUF_INIT(DEFINITION_MAX),
               path = BUF_INIT(DEFINITION_MAX), sealed = BUF_INIT(DEFINITION_MAX);
    int64_t object = db_int(q, SECRET_OBJECT);
    int rc;

    buf_addstr(&path, db_text(q, SECRET_PATH));
    context_of(db_text(q, SECRET_UID), db_text(q, SECRET_BOUND), &from);
    context_of(db_text(q, SECRET_UID), db_text(q, SECRET_PATH), &to);
    rc = reseal(db, key, buf_str(&path), buf_str(&from), buf_str(&to),
                db_text(q, SECRET_SEALED), &sealed, err);
    db_end(q);
    if (!rc)
        rc = db_run(db, err, SQL_SECRET_PUT, "issb", object, buf_str(&path),
                    str_of(key->id), buf_str(&sealed));
    buf_release(&from);
    buf_release(&to);
    buf_release(&path);
    buf_release(&sealed);
    return rc;
}

/* The access key of the row. */
static int seal_access_key(struct db *db, struct query *q, const struct seal_key *key,
                           struct err *err)
{
    struct buf id = BUF_INIT(KIB), sealed = BUF_INIT(DEFINITION_MAX);
    int rc;

    buf_addstr(&id, db_text(q, 0));
    rc = reseal(db, key, buf_str(&id), buf_str(&id), buf_str(&id), db_text(q, 1), &sealed,
                err);
    db_end(q);
    if (!rc)
        rc = db_run(db, err, SQL_KEY_SEAL, "ssb", buf_str(&id), str_of(key->id),
                    buf_str(&sealed));
    buf_release(&id);
    buf_release(&sealed);
    return rc;
}

/* All rows that `find` gives, until it gives none. */
static int seal_all(struct db *db, struct rekey *r, enum sql find,
                    int (*seal_one)(struct db *db, struct query *q,
                                    const struct seal_key *key, struct err *err),
                    struct err *err)
{
    int rc = 0;

    while (!rc) {
        struct query *q = db_query(db, find, "s", str_of(r->key->id));

        rc = db_next(q, err);
        if (rc != 1)
            return rc;
        rc = seal_one(db, q, r->key, err);
        r->secrets++;
    }
    return rc;
}

static int run_rekey(struct db *db, struct write *write, struct err *err)
{
    struct rekey *r = (struct rekey *)write;
    int rc = check_key(db, err);

    r->secrets = 0;
    if (!rc)
        rc = seal_all(db, r, SQL_SECRET_OF_OTHER_KEY, seal_secret, err);
    if (!rc)
        rc = seal_all(db, r, SQL_KEY_OF_OTHER_KEY, seal_access_key, err);
    return rc ? rc : db_run(db, err, SQL_META_SET, "ss", STR(KEY_ID), str_of(r->key->id));
}

void rekey_init(struct rekey *r)
{
    *r = (struct rekey){ .write.run = run_rekey };
}
