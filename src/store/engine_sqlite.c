#include "model/definition.h"
#include "store/engine.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/count.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "base/wipe.h"
#include "store/damage.h"
#include "store/sqlite_frozen.h"
#include "store/sqlite_sums.h"
#include "store/tasks.h"
#include "base/banned.h"

struct query {
    sqlite3_stmt *statement;
    struct db *db;
};

struct db {
    sqlite3 *handle;
    struct frozen frozen;
    struct seal_key key; /* no id: none */
    bool without_sign_in;
    struct query query[SQLS];
};

static const char *const texts[SQLS] = {
#define SQL(name, text) [SQL_##name] = text,
#include "store/sql.def"
#undef SQL
};

/* What sql.def and the rows of all catalogues have instead of the names. */
_Static_assert(KIND_JOB == 1 && KIND_SCRIPT == 2 && KIND_RESOURCE == 3 &&
                   KIND_CONNECTION == 4 && KIND_LINK == 5 && KIND_CDM_JOB == 6,
               "kinds");
_Static_assert(REF_SCRIPT == 1 && REF_RESOURCE == 2 && REF_LOCATION == 3 &&
                   REF_CDM == 4 && REF_JOB == 5 && REF_LINK == 6,
               "kinds of references");
_Static_assert(TASK_IMPORT_JOBS == 1 && TASK_IMPORT_CONNECTIONS == 2, "kinds of tasks");

/* The numbered files of store/migrations/, in order; made by the build. */
static const char *const migrations[] = {
#include "migrations.inc"
};
#define SCHEMA_VERSION (int)(sizeof(migrations) / sizeof(migrations[0]))

static const char log_setting[] = "PRAGMA journal_mode = WAL;";
static const char settings[] = "PRAGMA synchronous = FULL;"
                               "PRAGMA foreign_keys = ON;"
                               "PRAGMA temp_store = MEMORY;";

static int sqlite_failed(struct db *db, struct err *err)
{
    int code = sqlite3_extended_errcode(db->handle);

    if (code == SQLITE_NOMEM)
        return err_nomem(err);
    if (code == SQLITE_CONSTRAINT_UNIQUE)
        return err_set(err, E_EXISTS, API_OK, DET_NONE);
    return err_fault(err, E_IO, "the catalogue: %s", sqlite3_errmsg(db->handle));
}

static int execute(struct db *db, const char *sql, struct err *err)
{
    if (sqlite3_exec(db->handle, sql, NULL, NULL, NULL) != SQLITE_OK)
        return sqlite_failed(db, err);
    return 0;
}

/* The file as it was stays beside it, until somebody deletes it. */
static int copy_before(struct db *db, int version, struct err *err)
{
    const char *path = sqlite3_db_filename(db->handle, "main");
    struct buf copy = BUF_INIT(8 * KIB);
    int rc;

    buf_addf(&copy, "%s.v%d", path, version);
    rc = buf_cstr(&copy) ? store_copy(path, buf_cstr(&copy), err) : err_nomem(err);
    buf_release(&copy);
    return rc;
}

/* A new catalogue has no definitions of another form. */
static int mark_new(struct db *db, struct err *err)
{
    char mark[100];

    snprintf(mark, sizeof(mark), "INSERT INTO meta VALUES ('definitions', '%d')",
             EXPORT_FORMAT);
    return execute(db, mark, err);
}

/* Makes the schema of `version`, 0 for a new catalogue, this program's: all of it in one
 * transaction, or nothing. */
static int migrate(struct db *db, int version, struct err *err)
{
    bool is_new = version == 0;
    char set[64];
    int rc = execute(db, "BEGIN IMMEDIATE", err);

    for (; !rc && version < SCHEMA_VERSION; version++)
        rc = execute(db, migrations[version], err);
    snprintf(set, sizeof(set), "PRAGMA user_version = %d", SCHEMA_VERSION);
    if (!rc)
        rc = execute(db, set, err);
    if (!rc && is_new)
        rc = mark_new(db, err);
    if (!rc)
        rc = execute(db, "COMMIT", err);
    if (rc)
        sqlite3_exec(db->handle, "ROLLBACK", NULL, NULL, NULL);
    return rc;
}

/* An integer that `sql` gives. */
static int read_int(struct db *db, const char *sql, int *out, struct err *err)
{
    sqlite3_stmt *s = NULL;
    int rc = 0;

    if (sqlite3_prepare_v2(db->handle, sql, -1, &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        *out = sqlite3_column_int(s, 0);
    else
        rc = sqlite_failed(db, err);
    sqlite3_finalize(s);
    return rc;
}

/* Reads the schema's version, and what it is to this program.  The first migration makes
 * the five tables; a database without them is another program's (SCHEMA_FOREIGN, which is
 * no error here). */
static int look_at_schema(struct db *db, int *version, enum store_schema *out,
                          struct err *err)
{
    int all = 0, ours = 0;
    int rc = read_int(db, "PRAGMA user_version", version, err);

    if (!rc)
        rc = read_int(db, "SELECT count(*) FROM sqlite_schema", &all, err);
    if (!rc)
        rc = read_int(db,
                      "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name "
                      "IN ('project', 'workspace', 'blob', 'object', 'ref')",
                      &ours, err);
    if (*version == 0 && all == 0)
        *out = SCHEMA_NONE;
    else if (*version < 1 || ours != 5)
        *out = SCHEMA_FOREIGN;
    else
        *out = *version < SCHEMA_VERSION    ? SCHEMA_OLDER
               : *version == SCHEMA_VERSION ? SCHEMA_CURRENT
                                            : SCHEMA_NEWER;
    return rc;
}

/* Why a catalogue cannot be used as it is. */
int db_refuse(enum store_schema schema, struct err *err)
{
    static const char *const why[] = {
        [SCHEMA_NONE] = "the catalogue: there is nothing in it",
        [SCHEMA_DAMAGED] = "the catalogue: it is not a database, or a damaged one",
        [SCHEMA_FOREIGN] = "the catalogue: it is a database, but not one of dlfd",
        [SCHEMA_OLDER] = "the data folder was written by an older dlfd that still runs: "
                         "stop it first",
        [SCHEMA_NEWER] = "the data folder was written by a newer dlfd: use that "
                         "version, or another data folder",
    };

    return err_fault(err, E_DENIED, "%s", why[schema]);
}

static int check_schema(struct db *db, enum migration migration, struct err *err)
{
    enum store_schema schema;
    int version = 0;
    int rc = look_at_schema(db, &version, &schema, err);

    if (rc)
        return rc;
    if (schema == SCHEMA_FOREIGN || schema == SCHEMA_NEWER ||
        (schema != SCHEMA_CURRENT && (migration == MIGRATE_NOT || migration == DB_READ)))
        return db_refuse(schema, err);
    if (schema == SCHEMA_OLDER && migration == MIGRATE_COPIED)
        rc = copy_before(db, version, err);
    return rc || schema == SCHEMA_CURRENT ? rc : migrate(db, version, err);
}

/* Without the statistics of memory, which no one reads and each allocation locks. */
static int open_file(struct db *db, const char *path, int flags)
{
    int code;

    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0); /* heeded before the first is open */
    code = sqlite3_open_v2(path, &db->handle, flags | SQLITE_OPEN_NOMUTEX, NULL);
    return code == SQLITE_OK ? row_sum_register(db->handle) : code;
}

/* Opens what is only read: a file that cannot be written without writing beside it. */
static int open_to_read(struct db *db, const char *path, struct err *err)
{
    struct buf uri = BUF_INIT(32 * KIB);
    const struct frozen *frozen = &db->frozen;
    int rc = frozen_look(&db->frozen, path, err);

    if (rc)
        return rc;
    frozen_uri(frozen, path, &uri);
    if (!buf_cstr(&uri))
        rc = err_nomem(err);
    else if (open_file(db, frozen->is ? uri.ptr : path,
                       frozen->is ? SQLITE_OPEN_READONLY | SQLITE_OPEN_URI
                                  : SQLITE_OPEN_READWRITE) != SQLITE_OK)
        rc = sqlite_failed(db, err);
    buf_release(&uri);
    return rc;
}

int db_open(struct db **out, const char *path, enum migration migration, struct err *err)
{
    struct db *db = calloc(1, sizeof(*db));
    int rc = 0;

    if (!db)
        return err_nomem(err);
    if (migration == DB_READ)
        rc = open_to_read(db, path, err);
    else if (open_file(db, path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) != SQLITE_OK)
        rc = sqlite_failed(db, err);
    if (!rc) {
        sqlite3_extended_result_codes(db->handle, 1);
        sqlite3_busy_timeout(db->handle, STORE_BUSY_MS);
        /* No plan depends on a parameter: none is made anew when one is bound. */
        sqlite3_db_config(db->handle, SQLITE_DBCONFIG_ENABLE_QPSG, 1, NULL);
        if (!sqlite3_db_readonly(db->handle, "main"))
            rc = execute(db, log_setting, err);
        if (!rc)
            rc = execute(db, settings, err);
    }
    if (!rc)
        rc = check_schema(db, migration, err);
    if (rc) {
        db_close(db);
        return rc;
    }
    *out = db;
    return 0;
}

static bool is_damage(int code)
{
    return (code & 0xff) == SQLITE_NOTADB || (code & 0xff) == SQLITE_CORRUPT;
}

int db_peek(struct db **out, enum store_schema *schema, const char *path, struct err *err)
{
    struct db *db = calloc(1, sizeof(*db));
    int version = 0, rc = 0;

    *out = NULL;
    *schema = SCHEMA_NONE;
    if (!db)
        return err_nomem(err);
    if (access(path, F_OK) == 0 || errno != ENOENT) {
        rc = open_to_read(db, path, err);
        if (!rc)
            rc = look_at_schema(db, &version, schema, err);
    }
    if (rc == E_IO && is_damage(sqlite3_errcode(db->handle))) {
        err_clear(err);
        *schema = SCHEMA_DAMAGED;
        rc = 0;
    }
    if (!rc && *schema == SCHEMA_CURRENT)
        *out = db;
    else
        db_close(db);
    return rc;
}

int store_schema(enum store_schema *out, const char *path, struct err *err)
{
    struct db *db;
    int rc = db_peek(&db, out, path, err);

    db_close(db);
    return rc;
}

int db_check_unchanged(struct db *db, const char *path, struct err *err)
{
    return frozen_check(&db->frozen, path, err);
}

void db_close(struct db *db)
{
    if (!db)
        return;
    for (int i = 0; i < SQLS; i++)
        sqlite3_finalize(db->query[i].statement);
    sqlite3_close(db->handle);
    wipe(&db->key, sizeof(db->key));
    free(db);
}

static void bind(sqlite3_stmt *s, int i, const struct value *v)
{
    const char *p = v->text.p ? v->text.p : "";

    switch (v->type) {
    case 'i':
        sqlite3_bind_int64(s, i, v->number);
        break;
    case 'n':
        sqlite3_bind_null(s, i);
        break;
    case 'b':
        sqlite3_bind_blob64(s, i, p, v->text.n, SQLITE_STATIC);
        break;
    default:
        sqlite3_bind_text64(s, i, p, v->text.n, SQLITE_STATIC, SQLITE_UTF8);
    }
}

/* The statement, prepared at its first use: most connections need few of them.  Where
 * that fails it stays NULL, which the engine takes, and db_next() says why. */
static struct query *prepared(struct db *db, enum sql sql)
{
    struct query *q = &db->query[sql];

    q->db = db;
    if (!q->statement)
        sqlite3_prepare_v3(db->handle, texts[sql], -1, SQLITE_PREPARE_PERSISTENT,
                           &q->statement, NULL);
    return q;
}

static struct query *query(struct db *db, enum sql sql, const char *types, va_list list)
{
    struct query *q = prepared(db, sql);

    COUNT(COUNT_SQL);
    for (int i = 1; types[i - 1]; i++) {
        struct value v = { .type = types[i - 1] };

        if (v.type == 'i')
            v.number = va_arg(list, int64_t);
        else if (v.type != 'n')
            v.text = va_arg(list, struct str);
        bind(q->statement, i, &v);
    }
    return q;
}

struct query *db_query(struct db *db, enum sql sql, const char *types, ...)
{
    struct query *q;
    va_list list;

    va_start(list, types);
    q = query(db, sql, types, list);
    va_end(list);
    return q;
}

struct query *db_query_values(struct db *db, enum sql sql, const struct value *values,
                              size_t n)
{
    struct query *q = prepared(db, sql);

    COUNT(COUNT_SQL);
    for (size_t i = 0; i < n; i++)
        bind(q->statement, (int)i + 1, &values[i]);
    return q;
}

/* The first column that is text and not UTF-8; -1 without one. */
static int find_bad_text(sqlite3_stmt *s)
{
    for (int i = 0; i < sqlite3_data_count(s); i++)
        if (sqlite3_column_type(s, i) == SQLITE_TEXT &&
            !utf8_valid((struct str){ sqlite3_column_blob(s, i),
                                      (size_t)sqlite3_column_bytes(s, i) }))
            return i;
    return -1;
}

/* What is read is as whole as what comes from outside; of objects the sums tell that.
 * The row is told by its first column. */
static int check_row(struct query *q, struct err *err)
{
    bool summed = sqlite3_data_count(q->statement) >= DB_OBJECT_COLUMNS;
    int bad = summed ? -1 : find_bad_text(q->statement);
    const char *table;
    int rc;

    if (bad < 0)
        return 1;
    table = sqlite3_column_table_name(q->statement, bad);
    rc = row_damaged_text(
        table ? table : "(none)",
        bad ? str_of((const char *)sqlite3_column_text(q->statement, 0)) : STR("?"), err);
    db_end(q);
    return rc;
}

int db_next(struct query *q, struct err *err)
{
    int rc = db_next_raw(q, err);

    return rc == 1 ? check_row(q, err) : rc;
}

int db_next_raw(struct query *q, struct err *err)
{
    int code = sqlite3_step(q->statement);
    int rc = 0;

    if (code == SQLITE_ROW)
        return 1;
    if (code != SQLITE_DONE)
        rc = sqlite_failed(q->db, err);
    db_end(q);
    return rc;
}

void db_end(struct query *q)
{
    if (!q->statement)
        return;
    COUNT_ADD(COUNT_SQL_STEPS,
              sqlite3_stmt_status(q->statement, SQLITE_STMTSTATUS_VM_STEP, 1));
    sqlite3_reset(q->statement);
    sqlite3_clear_bindings(q->statement);
}

int db_run(struct db *db, struct err *err, enum sql sql, const char *types, ...)
{
    struct query *q;
    va_list list;
    int rc;

    va_start(list, types);
    q = query(db, sql, types, list);
    va_end(list);
    do
        rc = db_next(q, err);
    while (rc == 1);
    return rc;
}

int db_exists(struct query *q, bool *found, struct err *err)
{
    int rc = db_next(q, err);

    *found = rc == 1;
    if (rc == 1)
        db_end(q);
    return rc < 0 ? rc : 0;
}

const struct seal_key *db_key(const struct db *db)
{
    return db->key.id[0] ? &db->key : NULL;
}

void db_set_key(struct db *db, const struct seal_key *key)
{
    db->key = *key;
}

bool db_without_sign_in(const struct db *db)
{
    return db->without_sign_in;
}

void db_set_without_sign_in(struct db *db, bool without)
{
    db->without_sign_in = without;
}

bool db_in_transaction(struct db *db)
{
    return !sqlite3_get_autocommit(db->handle);
}

int64_t db_changes(struct db *db)
{
    return sqlite3_changes64(db->handle);
}

int64_t db_last_id(struct db *db)
{
    return sqlite3_last_insert_rowid(db->handle);
}

int64_t db_int(struct query *q, int column)
{
    return sqlite3_column_int64(q->statement, column);
}

struct str db_text(struct query *q, int column)
{
    const void *p = sqlite3_column_blob(q->statement, column);

    if (!p)
        return STR("");
    return (struct str){ p, (size_t)sqlite3_column_bytes(q->statement, column) };
}

int db_blob_part(struct db *db, int64_t id, uint32_t offset, uint32_t n, struct buf *out,
                 struct err *err)
{
    sqlite3_blob *blob = NULL;
    int rc = 0;

    COUNT(COUNT_SQL);
    buf_reserve(out, n);
    if (out->bad)
        return err_nomem(err);
    if (sqlite3_blob_open(db->handle, "main", "blob", "stored", id, 0, &blob) !=
            SQLITE_OK ||
        sqlite3_blob_read(blob, out->ptr + out->len, (int)n, (int)offset) != SQLITE_OK)
        rc = sqlite_failed(db, err);
    else
        out->len += n;
    sqlite3_blob_close(blob);
    return rc;
}
