#include "archive/zip_write.h"

#include <assert.h>
#include <stdbool.h>

#define LOCAL_BYTES 30
#define ROW_BYTES 46
#define ROW_OFFSET64_BYTES 12
#define END_BYTES 22
#define END64_BYTES (56 + 20)

#define VERSION 20
#define VERSION_ZIP64 45
#define MADE_BY_UNIX (3 << 8)
#define FLAG_UTF8 (1 << 11)
#define METHOD_STORED 0
#define METHOD_DEFLATED 8
#define DOS_TIME 0
#define DOS_DATE (1 << 5 | 1) /* 1980-01-01 */
#define UNIX_MODE (0100644u << 16)

#define MAX16 0xffffu
#define MAX32 0xffffffffu

static void put(struct buf *out, uint64_t v, int bytes)
{
    for (; bytes > 0; bytes--, v >>= 8)
        buf_addc(out, (char)(v & 0xff));
}

static bool is_ascii(struct str s)
{
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80)
            return false;
    return true;
}

/* What the local header and the directory's row have in common. */
static void put_shared(struct buf *out, const struct zip_entry *e, int version,
                       int extra_bytes)
{
    put(out, (uint64_t)version, 2);
    put(out, is_ascii(e->name) ? 0 : FLAG_UTF8, 2);
    put(out, e->stored_size < e->raw_size ? METHOD_DEFLATED : METHOD_STORED, 2);
    put(out, DOS_TIME, 2);
    put(out, DOS_DATE, 2);
    put(out, e->crc32, 4);
    put(out, e->stored_size, 4);
    put(out, e->raw_size, 4);
    put(out, e->name.n, 2);
    put(out, (uint64_t)extra_bytes, 2);
}

void zipw_init(struct zipw *z)
{
    *z = (struct zipw){ 0 };
}

void zipw_entry(struct zipw *z, struct zip_entry *e, struct buf *out)
{
    assert(z->listed == 0 && e->name.n <= MAX16 && e->stored_size <= e->raw_size);
    e->offset = z->offset;
    buf_add(out, "PK\3\4", 4);
    put_shared(out, e, VERSION, 0);
    buf_addstr(out, e->name);
    z->offset += LOCAL_BYTES + e->name.n + e->stored_size;
    z->entries++;
}

void zipw_directory(struct zipw *z, const struct zip_entry *e, struct buf *out)
{
    bool far = e->offset >= MAX32;

    assert(z->listed < z->entries);
    if (z->listed++ == 0)
        z->directory = z->offset;
    buf_add(out, "PK\1\2", 4);
    put(out, MADE_BY_UNIX | (far ? VERSION_ZIP64 : VERSION), 2);
    put_shared(out, e, far ? VERSION_ZIP64 : VERSION, far ? ROW_OFFSET64_BYTES : 0);
    put(out, 0, 2); /* comment */
    put(out, 0, 2); /* disk */
    put(out, 0, 2); /* internal attributes */
    put(out, UNIX_MODE, 4);
    put(out, far ? MAX32 : e->offset, 4);
    buf_addstr(out, e->name);
    if (far) {
        put(out, 1, 2); /* zip64 extra field: the offset */
        put(out, 8, 2);
        put(out, e->offset, 8);
    }
    z->offset += ROW_BYTES + e->name.n + (far ? ROW_OFFSET64_BYTES : 0);
}

static bool needs_end64(uint64_t entries, uint64_t size, uint64_t directory)
{
    return entries >= MAX16 || size >= MAX32 || directory >= MAX32;
}

static void put_end64(const struct zipw *z, uint64_t size, struct buf *out)
{
    buf_add(out, "PK\6\6", 4);
    put(out, 44, 8); /* what follows of this record */
    put(out, MADE_BY_UNIX | VERSION_ZIP64, 2);
    put(out, VERSION_ZIP64, 2);
    put(out, 0, 8); /* disks */
    put(out, z->entries, 8);
    put(out, z->entries, 8);
    put(out, size, 8);
    put(out, z->directory, 8);
    buf_add(out, "PK\6\7", 4);
    put(out, 0, 4);
    put(out, z->offset, 8); /* where the record above begins */
    put(out, 1, 4);
}

void zipw_end(struct zipw *z, struct buf *out)
{
    uint64_t size;
    bool large;

    assert(z->listed == z->entries);
    if (z->entries == 0)
        z->directory = z->offset;
    size = z->offset - z->directory;
    large = needs_end64(z->entries, size, z->directory);
    if (large)
        put_end64(z, size, out);
    buf_add(out, "PK\5\6", 4);
    put(out, 0, 4); /* disks */
    put(out, z->entries < MAX16 ? z->entries : MAX16, 2);
    put(out, z->entries < MAX16 ? z->entries : MAX16, 2);
    put(out, size < MAX32 ? size : MAX32, 4);
    put(out, z->directory < MAX32 ? z->directory : MAX32, 4);
    put(out, 0, 2); /* comment */
    z->offset += END_BYTES + (large ? END64_BYTES : 0);
}

uint64_t zipw_size(const struct zip_entry *entries, size_t n)
{
    uint64_t offset = 0, rows = 0;

    for (size_t i = 0; i < n; i++) {
        rows +=
            ROW_BYTES + entries[i].name.n + (offset >= MAX32 ? ROW_OFFSET64_BYTES : 0);
        offset += LOCAL_BYTES + entries[i].name.n + entries[i].stored_size;
    }
    return offset + rows + END_BYTES + (needs_end64(n, rows, offset) ? END64_BYTES : 0);
}
