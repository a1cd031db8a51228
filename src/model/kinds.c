#include "model/kinds.h"

#include "model/rules.h"

static const struct kind_row rows[] = {
    { .name = "object", .said = "object" },
#define KIND(symbol, number, rules, ...) [symbol] = { __VA_ARGS__ },
#include "model/kinds.def"
#undef KIND
};

static const struct kind_rules *const rules_by_kind[] = {
#define KIND(symbol, number, rules, ...) [symbol] = &rules,
#include "model/kinds.def"
#undef KIND
};

bool is_kind(int64_t number)
{
    return number > 0 && number < KINDS;
}

const struct kind_row *kind_row(int64_t kind)
{
    return &rows[is_kind(kind) ? kind : 0];
}

const char *kind_name(enum kind kind)
{
    return kind_row(kind)->name;
}

const struct kind_rules *kind_rules(enum kind kind)
{
    return rules_by_kind[kind];
}

enum kind kind_of_ref(enum ref_kind ref)
{
    static const enum kind kinds[] = {
        [REF_SCRIPT] = KIND_SCRIPT,     [REF_RESOURCE] = KIND_RESOURCE,
        [REF_LOCATION] = KIND_RESOURCE, [REF_CDM] = KIND_CDM_JOB,
        [REF_JOB] = KIND_JOB,           [REF_LINK] = KIND_LINK,
    };

    return kinds[ref];
}
