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

/* Appends what crypt() makes of the password with the setting; nothing when it
 * cannot. */
static void hash_with(struct str password, const char *setting, struct buf *out)
{
    struct crypt_data *data = calloc(1, sizeof(*data));
    char text[PASSWORD_MAX_BYTES + 1] = "";
    const char *hash;

    if (!data || password.n > PASSWORD_MAX_BYTES) {
        free(data);
        return;
    }
    memcpy(text, password.p, password.n);
    hash = crypt_rn(text, setting, data, sizeof(*data));
    if (hash)
        buf_adds(out, hash);
    wipe(data, sizeof(*data));
    wipe(text, sizeof(text));
    free(data);
}

int password_hash(struct str password, struct buf *out, struct err *err)
{
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];
    size_t before = out->len;

    if (crypt_gensalt_rn(method, 0, NULL, 0, setting, sizeof(setting)))
        hash_with(password, setting, out);
    return out->bad || out->len == before ? err_nomem(err) : 0;
}

bool password_matches(struct str password, struct str hash)
{
    struct buf setting = BUF_INIT(KIB), made = BUF_INIT(KIB);
    bool same;

    buf_addstr(&setting, hash.n ? hash : STR(nobody));
    if (buf_cstr(&setting))
        hash_with(password, setting.ptr, &made);
    same = hash.n && same_bytes(buf_str(&made), hash);
    buf_release(&setting);
    buf_wipe(&made);
    return same;
}
