#include "fuzz/oracle.h"

#include <jansson.h>

char *oracle(const char *text, size_t n)
{
    json_t *value = json_loadb(text, n, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);
    char *out = value ? json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;

    json_decref(value);
    return out;
}
