#include "archive/zip_read_int.h"

#include <stdlib.h>

#include "errors/errors.h"

#define END_BYTES 22
#define LOCATOR_BYTES 20
#define END64_BYTES 56
#define END64_HEAD_BYTES 12 /* its own length does not count these */

/* The numbers of an end record: where they stand in it, and in that of zip64. */
enum end_number { DISK, DIRECTORY_DISK, ROWS_HERE, ROWS, BYTES, AT, END_NUMBERS };

/* clang-format off */
static const struct {
    int at, bytes, at64, bytes64;
} places[END_NUMBERS] = {
    [DISK]           = {  4, 2, 16, 4 },
    [DIRECTORY_DISK] = {  6, 2, 20, 4 },
    [ROWS_HERE]      = {  8, 2, 24, 8 },
    [ROWS]           = { 10, 2, 32, 8 },
    [BYTES]          = { 12, 4, 40, 8 },
    [AT]             = { 16, 4, 48, 8 },
};
/* clang-format on */

/* Why there is no end record: it was not there, or it is not at the end. */
static int no_end(struct zipr *z, bool before, struct err *err)
{
    const uint8_t *p;
    int rc;

    if (before)
        return zipr_refuse_all(DET_ZIP_TRAILING, err);
    if (z->size < 4)
        return zipr_refuse_all(DET_ZIP_NONE, err);
    rc = zipr_look(z, 0, 4, &p, err);
    if (rc)
        return rc;
    return zipr_refuse_all(zipr_is_record(p, "PK\3\4") ? DET_ZIP_CUT : DET_ZIP_NONE, err);
}

/* The last record whose comment ends where the file does, but for zeros. */
static int find_end(struct zipr *z, const uint8_t **record, struct err *err)
{
    size_t n = z->size < END_BYTES + MAX16 ? z->size : END_BYTES + MAX16;
    size_t padding = n;
    bool before = false;
    const uint8_t *p;
    int rc = zipr_look(z, z->size - n, n, &p, err);

    if (rc)
        return rc;
    while (padding > 0 && p[padding - 1] == 0)
        padding--;
    for (size_t i = n; i-- > 0;) {
        size_t end = i + END_BYTES;

        if (end > n || !zipr_is_record(p + i, "PK\5\6"))
            continue;
        end += zipr_number(p + i + 20, 2);
        if (end >= padding && end <= n) {
            z->directory_end = z->size - n + i;
            *record = p + i;
            return 0;
        }
        before |= end < n;
    }
    return no_end(z, before, err);
}

/* Replaces the numbers by those of zip64; they may differ only where they are too large
 * for their place. */
static int read_end64(struct zipr *z, uint64_t *numbers, struct err *err)
{
    uint64_t locator = z->directory_end - LOCATOR_BYTES, at;
    const uint8_t *p;
    int rc = zipr_look(z, locator, LOCATOR_BYTES, &p, err);

    if (rc || !zipr_is_record(p, "PK\6\7"))
        return rc;
    at = zipr_number(p + 8, 8);
    if (zipr_number(p + 4, 4) != 0 || zipr_number(p + 16, 4) > 1)
        return zipr_refuse_all(DET_ZIP_DISKS, err);
    if (at > locator - END64_BYTES)
        return zipr_refuse_all(DET_ZIP_DIRECTORY, err);
    rc = zipr_look(z, at, END64_BYTES, &p, err);
    if (rc)
        return rc;
    if (!zipr_is_record(p, "PK\6\6") ||
        zipr_number(p + 4, 8) != locator - END64_HEAD_BYTES - at)
        return zipr_refuse_all(DET_ZIP_DIRECTORY, err);
    for (int i = 0; i < END_NUMBERS; i++) {
        uint64_t wide = zipr_number(p + places[i].at64, places[i].bytes64);

        if (numbers[i] != wide && numbers[i] != (places[i].bytes == 2 ? MAX16 : MAX32))
            return zipr_refuse_all(DET_ZIP_DIRECTORY, err);
        numbers[i] = wide;
    }
    z->directory_end = at;
    return 0;
}

static int check_end(struct zipr *z, const uint64_t *numbers, struct err *err)
{
    if (numbers[DISK] || numbers[DIRECTORY_DISK] || numbers[ROWS_HERE] != numbers[ROWS])
        return zipr_refuse_all(DET_ZIP_DISKS, err);
    if (numbers[BYTES] > z->directory_end ||
        numbers[AT] != z->directory_end - numbers[BYTES])
        return zipr_refuse_all(DET_ZIP_DIRECTORY, err);
    if (numbers[ROWS] > z->limits.max_entries)
        return zipr_too_many(numbers[ROWS], DET_ARCHIVE_ENTRIES, z->limits.max_entries,
                             err);
    if (numbers[ROWS] > numbers[BYTES] / ROW_BYTES)
        return zipr_refuse_all(DET_ZIP_DIRECTORY, err);
    z->directory = numbers[AT];
    z->n = numbers[ROWS];
    return 0;
}

int zipr_read_end(struct zipr *z, struct err *err)
{
    uint64_t numbers[END_NUMBERS];
    const uint8_t *p = NULL;
    int rc;

    z->window = malloc(ZIPR_WINDOW_BYTES);
    if (!z->window)
        return err_nomem(err);
    rc = find_end(z, &p, err);
    if (rc)
        return rc;
    for (int i = 0; i < END_NUMBERS; i++)
        numbers[i] = zipr_number(p + places[i].at, places[i].bytes);
    if (z->directory_end >= END64_BYTES + LOCATOR_BYTES)
        rc = read_end64(z, numbers, err);
    return rc ? rc : check_end(z, numbers, err);
}
