#include "auth/auth.h"

#include <stdio.h>

#include "auth/credentials.h"
#include "auth/password.h"
#include "auth/refusal.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/wipe.h"
#include "errors/errors.h"
#include "store/damage.h"
#include "store/keys.h"

static const struct {
    int64_t window_ms;
    enum when_full when_full;
} tables[COUNTED] = {
    /* An account has at most SIGN_IN_FAILURES_ANYWHERE addresses here and those that it
     * is known at, so whoever fills the table guesses at hundreds of accounts from very
     * many addresses; those that are counted already stay. */
    [FAILED] = { SIGN_IN_WINDOW_MS, COUNTERS_REFUSE },
    [FAILED_NAMES] = { SIGN_IN_WINDOW_MS, COUNTERS_FORGET },
    [FAILED_KEYS] = { SIGN_IN_WINDOW_MS, COUNTERS_FORGET },
    /* From very many addresses: 40 random characters are not guessed. */
    [FAILED_SIGNATURES] = { SIGN_IN_WINDOW_MS, COUNTERS_FORGET },
    [KNOWN] = { SIGN_IN_KNOWN_MS, COUNTERS_REFUSE },
    [WAITING] = { COUNTERS_NO_END, COUNTERS_REFUSE },
    [REQUESTS] = { 1000, COUNTERS_FORGET },
};

int auth_open(struct auth *a, struct err *err)
{
    bool ok = true;

    for (int i = 0; i < COUNTED; i++) {
        a->counters[i] = counters_new(tables[i].window_ms, tables[i].when_full);
        ok &= a->counters[i] != NULL;
    }
    a->workers = workers_start(HASH_THREADS, HASH_MAX_WAITING);
    if (ok && a->workers)
        return 0;
    auth_close(a);
    return err_nomem(err);
}

void auth_close(struct auth *a)
{
    workers_stop(a->workers);
    a->workers = NULL;
    for (int i = 0; i < COUNTED; i++) {
        counters_free(a->counters[i]);
        a->counters[i] = NULL;
    }
}

/* ---- counting ---- */

/* Windows are of a clock that nobody sets back. */
static int64_t steady_ms(void)
{
    return clock_mono_ns() / 1000000;
}

/* The key of `what` (an account, an access key) at an address. */
static struct str counter_key(struct str what, struct str peer, struct arena *arena)
{
    struct buf text = BUF_INIT(2 * IAM_BODY_MAX);
    struct str key;

    buf_addstr(&text, what);
    buf_addc(&text, '\n');
    buf_addstr(&text, peer);
    key = arena_buf(arena, &text);
    buf_release(&text);
    return key;
}

static int64_t count(struct auth *a, enum counted table, struct str key, int64_t by)
{
    return counters_add(a->counters[table], key, by, steady_ms(), NULL);
}

/* Counts an attempt, and says whether there are too many: *wait_s for how long.  Those
 * that are refused at one address count at no other, and one that is refused everywhere
 * takes no room for its address. */
static bool too_many(struct auth *a, const struct login *l, int64_t *wait_s)
{
    struct counters *c = a->counters[l->table];
    int64_t now = steady_ms(), left;
    bool known = count(a, KNOWN, l->counted_here, 0) > 0;
    bool refused =
        !known && counters_add(c, l->counted, 0, now, &left) >= SIGN_IN_FAILURES_ANYWHERE;

    if (!refused)
        refused = counters_add(c, l->counted_here, 1, now, &left) > SIGN_IN_FAILURES;
    if (!refused)
        refused =
            counters_add(c, l->counted, 1, now, &left) > SIGN_IN_FAILURES_ANYWHERE &&
            !known;
    *wait_s = left / 1000 + 1;
    return refused;
}

/* ---- tokens ---- */

static int denied(struct err *err, const char *why)
{
    return err_set(err, E_DENIED, APIGW_0301, DET_NONE, why);
}

int auth_token(struct auth *a, struct str text, struct arena *arena,
               struct principal *out, struct err *err)
{
    uint8_t hash[SHA256_BYTES];
    struct token t;
    int rc;

    if (token_hash(text, hash))
        rc = store_token(a->store, hash, &t, arena, err);
    else
        rc = token_unknown(err);
    if (!rc)
        rc = token_judge(t.revoked, t.expires_ms, err);
    if (rc)
        return refusal_explain(err);
    *out = (struct principal){ .account = t.owner,
                               .project = t.project,
                               .project_name = t.project_name,
                               .by_token = true,
                               .credential = STR("token"),
                               .methods = t.methods,
                               .issued_ms = t.issued_ms,
                               .expires_ms = t.expires_ms };
    memcpy(out->token, hash, sizeof(hash));
    return 0;
}

/* ---- signatures ---- */

static int check_time(const struct sign_request *request, struct err *err)
{
    char why[100], now_text[CLOCK_TEXT_BYTES];
    int64_t now = clock_ms(), at;
    int rc = sign_time(request, &at, err);

    if (rc == E_INVALID)
        return err_set(err, E_DENIED, APIGW_0305, DET_SDK_DATE);
    if (rc || (at - now <= SIGN_SKEW_MS && now - at <= SIGN_SKEW_MS))
        return rc;
    clock_text(now, now_text);
    snprintf(why, sizeof(why),
             "calc ak sk signature fail:signature expired, server time:%s", now_text);
    return denied(err, why);
}

static int find_key(struct auth *a, struct signer *signer, struct arena *arena,
                    struct err *err)
{
    struct snapshot *s;
    int rc = store_snapshot(&s, a->store, err);

    if (rc)
        return rc;
    rc = snapshot_access_key(s, signer->claim.access, &signer->account, &signer->sealed,
                             arena, err);
    snapshot_end(s);
    if (rc != E_NOTFOUND)
        return rc;
    access_key_unknown(signer->claim.access, err);
    return refusal_explain(err);
}

int auth_signer(struct auth *a, struct str authorization,
                const struct sign_request *request, struct str peer, struct arena *arena,
                struct signer *out, struct err *err)
{
    int rc = sign_parse(&out->claim, authorization, err);

    if (rc == E_INVALID)
        return err_set(err, E_DENIED, APIGW_0305, DET_AUTHORIZATION);
    if (!rc)
        rc = check_time(request, err);
    if (rc)
        return rc;
    out->peer = counter_key(out->claim.access, peer, arena);
    if (!out->peer.p)
        return err_nomem(err);
    if (count(a, FAILED_SIGNATURES, out->peer, 0) > SIGN_IN_FAILURES)
        return denied(err, "AK access failed to reach the limit,forbidden.");
    return find_key(a, out, arena, err);
}

static int bad_signature(struct auth *a, const struct signer *signer,
                         struct buf *canonical, struct err *err)
{
    struct buf why = BUF_INIT(SIGN_SHOWN_MAX + KIB);

    count(a, FAILED_SIGNATURES, signer->peer, 1);
    buf_adds(&why, "verify aksk signature fail, canonicalRequest:");
    buf_addstr(&why, buf_str(canonical));
    err_clear(err);
    denied(err, buf_cstr(&why));
    buf_release(&why);
    return E_DENIED;
}

int auth_signature(struct auth *a, const struct signer *signer,
                   const struct sign_request *request, struct principal *out,
                   struct err *err)
{
    struct buf secret = BUF_INIT(KIB), canonical = BUF_INIT(SIGN_SHOWN_MAX + KIB);
    int rc;

    if (access_key_open(store_key(a->store), signer->claim.access, signer->sealed,
                        &secret))
        rc = sign_check(&signer->claim, request, buf_str(&secret), &canonical, err);
    else if (secret.bad)
        rc = err_nomem(err);
    else
        rc = row_damaged_text("access_key", signer->claim.access, err);
    buf_wipe(&secret);
    if (rc == E_DENIED)
        rc = bad_signature(a, signer, &canonical, err);
    else if (rc == E_INVALID)
        rc = err_set(err, E_DENIED, APIGW_0305, DET_AUTHORIZATION);
    if (!rc) {
        counters_forget(a->counters[FAILED_SIGNATURES], signer->peer);
        *out = (struct principal){ .account = signer->account,
                                   .project = STR(""),
                                   .project_name = STR(""),
                                   .credential = signer->claim.access };
    }
    buf_release(&canonical);
    return rc;
}

/* ---- what they may ---- */

int auth_rate(struct auth *a, const struct principal *p, struct err *err)
{
    if (!a->rate_limit || count(a, REQUESTS, p->account.id, 1) <= a->rate_limit)
        return 0;
    return err_set(err, E_LIMIT, APIGW_0308, DET_NONE);
}

struct authority auth_authority(const struct principal *p, struct str project,
                                struct str workspace, enum role role)
{
    struct str token = { (const char *)p->token, SHA256_BYTES };

    return (struct authority){ .token = p->by_token ? token : STR(""),
                               .access_key = p->by_token ? STR("") : p->credential,
                               .project = project,
                               .workspace = workspace,
                               .role = role };
}

/* ---- passwords and secret keys ---- */

static int find_account(struct auth *a, struct login *l, struct arena *arena,
                        struct err *err)
{
    struct snapshot *s;
    int rc = store_snapshot(&s, a->store, err);

    if (rc)
        return rc;
    if (l->access_key.n)
        rc = snapshot_access_key(s, l->access_key, &l->account, &l->sealed, arena, err);
    else
        rc = snapshot_account(s, &l->who, &l->account, arena, err);
    snapshot_end(s);
    l->found = !rc;
    l->table = l->found ? FAILED : l->access_key.n ? FAILED_KEYS : FAILED_NAMES;
    if (rc != E_NOTFOUND)
        return rc;
    err_clear(err);
    return 0;
}

/* What failures are counted by: the access key, the account's id, or the words for one
 * that does not exist. */
static struct str counted_as(const struct login *l, struct arena *arena)
{
    const struct str parts[] = { l->who.id, l->who.name, l->who.domain,
                                 l->who.domain_name };
    struct str words = l->access_key.n ? l->access_key : STR("");

    if (l->found)
        return l->access_key.n ? l->access_key : l->account.id;
    for (size_t i = 0; words.p && i < sizeof(parts) / sizeof(parts[0]); i++)
        words = counter_key(words, parts[i], arena);
    return words;
}

int auth_login_begin(struct auth *a, struct login *l, struct arena *arena,
                     struct err *err)
{
    int64_t wait_s;
    int rc = find_account(a, l, arena, err);

    if (rc)
        return rc;
    l->counted = counted_as(l, arena);
    l->counted_here = counter_key(l->counted, l->peer, arena);
    l->peer = arena_str(arena, l->peer);
    if (!l->counted.p || !l->counted_here.p || !l->peer.p)
        return err_nomem(err);
    /* Counted before it is looked at, so that many at once are not too many. */
    if (too_many(a, l, &wait_s)) {
        return err_set(err, E_LIMIT, IAM_429, DET_NONE, NUM(wait_s));
    }
    if (l->access_key.n || count(a, WAITING, l->peer, 1) <= HASH_MAX_WAITING_OF_ONE)
        return 0;
    auth_login_cancel(a, l);
    return err_set(err, E_BUSY, APIGW_0613, DET_HASHING);
}

static void wait_no_longer(struct auth *a, const struct login *l)
{
    if (!l->access_key.n)
        count(a, WAITING, l->peer, -1);
}

/* It was no guess. */
static void count_no_longer(struct auth *a, const struct login *l)
{
    count(a, l->table, l->counted_here, -1);
    count(a, l->table, l->counted, -1);
}

void auth_login_cancel(struct auth *a, struct login *l)
{
    wait_no_longer(a, l);
    count_no_longer(a, l);
}

static void check_password(struct login *l)
{
    struct str hash = l->found ? l->account.password : STR("");
    struct err err = ERR_INIT;

    l->lacks_memory = password_check(l->secret, hash, &l->matches, &err) != 0;
    err_clear(&err);
}

static void check_access_key(const struct auth *a, struct login *l)
{
    struct buf secret = BUF_INIT(KIB);

    if (l->found &&
        access_key_open(store_key(a->store), l->access_key, l->sealed, &secret))
        l->matches = same_bytes(l->secret, buf_str(&secret));
    l->lacks_memory = secret.bad != 0;
    buf_wipe(&secret);
}

void auth_login_check(struct auth *a, struct login *l)
{
    if (l->access_key.n)
        check_access_key(a, l);
    else
        check_password(l);
    wait_no_longer(a, l);
}

/* An account has so many addresses that it is known at, so that it takes no room from
 * others. */
static void note_address(struct auth *a, const struct login *l)
{
    if (!count(a, KNOWN, l->counted_here, 0) &&
        count(a, KNOWN, l->counted, 1) <= SIGN_IN_KNOWN_MAX)
        count(a, KNOWN, l->counted_here, 1);
}

int auth_login_end(struct auth *a, struct login *l, struct err *err)
{
    if (l->lacks_memory) {
        count_no_longer(a, l);
        return err_nomem(err);
    }
    if (!l->matches)
        return err_set(err, E_DENIED, IAM_401_PASSWORD, DET_NONE);
    counters_forget(a->counters[FAILED], l->counted_here);
    count(a, FAILED, l->counted, -1);
    note_address(a, l);
    return 0;
}
