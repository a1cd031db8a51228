#ifndef ARCHIVE_DEFLATE_H
#define ARCHIVE_DEFLATE_H

#include <stdint.h>

#include "base/buf.h"

/*
 * One piece of content as a zip entry holds it: deflated, or as it is where
 * deflating does not make it smaller.  Which of the two follows from the
 * sizes: it is deflated exactly when stored.len is less than the raw size.
 */

/* Makes the stored form of `raw`.  `stored` is set up by the callee; the caller
 * releases it.  E_NOMEM. */
int deflate_make(struct buf *stored, struct str raw, struct err *err) MUST_CHECK;

/* Appends the `raw_size` bytes that `stored` was made of.  E_INTERNAL when it
 * is damaged; E_NOMEM. */
int deflate_undo(struct buf *raw, struct str stored, size_t raw_size,
                 struct err *err) MUST_CHECK;

/* The CRC-32 of zip. */
uint32_t deflate_crc32(struct str raw);

#endif
