#include "base/counters.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/hash.h"
#include "base/id.h"
#include "base/limits.h"

/* A key is told by 128 bits of its hash, salted so that nobody can choose two that
 * fall together. */
struct counter {
    LIST_ENTRY(counter) link;   /* in its bucket, or among those that are free */
    TAILQ_ENTRY(counter) order; /* of the beginnings of windows */
    uint64_t key[2];
    int64_t since_ms, count;
};
LIST_HEAD(bucket, counter);

struct counters {
    pthread_mutex_t lock;
    int64_t window_ms;
    enum when_full when_full;
    uint8_t salt[16];
    TAILQ_HEAD(, counter) order; /* all that are in use, the oldest first */
    struct bucket unused;
    size_t touched; /* of counter[]: the others were never in use */
    struct bucket bucket[COUNTERS_MAX];
    struct counter counter[COUNTERS_MAX];
};

struct counters *counters_new(int64_t window_ms, enum when_full when_full)
{
    struct counters *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    c->window_ms = window_ms;
    c->when_full = when_full;
    random_bytes(c->salt, sizeof(c->salt));
    pthread_mutex_init(&c->lock, NULL);
    TAILQ_INIT(&c->order);
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

static struct bucket *bucket_of(struct counters *c, const uint64_t key[2])
{
    return &c->bucket[key[0] % COUNTERS_MAX];
}

static void drop(struct counters *c, struct counter *one)
{
    LIST_REMOVE(one, link);
    TAILQ_REMOVE(&c->order, one, order);
    LIST_INSERT_HEAD(&c->unused, one, link);
}

static void drop_ended(struct counters *c, int64_t now_ms)
{
    struct counter *one;

    while ((one = TAILQ_FIRST(&c->order)) && now_ms - one->since_ms >= c->window_ms)
        drop(c, one);
}

/* The key's counter; NULL when it has none. */
static struct counter *find(struct counters *c, const uint64_t key[2])
{
    struct counter *one;

    LIST_FOREACH (one, bucket_of(c, key), link)
        if (one->key[0] == key[0] && one->key[1] == key[1])
            return one;
    return NULL;
}

/* A free counter; NULL when the table is full and refuses. */
static struct counter *take(struct counters *c)
{
    struct counter *one;

    if (LIST_EMPTY(&c->unused) && c->touched < COUNTERS_MAX)
        return &c->counter[c->touched++];
    if (LIST_EMPTY(&c->unused) && c->when_full == COUNTERS_FORGET)
        drop(c, TAILQ_FIRST(&c->order));
    one = LIST_FIRST(&c->unused);
    if (one)
        LIST_REMOVE(one, link);
    return one;
}

static struct counter *add(struct counters *c, const uint64_t key[2], int64_t now_ms)
{
    struct counter *one = take(c);

    if (!one)
        return NULL;
    *one = (struct counter){ .key = { key[0], key[1] }, .since_ms = now_ms };
    LIST_INSERT_HEAD(bucket_of(c, key), one, link);
    TAILQ_INSERT_TAIL(&c->order, one, order);
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
    drop_ended(c, now_ms);
    one = find(c, hash);
    if (!one && by > 0) {
        one = add(c, hash, now_ms);
        if (!one) {
            count = INT64_MAX;
            since_ms = TAILQ_FIRST(&c->order)->since_ms;
        }
    }
    if (one) {
        count = one->count += by;
        since_ms = one->since_ms;
        if (count <= 0)
            drop(c, one);
    }
    pthread_mutex_unlock(&c->lock);
    if (left_ms)
        *left_ms = since_ms + c->window_ms - now_ms;
    return count;
}

void counters_forget(struct counters *c, struct str key)
{
    uint64_t hash[2];
    struct counter *one;

    hash_key(c, key, hash);
    pthread_mutex_lock(&c->lock);
    one = find(c, hash);
    if (one)
        drop(c, one);
    pthread_mutex_unlock(&c->lock);
}
