#ifndef STORE_ENGINE_H
#define STORE_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/seal.h"
#include "errors/errors.h"
#include "store/files.h"

/*
 * Private to store/: one connection to the database engine, with its prepared
 * statements.  For one thread at a time.  engine_sqlite.c is the one engine yet.
 */
enum sql {
#define SQL(name, text) SQL_##name,
#include "store/sql.def"
#undef SQL
    SQLS
};

struct db;
struct query;

/* What becomes of an older schema: refused, brought up to date, or brought up to
 * date with a copy of the file left beside it.  DB_READ refuses it, too, and opens what
 * is only read where it cannot be written either (sqlite_frozen.h). */
enum migration { MIGRATE_NOT, MIGRATE, MIGRATE_COPIED, DB_READ };
int db_open(struct db **out, const char *path, enum migration migration,
            struct err *err) MUST_CHECK;
void db_close(struct db *db);

/* Of `path` that was opened with DB_READ, when all is read: E_BUSY when somebody has
 * changed the file, which could not be locked. */
int db_check_unchanged(struct db *db, const char *path, struct err *err) MUST_CHECK;

/* As db_query(), of values. */
struct value {
    char type;
    int64_t number;
    struct str text;
};
struct query *db_query_values(struct db *db, enum sql sql, const struct value *values,
                              size_t n);

/* Looks at a file as it is, and opens it when it has this program's schema; else *out is
 * NULL. */
int db_peek(struct db **out, enum store_schema *schema, const char *path,
            struct err *err) MUST_CHECK;

/* Why a file of that schema cannot be used; gives E_DENIED. */
int db_refuse(enum store_schema schema, struct err *err);

/*
 * A statement with its parameters, one letter each: i int64_t, s struct str,
 * b struct str as bytes, n nothing (SQL's NULL).  Texts must live until the
 * query ends, which is when db_next() gives no row, or at db_end().
 */
struct query *db_query(struct db *db, enum sql sql, const char *types, ...);

/* The columns that a row of an object begins with: no other row has as many. */
#define DB_OBJECT_COLUMNS 24

/* 1: a row; 0: no more; E_EXISTS without an API code: a name is in use; E_IO; E_INTERNAL:
 * a text of the row is not UTF-8, of which db_next_raw() says nothing. */
int db_next(struct query *q, struct err *err) MUST_CHECK;
int db_next_raw(struct query *q, struct err *err) MUST_CHECK;
void db_end(struct query *q);

/* As db_query() and db_next() for a statement without rows. */
int db_run(struct db *db, struct err *err, enum sql sql, const char *types,
           ...) MUST_CHECK;

/* Whether the query gives a row; it is ended either way. */
int db_exists(struct query *q, bool *found, struct err *err) MUST_CHECK;

/* The key that seals what is written here; NULL until it is set. */
const struct seal_key *db_key(const struct db *db);
void db_set_key(struct db *db, const struct seal_key *key);

/* Whether the server runs without sign-in (store_options); false until it is set. */
bool db_without_sign_in(const struct db *db);
void db_set_without_sign_in(struct db *db, bool without);

/* Whether a transaction is open: the engine ends one by itself when the disk is
 * full or fails. */
bool db_in_transaction(struct db *db);

/* Rows that the last statement changed; the id that it gave. */
int64_t db_changes(struct db *db);
int64_t db_last_id(struct db *db);

/* Columns of the row, from 0; texts live until the next db_next(). */
int64_t db_int(struct query *q, int column);
struct str db_text(struct query *q, int column);

/* Appends a part of blob.stored of the row `id`. */
int db_blob_part(struct db *db, int64_t id, uint32_t offset, uint32_t n, struct buf *out,
                 struct err *err) MUST_CHECK;

#endif
