/*
 * Bodies of jobs, scripts and resources: what is accepted has a stored form
 * that makes itself again, byte for byte, and can be shown and updated.
 */
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "model/definition.h"

static bool make(struct definition *d, enum kind kind, struct str text,
                 const struct stored *stored, struct arena *arena)
{
    struct err err = ERR_INIT;
    struct json_doc doc;
    bool made = json_read(&doc, text, JSON_STORED_MAX_VALUES, &err) == 0 &&
                json_type(&doc, 0) == JSON_OBJECT &&
                definition_make(d, kind, &doc, NULL, stored, arena, &err) == 0;

    json_release(&doc);
    err_clear(&err);
    return made;
}

static void check_shown(const struct definition *d, enum kind kind)
{
    struct buf shown = BUF_INIT(4 * DEFINITION_MAX);
    struct jw jw = JW_INIT(&shown, false);
    struct err err = ERR_INIT;
    struct json_doc doc;

    jw_object(&jw, STR_NONE);
    MUST(definition_show(&jw, kind, buf_str(&d->text), STR(""), &err) == 0);
    jw_end(&jw, '}');
    MUST(json_read(&doc, buf_str(&shown), 2 * JSON_STORED_MAX_VALUES, &err) == 0);
    json_release(&doc);
    buf_release(&shown);
}

static void check(const struct definition *d, enum kind kind, struct arena *arena)
{
    struct stored stored = { 1, buf_str(&d->text), STR("") };
    struct definition again;

    check_shown(d, kind);
    if (kind == KIND_CDM_JOB)
        return; /* its stored form is no body of its own */
    MUST(make(&again, kind, buf_str(&d->text), NULL, arena));
    MUST(str_eq(buf_str(&again.text), buf_str(&d->text)));
    MUST(again.n_refs == d->n_refs && str_eq(again.facts.name, d->facts.name));
    definition_release(&again);
    MUST(make(&again, kind, buf_str(&d->text), &stored, arena));
    MUST(str_eq(buf_str(&again.text), buf_str(&d->text)));
    definition_release(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const enum kind kinds[] = { KIND_JOB,        KIND_SCRIPT, KIND_RESOURCE,
                                       KIND_CONNECTION, KIND_LINK,   KIND_CDM_JOB };
    struct str text = { (const char *)data, n };

    for (int k = 0; k < 6; k++) {
        struct arena arena = ARENA_INIT;
        struct definition d;

        if (make(&d, kinds[k], text, NULL, &arena)) {
            check(&d, kinds[k], &arena);
            definition_release(&d);
        }
        arena_release(&arena);
    }
    return 0;
}
