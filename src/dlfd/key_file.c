#include "dlfd/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/wipe.h"

#define LINE_BYTES (2 * SEAL_KEY_BYTES + 1)
#define FILE_BYTES (KEY_FILE_MAX_KEYS * LINE_BYTES)

#define KEY_FILE "key file"

static int key_file_refuse(const char *what, const char *path, enum ec ec,
                           const char *why, struct err *err)
{
    return err_say(err, ec, "%s %s: %s", what, path, why);
}

static int parse(struct key_file *f, const char *text, size_t n, struct err *err)
{
    for (f->n = 0; n >= LINE_BYTES && f->n < KEY_FILE_MAX_KEYS; f->n++) {
        if (text[LINE_BYTES - 1] != '\n' ||
            !seal_key_read(&f->key[f->n], (struct str){ text, LINE_BYTES - 1 }))
            break;
        text += LINE_BYTES;
        n -= LINE_BYTES;
    }
    return f->n && !n
               ? 0
               : key_file_refuse(KEY_FILE, f->path, E_INVALID, "it holds no key", err);
}

int private_file_read(const char *what, const char *path, char *text, size_t *n,
                      struct err *err)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = 0;
    struct stat is;
    int rc = 0;

    if (file < 0)
        return key_file_refuse(what, path, errno == ENOENT ? E_NOTFOUND : E_IO,
                               strerror(errno), err);
    if (fstat(file, &is) != 0)
        rc = key_file_refuse(what, path, E_IO, strerror(errno), err);
    else if (is.st_mode & 077)
        rc = key_file_refuse(what, path, E_DENIED, "others may use it: chmod 600", err);
    else
        got = read(file, text, *n);
    if (got < 0)
        rc = key_file_refuse(what, path, E_IO, strerror(errno), err);
    *n = got < 0 ? 0 : (size_t)got;
    close(file);
    return rc;
}

int key_file_read(struct key_file *f, struct err *err)
{
    char text[FILE_BYTES + 1];
    size_t n = sizeof(text);
    int rc;

    f->n = 0;
    rc = private_file_read(KEY_FILE, f->path, text, &n, err);
    if (!rc)
        rc = parse(f, text, n, err);
    wipe(text, sizeof(text));
    return rc;
}

bool key_file_sync_folder(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, (size_t)(slash - path) + 1) : strdup(".");
    int file = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;
    bool ok = file >= 0 && fsync(file) == 0;

    if (file >= 0)
        close(file);
    free(folder);
    return ok;
}

static bool write_file(const char *path, const char *text, size_t n)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    bool ok = file >= 0 && write(file, text, n) == (ssize_t)n && fsync(file) == 0;

    if (file >= 0)
        ok = close(file) == 0 && ok;
    return ok;
}

bool file_replace(const char *path, const char *text, size_t n)
{
    struct buf new_path = BUF_INIT(8 * KIB);
    bool ok;

    buf_addf(&new_path, "%s.new", path);
    ok = buf_cstr(&new_path) && write_file(new_path.ptr, text, n) &&
         rename(new_path.ptr, path) == 0 && key_file_sync_folder(path);
    buf_release(&new_path);
    return ok;
}

int key_file_write(const struct key_file *f, struct err *err)
{
    char text[FILE_BYTES + 1];
    int rc = 0;

    for (int i = 0; i < f->n; i++) {
        hex_encode(f->key[i].bytes, SEAL_KEY_BYTES, text + i * LINE_BYTES);
        text[(i + 1) * LINE_BYTES - 1] = '\n';
    }
    if (!file_replace(f->path, text, (size_t)f->n * LINE_BYTES))
        rc = key_file_refuse(KEY_FILE, f->path, E_IO, strerror(errno), err);
    wipe(text, sizeof(text));
    return rc;
}

void key_file_wipe(struct key_file *f)
{
    wipe(f->key, sizeof(f->key));
    f->n = 0;
}
