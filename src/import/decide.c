#include "import/decide.h"

#include "import/import_int.h"

static struct import_decision refuse(int ec, int api, int detail)
{
    return (struct import_decision){
        .action = IMPORT_ERROR, .ec = ec, .api = api, .detail = detail
    };
}

static bool is_dli(const struct import_item *item)
{
    return item->save.kind == KIND_CONNECTION && str_is(item->facts.location, "DLI");
}

static struct import_decision decide_new(const struct import_held *held,
                                         const struct import_item *item)
{
    int64_t quota = item->save.quota;

    if (quota && (item->save.kind == KIND_JOB ? held->jobs : held->scripts) >= quota)
        return refuse(E_LIMIT, API_OK, DET_NONE);
    if (is_dli(item) && held->dli)
        return refuse(E_EXISTS, DLF_6271, DET_ONE_DLI);
    return (struct import_decision){ .action = IMPORT_CREATE, .writes = true };
}

/* The secrets that a connection has stored are for what its type stands for. */
static bool is_other_connection(const struct import_item *item, const struct object *held)
{
    return item->save.kind == KIND_CONNECTION &&
           !str_eq(item->facts.location, held->facts.location);
}

static struct import_decision
decide_overwrite(const struct object *held, const struct import_item *item, bool is_same)
{
    if (is_other_connection(item, held))
        return refuse(E_INVALID, DLF_6323, DET_NONE);
    if (is_same && !save_has_secret(&item->save))
        return (struct import_decision){ .action = IMPORT_SAME,
                                         .writes = item->save.submit };
    return (struct import_decision){ .action = IMPORT_OVERWRITE, .writes = true };
}

struct import_decision import_decide(const struct import_held *held,
                                     const struct import_item *item,
                                     const struct import_options *options)
{
    const struct object *object = held->object;
    bool is_same;

    if (item->fault.ec)
        return refuse(0, API_OK, DET_NONE);
    if (!object->id)
        return decide_new(held, item);
    is_same = memcmp(object->sha256, item->sha256, SHA256_BYTES) == 0;
    if (options->overwrite)
        return decide_overwrite(object, item, is_same);
    return (struct import_decision){ .action = is_same ? IMPORT_SAME : IMPORT_SKIP };
}

void import_count(struct import_held *held, const struct import_item *item,
                  const struct import_decision *decision)
{
    if (decision->action != IMPORT_CREATE)
        return;
    held->jobs += item->save.kind == KIND_JOB;
    held->scripts += item->save.kind == KIND_SCRIPT;
    held->dli |= is_dli(item);
}
