#include "dlfd/renew.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "catalog/catalog.h"
#include "errors/errors.h"
#include "model/node_secrets.h"
#include "store/check.h"
#include "store/files.h"
#include "store/reindex.h"
#include "base/banned.h"

/* ---- the list ---- */

/* clang-format off */
static const char head[] =
    "# These credentials stood in definitions in clear, because an earlier version of dlfd did not\n"
    "# take them for secrets. They are sealed now. But they may be in exports, in backups and in\n"
    "# copies that were made before: replace each of them where it is used, set the new one here,\n"
    "# and delete this file.\n"
    "# 以下凭证曾以明文保存在定义中，因为早期版本的dlfd未将其识别为敏感信息。现已加密保存，但之前的导出\n"
    "# 文件、备份和副本中可能仍有明文：请逐一更换这些凭证，在此重新设置，然后删除本文件。\n"
    "Kind,Project,Workspace,Name,Version,Member\n";
/* clang-format on */

/* Appends a field of CSV, in quotes where it needs them, and `end`. */
static void add_field(struct buf *out, struct str text, char end)
{
    struct buf shown = BUF_INIT(64 * KIB);
    bool quoted;

    utf8_add_visible(&shown, text, 32 * KIB);
    quoted = shown.len &&
             (memchr(shown.ptr, ',', shown.len) || memchr(shown.ptr, '"', shown.len));
    if (quoted)
        buf_addc(out, '"');
    for (size_t i = 0; i < shown.len; i++) {
        if (shown.ptr[i] == '"')
            buf_addc(out, '"');
        buf_addc(out, shown.ptr[i]);
    }
    if (quoted)
        buf_addc(out, '"');
    buf_addc(out, end);
    if (shown.bad)
        out->bad = shown.bad;
    buf_release(&shown);
}

static int add_exposed(void *arg, const struct exposed *e, struct err *err)
{
    struct buf *list = arg, name = BUF_INIT(8 * KIB), number = BUF_INIT(32),
               member = BUF_INIT(DEFINITION_MAX);

    if (kind_row(e->kind)->is_cdm)
        buf_addf(&name, "%.*s/", STR_ARG(utf8_cut(e->scope, KIB)));
    buf_addstr(&name, utf8_cut(e->name, KIB));
    if (e->version)
        buf_addf(&number, "%lld", (long long)e->version);
    add_field(list, str_of(kind_name(e->kind)), ',');
    add_field(list, e->project, ',');
    add_field(list, e->workspace, ',');
    add_field(list, buf_str(&name), ',');
    add_field(list, buf_str(&number), ',');
    secret_path_show(&member, e->path);
    add_field(list, buf_str(&member), '\n');
    if (name.bad || number.bad || member.bad)
        list->bad = E_NOMEM;
    buf_release(&member);
    buf_release(&name);
    buf_release(&number);
    return list->bad ? err_nomem(err) : 0;
}

/* Appends what the file holds already, if it is there. */
static int read_old(const char *path, struct buf *list, struct err *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    char part[4 * KIB];
    ssize_t n = 0;

    if (file < 0)
        return errno == ENOENT ? 0 : err_say(err, E_IO, "%s: %s", path, strerror(errno));
    while (!list->bad && (n = read(file, part, sizeof(part))) > 0)
        buf_add(list, part, (size_t)n);
    close(file);
    if (n < 0)
        return err_say(err, E_IO, "%s: %s", path, strerror(errno));
    return list->bad ? err_nomem(err) : 0;
}

/* Adds the secrets that were found in clear to the file f->exposed, behind those that it
 * has; without any it leaves the file alone.  E_IO or E_NOMEM. */
static int list_exposed(struct folder *f, struct err *err)
{
    struct buf list = BUF_INIT(256 * MIB), rows = BUF_INIT(256 * MIB);
    const char *path = buf_cstr(&f->exposed);
    struct snapshot *s;
    int rc = store_snapshot(&s, f->store, err);

    if (rc)
        return rc;
    rc = snapshot_exposed(s, add_exposed, &rows, err);
    snapshot_end(s);
    if (!rc && rows.len) {
        rc = read_old(path, &list, err);
        if (!list.len)
            buf_adds(&list, head);
        buf_addbuf(&list, &rows);
        if (!rc && list.bad)
            rc = err_nomem(err);
        if (!rc && !file_replace(path, buf_str(&list)))
            rc = err_say(err, E_IO, "%s: %s", path, strerror(errno));
    }
    buf_release(&list);
    buf_release(&rows);
    return rc;
}

/* ---- copies ---- */

/* Whether a file in the catalogue's folder is a copy of it that a migration or a restore
 * may have left: catalog.db.v6, catalog.db.v6-journal, catalog.db.restore, ... */
static bool is_copy(const char *name, const char *database)
{
    size_t n = strlen(database);

    if (strncmp(name, database, n) != 0)
        return false;
    name += n;
    return (strncmp(name, ".v", 2) == 0 && isdigit((unsigned char)name[2])) ||
           strncmp(name, ".restore", strlen(".restore")) == 0;
}

static int remove_copies(const char *folder, const char *database, struct err *err)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    int rc = entries ? 0 : err_say(err, E_IO, "%s: %s", folder, strerror(errno));

    while (!rc && (entry = readdir(entries)))
        if (is_copy(entry->d_name, database) &&
            unlinkat(dirfd(entries), entry->d_name, 0) && errno != ENOENT)
            rc = err_say(err, E_IO, "%s: %s", entry->d_name, strerror(errno));
    if (!rc && fsync(dirfd(entries)))
        rc = err_say(err, E_IO, "%s: %s", folder, strerror(errno));
    if (entries)
        closedir(entries);
    return rc;
}

static int drop_copies(struct folder *f, struct err *err)
{
    char *database = strdup(f->database.ptr);
    char *slash = database ? strrchr(database, '/') : NULL;
    int rc = database && slash ? 0 : err_nomem(err);

    if (!rc) {
        *slash = '\0';
        rc = remove_copies(*database ? database : "/", slash + 1, err);
    }
    free(database);
    return rc;
}

/* ---- the whole of it ---- */

static void say_nothing(const char *line)
{
    (void)line; /* `dlfd admin check` says it again, and what to do */
}

/* Checks the catalogue: only while it is sound may copies of it be deleted. */
static int verify(struct folder *f, struct reindex *all, bool *sound, struct err *err)
{
    struct store_report report;
    int rc = store_check(buf_cstr(&f->database), f->keys.key, f->keys.n, &report,
                         say_nothing, NULL, NULL, err);

    *sound = !rc && !report.damaged;
    if (!rc && !*sound)
        all->say(
            "the catalogue is damaged (`dlfd admin check` says where), so copies of it "
            "beside it were not deleted: they may hold secrets in clear");
    return rc;
}

static int finish_renewal(struct folder *f, struct reindex *all, struct err *err)
{
    struct format_mark mark;
    bool sound = false;
    int rc = store_scrub(buf_cstr(&f->database), err);

    if (!rc)
        rc = verify(f, all, &sound, err);
    if (!rc)
        rc = list_exposed(f, err);
    if (!rc && sound)
        rc = drop_copies(f, err);
    if (rc)
        return rc;
    format_mark_init(&mark);
    rc = store_write(f->store, &mark.write);
    if (rc)
        err_move(&mark.write.err, err);
    return rc;
}

int renew_definitions(struct folder *f, struct reindex *all, struct err *err)
{
    struct catalog c = { .store = f->store };
    bool other = false;
    int rc = catalog_reindex(&c, all, err);

    if (!rc)
        rc = store_other_format(f->store, &other, err);
    return rc || !other ? rc : finish_renewal(f, all, err);
}
