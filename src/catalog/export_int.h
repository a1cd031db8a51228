#ifndef CATALOG_EXPORT_INT_H
#define CATALOG_EXPORT_INT_H

#include "archive/zip_write.h"
#include "catalog/catalog.h"
#include "store/store.h"

/* Private to catalog/: a planned export, until its last byte is sent. */

/* One object on its way into the archive. */
struct item {
    size_t job; /* the job in whose folder it is */
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
    struct shared *memo; /* of a recalled export: holds the texts of export.shown */
    struct arena arena;
    struct item *items;
    struct zip_entry *entries; /* in the archive's order; the owner is the item */
    size_t n;
    uint64_t unpacked;
    /* While it is sent. */
    struct zipw zip;
    size_t at;             /* the entry, then the directory's row, that is next */
    uint32_t part;         /* bytes of a large entry that were sent, */
    struct sha256_ctx sum; /* and their hash so far */
    bool listing, ended;
};

/* export_memo.c: keeps the result of a plan, which was made with these rights, under the
 * digest of its request.  Does nothing when there is no room or no memory. */
void export_remember(struct export_int *e, const uint8_t digest[SHA256_BYTES],
                     const struct revisions *r, struct rights rights);

#endif
