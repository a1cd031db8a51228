#ifndef CATALOG_EXPORT_INT_H
#define CATALOG_EXPORT_INT_H

#include "archive/zip_write.h"
#include "catalog/catalog.h"
#include "store/store.h"

/* Private to catalog/: a planned export, from its plan to its last byte. */

/* One object on its way into the archive. */
struct item {
    size_t job; /* whose folder it stands in */
    enum kind kind;
    struct str name, scope;
    int64_t id, blob;
    uint32_t raw_size, stored_size, crc32;
    uint8_t stored_sha256[SHA256_BYTES];
};

struct export_int {
    struct export export;
    struct stream stream;
    struct store *store;
    struct cache *cache;
    bool recalled;       /* there are no entries */
    struct shared *memo; /* whose texts are shown, of one that is recalled */
    struct arena arena;
    struct item *items;
    struct zip_entry *entries; /* in their order; owner is the item */
    size_t n;
    uint64_t unpacked;
    /* While it is sent. */
    struct zipw zip;
    size_t at;             /* the entry, then the directory's row, that is next */
    uint32_t part;         /* bytes sent of a large entry, */
    struct sha256_ctx sum; /* and what they come to */
    bool listing, ended;
};

/* export_memo.c: keeps the outcome of a plan, which the caller made with these rights, of
 * a request with this digest; does nothing when there is no room or no memory for it. */
void export_remember(struct export_int *e, const uint8_t digest[SHA256_BYTES],
                     const struct revisions *r, struct rights rights);

#endif
