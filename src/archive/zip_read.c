#include "archive/zip_read.h"

#include <assert.h>
#include <errno.h>
#include <libdeflate.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "archive/deflate.h"
#include "archive/zip_read_int.h"
#include "base/buf.h"
#include "errors/errors.h"

/* Larger limits than these would make the sums overflow. */
#define ENTRIES_MAX (1UL << 24)
#define ENTRY_BYTES_MAX (1UL << 40)

/* ---- entries beside each other ---- */

static int by_place(const void *a, const void *b)
{
    const struct zipr_entry *x = *(struct zipr_entry *const *)a;
    const struct zipr_entry *y = *(struct zipr_entry *const *)b;

    return (x->at > y->at) - (x->at < y->at);
}

static int by_name(const void *a, const void *b)
{
    const struct zipr_entry *x = *(struct zipr_entry *const *)a;
    const struct zipr_entry *y = *(struct zipr_entry *const *)b;

    return str_cmp(x->name, y->name);
}

/*
 * Reads each local header, in the order of the file, which moves the entry's `at` from
 * the header to the content.  The first entry must begin the file; each must end before
 * the next begins, and the last before the directory.  So no byte is unpacked twice, and
 * no more is read than the file has.  E_INVALID; E_IO where a header cannot be read.
 */
static int check_places(struct zipr *z, struct zipr_entry **sorted, struct err *err)
{
    uint64_t end = 0;
    int rc;

    if ((z->n ? sorted[0]->at : z->directory) != 0)
        return err_set(err, E_INVALID, API_OK, DET_ZIP_LEADING);
    for (size_t i = 0; i < z->n; i++) {
        struct zipr_entry *e = sorted[i];

        if (e->at < end)
            return zipr_refuse(z, e, DET_ZIP_OVERLAP, err);
        rc = zipr_read_local(z, e, err);
        if (rc)
            return rc;
        end = e->at + e->stored;
        if (end > z->directory)
            return zipr_refuse(z, e, DET_ZIP_OVERLAP, err);
    }
    return 0;
}

static int check_names(const struct zipr *z, struct zipr_entry **sorted, struct err *err)
{
    for (size_t i = 1; i < z->n; i++)
        if (str_eq(sorted[i - 1]->name, sorted[i]->name))
            return zipr_refuse(z, sorted[i], DET_ZIP_TWICE, err);
    return 0;
}

static int check_entries(struct zipr *z, struct err *err)
{
    struct zipr_entry **sorted = calloc(z->n + 1, sizeof(struct zipr_entry *));
    int rc;

    if (!sorted)
        return err_nomem(err);
    for (size_t i = 0; i < z->n; i++)
        sorted[i] = &z->entries[i];
    qsort(sorted, z->n, sizeof(struct zipr_entry *), by_place);
    rc = check_places(z, sorted, err);
    if (!rc) {
        qsort(sorted, z->n, sizeof(struct zipr_entry *), by_name);
        rc = check_names(z, sorted, err);
    }
    free(sorted);
    return rc;
}

static void leave_out_folders(struct zipr *z)
{
    size_t kept = 0;

    for (size_t i = 0; i < z->n; i++)
        if (!zipr_is_folder(&z->entries[i]))
            z->entries[kept++] = z->entries[i];
    z->n = kept;
}

/* ---- the archive ---- */

static int find_size(struct zipr *z, struct err *err)
{
    struct stat s;

    if (fstat(z->fd, &s))
        return err_say(err, E_IO, "%s", strerror(errno));
    if (!S_ISREG(s.st_mode))
        return err_set(err, E_INVALID, API_OK, DET_ZIP_NONE);
    z->size = (uint64_t)s.st_size;
    return 0;
}

static int read_all(struct zipr *z, struct err *err)
{
    int rc = find_size(z, err);

    if (!rc)
        rc = zipr_read_end(z, err);
    if (!rc)
        rc = zipr_read_rows(z, err);
    if (!rc)
        rc = check_entries(z, err);
    return rc;
}

int zipr_open(struct zipr **out, int fd, const struct zipr_limits *limits,
              struct err *err)
{
    struct zipr *z = calloc(1, sizeof(*z));
    int rc;

    assert(limits->max_entries <= ENTRIES_MAX && limits->max_ratio > 0);
    assert(limits->max_entry_bytes <= ENTRY_BYTES_MAX);
    if (!z)
        return err_nomem(err);
    z->fd = fd;
    z->limits = *limits;
    z->stored = BUF_INIT(limits->max_entry_bytes);
    rc = read_all(z, err);
    if (rc) {
        zipr_close(z);
        return rc;
    }
    free(z->window);
    z->window = NULL;
    leave_out_folders(z);
    *out = z;
    return 0;
}

void zipr_close(struct zipr *z)
{
    if (!z)
        return;
    libdeflate_free_decompressor(z->inflater);
    buf_wipe(&z->stored); /* there may be secrets in it, hardly hidden */
    arena_release(&z->names);
    free(z->window);
    free(z->entries);
    free(z);
}

size_t zipr_count(const struct zipr *z)
{
    return z->n;
}

struct str zipr_name(const struct zipr *z, size_t i)
{
    assert(i < z->n);
    return z->entries[i].name;
}

uint64_t zipr_raw_size(const struct zipr *z, size_t i)
{
    assert(i < z->n);
    return z->entries[i].raw;
}

/* ---- contents ---- */

/* `out` has room for the content. */
static int inflate(struct zipr *z, const struct zipr_entry *e, struct buf *out,
                   struct err *err)
{
    enum libdeflate_result result;
    size_t used = 0;
    int rc;

    if (!z->inflater)
        z->inflater = libdeflate_alloc_decompressor();
    buf_clear(&z->stored);
    if (z->stored.cap < e->stored)
        buf_wipe(&z->stored); /* growth would leave a copy behind */
    buf_reserve(&z->stored, e->stored);
    if (!z->inflater || z->stored.bad)
        return err_nomem(err);
    rc = zipr_fetch(z, z->stored.ptr, e->stored, e->at, err);
    if (rc)
        return rc;
    result = libdeflate_deflate_decompress_ex(z->inflater, z->stored.ptr, e->stored,
                                              out->ptr, e->raw, &used, NULL);
    if (result == LIBDEFLATE_BAD_DATA)
        return zipr_refuse(z, e, DET_ZIP_DAMAGED, err);
    if (result != LIBDEFLATE_SUCCESS || used != e->stored)
        return zipr_refuse(z, e, DET_ZIP_SIZES, err);
    return 0;
}

static int read_content(struct zipr *z, const struct zipr_entry *e, struct buf *out,
                        struct err *err)
{
    int rc;

    buf_reserve(out, e->raw);
    if (out->bad)
        return err_nomem(err);
    rc = e->method == METHOD_STORED ? zipr_fetch(z, out->ptr, e->raw, e->at, err)
                                    : inflate(z, e, out, err);
    if (rc)
        return rc;
    out->len = e->raw;
    return deflate_crc32(buf_str(out)) == e->crc32 ? 0
                                                   : zipr_refuse(z, e, DET_ZIP_CRC, err);
}

int zipr_read(struct zipr *z, size_t i, struct buf *out, struct err *err)
{
    int rc;

    assert(i < z->n);
    *out = BUF_INIT(z->entries[i].raw);
    rc = read_content(z, &z->entries[i], out, err);
    if (rc)
        buf_release(out);
    return rc;
}
