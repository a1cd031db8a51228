#ifndef BASE_ID_H
#define BASE_ID_H

#include <stddef.h>
#include <stdint.h>

/* Identifiers from the kernel's random source; without it the process ends. */

/* At most 256 bytes. */
void random_bytes(void *out, size_t n);

#define ID_HEX_BYTES 33  /* 32 lower-case hex digits and a NUL */
#define ID_UUID_BYTES 37 /* a version 4 UUID and a NUL */

void id_hex(char out[ID_HEX_BYTES]);
void id_uuid(char out[ID_UUID_BYTES]);

/* The UUID that is made of 16 bytes, such as those of a hash. */
void uuid_of(const uint8_t bytes[16], char out[ID_UUID_BYTES]);

/* Any 64-bit value, never 0. */
int64_t id_random(void);

/* `n` bytes as 2n lower-case hex digits and a NUL. */
void hex_encode(const uint8_t *bytes, int n, char *out);

#endif
