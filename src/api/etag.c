#include "api/etag.h"

#include <string.h>

#include "base/id.h"

void etag_make(const uint8_t digest[SHA256_BYTES], char etag[ETAG_BYTES])
{
    etag[0] = '"';
    hex_encode(digest, SHA256_BYTES, etag + 1);
    memcpy(etag + ETAG_BYTES - 2, "\"", 2);
}

bool etag_matches(const char *header, const char *etag, bool weak)
{
    size_t n = strlen(etag);

    while (header && *header) {
        header += strspn(header, ", \t");
        if (*header == '*')
            return true;
        if (weak && header[0] == 'W' && header[1] == '/')
            header += 2;
        if (strncmp(header, etag, n) == 0)
            return true;
        header += strcspn(header, ",");
    }
    return false;
}
