#include "dlfd/key_file.h"

#include <errno.h>

#include "base/file.h"
#include "base/id.h"
#include "base/wipe.h"

#define LINE_BYTES (2 * SEAL_KEY_BYTES + 1)
#define FILE_BYTES (KEY_FILE_MAX_KEYS * LINE_BYTES)

#define KEY_FILE "key file"

static int parse_keys(struct key_file *f, const char *text, size_t n, struct err *err)
{
    for (f->n = 0; n >= LINE_BYTES && f->n < KEY_FILE_MAX_KEYS; f->n++) {
        if (text[LINE_BYTES - 1] != '\n' ||
            !seal_key_read(&f->key[f->n], (struct str){ text, LINE_BYTES - 1 }))
            break;
        text += LINE_BYTES;
        n -= LINE_BYTES;
    }
    return f->n && !n ? 0
                      : err_say(err, E_INVALID, KEY_FILE " %s: it holds no key", f->path);
}

int key_file_read(struct key_file *f, struct err *err)
{
    char text[FILE_BYTES + 1];
    size_t n = sizeof(text);
    int rc;

    f->n = 0;
    rc = file_read_private(KEY_FILE, f->path, text, &n, err);
    if (!rc)
        rc = parse_keys(f, text, n, err);
    wipe(text, sizeof(text));
    return rc;
}

int key_file_write(const struct key_file *f, struct err *err)
{
    char text[FILE_BYTES + 1];
    int rc = 0;

    for (int i = 0; i < f->n; i++) {
        hex_encode(f->key[i].bytes, SEAL_KEY_BYTES, text + i * LINE_BYTES);
        text[(i + 1) * LINE_BYTES - 1] = '\n';
    }
    if (!file_replace(f->path, (struct str){ text, (size_t)f->n * LINE_BYTES }))
        rc = err_say(err, E_IO, KEY_FILE " %s: %s", f->path, strerror(errno));
    wipe(text, sizeof(text));
    return rc;
}

void key_file_wipe(struct key_file *f)
{
    wipe(f->key, sizeof(f->key));
    f->n = 0;
}
