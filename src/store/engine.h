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
 * statements.  One thread at a time may use a connection.  So far engine_sqlite.c is the
 * only engine.
 */
enum sql {
#define SQL(name, text) SQL_##name,
#include "store/sql.def"
#undef SQL
    SQLS
};

struct db;
struct query;

/* What db_open() does with an older schema: refuse it, bring it up to date, or bring it
 * up to date and leave a copy of the old file beside it.  DB_READ refuses it too; it
 * opens the file only for reading, and so also opens one that cannot be written
 * (sqlite_frozen.h). */
enum migration { MIGRATE_NOT, MIGRATE, MIGRATE_COPIED, DB_READ };
int db_open(struct db **out, const char *path, enum migration migration,
            struct err *err) MUST_CHECK;
void db_close(struct db *db);

/* Call this after the last read of a database that was opened with DB_READ.  E_BUSY:
 * another process has changed the file meanwhile (a frozen file cannot be locked), so
 * what was read is of no use. */
int db_check_unchanged(struct db *db, const char *path, struct err *err) MUST_CHECK;

/* As db_query(), with the parameters in an array; `type` is the letter of db_query(). */
struct value {
    char type;
    int64_t number;
    struct str text;
};
struct query *db_query_values(struct db *db, enum sql sql, const struct value *values,
                              size_t n);

/* Finds out what a file is, without changing it.  Opens it when it has this program's
 * schema; otherwise *out is NULL. */
int db_peek(struct db **out, enum store_schema *schema, const char *path,
            struct err *err) MUST_CHECK;

/* Sets and returns E_DENIED: why a file with that schema cannot be used. */
int db_refuse(enum store_schema schema, struct err *err);

/*
 * Begins a statement.  `types` has a letter for each parameter that follows: i int64_t,
 * s struct str, b struct str as bytes, n nothing (SQL's NULL).  Texts must live until the
 * query ends: when db_next() returns anything but 1, or at db_end().
 */
struct query *db_query(struct db *db, enum sql sql, const char *types, ...);

/* The columns that a row of an object begins with: no other row has as many. */
#define DB_OBJECT_COLUMNS 24

/* Fetches the next row.  Returns 1 for a row and 0 when there are no more.  Fails with
 * E_IO; E_EXISTS when a name is in use; E_INTERNAL when a text of the row is not UTF-8,
 * which db_next_raw() does not check. */
int db_next(struct query *q, struct err *err) MUST_CHECK;
int db_next_raw(struct query *q, struct err *err) MUST_CHECK;
void db_end(struct query *q);

/* As db_query() and db_next() for a statement without rows. */
int db_run(struct db *db, struct err *err, enum sql sql, const char *types,
           ...) MUST_CHECK;

/* Finds out whether the query has a row, and ends it in any case. */
int db_exists(struct query *q, bool *found, struct err *err) MUST_CHECK;

/* The key that secrets are sealed with on this connection; NULL until it is set. */
const struct seal_key *db_key(const struct db *db);
void db_set_key(struct db *db, const struct seal_key *key);

/* Whether the server runs without sign-in (store_options); false until it is set. */
bool db_without_sign_in(const struct db *db);
void db_set_without_sign_in(struct db *db, bool without);

/* Whether a transaction is open: the engine ends one by itself when the disk is
 * full or fails. */
bool db_in_transaction(struct db *db);

/* The number of rows that the last statement changed; the id of the row it inserted. */
int64_t db_changes(struct db *db);
int64_t db_last_id(struct db *db);

/* A column of the current row, counted from 0.  Texts live until the next db_next(). */
int64_t db_int(struct query *q, int column);
struct str db_text(struct query *q, int column);

/* Appends `n` bytes of blob.stored of the row `id`, from `offset` on. */
int db_blob_part(struct db *db, int64_t id, uint32_t offset, uint32_t n, struct buf *out,
                 struct err *err) MUST_CHECK;

#endif
