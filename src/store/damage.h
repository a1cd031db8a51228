#ifndef STORE_DAMAGE_H
#define STORE_DAMAGE_H

#include <stdint.h>

#include "base/err.h"
#include "base/str.h"

/* Set and return E_INTERNAL because a row is damaged, and log that.  The row is named by
 * its id, or by a text. */
int row_damaged(const char *table, int64_t row, struct err *err);
int row_damaged_text(const char *table, struct str row, struct err *err);

#endif
