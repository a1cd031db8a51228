#include <errno.h>
#include <fcntl.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "http/http_int.h"
#include "base/banned.h"

/*
 * What TLS is served with.  A connection holds the credential that its handshake took, so
 * that a reload takes nothing away from it.
 */
struct credential {
    atomic_int users;
    gnutls_pcert_st chain[TLS_CHAIN_MAX];
    unsigned n;
    gnutls_privkey_t key;
};

/* An option and the file that it names. */
struct file {
    const char *option, *path;
};

static int tls_refuse(const struct file *f, enum ec ec, const char *what, struct err *err)
{
    return err_say(err, ec, "%s: %.4000s: %s", f->option, f->path, what);
}

/* ---- loading ---- */

static int read_file(const struct file *f, struct buf *out, struct err *err)
{
    int file = open(f->path, O_RDONLY | O_CLOEXEC);
    ssize_t n = 1;

    if (file < 0)
        return tls_refuse(f, E_IO, strerror(errno), err);
    buf_reserve(out, TLS_FILE_MAX); /* at once: growth would leave copies of a key */
    while (!out->bad && n > 0) {
        n = read(file, out->ptr + out->len, TLS_FILE_MAX - out->len);
        out->len += n > 0 ? (size_t)n : 0;
    }
    close(file);
    if (n < 0)
        return tls_refuse(f, E_IO, strerror(errno), err);
    if (out->bad)
        return tls_refuse(f, E_NOMEM, "out of memory", err);
    return out->len < TLS_FILE_MAX ? 0
                                   : tls_refuse(f, E_INVALID, "larger than 32 KiB", err);
}

static int parse_chain(struct credential *c, const struct file *f,
                       const gnutls_datum_t *pem, struct err *err)
{
    unsigned n = TLS_CHAIN_MAX;
    int code =
        gnutls_pcert_list_import_x509_raw(c->chain, &n, pem, GNUTLS_X509_FMT_PEM,
                                          GNUTLS_X509_CRT_LIST_IMPORT_FAIL_IF_EXCEED);

    if (code == GNUTLS_E_SHORT_MEMORY_BUFFER)
        return tls_refuse(f, E_INVALID, "more than 8 certificates", err);
    if (code < 0)
        return tls_refuse(f, E_INVALID, "a certificate in PEM form expected", err);
    c->n = n;
    return 0;
}

static int parse_key(struct credential *c, const struct file *f,
                     const gnutls_datum_t *pem, struct err *err)
{
    if (memmem(pem->data, pem->size, "ENCRYPTED", 9))
        return tls_refuse(f, E_INVALID,
                          "it is encrypted: a key without a passphrase expected", err);
    if (gnutls_privkey_import_x509_raw(c->key, pem, GNUTLS_X509_FMT_PEM, NULL, 0) < 0)
        return tls_refuse(f, E_INVALID, "a private key in PEM form expected", err);
    return 0;
}

typedef int parse_fn(struct credential *c, const struct file *f,
                     const gnutls_datum_t *pem, struct err *err);

static int read_part(struct credential *c, const struct file *f, parse_fn *parse,
                     struct err *err)
{
    struct buf pem = BUF_INIT(TLS_FILE_MAX);
    int rc = read_file(f, &pem, err);

    if (!rc) {
        gnutls_datum_t text = { (unsigned char *)pem.ptr, (unsigned)pem.len };

        rc = parse(c, f, &text, err);
    }
    buf_wipe(&pem);
    return rc;
}

#define KEY_ID_MAX 64

static bool is_pair(const struct credential *c)
{
    unsigned char one[KEY_ID_MAX], other[KEY_ID_MAX];
    size_t n = sizeof(one), m = sizeof(other);
    gnutls_pubkey_t key;
    bool is;

    if (gnutls_pubkey_init(&key) < 0)
        return false;
    is = gnutls_pubkey_import_privkey(key, c->key, 0, 0) >= 0 &&
         gnutls_pubkey_get_key_id(key, GNUTLS_KEYID_USE_SHA256, one, &n) >= 0 &&
         gnutls_pubkey_get_key_id(c->chain[0].pubkey, GNUTLS_KEYID_USE_SHA256, other,
                                  &m) >= 0 &&
         n == m && memcmp(one, other, n) == 0;
    gnutls_pubkey_deinit(key);
    return is;
}

/* ---- what is odd, and served all the same ---- */

static void judge_dates(struct credential *c, const struct file *f)
{
    gnutls_x509_crt_t own;
    time_t from, until, now = time(NULL);
    char text[CLOCK_TEXT_BYTES];

    if (gnutls_pcert_export_x509(&c->chain[0], &own) < 0)
        return;
    from = gnutls_x509_crt_get_activation_time(own);
    until = gnutls_x509_crt_get_expiration_time(own);
    gnutls_x509_crt_deinit(own);
    clock_text((int64_t)(now < from ? from : until) * 1000, text);
    if (now < from)
        log_error("%s: %.4000s: not valid before %s", f->option, f->path, text);
    else if (now > until)
        log_error("%s: %.4000s: expired at %s", f->option, f->path, text);
    else
        log_info("%s: %.4000s: valid until %s", f->option, f->path, text);
}

static void judge_mode(const struct file *f)
{
    struct stat is;

    if (stat(f->path, &is) == 0 && is.st_mode & S_IRWXO)
        log_error("%s: %.4000s: everyone may use it: chmod o= it", f->option, f->path);
}

/* ---- life ---- */

void credential_release(struct credential *c)
{
    if (!c || atomic_fetch_sub(&c->users, 1) > 1)
        return;
    for (unsigned i = 0; i < c->n; i++)
        gnutls_pcert_deinit(&c->chain[i]);
    gnutls_privkey_deinit(c->key);
    free(c);
}

static int load(struct credential **out, const struct http_options *o, struct err *err)
{
    struct file cert = { "tls-cert", o->tls_cert }, key = { "tls-key", o->tls_key };
    struct credential *c = calloc(1, sizeof(*c));
    int rc;

    if (!c || gnutls_privkey_init(&c->key) < 0) {
        free(c);
        return err_say(err, E_NOMEM, "out of memory");
    }
    c->users = 1;
    rc = read_part(c, &cert, parse_chain, err);
    if (!rc)
        rc = read_part(c, &key, parse_key, err);
    if (!rc && !is_pair(c))
        rc = tls_refuse(&key, E_INVALID,
                        "not the key of the first certificate in tls-cert", err);
    if (rc) {
        credential_release(c);
        return rc;
    }
    judge_dates(c, &cert);
    judge_mode(&key);
    *out = c;
    return 0;
}

int tls_start(struct http_server *s, struct err *err)
{
    int rc = tls_is_on(&s->options) ? load(&s->credential, &s->options, err) : 0;

    if (rc || !tls_is_on(&s->options))
        return rc;
    if (!greeter_start(s)) {
        credential_release(s->credential);
        return err_say(err, E_NOMEM, "out of memory");
    }
    pthread_mutex_init(&s->credential_lock, NULL);
    return 0;
}

void tls_stop(struct http_server *s)
{
    if (!tls_is_on(&s->options))
        return;
    greeter_stop(s);
    credential_release(s->credential);
    pthread_mutex_destroy(&s->credential_lock);
}

int http_reload(struct http_server *s, struct err *err)
{
    struct credential *old, *fresh;
    int rc = tls_is_on(&s->options) ? load(&fresh, &s->options, err) : 0;

    if (rc || !tls_is_on(&s->options))
        return rc;
    pthread_mutex_lock(&s->credential_lock);
    old = s->credential;
    s->credential = fresh;
    pthread_mutex_unlock(&s->credential_lock);
    credential_release(old);
    return 0;
}

/* A handshake may ask twice. */
static struct credential *credential_of(struct conn *c)
{
    struct http_server *s = c->server;

    if (!c->credential) {
        pthread_mutex_lock(&s->credential_lock);
        c->credential = s->credential;
        atomic_fetch_add(&c->credential->users, 1);
        pthread_mutex_unlock(&s->credential_lock);
    }
    return c->credential;
}

int tls_on_certificate(gnutls_session_t session, const gnutls_datum_t *issuers, int n,
                       const gnutls_pk_algorithm_t *kinds, int n_kinds,
                       struct gnutls_pcert_st **chain, unsigned *chain_n,
                       struct gnutls_privkey_st **key)
{
    struct conn *c = conn_of(gnutls_session_get_ptr(session));
    struct credential *credential = c ? credential_of(c) : NULL;

    (void)issuers, (void)n, (void)kinds, (void)n_kinds;
    if (!credential)
        return -1;
    *chain = credential->chain;
    *chain_n = credential->n;
    *key = credential->key;
    return 0;
}
