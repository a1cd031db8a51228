#include "auth/credentials.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/limits.h"
#include "errors/errors.h"

static const char letters[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789abcdefghijklmnopqrstuvwxyz-_";
#define CAPITALS 36 /* of the letters, the first so many */
#define ALPHANUMERICS 62
#define TOKEN_PREFIX "dlft-"

/* `n` of the first `from` letters, each as likely as another, and a NUL. */
static void random_text(char *out, size_t n, unsigned from)
{
    unsigned even = 256 - 256 % from;

    for (size_t i = 0; i < n;) {
        uint8_t byte;

        random_bytes(&byte, 1);
        if (byte < even)
            out[i++] = letters[byte % from];
    }
    out[n] = '\0';
}

void password_new(char out[PASSWORD_TEXT_BYTES])
{
    random_text(out, PASSWORD_TEXT_BYTES - 1, ALPHANUMERICS);
}

int access_key_new(struct new_key *out, const struct seal_key *key, struct str account,
                   struct access_key_add *write, struct err *err)
{
    struct str id = { out->id, ACCESS_KEY_BYTES - 1 };

    out->sealed = BUF_INIT(KIB);
    if (!key)
        return err_fault(err, E_INTERNAL, "no key for secrets");
    random_text(out->id, ACCESS_KEY_BYTES - 1, CAPITALS);
    random_text(out->secret, SECRET_KEY_BYTES - 1, ALPHANUMERICS);
    seal(key, id, str_of(out->secret), &out->sealed);
    if (out->sealed.bad)
        return err_nomem(err);
    write->id = id;
    write->account = account;
    write->key_id = str_of(key->id);
    write->sealed = buf_str(&out->sealed);
    return 0;
}

bool access_key_open(const struct seal_key *key, struct str id, struct str sealed,
                     struct buf *secret)
{
    return key && seal_open(key, id, sealed, secret) && !secret->bad;
}

bool token_hash(struct str text, uint8_t hash[SHA256_BYTES])
{
    if (text.n != TOKEN_TEXT_BYTES - 1 || !str_starts(text, TOKEN_PREFIX))
        return false;
    sha256(text, hash);
    return true;
}

void token_new(struct new_token *out, int64_t age_ms, int64_t latest_ms,
               struct token_issue *write)
{
    memcpy(out->text, TOKEN_PREFIX, strlen(TOKEN_PREFIX));
    random_text(out->text + strlen(TOKEN_PREFIX),
                TOKEN_TEXT_BYTES - 1 - strlen(TOKEN_PREFIX), sizeof(letters) - 1);
    sha256(str_of(out->text), out->hash);
    out->issued_ms = clock_ms();
    out->expires_ms = out->issued_ms + age_ms;
    if (out->expires_ms > latest_ms)
        out->expires_ms = latest_ms;
    write->hash = (struct str){ (const char *)out->hash, SHA256_BYTES };
    write->issued_ms = out->issued_ms;
    write->expires_ms = out->expires_ms;
}
