#ifndef CATALOG_CACHE_H
#define CATALOG_CACHE_H

#include "base/hash.h"
#include "base/shared.h"

/*
 * The memory cache of exports, by SHA-256: finished archives under the digest of their
 * ETag, and the results of requests under the digest of all that they depend on (ADR 9).
 * An entry never becomes wrong.  When there is no room, the entry that was unused for the
 * longest time is removed.  Safe from any thread; its one lock is held only for a
 * look-up. A cache that is NULL keeps nothing.
 */
struct cache;

/* `max_bytes` is the limit for the entries with their overhead; with 0 the cache keeps
 * nothing.  Returns NULL when there is no memory. */
struct cache *cache_new(size_t max_bytes);
void cache_free(struct cache *c);

/* Returns the entry `key`, which the caller releases, or NULL when there is none. */
struct shared *cache_get(struct cache *c, const uint8_t key[SHA256_BYTES]);

/* Keeps `value`, unless it is larger than the whole cache.  The cache takes a use of its
 * own; the caller still releases theirs. */
void cache_put(struct cache *c, const uint8_t key[SHA256_BYTES], struct shared *value);

/* Gives the bytes in use now and the number of entries. */
void cache_usage(struct cache *c, size_t *bytes, size_t *entries);

#endif
