#include "base/id.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include "base/banned.h"

void random_bytes(void *out, size_t n)
{
    if (getrandom(out, n, 0) != (ssize_t)n)
        abort(); /* at most 256 bytes: the kernel never gives fewer */
}

void hex_encode(const uint8_t *bytes, int n, char *out)
{
    static const char digit[] = "0123456789abcdef";

    for (int i = 0; i < n; i++) {
        *out++ = digit[bytes[i] >> 4];
        *out++ = digit[bytes[i] & 15];
    }
    *out = '\0';
}

void id_hex(char out[ID_HEX_BYTES])
{
    uint8_t b[16];

    random_bytes(b, sizeof(b));
    hex_encode(b, sizeof(b), out);
}

void id_uuid(char out[ID_UUID_BYTES])
{
    uint8_t b[16];

    random_bytes(b, sizeof(b));
    uuid_of(b, out);
}

void uuid_of(const uint8_t bytes[16], char out[ID_UUID_BYTES])
{
    uint8_t b[16];

    memcpy(b, bytes, sizeof(b));
    b[6] = (uint8_t)((b[6] & 0x0f) | 0x40);
    b[8] = (uint8_t)((b[8] & 0x3f) | 0x80);
    snprintf(out, ID_UUID_BYTES,
             "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0],
             b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12],
             b[13], b[14], b[15]);
}

int64_t id_random(void)
{
    int64_t v;

    do
        random_bytes(&v, sizeof(v));
    while (v == 0);
    return v;
}
