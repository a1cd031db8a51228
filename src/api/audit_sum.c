#include "api/audit_sum.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/id.h"
#include "base/limits.h"

#define WAYS 8
#define SETS (AUDIT_ADDRESSES / WAYS)
#define WINDOW_MS 1000

struct sum {
    uint64_t key;    /* of the address */
    int64_t ends_ms; /* 0: free */
    int64_t count;   /* requests since the last line */
    size_t n;
    char line[AUDIT_SUM_LINE_MAX]; /* of the last one */
};

struct audit_sum {
    uint8_t salt[16]; /* so that nobody chooses addresses that share a set */
    size_t active;
    struct sum sum[SETS][WAYS], others;
};

struct audit_sum *audit_sum_new(void)
{
    struct audit_sum *s = calloc(1, sizeof(*s));

    if (s)
        random_bytes(s->salt, sizeof(s->salt));
    return s;
}

void audit_sum_free(struct audit_sum *s)
{
    free(s);
}

static uint64_t key_of(const struct audit_sum *s, struct str address)
{
    uint8_t digest[SHA256_BYTES];
    struct sha256_ctx ctx;
    uint64_t key;

    sha256_init(&ctx);
    sha256_update(&ctx, sizeof(s->salt), s->salt);
    sha256_update(&ctx, address.n, (const uint8_t *)address.p);
    sha256_digest(&ctx, SHA256_BYTES, digest);
    memcpy(&key, digest, sizeof(key));
    return key;
}

/* The address's own, a free one for it, or the one that others share. */
static struct sum *find(struct audit_sum *s, uint64_t key)
{
    struct sum *set = s->sum[key % SETS], *free_one = &s->others;

    for (int i = WAYS - 1; i >= 0; i--) {
        if (set[i].ends_ms && set[i].key == key)
            return &set[i];
        if (!set[i].ends_ms)
            free_one = &set[i];
    }
    free_one->key = key;
    return free_one;
}

bool audit_sum_add(struct audit_sum *s, struct str address, struct str line,
                   int64_t now_ms)
{
    struct sum *one = find(s, key_of(s, address));

    if (!one->ends_ms) {
        one->ends_ms = now_ms + WINDOW_MS;
        one->count = 0;
        s->active++;
        return true;
    }
    one->count++;
    one->n = line.n < sizeof(one->line) ? line.n : sizeof(one->line);
    memcpy(one->line, line.p, one->n);
    return false;
}

bool audit_sum_is_active(const struct audit_sum *s)
{
    return s->active;
}

/* Another second begins for an address that had any. */
static void take(struct audit_sum *s, struct sum *one, int64_t now_ms,
                 void (*each)(void *arg, struct str line), void *arg)
{
    struct buf text = BUF_INIT(AUDIT_LINE_MAX);

    if (!one->ends_ms || one->ends_ms > now_ms)
        return;
    if (!one->count) {
        one->ends_ms = 0;
        s->active--;
        return;
    }
    buf_add(&text, one->line, one->n - 1); /* but its bracket */
    buf_addf(&text, ",\"count\":%lld}", (long long)one->count);
    if (!text.bad) { /* else later */
        each(arg, buf_str(&text));
        one->count = 0;
        one->ends_ms = now_ms + WINDOW_MS;
    }
    buf_release(&text);
}

void audit_sum_take(struct audit_sum *s, int64_t now_ms,
                    void (*each)(void *arg, struct str line), void *arg)
{
    for (size_t i = 0; s->active && i < SETS; i++)
        for (size_t j = 0; j < WAYS; j++)
            take(s, &s->sum[i][j], now_ms, each, arg);
    take(s, &s->others, now_ms, each, arg);
}
