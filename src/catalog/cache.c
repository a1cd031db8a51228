#include "catalog/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "base/metrics.h"

#define CHAINS 4096 /* a power of two */

struct entry {
    TAILQ_ENTRY(entry) age;
    LIST_ENTRY(entry) chain;
    uint8_t key[SHA256_BYTES];
    struct shared *value;
};

struct cache {
    pthread_mutex_t lock;
    size_t max, bytes, entries;
    TAILQ_HEAD(ages, entry) by_age; /* the last one used is the first */
    LIST_HEAD(chain, entry) chain[CHAINS];
};

struct cache *cache_new(size_t max_bytes)
{
    struct cache *c = calloc(1, sizeof(*c));

    if (!c)
        return NULL;
    pthread_mutex_init(&c->lock, NULL);
    c->max = max_bytes;
    TAILQ_INIT(&c->by_age);
    return c;
}

static size_t cost(const struct shared *value)
{
    return sizeof(struct entry) + sizeof(*value) + value->bytes.cap;
}

static void resize(struct cache *c, int64_t bytes, int64_t entries)
{
    c->bytes += (size_t)bytes;
    c->entries += (size_t)entries;
    metric_add(METRIC_CACHE_BYTES, bytes);
    metric_add(METRIC_CACHE_ENTRIES, entries);
}

static void drop(struct cache *c, struct entry *e)
{
    TAILQ_REMOVE(&c->by_age, e, age);
    LIST_REMOVE(e, chain);
    resize(c, -(int64_t)cost(e->value), -1);
    shared_release(e->value);
    free(e);
}

void cache_free(struct cache *c)
{
    if (!c)
        return;
    while (!TAILQ_EMPTY(&c->by_age))
        drop(c, TAILQ_FIRST(&c->by_age));
    pthread_mutex_destroy(&c->lock);
    free(c);
}

/* Keys are digests: any part of one spreads evenly. */
static struct chain *chain_of(struct cache *c, const uint8_t *key)
{
    return &c->chain[(key[0] | key[1] << 8) & (CHAINS - 1)];
}

/* With the lock held; what is found is young again. */
static struct entry *find(struct cache *c, const uint8_t *key)
{
    struct entry *e;

    LIST_FOREACH (e, chain_of(c, key), chain)
        if (memcmp(e->key, key, SHA256_BYTES) == 0)
            break;
    if (!e)
        return NULL;
    TAILQ_REMOVE(&c->by_age, e, age);
    TAILQ_INSERT_HEAD(&c->by_age, e, age);
    return e;
}

struct shared *cache_get(struct cache *c, const uint8_t key[SHA256_BYTES])
{
    struct shared *found;
    struct entry *e;

    if (!c)
        return NULL;
    pthread_mutex_lock(&c->lock);
    e = find(c, key);
    found = e ? shared_use(e->value) : NULL;
    pthread_mutex_unlock(&c->lock);
    return found;
}

/* With the lock held. */
static void add(struct cache *c, struct entry *e)
{
    while (c->bytes + cost(e->value) > c->max)
        drop(c, TAILQ_LAST(&c->by_age, ages));
    TAILQ_INSERT_HEAD(&c->by_age, e, age);
    LIST_INSERT_HEAD(chain_of(c, e->key), e, chain);
    resize(c, (int64_t)cost(e->value), 1);
}

void cache_put(struct cache *c, const uint8_t key[SHA256_BYTES], struct shared *value)
{
    struct entry *e = c && cost(value) <= c->max ? calloc(1, sizeof(*e)) : NULL;

    if (!e)
        return;
    memcpy(e->key, key, SHA256_BYTES);
    e->value = value;
    pthread_mutex_lock(&c->lock);
    if (find(c, key)) {
        free(e); /* somebody else was faster, with the same */
    } else {
        shared_use(value);
        add(c, e);
    }
    pthread_mutex_unlock(&c->lock);
}

void cache_usage(struct cache *c, size_t *bytes, size_t *entries)
{
    pthread_mutex_lock(&c->lock);
    *bytes = c->bytes;
    *entries = c->entries;
    pthread_mutex_unlock(&c->lock);
}
