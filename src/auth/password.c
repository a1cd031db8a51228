#include "auth/password.h"

#include <crypt.h>
#include <stdlib.h>

#include "base/limits.h"
#include "base/wipe.h"
#include "errors/errors.h"

/* yescrypt, at the library's own cost. */
static const char method[] = "$y$";
/* Of no password that anybody knows: for accounts that are not there. */
static const char nobody[] =
    "$y$j9T$BbrW1N9IcKPdsVbHTv5hs.$RnGzdd79zVYZC/aaJTWlLkzIXXuOQKyzYVdZFFfFxi8";

bool password_ok(struct str password)
{
    for (size_t i = 0; i < password.n; i++)
        if ((unsigned char)password.p[i] < 0x20 || password.p[i] == 0x7f)
            return false;
    return password.n >= PASSWORD_MIN_BYTES && password.n <= PASSWORD_MAX_BYTES;
}

/* Appends what crypt() makes of the password with the setting; nothing when it is none,
 * or the password is too long for any hash.  False: no memory, which crypt() itself does
 * not tell from a setting that is none. */
static bool hash_with(struct str password, const char *setting, struct buf *out)
{
    struct crypt_data *data;
    char text[PASSWORD_MAX_BYTES + 1] = "";
    const char *hash;

    if (password.n > PASSWORD_MAX_BYTES)
        return true;
    data = calloc(1, sizeof(*data));
    if (!data)
        return false;
    memcpy(text, password.p, password.n);
    hash = crypt_rn(text, setting, data, sizeof(*data));
    if (hash)
        buf_adds(out, hash);
    wipe(data, sizeof(*data));
    wipe(text, sizeof(text));
    free(data);
    return (hash || crypt_checksalt(setting) == CRYPT_SALT_INVALID) && !out->bad;
}

int password_hash(struct str password, struct buf *out, struct err *err)
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    size_t before = out->len;
    bool ok = crypt_gensalt_rn(method, 0, NULL, 0, setting, sizeof(setting)) &&
              hash_with(password, setting, out);

    return !ok || out->len == before ? err_nomem(err) : 0;
}

int password_check(struct str password, struct str hash, bool *matches, struct err *err)
{
    struct buf setting = BUF_INIT(KIB), made = BUF_INIT(KIB);
    bool ok;

    buf_addstr(&setting, hash.n ? hash : STR(nobody));
    ok = buf_cstr(&setting) && hash_with(password, setting.ptr, &made);
    *matches = ok && hash.n && same_bytes(buf_str(&made), hash);
    buf_release(&setting);
    buf_wipe(&made);
    return ok ? 0 : err_nomem(err);
}
