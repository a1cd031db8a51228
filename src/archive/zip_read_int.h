#ifndef ARCHIVE_ZIP_READ_INT_H
#define ARCHIVE_ZIP_READ_INT_H

/*
 * What the parts of the reader share: zip_read.c (open, contents), zip_end.c (the
 * records at the end), zip_records.c (those of entries), zip_name.c (names), and
 * zip_bytes.c below them (the file's bytes, refusals).
 */
#include "archive/zip_read.h"
#include "base/arena.h"

#define METHOD_STORED 0
#define METHOD_DEFLATED 8
#define FLAGS_ENCRYPTED (1 << 0 | 1 << 6 | 1 << 13)
#define FLAG_DESCRIPTOR (1 << 3) /* CRC and sizes may be missing in front */
#define FLAG_UTF8 (1 << 11)

#define MAX16 0xffffu
#define MAX32 0xffffffffu

/* A row of the directory.  One with the longest name, extra fields and comment is what
 * is looked at most. */
#define ROW_BYTES 46
#define ZIPR_WINDOW_BYTES (ROW_BYTES + 3 * MAX16)

struct zipr_entry {
    struct str name;      /* nothing until it is known to be clean */
    struct str raw_name;  /* as it stands in the file */
    uint64_t at;          /* of the local header, then of the content */
    uint64_t stored, raw; /* sizes */
    uint32_t crc32;
    uint16_t flags, method;
};

struct libdeflate_decompressor;

struct zipr {
    int fd;
    uint64_t size; /* of the file */
    struct zipr_limits limits;
    uint64_t directory, directory_end; /* offsets */
    struct zipr_entry *entries;
    size_t n;
    struct arena names;
    struct buf stored; /* of the entry that is inflated */
    struct libdeflate_decompressor *inflater;
    uint8_t *window; /* the part of the file that was looked at last */
    uint64_t window_at;
    size_t window_n;
};

/* Reads exactly `n` bytes of the file.  E_INVALID where it ends before; E_IO. */
int zipr_fetch(const struct zipr *z, void *bytes, size_t n, uint64_t at,
               struct err *err) MUST_CHECK;

/* The same, of at most ZIPR_WINDOW_BYTES; `p` is valid until the next look. */
int zipr_look(struct zipr *z, uint64_t at, size_t n, const uint8_t **p,
              struct err *err) MUST_CHECK;

/* Finds the end records: the directory's place, and its number of rows.  E_LIMIT. */
int zipr_read_end(struct zipr *z, struct err *err) MUST_CHECK;

/* Fills all entries from the rows of the directory; E_LIMIT. */
int zipr_read_rows(struct zipr *z, struct err *err) MUST_CHECK;

/* Compares the local header of `e` with its row, and moves e->at to the content. */
int zipr_read_local(struct zipr *z, struct zipr_entry *e, struct err *err) MUST_CHECK;

/* Fails with E_INVALID and a row of details.def. */
int zipr_refuse_all(int detail, struct err *err);

/* Fails with E_LIMIT: there are so many of `what`. */
int zipr_too_many(uint64_t got, int detail, uint64_t most, struct err *err);

/* Fails with E_INVALID, a row of details.def, and the entry's name, or its number
 * while it has none. */
int zipr_refuse(const struct zipr *z, const struct zipr_entry *e, int detail,
                struct err *err);

/* Decodes and checks the name of `e` as it stands in the file, or in its field 0x7075
 * of Unicode, an empty text when there is none.  E_LIMIT. */
int zipr_read_name(struct zipr *z, struct zipr_entry *e, struct str raw,
                   struct str unicode, struct err *err) MUST_CHECK;

static inline bool zipr_is_record(const uint8_t *p, const char *signature)
{
    return memcmp(p, signature, 4) == 0;
}

bool zipr_is_folder(const struct zipr_entry *e);

/* A little-endian number of 1 to 8 bytes. */
uint64_t zipr_number(const void *p, int bytes);

#endif
