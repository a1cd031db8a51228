#include <sqlite3.h>
#include <string.h>

#include "base/limits.h"
#include "errors/errors.h"
#include "store/files.h"

/* Nothing stays in the files that the catalogue does not have. */

static int scrub_failed(sqlite3 *db, const char *path, struct err *err)
{
    int rc = sqlite3_errcode(db) == SQLITE_BUSY ? E_BUSY : E_IO;

    return err_fault(err, rc, "%s: %s", path, sqlite3_errmsg(db));
}

static int execute(sqlite3 *db, const char *path, const char *sql, struct err *err)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK
               ? 0
               : scrub_failed(db, path, err);
}

static const char drop_unused[] =
    "PRAGMA foreign_keys = ON;"
    "DELETE FROM blob WHERE NOT EXISTS (SELECT 1 FROM object WHERE blob = blob.id) "
    "AND NOT EXISTS (SELECT 1 FROM object WHERE submitted = blob.id) "
    "AND NOT EXISTS (SELECT 1 FROM version WHERE blob = blob.id);"
    "DELETE FROM staged WHERE blob NOT IN (SELECT id FROM blob);";

/* The copy that VACUUM makes on its way is as large as the catalogue: it belongs on the
 * same disk, and SQLite removes its name as soon as it has opened it. */
static int vacuum(sqlite3 *db, const char *path, struct err *err)
{
    const char *slash = strrchr(path, '/');
    int rc;

    sqlite3_temp_directory =
        slash ? sqlite3_mprintf("%.*s", (int)(slash - path), path) : NULL;
    rc = execute(db, path, "PRAGMA temp_store = FILE; VACUUM", err);
    sqlite3_free(sqlite3_temp_directory);
    sqlite3_temp_directory = NULL;
    return rc;
}

/* The log's pages go into the file, and the log is cut to nothing. */
static int empty_log(sqlite3 *db, const char *path, struct err *err)
{
    int code =
        sqlite3_wal_checkpoint_v2(db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);

    return code == SQLITE_OK ? 0 : scrub_failed(db, path, err);
}

int store_scrub(const char *path, struct err *err)
{
    sqlite3 *db = NULL;
    int rc = 0;

    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        rc = scrub_failed(db, path, err);
    sqlite3_busy_timeout(db, STORE_BUSY_MS);
    if (!rc)
        rc = execute(db, path, drop_unused, err);
    if (!rc)
        rc = vacuum(db, path, err);
    if (!rc)
        rc = empty_log(db, path, err);
    sqlite3_close(db);
    return rc;
}
