#ifndef ARCHIVE_ZIP_READ_H
#define ARCHIVE_ZIP_READ_H

#include <stdint.h>

#include "base/buf.h"
#include "base/limits.h"

/*
 * Reads zip archives that anybody may have made.  Knows no jobs.
 *
 *     zipr_open(&z, fd, &limits, err)
 *     for i in 0 .. zipr_count(z) - 1: zipr_name(z, i), zipr_read(z, i, &content, err)
 *     zipr_close(z)
 *
 * All that can be known without inflating is checked by zipr_open(), so what it
 * opened has true structure, clean names, and sizes under the limits.  Contents are
 * read one at a time.  Time is n log n in the entries, whatever the names are.  Memory:
 * what the names take (they stand in the archive twice, so at most half its size),
 * 80 bytes an entry, and twice the largest entry that was read.
 *
 * Read:
 * - entries stored or deflated, with or without data descriptors, zip64, extra fields
 *   and comments, gaps between entries, zeros behind the end (tar's blocks);
 * - names as UTF-8, where bit 11 or a Unicode path field (0x7075) says so, or where
 *   their bytes happen to be valid UTF-8; else as CP437, as DOS and old tools wrote
 *   them.  GBK is not told from CP437: such names come out wrong;
 * - folders, which are checked like files, and then left out.
 *
 * Refused, with E_INVALID: what is no zip or is cut off; bytes before the first entry
 * or behind the end (self-extractors); archives of several parts; a directory that
 * contradicts the end records or the local headers; entries that overlap; two entries
 * of one name, byte for byte; encryption; other methods; links and devices; sizes that
 * cannot be true (deflate makes at most 1,032 bytes of one); damaged contents, wrong
 * CRCs; names that are empty or absolute, have empty segments, ., .., backslashes,
 * control characters, a drive letter, or are not the UTF-8 that bit 11 promises.
 *
 * Errors have a row of errors/details.def, and no API code: that is the caller's.
 */
struct zipr_limits {
    uint64_t max_entries;        /* files and folders; at most 2^24 */
    uint64_t max_unpacked_bytes; /* of all entries */
    uint64_t max_entry_bytes;    /* of one, packed and unpacked; at most 2^40 */
    uint64_t max_ratio;          /* all unpacked bytes for one of the archive; from
                                    ARCHIVE_MAX_RATIO on it refuses nothing that is
                                    true, so max_unpacked_bytes does the work */
    size_t max_name_bytes;       /* as they stand in the archive */
    size_t max_depth;            /* segments of a name */
};

struct zipr;

/*
 * Opens the archive that is the whole of `fd`, a file; its position is not used.
 * `fd` stays the caller's, to be closed after zipr_close(), and its contents are not
 * to change meanwhile.  E_INVALID; E_LIMIT, before the memory is taken; E_IO; E_NOMEM.
 */
int zipr_open(struct zipr **out, int fd, const struct zipr_limits *limits,
              struct err *err) MUST_CHECK;

/* Accepts NULL. */
void zipr_close(struct zipr *z);

/* The files, in the order of the directory. */
size_t zipr_count(const struct zipr *z);

/* Clean UTF-8 with a NUL behind it; borrowed from `z`. */
struct str zipr_name(const struct zipr *z, size_t i);

/* The size of the content. */
uint64_t zipr_raw_size(const struct zipr *z, size_t i);

/*
 * The content of file `i`, whole and with the right CRC.  `out` is set up by the
 * callee; the caller releases it; it is empty after a failure.  E_INVALID, E_IO,
 * E_NOMEM.  One thread at a time.
 */
int zipr_read(struct zipr *z, size_t i, struct buf *out, struct err *err) MUST_CHECK;

#endif
