#include "auth/credentials.h"

#include <assert.h>

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

void change_add(struct account_change *c, enum account_step step, const struct str *text,
                size_t n, int64_t number0, int64_t number1)
{
    assert(c->n < CHANGE_MAX_STEPS && n <= STEP_TEXTS);
    c->step[c->n].step = step;
    for (size_t i = 0; i < n; i++)
        c->step[c->n].text[i] = text[i];
    c->step[c->n].number[0] = number0;
    c->step[c->n].number[1] = number1;
    c->n++;
}

int access_key_new(struct new_key *out, const struct seal_key *key, struct str account,
                   struct account_change *change, struct err *err)
{
    struct str text[STEP_TEXTS] = { { out->id, ACCESS_KEY_BYTES - 1 }, account };

    out->sealed = BUF_INIT(KIB);
    if (!key)
        return err_fault(err, E_INTERNAL, "no key for secrets");
    random_text(out->id, ACCESS_KEY_BYTES - 1, CAPITALS);
    random_text(out->secret, SECRET_KEY_BYTES - 1, ALPHANUMERICS);
    seal(key, text[0], str_of(out->secret), &out->sealed);
    if (out->sealed.bad)
        return err_nomem(err);
    text[2] = str_of(key->id);
    text[3] = buf_str(&out->sealed);
    change_add(change, STEP_SEAL_KEY_HOLDS, &text[2], 1, 0, 0);
    change_add(change, STEP_KEY_ADD, text, STEP_TEXTS, clock_ms(), 0);
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

void token_new(struct new_token *out, struct str account, struct str project,
               struct str methods, int64_t age_ms, int64_t latest_ms,
               struct account_change *change)
{
    struct str text[] = {
        { (const char *)out->hash, SHA256_BYTES }, account, project, methods
    };

    memcpy(out->text, TOKEN_PREFIX, strlen(TOKEN_PREFIX));
    random_text(out->text + strlen(TOKEN_PREFIX),
                TOKEN_TEXT_BYTES - 1 - strlen(TOKEN_PREFIX), sizeof(letters) - 1);
    sha256(str_of(out->text), out->hash);
    out->issued_ms = clock_ms();
    out->expires_ms = out->issued_ms + age_ms;
    if (out->expires_ms > latest_ms)
        out->expires_ms = latest_ms;
    change_add(change, STEP_TOKENS_EXPIRE, NULL, 0, out->issued_ms, 0);
    change_add(change, STEP_TOKEN_ADD, text, STEP_TEXTS, out->issued_ms, out->expires_ms);
}
