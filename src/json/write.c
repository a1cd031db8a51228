#include "json/json.h"

#include <assert.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/banned.h"

static void new_line(struct jw *jw)
{
    static const char blanks[] = "                                ";
    size_t n = (size_t)jw->depth * 2;

    if (!jw->pretty)
        return;
    buf_addc(jw->out, '\n');
    for (; n > sizeof(blanks) - 1; n -= sizeof(blanks) - 1)
        buf_add(jw->out, blanks, sizeof(blanks) - 1);
    buf_add(jw->out, blanks, n);
}

/* What stands before a value: a comma, the line's indent, the member's name. */
static void begin(struct jw *jw, struct str key)
{
    if (jw->depth > 0) {
        if (jw->filled[jw->depth])
            buf_addc(jw->out, ',');
        jw->filled[jw->depth] = true;
        new_line(jw);
    }
    if (!key.p)
        return;
    buf_add_quoted(jw->out, key);
    buf_add(jw->out, ": ", jw->pretty ? 2 : 1);
}

static void open(struct jw *jw, struct str key, char bracket)
{
    begin(jw, key);
    buf_addc(jw->out, bracket);
    assert(jw->depth + 1 < JW_MAX_DEPTH);
    jw->filled[++jw->depth] = false;
}

void jw_object(struct jw *jw, struct str key)
{
    open(jw, key, '{');
}

void jw_array(struct jw *jw, struct str key)
{
    open(jw, key, '[');
}

void jw_end(struct jw *jw, char bracket)
{
    if (jw->filled[jw->depth--])
        new_line(jw);
    buf_addc(jw->out, bracket);
}

void jw_string(struct jw *jw, struct str key, struct str text)
{
    begin(jw, key);
    buf_add_quoted(jw->out, text);
}

void jw_buf(struct jw *jw, struct str key, const struct buf *text)
{
    jw_string(jw, key, buf_str(text));
    if (text->bad)
        jw->out->bad = text->bad;
}

void jw_int(struct jw *jw, struct str key, int64_t number)
{
    begin(jw, key);
    buf_addf(jw->out, "%" PRId64, number);
}

void jw_bool(struct jw *jw, struct str key, bool value)
{
    begin(jw, key);
    buf_adds(jw->out, value ? "true" : "false");
}

static void scalar(struct jw *jw, struct str key, const struct json_doc *doc, uint32_t at)
{
    begin(jw, key);
    switch (json_type(doc, at)) {
    case JSON_STRING:
        buf_add_quoted(jw->out, json_text(doc, at));
        break;
    case JSON_NUMBER:
        buf_addstr(jw->out, json_text(doc, at));
        break;
    case JSON_NULL:
        buf_adds(jw->out, "null");
        break;
    default:
        buf_adds(jw->out, json_type(doc, at) == JSON_TRUE ? "true" : "false");
    }
}

void jw_value(struct jw *jw, struct str key, const struct json_doc *doc, uint32_t at)
{
    bool object = json_type(doc, at) == JSON_OBJECT;

    if (!object && json_type(doc, at) != JSON_ARRAY) {
        scalar(jw, key, doc, at);
        return;
    }
    open(jw, key, object ? '{' : '[');
    JSON_EACH (i, doc, at) {
        if (jw->out->bad)
            break;
        jw_value(jw, object ? json_key(doc, i) : STR_NONE, doc, i);
    }
    jw_end(jw, object ? '}' : ']');
}

void jw_literal(struct jw *jw, struct str key, const char *json)
{
    struct err err = ERR_INIT;
    struct json_doc doc;

    if (json_read(&doc, str_of(json), JSON_MAX_VALUES, &err) == 0)
        jw_value(jw, key, &doc, 0);
    else
        jw->out->bad = E_NOMEM; /* the text is ours: only memory can fail */
    json_release(&doc);
    err_clear(&err);
}
