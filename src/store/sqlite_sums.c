#include "store/sqlite_sums.h"

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/err.h"
#include "base/str.h"
#include "base/utf8.h"
#include "json/json.h"

#define BASIS 14695981039346656037UL
#define PRIME 1099511628211UL

/* As FNV-1a, but word by word, of which each moves all bits. */
static uint64_t add_word(uint64_t sum, uint64_t word)
{
    sum = (sum ^ word) * PRIME;
    return sum ^ sum >> 32;
}

static uint64_t add_bytes(uint64_t sum, const unsigned char *bytes, size_t n)
{
    for (size_t at = 0; at < n; at += sizeof(uint64_t)) {
        uint64_t word = 0;

        memcpy(&word, bytes + at, n - at < sizeof(word) ? n - at : sizeof(word));
        sum = add_word(sum, word);
    }
    return sum;
}

/* The type and the length come first, so that no value runs into the next. */
static uint64_t add_value(uint64_t sum, sqlite3_value *v)
{
    uint64_t type = (uint64_t)sqlite3_value_type(v);
    const void *bytes;
    size_t n;

    if (type == SQLITE_NULL)
        return add_word(sum, type);
    if (type == SQLITE_INTEGER)
        return add_word(add_word(sum, type), (uint64_t)sqlite3_value_int64(v));
    bytes = sqlite3_value_blob(v);
    n = bytes ? (size_t)sqlite3_value_bytes(v) : 0;
    return add_bytes(add_word(sum, type | (uint64_t)n << 8), bytes, n);
}

static void row_sum(sqlite3_context *context, int n, sqlite3_value **values)
{
    uint64_t sum = BASIS;

    for (int i = 0; i < n; i++)
        sum = add_value(sum, values[i]);
    sqlite3_result_int64(context, (int64_t)sum);
}

static void set_step(sqlite3_context *context, int n, sqlite3_value **values)
{
    uint64_t *sum = sqlite3_aggregate_context(context, sizeof(*sum));

    (void)n;
    if (sum)
        *sum ^= (uint64_t)sqlite3_value_int64(values[0]);
    else
        sqlite3_result_error_nomem(context);
}

/* 0 of no rows. */
static void set_final(sqlite3_context *context)
{
    const uint64_t *sum = sqlite3_aggregate_context(context, 0);

    sqlite3_result_int64(context, sum ? (int64_t)*sum : 0);
}

static void is_utf8(sqlite3_context *context, int n, sqlite3_value **values)
{
    bool all = true;

    for (int i = 0; i < n; i++)
        if (sqlite3_value_type(values[i]) >= SQLITE_TEXT &&
            sqlite3_value_type(values[i]) != SQLITE_NULL)
            all =
                all && utf8_valid((struct str){ sqlite3_value_blob(values[i]),
                                                (size_t)sqlite3_value_bytes(values[i]) });
    sqlite3_result_int(context, all);
}

/* is_json(text, type): of that type at its root.  The engine's own json_valid() says no
 * when memory runs out; this fails. */
static void is_json(sqlite3_context *context, int n, sqlite3_value **values)
{
    struct str text = { sqlite3_value_blob(values[0]),
                        (size_t)sqlite3_value_bytes(values[0]) };
    struct err err = ERR_INIT;
    struct json_doc doc;
    int rc = json_read(&doc, text.p ? text : STR(""), UINT32_MAX, &err);

    (void)n;
    if (rc == E_NOMEM)
        sqlite3_result_error_nomem(context);
    else
        sqlite3_result_int(context,
                           !rc && str_is(str_of(json_type_name(json_type(&doc, 0))),
                                         (const char *)sqlite3_value_text(values[1])));
    json_release(&doc);
    err_clear(&err);
}

int row_sum_register(sqlite3 *handle)
{
    static const struct {
        const char *name;
        int arguments;
        void (*call)(sqlite3_context *context, int n, sqlite3_value **values);
        void (*end)(sqlite3_context *context); /* of an aggregate */
    } functions[] = {
        { "row_sum", -1, row_sum, NULL },
        { "set_sum", 1, set_step, set_final },
        { "is_utf8", -1, is_utf8, NULL },
        { "is_json", 2, is_json, NULL },
    };
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS, code = SQLITE_OK;

    for (size_t i = 0; code == SQLITE_OK && i < sizeof(functions) / sizeof(*functions);
         i++) {
        bool sums = functions[i].end != NULL;

        code = sqlite3_create_function(handle, functions[i].name, functions[i].arguments,
                                       flags, NULL, sums ? NULL : functions[i].call,
                                       sums ? functions[i].call : NULL, functions[i].end);
    }
    return code;
}
