#include "base/limits.h"
#include "json/json.h"
#include "store/store_int.h"

/* A list for json_each(), of names or else of ids; `out` holds nothing after an
 * error. */
int list_json(struct buf *out, const struct str *names, const int64_t *ids, size_t n,
              struct err *err)
{
    struct jw jw = JW_INIT(out, false);

    jw_array(&jw, STR_NONE);
    for (size_t i = 0; i < n; i++)
        if (names)
            jw_string(&jw, STR_NONE, names[i]);
        else
            jw_int(&jw, STR_NONE, ids[i]);
    jw_end(&jw, ']');
    if (!out->bad)
        return 0;
    buf_release(out);
    return err_nomem(err);
}
