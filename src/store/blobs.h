#ifndef STORE_BLOBS_H
#define STORE_BLOBS_H

#include "base/hash.h"
#include "model/definition.h"
#include "store/store.h"

/* A blob to be: the stored form of a definition, made and hashed, and what it names. */
struct new_blob {
    uint8_t sha256[SHA256_BYTES], stored_sha256[SHA256_BYTES];
    uint32_t raw_size, crc32;
    struct buf stored;
    const struct ref *refs;
    size_t n_refs;
};

/*
 * Appends the stored bytes of `blobs`, one behind the other.  One statement, of
 * no snapshot: blobs never change, so they can be read after the snapshot that
 * named them has ended.  E_INTERNAL when one is gone.
 */
int store_blobs(struct store *s, const int64_t *blobs, size_t n, struct buf *out,
                struct err *err) MUST_CHECK;

/* As store_blobs(), on the snapshot's connection. */
int snapshot_blobs(struct snapshot *s, const int64_t *blobs, size_t n, struct buf *out,
                   struct err *err) MUST_CHECK;

/* Appends `n` bytes of one blob from `offset` on; likewise, but E_IO when it is
 * gone or shorter. */
int store_blob_part(struct store *s, int64_t blob, uint32_t offset, uint32_t n,
                    struct buf *out, struct err *err) MUST_CHECK;

/* The blob of that content which some object has; 0: none has it. */
int snapshot_find_blob(struct snapshot *s, const uint8_t sha256[SHA256_BYTES],
                       int64_t *id, struct err *err) MUST_CHECK;

/*
 * Puts blobs there, which nothing names yet, so that nobody sees them, and notes that
 * they are staged: the sweep takes none of them before an unstage.
 */
struct stage {
    struct write write;
    struct new_blob *blobs;
    int64_t *ids; /* out */
    size_t n;
};
void stage_init(struct stage *s);

/* Forgets that a number of blobs are staged, for no import goes on: those that no object
 * has come to name are the sweep's.  To be repeated while there are more. */
struct unstage {
    struct write write;
    bool more; /* out */
};
void unstage_init(struct unstage *u);

/*
 * Deletes a batch of the blobs that had no user when a sweep saw them first, before
 * `before_ms`; of those that no sweep has seen yet it notes for a batch that it saw them
 * at `now_ms`.  The writer does this by itself, by a clock that goes on as the monotonic
 * one does, so that a blob of an answer that runs outlives any jump of the wall clock.
 */
struct sweep {
    struct write write;
    int64_t now_ms, before_ms;
    int64_t seen, deleted; /* out: how many */
};
void sweep_init(struct sweep *s);

#endif
