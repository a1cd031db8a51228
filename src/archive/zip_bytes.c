#include "archive/zip_read_int.h"

#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "errors/errors.h"

/* The bytes of the file, and how what they say is refused: what all parts stand on. */

#define WINDOW_STEP 4096

uint64_t zipr_number(const void *p, int bytes)
{
    const uint8_t *byte = p;
    uint64_t v = 0;

    while (bytes-- > 0)
        v = v << 8 | byte[bytes];
    return v;
}

int zipr_refuse_all(int detail, struct err *err)
{
    return err_set(err, E_INVALID, API_OK, detail);
}

int zipr_refuse(const struct zipr *z, const struct zipr_entry *e, int detail,
                struct err *err)
{
    char number[24];

    snprintf(number, sizeof(number), "#%td", e - z->entries + 1);
    return err_set(err, E_INVALID, API_OK, detail, e->name.n ? e->name.p : number);
}

int zipr_fetch(const struct zipr *z, void *bytes, size_t n, uint64_t at, struct err *err)
{
    char *p = bytes;

    while (n > 0) {
        ssize_t got = pread(z->fd, p, n, (off_t)at);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return err_say(err, E_IO, "%s", strerror(errno));
        if (got == 0)
            return zipr_refuse_all(DET_ZIP_CUT, err);
        p += got;
        at += (uint64_t)got;
        n -= (size_t)got;
    }
    return 0;
}

int zipr_look(struct zipr *z, uint64_t at, size_t n, const uint8_t **p, struct err *err)
{
    size_t want = n > WINDOW_STEP ? n : WINDOW_STEP;
    int rc;

    if (at > z->size || n > z->size - at)
        return zipr_refuse_all(DET_ZIP_CUT, err);
    if (at < z->window_at || at + n > z->window_at + z->window_n) {
        if (want > z->size - at)
            want = z->size - at;
        z->window_n = 0;
        rc = zipr_fetch(z, z->window, want, at, err);
        if (rc)
            return rc;
        z->window_at = at;
        z->window_n = want;
    }
    *p = z->window + (at - z->window_at);
    return 0;
}

int zipr_too_many(uint64_t got, int detail, uint64_t most, struct err *err)
{
    return err_set(err, E_LIMIT, API_OK, detail, NUM(got), NUM(most));
}
