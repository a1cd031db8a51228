#ifndef FUZZ_ARCHIVE_H
#define FUZZ_ARCHIVE_H

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "archive/deflate.h"
#include "archive/zip_write.h"

/* Archives for tests of what reads them. */
struct file {
    struct str name, content;
};

/* Appends an archive of these files, stored. */
static inline void archive_of(const struct file *files, size_t n, struct buf *out)
{
    struct zip_entry *entries = calloc(n + 1, sizeof(*entries));
    struct zipw z;

    zipw_init(&z);
    for (size_t i = 0; entries && i < n; i++) {
        uint32_t size = (uint32_t)files[i].content.n;

        entries[i] = (struct zip_entry){ .name = files[i].name,
                                         .crc32 = deflate_crc32(files[i].content),
                                         .raw_size = size,
                                         .stored_size = size };
        zipw_entry(&z, &entries[i], out);
        buf_addstr(out, files[i].content);
    }
    for (size_t i = 0; entries && i < n; i++)
        zipw_directory(&z, &entries[i], out);
    zipw_end(&z, out);
    free(entries);
}

/* A file in memory with these bytes; -1 when there is none. */
static inline int file_of(struct str bytes)
{
    int fd = memfd_create("archive", MFD_CLOEXEC);

    while (fd >= 0 && bytes.n) {
        ssize_t n = write(fd, bytes.p, bytes.n);

        if (n <= 0) {
            close(fd);
            return -1;
        }
        bytes = str_from(bytes, (size_t)n);
    }
    return fd;
}

#endif
