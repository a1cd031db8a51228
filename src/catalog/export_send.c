#include "catalog/export_int.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/metrics.h"
#include "errors/errors.h"
#include "store/damage.h"

/*
 * The bytes of a planned export, piece by piece: stored blobs between headers,
 * then the directory.  Small blobs come in batches, one statement each; a blob
 * larger than a batch comes part by part.
 */
#define ROWS_A_PIECE 4096

static struct export_int *of_stream(struct stream *s)
{
    return (struct export_int *)((char *)s - offsetof(struct export_int, stream));
}

static int64_t blob_of(const struct zip_entry *e)
{
    return ((const struct item *)e->owner)->blob;
}

/* A large entry is as it was stored: else it ends before its last part is sent. */
static int check_sum(struct export_int *e, const struct zip_entry *entry, struct err *err)
{
    const struct item *item = entry->owner;
    uint8_t is[SHA256_BYTES];

    sha256_digest(&e->sum, sizeof(is), is);
    return memcmp(is, item->stored_sha256, sizeof(is)) == 0
               ? 0
               : row_damaged("blob", item->blob, err);
}

static int send_part(struct export_int *e, struct buf *piece, struct err *err)
{
    struct zip_entry *entry = &e->entries[e->at];
    size_t before;
    uint32_t left = entry->stored_size - e->part;
    uint32_t n = left < e->stream.piece ? left : (uint32_t)e->stream.piece;
    int rc;

    if (e->part == 0) {
        zipw_entry(&e->zip, entry, piece);
        sha256_init(&e->sum);
    }
    before = piece->len;
    rc = store_blob_part(e->store, blob_of(entry), e->part, n, piece, err);
    if (rc)
        return rc;
    sha256_update(&e->sum, n, (const uint8_t *)piece->ptr + before);
    e->part += n;
    if (e->part < entry->stored_size)
        return 0;
    e->part = 0;
    e->at++;
    return check_sum(e, entry, err);
}

/* About what an entry has before its content, or as a row of the directory. */
static size_t header_bytes(const struct zip_entry *e)
{
    return 46 + e->name.n;
}

/* So many entries as one batch takes; 0 when the next is larger than one. */
static size_t batch_size(const struct export_int *e, int64_t *blobs, size_t max)
{
    uint64_t bytes = 0;
    size_t n = 0;

    for (; e->at + n < e->n && n < max; n++) {
        const struct zip_entry *entry = &e->entries[e->at + n];

        bytes += entry->stored_size + header_bytes(entry);
        if (bytes > e->stream.piece)
            break;
        blobs[n] = blob_of(entry);
    }
    return n;
}

static int send_batch(struct export_int *e, const int64_t *blobs, size_t n,
                      struct buf *piece, struct err *err)
{
    struct buf stored = BUF_INIT(e->stream.piece);
    size_t offset = 0;
    int rc = store_blobs(e->store, blobs, n, &stored, err);

    for (size_t i = 0; !rc && i < n; i++, e->at++) {
        struct zip_entry *entry = &e->entries[e->at];

        if (entry->stored_size > stored.len - offset) {
            rc = row_damaged("blob", blobs[i], err);
            break;
        }
        zipw_entry(&e->zip, entry, piece);
        buf_add(piece, stored.ptr + offset, entry->stored_size);
        offset += entry->stored_size;
    }
    buf_release(&stored);
    return rc;
}

static int send_entries(struct export_int *e, struct buf *piece, struct err *err)
{
    size_t max = e->n - e->at < ROWS_A_PIECE ? e->n - e->at : ROWS_A_PIECE;
    int64_t *blobs;
    size_t n;
    int rc;

    if (e->part)
        return send_part(e, piece, err);
    blobs = reallocarray(NULL, max, sizeof(*blobs));
    if (!blobs)
        return err_nomem(err);
    n = batch_size(e, blobs, max);
    rc = n ? send_batch(e, blobs, n, piece, err) : send_part(e, piece, err);
    free(blobs);
    return rc;
}

static void send_rows(struct export_int *e, struct buf *piece)
{
    size_t enough = piece->len + e->stream.piece;

    while (e->at < e->n && piece->len + header_bytes(&e->entries[e->at]) <= enough)
        zipw_directory(&e->zip, &e->entries[e->at++], piece);
}

static int next(struct stream *s, struct buf *piece, struct err *err)
{
    struct export_int *e = of_stream(s);
    int rc = 0;

    if (e->ended)
        return 0;
    if (!e->listing && e->at < e->n) {
        rc = send_entries(e, piece, err);
    } else if (!e->listing) {
        e->listing = true;
        e->at = 0;
        send_rows(e, piece);
    } else if (e->at < e->n) {
        send_rows(e, piece);
    } else {
        zipw_end(&e->zip, piece);
        e->ended = true;
    }
    if (!rc && piece->bad)
        rc = err_nomem(err);
    return rc;
}

static void stream_free(struct stream *s)
{
    catalog_export_free(&of_stream(s)->export);
}

struct stream *catalog_export_stream(struct export *export)
{
    struct export_int *e = (struct export_int *)export;

    zipw_init(&e->zip);
    e->stream = (struct stream){
        .next = next,
        .free = stream_free,
        .piece = export->size <= ANSWER_BUFFER_MAX ? ANSWER_BUFFER_MAX : BLOB_BATCH_MAX,
        .least = BLOB_BATCH_MIN,
        .beside = sizeof(*e) + e->arena.bytes + e->n * sizeof(*e->items),
    };
    return &e->stream;
}

int catalog_export_whole(struct export *export, struct shared **out, struct err *err)
{
    struct export_int *e = (struct export_int *)export;
    struct buf whole = BUF_INIT(ANSWER_BUFFER_MAX);
    int rc;

    *out = cache_get(e->cache, export->digest);
    metric_add(METRIC_CACHE_HITS, *out != NULL);
    if (*out || e->recalled || export->size > ANSWER_BUFFER_MAX)
        return 0;
    buf_reserve(&whole, export->size);
    rc = stream_read_all(catalog_export_stream(export), &whole, err);
    *out = shared_new(&whole);
    if (rc) {
        shared_release(*out);
        *out = NULL;
        return rc;
    }
    if (!*out)
        return err_nomem(err);
    metric_add(METRIC_CACHE_MISSES, 1);
    cache_put(e->cache, export->digest, *out);
    return 0;
}

void catalog_export_free(struct export *export)
{
    struct export_int *e = (struct export_int *)export;

    if (!e)
        return;
    shared_release(e->memo);
    free(e->items);
    arena_release(&e->arena);
    free(e);
}
