#ifndef CATALOG_CACHE_H
#define CATALOG_CACHE_H

#include "base/hash.h"
#include "base/shared.h"

/*
 * What exports keep in memory, by SHA-256: finished archives by the digest of
 * their ETag, and the memo, outcomes of requests by what they depend on (ADR 9).
 * An entry never becomes wrong; it only leaves, the longest unused first, when
 * there is no room.  Safe from any thread: one lock, held for no longer than a
 * look.  A cache that is NULL keeps nothing.
 */
struct cache;

/* `max_bytes` holds for entries with what keeping them takes; 0 keeps nothing.
 * NULL without memory. */
struct cache *cache_new(size_t max_bytes);
void cache_free(struct cache *c);

/* What is kept under `key`, for the caller to release; NULL when nothing is. */
struct shared *cache_get(struct cache *c, const uint8_t key[SHA256_BYTES]);

/* Keeps it, when it is not larger than the cache; the caller's use remains its. */
void cache_put(struct cache *c, const uint8_t key[SHA256_BYTES], struct shared *value);

/* What it takes now, and how many entries there are. */
void cache_usage(struct cache *c, size_t *bytes, size_t *entries);

#endif
