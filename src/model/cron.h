#ifndef MODEL_CRON_H
#define MODEL_CRON_H

#include <stdbool.h>

#include "base/str.h"

/*
 * Checks a cron expression: six blank-separated fields, second
 * to week.  Gives NULL when it is sound, else the name of the faulty field
 * ("minute"), with `part` set to the piece of it that is not allowed; for a
 * wrong number of fields "fields", and `part` is empty.
 */
const char *cron_fault(struct str expression, struct str *part, int *fields);

#endif
