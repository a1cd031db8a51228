#ifndef JSON_JSON_H
#define JSON_JSON_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/str.h"

/*
 * JSON in: one text becomes one flat array of values.
 *
 * The dialect (docs/adr/0002) is RFC 8259 to the letter, UTF-8 without a byte
 * order mark, no member twice in one object, no \u0000, no lone surrogates,
 * limits on depth and on the number of values.  Numbers are never converted:
 * their text is kept, so 120.10 and 12345678901234567890 stay as they are.
 *
 * Value 0 is the root.  The values below a container follow it, each with all
 * that is below it, up to `next`; JSON_EACH goes through them.
 */
enum json_type {
    JSON_NULL,
    JSON_FALSE,
    JSON_TRUE,
    JSON_NUMBER,
    JSON_STRING,
    JSON_ARRAY,
    JSON_OBJECT
};

struct json_value {
    uint32_t key, key_len; /* where the member's name stands */
    uint32_t pos, len;     /* where the string or number stands; a container's
                              len is the number of its members */
    uint32_t next;         /* the value after this one and all below it */
    uint8_t type;          /* enum json_type */
    bool key_plain, plain; /* stands in doc->plain: it had escapes */
    bool keyed;            /* is a member of an object */
};

struct json_doc {
    struct str text;  /* borrowed; must outlive the document */
    struct buf plain; /* strings that had escapes, without them */
    struct json_value *value;
    uint32_t count, cap;
};

/*
 * Reads `text` (at most 4 GiB) with at most `max_values` values.  Fails with
 * E_INVALID, DLF_3051 and the path of the fault, or E_NOMEM.  In either case
 * json_release() frees what `doc` has.
 */
int json_read(struct json_doc *doc, struct str text, uint32_t max_values,
              struct err *err) MUST_CHECK;
void json_release(struct json_doc *doc);

/* The value after `at` and all below it. */
static inline uint32_t json_next(const struct json_doc *doc, uint32_t at)
{
    return doc->value[at].next;
}

/* Goes through the members or items of the container `at`, as `i`. */
#define JSON_EACH(i, doc, at)                                                            \
    for (uint32_t i = (at) + 1; i < json_next(doc, at); i = json_next(doc, i))

static inline enum json_type json_type(const struct json_doc *doc, uint32_t at)
{
    return (enum json_type)doc->value[at].type;
}

/* The member's name, without quotes and escapes; empty for array items. */
struct str json_key(const struct json_doc *doc, uint32_t at);

/* A string without quotes and escapes, or a number's text. */
struct str json_text(const struct json_doc *doc, uint32_t at);

/* The member `key` of the object `at`, or 0 when there is none. */
uint32_t json_find(const struct json_doc *doc, uint32_t at, struct str key);
uint32_t json_member(const struct json_doc *doc, uint32_t at, const char *key);

/* The text of the string member `key` of `at`; .p is NULL when it is absent
 * or no string. */
struct str json_member_text(const struct json_doc *doc, uint32_t at, const char *key);

/* Whether the value is a number without fraction or exponent that fits int64_t.  It may
 * change *out even when it returns false. */
bool json_int(const struct json_doc *doc, uint32_t at, int64_t *out);

/* Appends the path of a value to an empty buffer, such as nodes[3].name; the root is
 * "body".  The path is for people: it ends early once it is JSON_PATH_MAX bytes long. */
void json_path(const struct json_doc *doc, uint32_t at, struct buf *out);

/* "string", "number", ... for an error's detail. */
const char *json_type_name(enum json_type type);

/*
 * JSON out: a typed writer.  Text goes to `out`, whose limit holds; look at
 * out->bad at the end.  `pretty` is the stored form: two spaces, one member a
 * line, {} and [] for empties; otherwise no white space at all.  Strings are
 * UTF-8 with the fewest escapes.  `key` is STR_NONE in arrays and at the top.
 */
#define JW_MAX_DEPTH (64 + 8)
#define STR_NONE ((struct str){ NULL, 0 })

struct jw {
    struct buf *out;
    bool pretty;
    int depth;
    bool filled[JW_MAX_DEPTH];
};

#define JW_INIT(buf, is_pretty) ((struct jw){ .out = (buf), .pretty = (is_pretty) })

void jw_object(struct jw *jw, struct str key);
void jw_array(struct jw *jw, struct str key);
void jw_end(struct jw *jw, char bracket);
void jw_string(struct jw *jw, struct str key, struct str text);
/* Likewise a buffer's text; one that is bad makes the output bad. */
void jw_buf(struct jw *jw, struct str key, const struct buf *text);
void jw_int(struct jw *jw, struct str key, int64_t number);
void jw_bool(struct jw *jw, struct str key, bool value);

/* A value of a document, with all below it. */
void jw_value(struct jw *jw, struct str key, const struct json_doc *doc, uint32_t at);

/* A JSON text of our own, from a table. */
void jw_literal(struct jw *jw, struct str key, const char *json);

#endif
