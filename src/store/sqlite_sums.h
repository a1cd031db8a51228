#ifndef STORE_SQLITE_SUMS_H
#define STORE_SQLITE_SUMS_H

/*
 * SQL functions that detect damaged rows.
 *
 * row_sum(a, b, ...) is a checksum of 64 bits over the types and the bytes of all values.
 * set_sum(n) is a checksum over rows that does not depend on their order.  They detect
 * damage, but do not protect against somebody who means to change a row.
 * is_utf8(a, b, ...) is true when all values are UTF-8; a number and NULL count as such.
 * is_json(text, type) is true when the text is JSON of that type: "object", "array", ...
 * (json_type_name).
 */
struct sqlite3;

/* Registers them with a connection; returns SQLite's error code. */
int row_sum_register(struct sqlite3 *handle);

#endif
