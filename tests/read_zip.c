/*
 * read_zip FILE: what the zip reader makes of an archive.  A line for each file, its
 * name and its content's SHA-256; or why not, and status 1.
 */
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "archive/zip_read.h"
#include "base/hash.h"
#include "errors/errors.h"

/* clang-format off */
static const struct zipr_limits limits = {
    .max_entries = 200000, .max_unpacked_bytes = 4UL << 30,
    .max_entry_bytes = DEFINITION_MAX, .max_ratio = ARCHIVE_MAX_RATIO,
    .max_name_bytes = ARCHIVE_NAME_MAX, .max_depth = ARCHIVE_MAX_DEPTH,
};
/* clang-format on */

static void print_file(struct str name, struct str content)
{
    unsigned char digest[SHA256_BYTES];

    sha256(content, digest);
    for (int i = 0; i < SHA256_BYTES; i++)
        printf("%02x", digest[i]);
    printf(" %s\n", name.p);
}

static int print_files(int fd, struct err *err)
{
    struct zipr *z;
    int rc = zipr_open(&z, fd, &limits, err);

    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < zipr_count(z); i++) {
        struct buf content;

        rc = zipr_read(z, i, &content, err);
        if (!rc)
            print_file(zipr_name(z, i), buf_str(&content));
        buf_release(&content);
    }
    zipr_close(z);
    return rc;
}

int main(int argc, char **argv)
{
    int fd = argc == 2 ? open(argv[1], O_RDONLY | O_CLOEXEC) : -1;
    struct buf why = BUF_INIT(4 * KIB);
    struct err err = ERR_INIT;
    int rc;

    if (fd < 0) {
        fprintf(stderr, "usage: read_zip FILE\n");
        return 2;
    }
    rc = print_files(fd, &err);
    if (rc) {
        error_detail(&err, LANG_EN, &why);
        fprintf(stderr, "%s\n", buf_cstr(&why));
    }
    buf_release(&why);
    err_clear(&err);
    close(fd);
    return rc ? 1 : 0;
}
