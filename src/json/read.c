#include "json/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/utf8.h"
#include "base/wipe.h"
#include "errors/errors.h"
#include "base/banned.h"

struct reader {
    struct json_doc *doc;
    const char *p, *end;
    uint32_t max_values;
    struct err *err;
};

static int bad_syntax(struct reader *r, uint32_t at, int detail, const char *what)
{
    struct buf path = BUF_INIT(JSON_PATH_MAX * 2);
    const char *where = NUM(r->p - r->doc->text.p);

    json_path(r->doc, at, &path);
    err_set(r->err, E_INVALID, DLF_3051, detail, buf_cstr(&path), what ? what : where,
            where);
    buf_release(&path);
    return E_INVALID;
}

static uint32_t last(const struct reader *r)
{
    return r->doc->count - (r->doc->count > 0);
}

static void skip_blanks(struct reader *r)
{
    while (r->p < r->end &&
           (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
        r->p++;
}

/* Sets and returns E_INVALID: at this byte the text should go on with `expected`. */
static int syntax(struct reader *r, const char *expected)
{
    return bad_syntax(r, last(r), DET_SYNTAX, expected);
}

/* A new value; containers stay open (next is the largest number) until read. */
static int push(struct reader *r, enum json_type type, struct json_value key)
{
    struct json_doc *d = r->doc;

    if (d->count >= r->max_values)
        return bad_syntax(r, 0, DET_TOO_MANY_VALUES, NULL);
    if (d->count == d->cap) {
        uint32_t cap = d->cap ? d->cap * 2 : 64;
        struct json_value *v = reallocarray(d->value, cap, sizeof(*v));

        if (!v)
            return err_nomem(r->err);
        d->value = v;
        d->cap = cap;
    }
    key.type = (uint8_t)type;
    key.next = UINT32_MAX;
    d->value[d->count++] = key;
    return 0;
}

static int hex4(struct reader *r, uint32_t *out)
{
    uint32_t v = 0;

    for (int i = 0; i < 4; i++, r->p++) {
        char c = r->p < r->end ? *r->p : 0;

        if (c >= '0' && c <= '9')
            v = v << 4 | (uint32_t)(c - '0');
        else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
            v = v << 4 | (uint32_t)((c | 0x20) - 'a' + 10);
        else
            return bad_syntax(r, last(r), DET_BAD_ESCAPE, NULL);
    }
    *out = v;
    return 0;
}

static int unicode_escape(struct reader *r)
{
    uint32_t c, low;
    char utf8[4];
    int rc = hex4(r, &c);

    if (rc)
        return rc;
    if (c == 0)
        return bad_syntax(r, last(r), DET_NUL, NULL);
    if (c >= 0xdc00 && c <= 0xdfff)
        return bad_syntax(r, last(r), DET_BAD_ESCAPE, NULL);
    if (c >= 0xd800 && c <= 0xdbff) {
        if (r->end - r->p < 2 || r->p[0] != '\\' || r->p[1] != 'u')
            return bad_syntax(r, last(r), DET_BAD_ESCAPE, NULL);
        r->p += 2;
        rc = hex4(r, &low);
        if (rc)
            return rc;
        if (low < 0xdc00 || low > 0xdfff)
            return bad_syntax(r, last(r), DET_BAD_ESCAPE, NULL);
        c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
    buf_add(&r->doc->plain, utf8, (size_t)utf8_encode(c, utf8));
    return 0;
}

static int escape(struct reader *r)
{
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    char c = r->p + 1 < r->end ? r->p[1] : 0;
    const char *found = c ? strchr(from, c) : NULL;

    r->p += 2;
    if (found) {
        buf_addc(&r->doc->plain, to[found - from]);
        return 0;
    }
    if (c == 'u')
        return unicode_escape(r);
    r->p -= 2;
    return bad_syntax(r, last(r), DET_BAD_ESCAPE, NULL);
}

/* One piece without escapes; stops at a quote or a backslash. */
static int plain_piece(struct reader *r)
{
    uint32_t code_point;

    while (r->p < r->end && *r->p != '"' && *r->p != '\\') {
        unsigned char c = (unsigned char)*r->p;
        int len = c < 0x80 ? 1 : utf8_decode(r->p, (size_t)(r->end - r->p), &code_point);

        if (!len)
            return bad_syntax(r, last(r), DET_BAD_UTF8, NULL);
        if (c == 0)
            return bad_syntax(r, last(r), DET_NUL, NULL);
        if (c < 0x20)
            return bad_syntax(r, last(r), DET_CONTROL, NULL);
        r->p += len;
    }
    return r->p < r->end ? 0 : syntax(r, "\"");
}

/* A string with escapes, into doc->plain; `start` is behind the first quote. */
static int escaped_string(struct reader *r, const char *start)
{
    const char *piece = start;
    int rc = 0;

    while (!rc && *r->p != '"') {
        buf_add(&r->doc->plain, piece, (size_t)(r->p - piece));
        rc = escape(r);
        piece = r->p;
        if (!rc)
            rc = plain_piece(r);
    }
    if (rc)
        return rc;
    buf_add(&r->doc->plain, piece, (size_t)(r->p - piece));
    return r->doc->plain.bad ? err_nomem(r->err) : 0;
}

static int string(struct reader *r, uint32_t *pos, uint32_t *len, bool *plain)
{
    const char *start = ++r->p;
    size_t at = r->doc->plain.len;
    int rc = plain_piece(r);

    if (rc)
        return rc;
    *plain = *r->p == '\\';
    if (*plain) {
        if (!r->doc->plain.ptr) /* at once: growth would leave copies behind */
            buf_reserve(&r->doc->plain, r->doc->text.n);
        rc = escaped_string(r, start);
        if (rc)
            return rc;
        *pos = (uint32_t)at;
        *len = (uint32_t)(r->doc->plain.len - at);
    } else {
        *pos = (uint32_t)(start - r->doc->text.p);
        *len = (uint32_t)(r->p - start);
    }
    r->p++;
    return 0;
}

static bool digits(struct reader *r)
{
    const char *start = r->p;

    while (r->p < r->end && *r->p >= '0' && *r->p <= '9')
        r->p++;
    return r->p > start;
}

static bool number_text(struct reader *r)
{
    if (*r->p == '-')
        r->p++;
    if (r->p < r->end && *r->p == '0')
        r->p++;
    else if (!digits(r))
        return false;
    if (r->p < r->end && *r->p == '.') {
        r->p++;
        if (!digits(r))
            return false;
    }
    if (r->p < r->end && (*r->p | 0x20) == 'e') {
        r->p++;
        if (r->p < r->end && (*r->p == '+' || *r->p == '-'))
            r->p++;
        return digits(r);
    }
    return true;
}

static int number(struct reader *r, struct json_value *v)
{
    const char *start = r->p;

    if (!number_text(r))
        return syntax(r, "value");
    v->pos = (uint32_t)(start - r->doc->text.p);
    v->len = (uint32_t)(r->p - start);
    return 0;
}

static int word(struct reader *r, const char *text)
{
    size_t n = strlen(text);

    if ((size_t)(r->end - r->p) < n || memcmp(r->p, text, n) != 0)
        return syntax(r, "value");
    r->p += n;
    return 0;
}

static int by_key(const void *a, const void *b, void *doc)
{
    return str_cmp(json_key(doc, *(const uint32_t *)a),
                   json_key(doc, *(const uint32_t *)b));
}

static int duplicate(struct reader *r, uint32_t at)
{
    return bad_syntax(r, at, DET_DUPLICATE, NULL);
}

static int check_many_keys(struct reader *r, uint32_t object, uint32_t n)
{
    uint32_t *member = reallocarray(NULL, n, sizeof(*member));
    uint32_t k = 0;
    int rc = 0;

    if (!member)
        return err_nomem(r->err);
    for (uint32_t i = object + 1; i < r->doc->count; i = json_next(r->doc, i))
        member[k++] = i;
    qsort_r(member, n, sizeof(*member), by_key, r->doc);
    for (k = 1; !rc && k < n; k++)
        if (by_key(&member[k - 1], &member[k], r->doc) == 0)
            rc = duplicate(r, member[k]);
    free(member);
    return rc;
}

/* No member twice; small objects, nearly all, need no memory for it. */
static int check_keys(struct reader *r, uint32_t object, uint32_t n)
{
    const struct json_doc *d = r->doc;

    if (n > 8)
        return check_many_keys(r, object, n);
    for (uint32_t i = object + 1; i < d->count; i = json_next(d, i))
        for (uint32_t j = object + 1; j < i; j = json_next(d, j))
            if (str_eq(json_key(d, i), json_key(d, j)))
                return duplicate(r, i);
    return 0;
}

static int value(struct reader *r, struct json_value key, int depth);

static int member_name(struct reader *r, struct json_value *key)
{
    int rc;

    if (r->p >= r->end || *r->p != '"')
        return syntax(r, "\"");
    rc = string(r, &key->key, &key->key_len, &key->key_plain);
    if (rc)
        return rc;
    key->keyed = true;
    skip_blanks(r);
    if (r->p >= r->end || *r->p != ':')
        return syntax(r, ":");
    r->p++;
    return 0;
}

static bool closes(struct reader *r, char bracket)
{
    skip_blanks(r);
    if (r->p >= r->end || *r->p != bracket)
        return false;
    r->p++;
    return true;
}

/* The members of an array or object, behind its first bracket. */
static int members(struct reader *r, bool object, int depth, uint32_t *n)
{
    char bracket = object ? '}' : ']';
    int rc;

    if (closes(r, bracket))
        return 0;
    for (;;) {
        struct json_value key = { 0 };

        skip_blanks(r);
        rc = object ? member_name(r, &key) : 0;
        if (!rc)
            rc = value(r, key, depth + 1);
        if (rc)
            return rc;
        ++*n;
        if (closes(r, bracket))
            return 0;
        if (r->p >= r->end || *r->p != ',')
            return syntax(r, object ? ", or }" : ", or ]");
        r->p++;
    }
}

static int container(struct reader *r, struct json_value key, bool object, int depth)
{
    uint32_t at = r->doc->count, n = 0;
    int rc = push(r, object ? JSON_OBJECT : JSON_ARRAY, key);

    if (rc)
        return rc;
    if (depth >= JSON_MAX_DEPTH)
        return bad_syntax(r, at, DET_TOO_DEEP, NULL);
    r->p++;
    rc = members(r, object, depth, &n);
    if (!rc && object)
        rc = check_keys(r, at, n);
    if (rc)
        return rc;
    r->doc->value[at].len = n;
    r->doc->value[at].next = r->doc->count;
    return 0;
}

static enum json_type scalar_type(char c)
{
    switch (c) {
    case '"':
        return JSON_STRING;
    case 'n':
        return JSON_NULL;
    case 't':
        return JSON_TRUE;
    case 'f':
        return JSON_FALSE;
    default:
        return JSON_NUMBER;
    }
}

static int scalar(struct reader *r, enum json_type type, uint32_t at)
{
    struct json_value v = r->doc->value[at];
    int rc;

    if (type == JSON_STRING)
        rc = string(r, &v.pos, &v.len, &v.plain);
    else if (type == JSON_NUMBER)
        rc = number(r, &v);
    else
        rc = word(r, type == JSON_NULL ? "null" : type == JSON_TRUE ? "true" : "false");
    v.next = r->doc->count;
    r->doc->value[at] = v;
    return rc;
}

static int value(struct reader *r, struct json_value key, int depth)
{
    uint32_t at = r->doc->count;
    enum json_type type;
    int rc;

    skip_blanks(r);
    if (r->p >= r->end)
        return syntax(r, "value");
    if (*r->p == '{' || *r->p == '[')
        return container(r, key, *r->p == '{', depth);
    type = scalar_type(*r->p);
    rc = push(r, type, key);
    return rc ? rc : scalar(r, type, at);
}

int json_read(struct json_doc *doc, struct str text, uint32_t max_values, struct err *err)
{
    struct reader r = { .doc = doc,
                        .p = text.p,
                        .end = str_from(text, text.n).p,
                        .max_values = max_values,
                        .err = err };
    int rc;

    *doc = (struct json_doc){ .text = text, .plain = BUF_INIT(text.n) };
    if (str_starts(text, "\xef\xbb\xbf") || str_starts(text, "\xff\xfe") ||
        str_starts(text, "\xfe\xff"))
        return bad_syntax(&r, 0, DET_BYTE_ORDER_MARK, NULL);
    rc = value(&r, (struct json_value){ 0 }, 0);
    if (rc)
        return rc;
    skip_blanks(&r);
    return r.p == r.end ? 0 : bad_syntax(&r, 0, DET_TRAILING, NULL);
}

void json_release(struct json_doc *doc)
{
    free(doc->value);
    wipe(doc->plain.ptr, doc->plain.len); /* it may hold secrets */
    buf_release(&doc->plain);
    *doc = (struct json_doc){ 0 };
}

static struct str span(const struct json_doc *doc, bool plain, uint32_t pos, uint32_t len)
{
    return (struct str){ (plain ? doc->plain.ptr : doc->text.p) + pos, len };
}

struct str json_key(const struct json_doc *doc, uint32_t at)
{
    const struct json_value *v = &doc->value[at];

    if (v->key_len == 0)
        return STR("");
    return span(doc, v->key_plain, v->key, v->key_len);
}

struct str json_text(const struct json_doc *doc, uint32_t at)
{
    const struct json_value *v = &doc->value[at];

    if (v->len == 0)
        return STR("");
    return span(doc, v->plain, v->pos, v->len);
}

uint32_t json_find(const struct json_doc *doc, uint32_t at, struct str key)
{
    if (json_type(doc, at) != JSON_OBJECT)
        return 0;
    JSON_EACH (i, doc, at)
        if (str_eq(json_key(doc, i), key))
            return i;
    return 0;
}

uint32_t json_member(const struct json_doc *doc, uint32_t at, const char *key)
{
    return json_find(doc, at, str_of(key));
}

struct str json_member_text(const struct json_doc *doc, uint32_t at, const char *key)
{
    uint32_t i = json_member(doc, at, key);

    return i && json_type(doc, i) == JSON_STRING ? json_text(doc, i) : STR_NONE;
}

bool json_int(const struct json_doc *doc, uint32_t at, int64_t *out)
{
    struct str s = json_text(doc, at);
    char text[24], *end;

    if (json_type(doc, at) != JSON_NUMBER || s.n >= sizeof(text))
        return false;
    memcpy(text, s.p, s.n);
    text[s.n] = '\0';
    errno = 0;
    *out = strtoll(text, &end, 10);
    return *end == '\0' && errno == 0;
}

static void path_step(const struct json_doc *doc, uint32_t at, uint32_t index,
                      struct buf *out)
{
    if (!doc->value[at].keyed) {
        buf_addf(out, "[%u]", index);
        return;
    }
    if (out->len)
        buf_addc(out, '.');
    buf_addstr(out, utf8_cut(json_key(doc, at), JSON_PATH_KEY_MAX));
}

void json_path(const struct json_doc *doc, uint32_t at, struct buf *out)
{
    uint32_t parent = 0;

    while (parent < at && out->len < JSON_PATH_MAX) {
        uint32_t child = parent + 1, index = 0;

        for (; json_next(doc, child) <= at; child = json_next(doc, child))
            index++;
        path_step(doc, child, index, out);
        parent = child;
    }
    if (at == 0)
        buf_adds(out, "body");
}

const char *json_type_name(enum json_type type)
{
    static const char *const name[] = { "null",   "boolean", "boolean", "number",
                                        "string", "array",   "object" };

    return name[type];
}
