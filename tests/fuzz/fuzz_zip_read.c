/*
 * The zip reader: the input is an archive.  What it takes has clean names and true
 * sizes, under the limits; and libzip, which is more lenient, reads the same contents,
 * unless there are two end records, of which it may choose the other.
 */
#include <string.h>
#include <zip.h>

#include "archive/zip_read.h"
#include "base/utf8.h"
#include "fuzz/archive.h"
#include "fuzz/fuzz.h"

/* clang-format off */
static const struct zipr_limits limits = {
    .max_entries = 50, .max_unpacked_bytes = 200000, .max_entry_bytes = 100000,
    .max_ratio = ARCHIVE_MAX_RATIO, .max_name_bytes = 100, .max_depth = 6,
};
/* clang-format on */

static void check_name(struct str name)
{
    struct str padded;
    char text[512] = "/";

    MUST(name.n > 0 && name.n <= 3 * limits.max_name_bytes && utf8_valid(name));
    memcpy(text + 1, name.p, name.n);
    text[name.n + 1] = '/';
    padded = (struct str){ text, name.n + 2 };
    MUST(!str_has(padded, "//") && !str_has(padded, "/./") && !str_has(padded, "/../"));
    MUST(!memchr(name.p, '\\', name.n) && !memchr(name.p, 0, name.n));
}

/* Whether an entry of the archive has that content. */
static int holds(zip_t *z, struct str content)
{
    static char bytes[100001];

    for (zip_int64_t i = 0; i < zip_get_num_entries(z, 0); i++) {
        zip_file_t *file = zip_fopen_index(z, (zip_uint64_t)i, 0);
        zip_int64_t n = file ? zip_fread(file, bytes, sizeof(bytes)) : -1;

        if (file)
            zip_fclose(file);
        if (n >= 0 && str_eq((struct str){ bytes, (size_t)n }, content))
            return 1;
    }
    return 0;
}

static int has_two_ends(struct str bytes)
{
    const char *end = bytes.n ? memmem(bytes.p, bytes.n, "PK\5\6", 4) : NULL;

    return end && str_has(str_from(bytes, (size_t)(end + 1 - bytes.p)), "PK\5\6");
}

static size_t read_contents(struct zipr *z, zip_t *oracle)
{
    struct err err = ERR_INIT;
    size_t total = 0;

    for (size_t i = 0; i < zipr_count(z); i++) {
        struct buf content;
        int rc = zipr_read(z, i, &content, &err);

        check_name(zipr_name(z, i));
        MUST(content.len == (rc ? 0 : zipr_raw_size(z, i)));
        MUST(rc == 0 || rc == E_INVALID);
        MUST(rc || !oracle || holds(oracle, buf_str(&content)));
        total += content.len;
        buf_release(&content);
        err_clear(&err);
    }
    return total;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    zip_source_t *source = zip_source_buffer_create(data, size, 0, NULL);
    int fd = file_of((struct str){ (const char *)data, size });
    struct err err = ERR_INIT;
    struct zipr *z;
    zip_t *oracle = NULL;
    int rc = zipr_open(&z, fd, &limits, &err);

    MUST(fd >= 0);
    MUST(rc == 0 || rc == E_INVALID || rc == E_LIMIT);
    if (rc == 0 && !has_two_ends((struct str){ (const char *)data, size }))
        oracle = zip_open_from_source(source, ZIP_RDONLY, NULL);
    if (rc == 0) {
        MUST(zipr_count(z) <= limits.max_entries);
        MUST(read_contents(z, oracle) <= limits.max_unpacked_bytes);
        zipr_close(z);
    }
    if (oracle)
        zip_discard(oracle);
    else
        zip_source_free(source);
    close(fd);
    err_clear(&err);
    return 0;
}
