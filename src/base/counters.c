#include "base/counters.h"

#include <pthread.h>
#include <stdlib.h>

#include "base/hash.h"
#include "base/id.h"

#define SETS 2048
#define WAYS 8

/* A key is told by 128 bits of its hash, salted so that nobody can choose two that
 * fall together. */
struct counter {
    uint64_t key[2];
    int64_t since_ms, count;
};

struct counters {
    pthread_mutex_t lock;
    int64_t window_ms;
    uint8_t salt[16];
    struct counter counter[SETS][WAYS];
};

struct counters *counters_new(int64_t window_ms)
{
    struct counters *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->window_ms = window_ms;
    random_bytes(c->salt, sizeof(c->salt));
    pthread_mutex_init(&c->lock, NULL);
    return c;
}

void counters_free(struct counters *c)
{
    if (!c)
        return;
    pthread_mutex_destroy(&c->lock);
    free(c);
}

static void hash_key(const struct counters *c, struct str key, uint64_t out[2])
{
    uint8_t digest[SHA256_BYTES];
    struct sha256_ctx s;

    sha256_init(&s);
    sha256_update(&s, sizeof(c->salt), c->salt);
    sha256_update(&s, key.n, (const uint8_t *)key.p);
    sha256_digest(&s, SHA256_BYTES, digest);
    memcpy(out, digest, 2 * sizeof(*out));
}

/* The key's counter; NULL when its window is over, or it has none. */
static struct counter *find(struct counters *c, const uint64_t key[2], int64_t now_ms)
{
    struct counter *set = c->counter[key[0] % SETS];

    for (int i = 0; i < WAYS; i++)
        if (set[i].key[0] == key[0] && set[i].key[1] == key[1] &&
            now_ms - set[i].since_ms < c->window_ms)
            return &set[i];
    return NULL;
}

/* Which of two is given up first: one whose window is over, else that of fewer
 * events, so that keys made up for it push out none that matters, else the older. */
static bool goes_before(const struct counters *c, const struct counter *a,
                        const struct counter *b, int64_t now_ms)
{
    bool a_over = now_ms - a->since_ms >= c->window_ms;
    bool b_over = now_ms - b->since_ms >= c->window_ms;

    if (a_over != b_over)
        return a_over;
    return a->count != b->count ? a->count < b->count : a->since_ms < b->since_ms;
}

static struct counter *take(struct counters *c, const uint64_t key[2], int64_t now_ms)
{
    struct counter *set = c->counter[key[0] % SETS], *one = set;

    for (int i = 1; i < WAYS; i++)
        if (goes_before(c, &set[i], one, now_ms))
            one = &set[i];
    *one = (struct counter){ .key = { key[0], key[1] }, .since_ms = now_ms };
    return one;
}

int64_t counters_add(struct counters *c, struct str key, int64_t by, int64_t now_ms,
                     int64_t *left_ms)
{
    uint64_t hash[2];
    struct counter *one;
    int64_t count = 0, since_ms = now_ms;

    hash_key(c, key, hash);
    pthread_mutex_lock(&c->lock);
    one = find(c, hash, now_ms);
    if (!one && by)
        one = take(c, hash, now_ms);
    if (one) {
        count = one->count += by;
        since_ms = one->since_ms;
    }
    pthread_mutex_unlock(&c->lock);
    if (left_ms)
        *left_ms = since_ms + c->window_ms - now_ms;
    return count;
}

void counters_forget(struct counters *c, struct str key)
{
    uint64_t hash[2];

    hash_key(c, key, hash);
    pthread_mutex_lock(&c->lock);
    for (int i = 0; i < WAYS; i++) {
        struct counter *one = &c->counter[hash[0] % SETS][i];

        if (one->key[0] == hash[0] && one->key[1] == hash[1])
            *one = (struct counter){ 0 };
    }
    pthread_mutex_unlock(&c->lock);
}
