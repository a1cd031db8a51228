#include <sqlite3.h>

#include "base/limits.h"
#include "errors/errors.h"
#include "store/files.h"
#include "store/sqlite_frozen.h"

/* Copies of a catalogue. */

static int open_file(const char *path, int flags, sqlite3 **out, struct err *err)
{
    int rc = 0;

    if (sqlite3_open_v2(path, out, flags, NULL) != SQLITE_OK)
        rc = err_fault(err, E_IO, "%s: %s", path, sqlite3_errmsg(*out));
    sqlite3_busy_timeout(*out, STORE_BUSY_MS);
    return rc;
}

/* All pages in one step: one state of the catalogue, whatever is written to it. */
static int copy_pages(sqlite3 *from, sqlite3 *to, const char *path, struct err *err)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    int code;

    if (!b)
        return err_fault(err, E_IO, "%s: %s", path, sqlite3_errmsg(to));
    do
        code = sqlite3_backup_step(b, -1);
    while ((code == SQLITE_BUSY || code == SQLITE_LOCKED) && sqlite3_sleep(100));
    sqlite3_backup_finish(b);
    return code == SQLITE_DONE
               ? 0
               : err_fault(err, E_IO, "%s: %s", path, sqlite3_errstr(code));
}

/* The file that is copied, which may be one that cannot be written. */
static int open_source(const char *path, const struct frozen *frozen, sqlite3 **out,
                       struct err *err)
{
    struct buf uri = BUF_INIT(32 * KIB);
    int rc;

    frozen_uri(frozen, path, &uri);
    if (!buf_cstr(&uri))
        rc = err_nomem(err);
    else if (frozen->is)
        rc = open_file(uri.ptr, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI, out, err);
    else
        rc = open_file(path, SQLITE_OPEN_READWRITE, out, err);
    buf_release(&uri);
    return rc;
}

int store_copy(const char *from, const char *to, struct err *err)
{
    sqlite3 *source = NULL, *target = NULL;
    struct frozen frozen;
    int rc = frozen_look(&frozen, from, err);

    if (!rc)
        rc = open_source(from, &frozen, &source, err);
    if (!rc)
        rc = open_file(to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &target, err);
    if (!rc)
        rc = copy_pages(source, target, to, err);
    if (!rc)
        rc = frozen_check(&frozen, from, err);
    sqlite3_close(source);
    if (sqlite3_close(target) != SQLITE_OK && !rc)
        rc = err_fault(err, E_IO, "%s: cannot be closed", to);
    return rc;
}
