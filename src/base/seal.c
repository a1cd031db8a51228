#include "base/seal.h"

#include <nettle/gcm.h>
#include <nettle/memops.h>

#include "base/hash.h"
#include "base/id.h"
#include "base/wipe.h"

static void set_id(struct seal_key *key)
{
    static const char label[] = "opendlf secret key\n";
    uint8_t digest[SHA256_BYTES];
    struct sha256_ctx c;

    sha256_init(&c);
    sha256_update(&c, sizeof(label) - 1, (const uint8_t *)label);
    sha256_update(&c, SEAL_KEY_BYTES, key->bytes);
    sha256_digest(&c, SHA256_BYTES, digest);
    hex_encode(digest, (SEAL_ID_BYTES - 1) / 2, key->id);
}

void seal_key_new(struct seal_key *key)
{
    random_bytes(key->bytes, SEAL_KEY_BYTES);
    set_id(key);
}

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool seal_key_read(struct seal_key *key, struct str hex)
{
    if (hex.n != 2 * SEAL_KEY_BYTES)
        return false;
    for (size_t i = 0; i < SEAL_KEY_BYTES; i++) {
        int high = digit(hex.p[2 * i]), low = digit(hex.p[2 * i + 1]);

        if (high < 0 || low < 0)
            return false;
        key->bytes[i] = (uint8_t)(high << 4 | low);
    }
    set_id(key);
    return true;
}

static void begin(struct gcm_aes256_ctx *c, const struct seal_key *key,
                  const uint8_t *nonce, struct str context)
{
    gcm_aes256_set_key(c, key->bytes);
    gcm_aes256_set_iv(c, SEAL_NONCE_BYTES, nonce);
    gcm_aes256_update(c, context.n, (const uint8_t *)context.p);
}

void seal(const struct seal_key *key, struct str context, struct str plain,
          struct buf *out)
{
    uint8_t nonce[SEAL_NONCE_BYTES], tag[SEAL_TAG_BYTES];
    struct gcm_aes256_ctx c;

    random_bytes(nonce, sizeof(nonce));
    buf_reserve(out, SEAL_NONCE_BYTES + plain.n + SEAL_TAG_BYTES);
    buf_add(out, nonce, sizeof(nonce));
    if (out->bad)
        return;
    begin(&c, key, nonce, context);
    gcm_aes256_encrypt(&c, plain.n, (uint8_t *)out->ptr + out->len,
                       (const uint8_t *)plain.p);
    out->len += plain.n;
    gcm_aes256_digest(&c, sizeof(tag), tag);
    buf_add(out, tag, sizeof(tag));
    wipe(&c, sizeof(c));
}

bool seal_open(const struct seal_key *key, struct str context, struct str sealed,
               struct buf *out)
{
    size_t n = sealed.n - SEAL_NONCE_BYTES - SEAL_TAG_BYTES;
    const uint8_t *bytes = (const uint8_t *)sealed.p;
    uint8_t tag[SEAL_TAG_BYTES];
    struct gcm_aes256_ctx c;
    bool ok;

    if (sealed.n < SEAL_NONCE_BYTES + SEAL_TAG_BYTES)
        return false;
    buf_reserve(out, n + 1);
    if (out->bad)
        return false;
    begin(&c, key, bytes, context);
    gcm_aes256_decrypt(&c, n, (uint8_t *)out->ptr + out->len, bytes + SEAL_NONCE_BYTES);
    gcm_aes256_digest(&c, sizeof(tag), tag);
    ok = memeql_sec(tag, bytes + SEAL_NONCE_BYTES + n, sizeof(tag));
    if (ok)
        out->len += n;
    else
        wipe(out->ptr + out->len, n);
    wipe(&c, sizeof(c));
    return ok;
}
