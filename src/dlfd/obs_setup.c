#include "dlfd/obs_setup.h"

#include <errno.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/wipe.h"
#include "errors/errors.h"
#include "model/names.h"
#include "base/banned.h"

/* ---- options that contradict each other ---- */

static void check_endpoint(const struct options *o, struct buf *text)
{
    enum obs_way way = obs_endpoint_way(o->obs_endpoint.text);

    /* What was given is not shown: there might be a password in it. */
    if (way == OBS_NO_ENDPOINT)
        buf_adds(text,
                 "obs-endpoint: http://HOST:PORT or https://HOST:PORT expected, and "
                 "nothing more\n");
    if (way == OBS_PLAIN && strcmp(o->obs_plain_http.text, "yes") != 0)
        buf_addf(text,
                 "obs-plain-http: no, so everyone on the way could read and change what "
                 "is exchanged with %.200s: give it as https://, or allow it\n",
                 o->obs_endpoint.text);
}

/* Whether the text can be an access key: slashes and commas around it end it in the
 * header that is signed. */
static bool access_key_ok(const char *text)
{
    size_t n = strlen(text);

    if (!n || n > OBS_ACCESS_KEY_MAX)
        return false;
    for (size_t i = 0; i < n; i++)
        if (text[i] <= ' ' || text[i] > '~' || strchr("/,=", text[i]))
            return false;
    return true;
}

static void check_keys(const struct options *o, struct buf *text)
{
    if (!access_key_ok(o->obs_access_key.text))
        buf_addf(text,
                 "obs-access-key: 1 to %d letters, digits and signs but / , and = "
                 "expected, for obs-endpoint\n",
                 OBS_ACCESS_KEY_MAX);
    if (!*o->obs_secret_key_file.text)
        buf_adds(text, "obs-secret-key-file: the file with the secret of obs-access-key "
                       "is needed\n");
    if (!name_follows(&name_cluster, str_of(o->obs_region.text)))
        buf_adds(text, "obs-region: 1 to 64 letters, digits, - and _ expected\n");
}

static void check_alone(const char *name, const struct option_value *v, struct buf *text)
{
    if (*v->text)
        buf_addf(text, "%s: obs-endpoint, the service that it is for, is needed\n", name);
}

void obs_setup_check(const struct options *o, struct buf *text)
{
    if (*o->obs_endpoint.text) {
        check_endpoint(o, text);
        check_keys(o, text);
    } else {
        check_alone("obs-access-key", &o->obs_access_key, text);
        check_alone("obs-secret-key-file", &o->obs_secret_key_file, text);
        check_alone("obs-ca-file", &o->obs_ca_file, text);
    }
}

/* ---- opening ---- */

/* Cuts off the line's end.  True when what remains is a secret key. */
static bool trim_secret(char *text, size_t n)
{
    if (n && text[n - 1] == '\n')
        n--;
    if (n && text[n - 1] == '\r')
        n--;
    text[n] = '\0';
    for (size_t i = 0; i < n; i++)
        if (text[i] <= ' ' || text[i] > '~')
            return false;
    return n > 0 && n <= OBS_SECRET_KEY_MAX;
}

static int open_service(struct obs **out, const struct options *o, struct err *err)
{
    const char *ca = o->obs_ca_file.text, *file = o->obs_secret_key_file.text;
    char secret[OBS_SECRET_KEY_MAX + 3]; /* a line's end, and a byte that tells of more */
    struct obs_options options = { .endpoint = o->obs_endpoint.text,
                                   .region = o->obs_region.text,
                                   .access = o->obs_access_key.text,
                                   .secret = secret,
                                   .ca_file = *ca ? ca : NULL,
                                   .stall_s = (int)o->obs_timeout.number };
    size_t n = sizeof(secret);
    int rc = file_read_private("obs-secret-key-file:", file, secret, &n, err);

    if (!rc && (n == sizeof(secret) || !trim_secret(secret, n)))
        rc = err_say(err, E_INVALID, "obs-secret-key-file: %.4000s: %s", file,
                     "a secret key, in one line, expected");
    if (!rc && *ca && access(ca, R_OK) != 0)
        rc = err_say(err, E_INVALID, "obs-ca-file: %.4000s: %s", ca, strerror(errno));
    if (!rc)
        rc = obs_open(out, &options, err);
    wipe(secret, sizeof(secret));
    return rc;
}

/* Opens the folder DATA/obs as storage; nobody else writes there. */
static int open_folder(struct obs **out, const struct options *o, struct err *err)
{
    struct buf folder = BUF_INIT(8 * KIB);
    struct obs_options options = { .alone = true };
    int rc;

    buf_addf(&folder, "%s/obs", o->data.text);
    options.folder = buf_cstr(&folder);
    rc = options.folder ? obs_open(out, &options, err) : err_nomem(err);
    buf_release(&folder);
    return rc;
}

int obs_setup_open(struct obs **out, const struct options *o, struct err *err)
{
    return *o->obs_endpoint.text ? open_service(out, o, err) : open_folder(out, o, err);
}
