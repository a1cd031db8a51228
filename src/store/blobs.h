#ifndef STORE_BLOBS_H
#define STORE_BLOBS_H

#include "base/hash.h"
#include "model/definition.h"
#include "store/store.h"

/* A blob that is about to be stored: the compressed form of a definition, its hashes, and
 * what the definition refers to. */
struct new_blob {
    uint8_t sha256[SHA256_BYTES], stored_sha256[SHA256_BYTES];
    uint32_t raw_size, crc32;
    struct buf stored;
    const struct ref *refs;
    size_t n_refs;
};

/*
 * Appends the stored bytes of `blobs`, one after the other, with one statement.  It needs
 * no snapshot: blobs never change, so they can be read after the snapshot that named them
 * has ended.  E_INTERNAL when one is gone.
 */
int store_blobs(struct store *s, const int64_t *blobs, size_t n, struct buf *out,
                struct err *err) MUST_CHECK;

/* As store_blobs(), on the snapshot's connection. */
int snapshot_blobs(struct snapshot *s, const int64_t *blobs, size_t n, struct buf *out,
                   struct err *err) MUST_CHECK;

/* Appends `n` bytes of one blob from `offset` on, also without a snapshot.  E_IO when the
 * blob is gone or shorter. */
int store_blob_part(struct store *s, int64_t blob, uint32_t offset, uint32_t n,
                    struct buf *out, struct err *err) MUST_CHECK;

/* Finds the blob with that content that an object uses; *id is 0 when none does. */
int snapshot_find_blob(struct snapshot *s, const uint8_t sha256[SHA256_BYTES],
                       int64_t *id, struct err *err) MUST_CHECK;

/*
 * Stores blobs that no object refers to yet, so that nobody sees them, and marks them as
 * staged: the sweep deletes none of them until the mark is cleared by `struct unstage`.
 */
struct stage {
    struct write write;
    struct new_blob *blobs;
    int64_t *ids; /* out */
    size_t n;
};
void stage_init(struct stage *s);

/* Clears a batch of stage marks; repeat it while `more` is set.  Submit it only when no
 * import is running: the sweep may then delete the blobs that no object refers to. */
struct unstage {
    struct write write;
    bool more; /* out */
};
void unstage_init(struct unstage *u);

/*
 * Deletes unused blobs, a batch at a time: those that a sweep first saw unused before
 * `before_ms`.  It also notes, for a batch of unused blobs that no sweep has seen yet,
 * that it saw them at `now_ms`.  The writer thread runs sweeps by itself, and takes these
 * times from a clock that advances like the monotonic one, so that no jump of the wall
 * clock deletes a blob that a running answer still needs.
 */
struct sweep {
    struct write write;
    int64_t now_ms, before_ms;
    int64_t seen, deleted; /* out: how many */
};
void sweep_init(struct sweep *s);

#endif
