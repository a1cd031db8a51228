#include "archive/zip_read_int.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "errors/errors.h"

#define LOCAL_BYTES 30

#define EXTRA_ZIP64 0x0001
#define EXTRA_UNICODE 0x7075
#define MADE_BY_UNIX 3
#define MADE_BY_MACOS 19

/* Deflate's best: 258 bytes for two bits. */
#define DEFLATE_RATIO 1032

/* ---- the directory ---- */

/* The field of that id; empty when there is none. */
static struct str find_extra(struct str extra, uint64_t id)
{
    while (extra.n >= 4) {
        struct str field = str_from(extra, 4);
        size_t n = zipr_number(extra.p + 2, 2);

        if (n > field.n)
            break;
        if (zipr_number(extra.p, 2) == id)
            return (struct str){ field.p, n };
        extra = str_from(field, n);
    }
    return (struct str){ 0 };
}

/* Numbers that are too large for 32 bits stand in an extra field, one behind the
 * other. */
static bool widen(struct str extra, uint64_t *numbers, size_t n)
{
    struct str wide = find_extra(extra, EXTRA_ZIP64);

    for (size_t i = 0; i < n; i++) {
        if (numbers[i] != MAX32)
            continue;
        if (wide.n < 8)
            return false;
        numbers[i] = zipr_number(wide.p, 8);
        wide = str_from(wide, 8);
    }
    return true;
}

bool zipr_is_folder(const struct zipr_entry *e)
{
    return e->name.p[e->name.n - 1] == '/';
}

/* What the Unix mode says, where there is one: neither a link nor a device. */
static bool is_plain(const struct zipr_entry *e, int made_by, uint64_t attributes)
{
    uint64_t type = attributes >> 16 & S_IFMT;

    if (made_by != MADE_BY_UNIX && made_by != MADE_BY_MACOS)
        return true;
    return type == 0 || type == (zipr_is_folder(e) ? S_IFDIR : S_IFREG);
}

static int bad_method(const struct zipr_entry *e, struct err *err)
{
    return err_set(err, E_INVALID, API_OK, DET_ZIP_METHOD, e->name.p, NUM(e->method));
}

static int check_kind(const struct zipr *z, const struct zipr_entry *e,
                      const uint8_t *row, struct err *err)
{
    if (e->flags & FLAGS_ENCRYPTED)
        return zipr_refuse(z, e, DET_ZIP_ENCRYPTED, err);
    if (e->method != METHOD_STORED && e->method != METHOD_DEFLATED)
        return bad_method(e, err);
    if (zipr_number(row + 34, 2) != 0)
        return zipr_refuse_all(DET_ZIP_DISKS, err);
    if (!is_plain(e, row[5], zipr_number(row + 38, 4)))
        return zipr_refuse(z, e, DET_ZIP_LINK, err);
    return 0;
}

static int too_large(const struct zipr *z, const struct zipr_entry *e, uint64_t size,
                     struct err *err)
{
    return err_set(err, E_LIMIT, API_OK, DET_TOO_LARGE, e->name.p,
                   NUM(z->limits.max_entry_bytes), NUM(size));
}

static int check_sizes(const struct zipr *z, const struct zipr_entry *e, struct err *err)
{
    uint64_t larger = e->raw > e->stored ? e->raw : e->stored;

    if (larger > z->limits.max_entry_bytes)
        return too_large(z, e, larger, err);
    if (e->method == METHOD_STORED ? e->raw != e->stored
                                   : e->raw / DEFLATE_RATIO > e->stored)
        return zipr_refuse(z, e, DET_ZIP_SIZES, err);
    return zipr_is_folder(e) && e->raw ? zipr_refuse(z, e, DET_ZIP_FOLDER, err) : 0;
}

static int fill_entry(struct zipr *z, struct zipr_entry *e, const uint8_t *row,
                      struct err *err)
{
    struct str name = { (const char *)row + ROW_BYTES, zipr_number(row + 28, 2) };
    struct str extra = { name.p + name.n, zipr_number(row + 30, 2) };
    uint64_t numbers[] = { zipr_number(row + 24, 4), zipr_number(row + 20, 4),
                           zipr_number(row + 42, 4) };
    int rc;

    e->flags = (uint16_t)zipr_number(row + 8, 2);
    e->method = (uint16_t)zipr_number(row + 10, 2);
    e->crc32 = (uint32_t)zipr_number(row + 16, 4);
    if (!widen(extra, numbers, 3))
        return zipr_refuse_all(DET_ZIP_DIRECTORY, err);
    e->raw = numbers[0];
    e->stored = numbers[1];
    e->at = numbers[2];
    rc = zipr_read_name(z, e, name, find_extra(extra, EXTRA_UNICODE), err);
    if (!rc)
        rc = check_kind(z, e, row, err);
    return rc ? rc : check_sizes(z, e, err);
}

/* Gives the whole row at *at, and moves *at behind it. */
static int next_row(struct zipr *z, uint64_t *at, const uint8_t **row, struct err *err)
{
    uint64_t room = z->directory_end - *at, n = ROW_BYTES;
    int rc;

    if (room < n)
        return zipr_refuse_all(DET_ZIP_DIRECTORY, err);
    rc = zipr_look(z, *at, n, row, err);
    if (rc)
        return rc;
    n +=
        zipr_number(*row + 28, 2) + zipr_number(*row + 30, 2) + zipr_number(*row + 32, 2);
    if (!zipr_is_record(*row, "PK\1\2") || room < n)
        return zipr_refuse_all(DET_ZIP_DIRECTORY, err);
    rc = zipr_look(z, *at, n, row, err);
    *at += n;
    return rc;
}

static int check_total(const struct zipr *z, uint64_t unpacked, struct err *err)
{
    const struct zipr_limits *most = &z->limits;

    if (unpacked > most->max_unpacked_bytes)
        return zipr_too_many(unpacked, DET_ARCHIVE_UNPACKED, most->max_unpacked_bytes,
                             err);
    if (unpacked / most->max_ratio <= z->size)
        return 0;
    return err_set(err, E_LIMIT, API_OK, DET_ZIP_RATIO, NUM(most->max_ratio));
}

int zipr_read_rows(struct zipr *z, struct err *err)
{
    uint64_t at = z->directory, unpacked = 0;
    const uint8_t *row = NULL;
    int rc = 0;

    z->entries = calloc(z->n + 1, sizeof(*z->entries));
    if (!z->entries)
        return err_nomem(err);
    for (size_t i = 0; !rc && i < z->n; i++) {
        rc = next_row(z, &at, &row, err);
        if (!rc)
            rc = fill_entry(z, &z->entries[i], row, err);
        unpacked += z->entries[i].raw;
    }
    if (rc)
        return rc;
    return at == z->directory_end ? check_total(z, unpacked, err)
                                  : zipr_refuse_all(DET_ZIP_DIRECTORY, err);
}

/* ---- local headers ---- */

/* A number in front equals that of the directory, or waits for the descriptor. */
static bool agrees(uint64_t local, uint64_t row, uint64_t flags)
{
    return local == row || (local == 0 && flags & FLAG_DESCRIPTOR);
}

int zipr_read_local(struct zipr *z, struct zipr_entry *e, struct err *err)
{
    const uint8_t *p;
    uint64_t flags, numbers[2];
    struct str name, extra;
    int rc = zipr_look(z, e->at, LOCAL_BYTES, &p, err);

    if (rc)
        return rc;
    if (!zipr_is_record(p, "PK\3\4"))
        return zipr_refuse(z, e, DET_ZIP_DIFFERS, err);
    name.n = zipr_number(p + 26, 2);
    extra.n = zipr_number(p + 28, 2);
    rc = zipr_look(z, e->at, LOCAL_BYTES + name.n + extra.n, &p, err);
    if (rc)
        return rc;
    extra.p = (const char *)p + LOCAL_BYTES + name.n;
    flags = zipr_number(p + 6, 2);
    numbers[0] = zipr_number(p + 22, 4);
    numbers[1] = zipr_number(p + 18, 4);
    name.p = (const char *)p + LOCAL_BYTES;
    if (!widen(extra, numbers, 2) || flags & FLAGS_ENCRYPTED ||
        zipr_number(p + 8, 2) != e->method || !str_eq(name, e->raw_name) ||
        !agrees(zipr_number(p + 14, 4), e->crc32, flags) ||
        !agrees(numbers[0], e->raw, flags) || !agrees(numbers[1], e->stored, flags))
        return zipr_refuse(z, e, DET_ZIP_DIFFERS, err);
    e->at += LOCAL_BYTES + name.n + extra.n;
    return 0;
}
