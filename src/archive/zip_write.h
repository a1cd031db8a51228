#ifndef ARCHIVE_ZIP_WRITE_H
#define ARCHIVE_ZIP_WRITE_H

#include <stdint.h>

#include "base/buf.h"

/*
 * Writes zip archives of content that is deflated already, entry by entry, in
 * one pass forward.  Knows no jobs.
 *
 *     struct zipw z;
 *     zipw_init(&z);
 *     for each entry: zipw_entry(&z, &entry, out), then its stored bytes
 *     for each entry again: zipw_directory(&z, &entry, out)
 *     zipw_end(&z, out)
 *
 * The same entries give the same bytes: every time is 1980-01-01 00:00:00,
 * there are no extra fields, data descriptors, folders or comments.  Names are
 * UTF-8; bit 11 says so where a name is not ASCII.  Zip64 records are written
 * only where a number needs them: more than 65,534 entries, or an offset of
 * 4 GiB - 1 or more.  docs/archive-format.md has the bytes.
 */
struct zip_entry {
    struct str name;      /* at most 65,535 bytes */
    uint32_t crc32;       /* of the content */
    uint32_t raw_size;    /* of the content; below 4 GiB */
    uint32_t stored_size; /* deflated when less than raw_size, else equal */
    uint64_t offset;      /* set by zipw_entry() */
    const void *owner;    /* the caller's */
};

struct zipw {
    uint64_t offset;          /* bytes of the archive so far */
    uint64_t entries, listed; /* by zipw_entry(), by zipw_directory() */
    uint64_t directory;       /* where the central directory begins */
};

void zipw_init(struct zipw *z);

/* Appends the local header of `e`; its stored_size bytes follow, by the caller,
 * before anything else is written. */
void zipw_entry(struct zipw *z, struct zip_entry *e, struct buf *out);

/* Appends the entry's row of the central directory, in the same order. */
void zipw_directory(struct zipw *z, const struct zip_entry *e, struct buf *out);

/* Appends the end records. */
void zipw_end(struct zipw *z, struct buf *out);

/* The exact size of the archive of these entries, before one is written. */
uint64_t zipw_size(const struct zip_entry *entries, size_t n);

#endif
