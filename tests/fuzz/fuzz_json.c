/*
 * The JSON reader and printer, with jansson as the oracle: both accept the same
 * texts (but for our limits) and read the same values (but for
 * numbers, whose text we keep); what we print is printed the same again.
 */
#include <string.h>

#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "fuzz/oracle.h"
#include "errors/errors.h"
#include "json/json.h"

#define TEXT_MAX (64 * MIB)

static struct buf print(const struct json_doc *doc, bool pretty)
{
    struct buf out = BUF_INIT(TEXT_MAX);
    struct jw jw = JW_INIT(&out, pretty);

    jw_value(&jw, STR_NONE, doc, 0);
    MUST(!out.bad);
    return out;
}

/* The text with each number as 0: jansson refuses those it cannot hold. */
static struct buf without_numbers(const struct json_doc *doc)
{
    struct buf out = BUF_INIT(TEXT_MAX);
    size_t from = 0;

    for (uint32_t i = 0; i < doc->count; i++) {
        if (json_type(doc, i) != JSON_NUMBER)
            continue;
        buf_add(&out, doc->text.p + from, doc->value[i].pos - from);
        buf_addc(&out, '0');
        from = doc->value[i].pos + doc->value[i].len;
    }
    buf_addstr(&out, str_from(doc->text, from));
    MUST(!out.bad);
    return out;
}

/* Reads and prints a text that must be accepted. */
static struct buf normal(struct str text, bool pretty)
{
    struct err err = ERR_INIT;
    struct json_doc doc;
    struct buf out;

    MUST(json_read(&doc, text, JSON_MAX_VALUES, &err) == 0);
    out = print(&doc, pretty);
    json_release(&doc);
    return out;
}

static void check_oracle(const struct json_doc *doc)
{
    struct buf text = without_numbers(doc), ours = normal(buf_str(&text), false), again;
    char *theirs = oracle(text.ptr, text.len);

    MUST(theirs);
    again = normal(str_of(theirs), false);
    MUST(str_eq(buf_str(&ours), buf_str(&again)));
    free(theirs);
    buf_release(&text);
    buf_release(&ours);
    buf_release(&again);
}

static void check_printed(const struct json_doc *doc, bool pretty)
{
    struct buf once = print(doc, pretty), twice = normal(buf_str(&once), pretty);

    MUST(str_eq(buf_str(&once), buf_str(&twice)));
    buf_release(&once);
    buf_release(&twice);
}

/* What jansson takes and we do not is over a limit of ours; or has a NUL byte,
 * which jansson 2.14 overlooks behind a number. */
static void check_refused(struct str text, const struct err *err)
{
    char *theirs = oracle(text.p, text.n);

    MUST(!theirs || err->detail == DET_TOO_DEEP || err->detail == DET_TOO_MANY_VALUES ||
         memchr(text.p, '\0', text.n));
    free(theirs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str text = { (const char *)data, n };
    struct err err = ERR_INIT;
    struct json_doc doc;

    if (json_read(&doc, text, JSON_MAX_VALUES, &err)) {
        check_refused(text, &err);
    } else {
        check_oracle(&doc);
        check_printed(&doc, true);
        check_printed(&doc, false);
    }
    json_release(&doc);
    err_clear(&err);
    return 0;
}
