#ifndef STORE_SQLITE_SUMS_H
#define STORE_SQLITE_SUMS_H

/*
 * Functions of SQL that tell whether a row is as it was written.
 *
 * row_sum(a, b, ...) is a number that follows from the types and the bytes of all
 * values; another value gives another number, but for one case of 2^64.  set_sum(n) is
 * the same for the same rows in whatever order.  They tell damage, and are no
 * protection against who means to change a row.  is_utf8(a, b, ...) is whether all
 * values are UTF-8; a number and NULL are.  is_json(text, type) is whether the text is
 * JSON of that type: "object", "array", ... (json_type_name).
 */
struct sqlite3;

/* Makes them known to a connection; an error code of SQLite's. */
int row_sum_register(struct sqlite3 *handle);

#endif
