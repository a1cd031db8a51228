/*
 * The zip writer: entries made of the input are written, and libzip reads the
 * same names and contents. The input is a list of pieces: a length, then bytes;
 * names and contents alternate.
 */
#include <string.h>
#include <zip.h>

#include "archive/deflate.h"
#include "archive/zip_write.h"
#include "base/arena.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "fuzz/fuzz.h"

#define ENTRIES_MAX 32

struct source {
    const uint8_t *p, *end;
};

static struct str next_piece(struct source *s)
{
    size_t n = s->p < s->end ? *s->p++ : 0;
    struct str piece;

    if (n > (size_t)(s->end - s->p))
        n = (size_t)(s->end - s->p);
    piece = (struct str){ (const char *)s->p, n };
    s->p += n;
    return piece;
}

/* libzip takes no control characters in names; ours never have any. */
static bool is_name(struct str piece)
{
    for (size_t i = 0; i < piece.n; i++)
        if ((unsigned char)piece.p[i] < 0x20 || piece.p[i] == 0x7f)
            return false;
    return utf8_valid(piece);
}

/* Names are made different from each other. */
static struct str name_of(struct str piece, int index, struct arena *arena)
{
    struct buf name = BUF_INIT(KIB);
    struct str out;

    buf_addf(&name, "%d/", index);
    if (is_name(piece))
        buf_addstr(&name, piece);
    buf_addc(&name, 'x');
    out = arena_str(arena, buf_str(&name));
    buf_release(&name);
    return out;
}

static void read_back(const struct buf *archive, const struct zip_entry *entries,
                      const struct str *contents, int n)
{
    zip_source_t *source = zip_source_buffer_create(archive->ptr, archive->len, 0, NULL);
    zip_t *z = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, NULL);
    char bytes[512];

    MUST(z && zip_get_num_entries(z, 0) == n);
    for (int i = 0; i < n; i++) {
        zip_file_t *file = zip_fopen_index(z, (zip_uint64_t)i, 0);

        MUST(file && str_eq(entries[i].name,
                            str_of(zip_get_name(z, (zip_uint64_t)i, ZIP_FL_ENC_RAW))));
        MUST(zip_fread(file, bytes, sizeof(bytes)) == (zip_int64_t)contents[i].n);
        MUST(memcmp(bytes, contents[i].p, contents[i].n) == 0);
        MUST(zip_fclose(file) == 0);
    }
    zip_discard(z);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct source s = { data, data + size };
    struct zip_entry entries[ENTRIES_MAX];
    struct str contents[ENTRIES_MAX];
    struct buf out = BUF_INIT(MIB), stored;
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct zipw z;
    int n = 0;

    zipw_init(&z);
    for (; s.p < s.end && n < ENTRIES_MAX; n++) {
        struct str name = name_of(next_piece(&s), n, &arena);

        contents[n] = next_piece(&s);
        MUST(deflate_make(&stored, contents[n], &err) == 0);
        entries[n] = (struct zip_entry){ .name = name,
                                         .crc32 = deflate_crc32(contents[n]),
                                         .raw_size = (uint32_t)contents[n].n,
                                         .stored_size = (uint32_t)stored.len };
        zipw_entry(&z, &entries[n], &out);
        buf_addstr(&out, buf_str(&stored));
        buf_release(&stored);
    }
    for (int i = 0; i < n; i++)
        zipw_directory(&z, &entries[i], &out);
    zipw_end(&z, &out);
    MUST(!out.bad && out.len == zipw_size(entries, (size_t)n));
    if (n > 0)
        read_back(&out, entries, contents, n);
    buf_release(&out);
    arena_release(&arena);
    return 0;
}
