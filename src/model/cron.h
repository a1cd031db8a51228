#ifndef MODEL_CRON_H
#define MODEL_CRON_H

#include <stdbool.h>

#include "base/str.h"

/*
 * Checks a cron expression: six fields, separated by blanks, from second to week. Returns
 * NULL when it is valid; otherwise the name of the faulty field, such as "minute", and
 * sets `part` to the part of it that is not allowed.  When the number of fields is wrong
 * it returns "fields", and `part` is empty.
 */
const char *cron_fault(struct str expression, struct str *part, int *fields);

#endif
