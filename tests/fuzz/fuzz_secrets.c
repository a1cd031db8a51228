/* A body without its secrets is JSON still, and has no more to take. */
#include "base/limits.h"
#include "fuzz/fuzz.h"
#include "model/secrets.h"

/* Takes from `text` into `clean`; how many, -1 when it is no JSON. */
static long take(struct str text, enum secret_rule rule, struct buf *clean)
{
    struct secrets secrets = { 0 };
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct json_doc doc;
    long n = -1;

    if (json_read(&doc, text, 10000, &err) == 0) {
        MUST(secrets_take(&secrets, &doc, 0, rule, clean, &arena, &err) == 0);
        n = 0;
        for (size_t i = 0; i < secrets.n; i++)
            n += secrets.items[i].value.p != NULL;
    }
    secrets_release(&secrets);
    json_release(&doc);
    arena_release(&arena);
    err_clear(&err);
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str text = { (const char *)data, n };

    for (int rule = SECRETS_CONFIG; rule <= SECRETS_NODES; rule++) {
        struct buf once = BUF_INIT(4 * MIB), twice = BUF_INIT(4 * MIB);

        if (take(text, (enum secret_rule)rule, &once) >= 0) {
            MUST(take(buf_str(&once), (enum secret_rule)rule, &twice) == 0);
            MUST(str_eq(buf_str(&once), buf_str(&twice)));
        }
        buf_release(&once);
        buf_release(&twice);
    }
    return 0;
}
