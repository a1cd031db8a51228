/*
 * The zip reader: what our writer made comes back; each hostile kind of archive is
 * refused by name; memory that runs out and a disk that fails are told.
 */
#include "unit/t.h"

#include <errno.h>
#include <libdeflate.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "archive/deflate.h"
#include "archive/zip_read.h"
#include "archive/zip_write.h"
#include "base/limits.h"

/* ---- calls that fail, counted down ---- */

static long mem_left = -1, disk_left = -1; /* what still succeeds; negative: all does */
static enum { FAIL, INTERRUPT, END_OF_FILE, ONE_BYTE } disk_mood;

static bool fails(long *left)
{
    return *left >= 0 && (*left)-- == 0;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
ssize_t __real_pread64(int fd, void *p, size_t n, off_t at);
int __real_fstat64(int fd, struct stat *s);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
ssize_t __wrap_pread64(int fd, void *p, size_t n, off_t at);
int __wrap_fstat64(int fd, struct stat *s);

void *__wrap_malloc(size_t n)
{
    return fails(&mem_left) ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails(&mem_left) ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails(&mem_left) ? NULL : __real_realloc(p, n);
}

ssize_t __wrap_pread64(int fd, void *p, size_t n, off_t at)
{
    if (disk_mood == ONE_BYTE)
        return __real_pread64(fd, p, 1, at);
    if (!fails(&disk_left))
        return __real_pread64(fd, p, n, at);
    errno = disk_mood == INTERRUPT ? EINTR : EIO;
    return disk_mood == END_OF_FILE ? 0 : -1;
}

int __wrap_fstat64(int fd, struct stat *s)
{
    errno = EIO;
    return fails(&disk_left) ? -1 : __real_fstat64(fd, s);
}

/* ---- archives, field by field ---- */

#define DEFLATE 8

struct file {
    const char *name, *content; /* content: as it is stored */
    int method, flags;
    size_t raw;     /* with DEFLATE */
    uint32_t crc32; /* with DEFLATE */
    int made_by;    /* the upper byte */
    int mode;
    struct str local_extra, extra, gap; /* gap: behind the content */
    const char *comment;
};

#define FILES_MAX 8

struct made {
    struct buf bytes;
    size_t local[FILES_MAX], row[FILES_MAX], directory, end;
};

static void put(struct buf *out, uint64_t v, int bytes)
{
    for (; bytes > 0; bytes--, v >>= 8)
        buf_addc(out, (char)(v & 0xff));
}

static void put_shared(struct buf *out, const struct file *f, struct str extra)
{
    struct str content = str_of(f->content);

    put(out, 20, 2);
    put(out, (uint64_t)f->flags, 2);
    put(out, (uint64_t)f->method, 2);
    put(out, 0x00210000, 4);
    put(out, f->method == DEFLATE ? f->crc32 : deflate_crc32(content), 4);
    put(out, content.n, 4);
    put(out, f->method == DEFLATE ? f->raw : content.n, 4);
    put(out, strlen(f->name), 2);
    put(out, extra.n, 2);
}

static void make(struct made *m, const struct file *files, size_t n)
{
    struct buf *out = &m->bytes;

    m->bytes = BUF_INIT(MIB);
    for (size_t i = 0; i < n; i++) {
        m->local[i] = out->len;
        buf_adds(out, "PK\3\4");
        put_shared(out, &files[i], files[i].local_extra);
        buf_adds(out, files[i].name);
        buf_addstr(out, files[i].local_extra);
        buf_adds(out, files[i].content);
        buf_addstr(out, files[i].gap);
    }
    m->directory = out->len;
    for (size_t i = 0; i < n; i++) {
        const char *comment = files[i].comment ? files[i].comment : "";

        m->row[i] = out->len;
        buf_adds(out, "PK\1\2");
        put(out, 20 | (unsigned)files[i].made_by << 8, 2);
        put_shared(out, &files[i], files[i].extra);
        put(out, strlen(comment), 2);
        put(out, 0, 4);
        put(out, (uint64_t)files[i].mode << 16, 4);
        put(out, m->local[i], 4);
        buf_adds(out, files[i].name);
        buf_addstr(out, files[i].extra);
        buf_adds(out, comment);
    }
    m->end = out->len;
    buf_adds(out, "PK\5\6");
    put(out, 0, 4);
    put(out, n, 2);
    put(out, n, 2);
    put(out, m->end - m->directory, 4);
    put(out, m->directory, 4);
    put(out, 0, 2);
    assert_int_equal(out->bad, 0);
}

/* As make(), and with the records of zip64 before the end, which then says nothing. */
static void make64(struct made *m, const struct file *files, size_t n)
{
    make(m, files, n);
    m->bytes.len = m->end;
    buf_adds(&m->bytes, "PK\6\6");
    put(&m->bytes, 44, 8);
    put(&m->bytes, 45 | 45 << 16, 4);
    put(&m->bytes, 0, 8);
    put(&m->bytes, n, 8);
    put(&m->bytes, n, 8);
    put(&m->bytes, m->end - m->directory, 8);
    put(&m->bytes, m->directory, 8);
    buf_adds(&m->bytes, "PK\6\7");
    put(&m->bytes, 0, 4);
    put(&m->bytes, m->end, 8);
    put(&m->bytes, 1, 4);
    buf_adds(&m->bytes, "PK\5\6");
    put(&m->bytes, 0, 4);
    put(&m->bytes, UINT64_MAX, 8);
    put(&m->bytes, UINT64_MAX, 4);
    put(&m->bytes, 0, 2);
}

/* ---- reading ---- */

/* clang-format off */
static const struct zipr_limits small = {
    .max_entries = 5, .max_unpacked_bytes = 2000, .max_entry_bytes = 1500,
    .max_ratio = ARCHIVE_MAX_RATIO, .max_name_bytes = 40, .max_depth = 4,
};
static const struct zipr_limits large = {
    .max_entries = 200000, .max_unpacked_bytes = 4UL << 30,
    .max_entry_bytes = DEFINITION_MAX, .max_ratio = ARCHIVE_MAX_RATIO,
    .max_name_bytes = ARCHIVE_NAME_MAX, .max_depth = ARCHIVE_MAX_DEPTH,
};
/* clang-format on */

static int file_of(struct str bytes)
{
    int fd = memfd_create("test_zip_read", 0);

    assert_true(fd >= 0);
    for (size_t at = 0; at < bytes.n;) {
        ssize_t n = pwrite(fd, bytes.p + at, bytes.n - at, (off_t)at);

        assert_true(n > 0);
        at += (size_t)n;
    }
    return fd;
}

/* Opens and reads everything; the contents are added to `all`, each with its name. */
static int read_file(int fd, const struct zipr_limits *limits, struct buf *all,
                     struct err *err)
{
    struct zipr *z;
    int rc = zipr_open(&z, fd, limits, err);

    if (rc)
        return rc;
    for (size_t i = 0; !rc && i < zipr_count(z); i++) {
        struct str name = zipr_name(z, i);
        struct buf content;

        rc = zipr_read(z, i, &content, err);
        assert_int_equal(content.len, rc ? 0 : zipr_raw_size(z, i));
        assert_int_equal(name.p[name.n], 0);
        buf_addf(all, "[%s]", name.p);
        buf_addstr(all, buf_str(&content));
        buf_release(&content);
    }
    zipr_close(z);
    return rc;
}

static int read_bytes(struct str bytes, const struct zipr_limits *limits, struct buf *all,
                      struct err *err)
{
    int fd = file_of(bytes);
    int rc = read_file(fd, limits, all, err);

    close(fd);
    return rc;
}

static void assert_reads(const struct buf *bytes, const struct zipr_limits *limits,
                         const char *want)
{
    struct buf all = BUF_INIT(64 * MIB);
    struct err err = ERR_INIT;

    assert_ok(read_bytes(buf_str(bytes), limits, &all, &err), &err);
    assert_str(buf_str(&all), want);
    buf_release(&all);
}

static void assert_refused(const struct buf *bytes, const struct zipr_limits *limits,
                           enum ec ec, const char *sentence)
{
    struct buf all = BUF_INIT(64 * MIB), text = BUF_INIT(4096);
    struct err err = ERR_INIT;

    assert_fails(read_bytes(buf_str(bytes), limits, &all, &err), ec, &err);
    assert_int_equal(err.api, API_OK);
    t_take_detail(&err, &text);
    assert_str(buf_str(&text), sentence);
    buf_release(&all);
    buf_release(&text);
}

static void assert_made(struct made *m, const char *want)
{
    assert_reads(&m->bytes, &small, want);
    buf_release(&m->bytes);
}

static void assert_made_refused(struct made *m, enum ec ec, const char *sentence)
{
    assert_refused(&m->bytes, &small, ec, sentence);
    buf_release(&m->bytes);
}

/* ---- what our writer made ---- */

static void write_file(struct zipw *z, struct zip_entry *e, const char *name,
                       struct str raw, struct buf *out)
{
    struct err err = ERR_INIT;
    struct buf stored;

    assert_ok(deflate_make(&stored, raw, &err), &err);
    *e = (struct zip_entry){ .name = str_of(name),
                             .crc32 = deflate_crc32(raw),
                             .raw_size = (uint32_t)raw.n,
                             .stored_size = (uint32_t)stored.len };
    zipw_entry(z, e, out);
    buf_addstr(out, buf_str(&stored));
    buf_release(&stored);
}

static void write_end(struct zipw *z, const struct zip_entry *e, size_t n,
                      struct buf *out)
{
    for (size_t i = 0; i < n; i++)
        zipw_directory(z, &e[i], out);
    zipw_end(z, out);
    assert_int_equal(out->bad, 0);
}

static void test_our_own_archives(void **state)
{
    struct zip_entry e[4];
    struct buf out = BUF_INIT(MIB);
    struct zipw z;

    (void)state;
    zipw_init(&z);
    write_end(&z, e, 0, &out);
    assert_reads(&out, &small, "");
    buf_clear(&out);
    zipw_init(&z);
    write_file(&z, &e[0], "jobs/每日/每日.job", STR("{\n  \"name\": \"每日\"\n}\n"),
               &out);
    write_file(&z, &e[1], "jobs/每日/空.script", STR(""), &out);
    write_file(&z, &e[2], "r.job", STR("rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr"), &out);
    write_file(&z, &e[3], "x", STR("y"), &out);
    write_end(&z, e, 4, &out);
    assert_reads(&out, &small,
                 "[jobs/每日/每日.job]{\n  \"name\": \"每日\"\n}\n[jobs/每日/空.script]"
                 "[r.job]rrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrrr[x]y");
    buf_release(&out);
}

/* What compresses best is not refused for it. */
static void test_the_largest_definition_of_one_repeated_byte(void **state)
{
    char *raw = malloc(DEFINITION_MAX);
    struct buf out = BUF_INIT(MIB), all = BUF_INIT(64 * MIB);
    struct err err = ERR_INIT;
    struct zip_entry e;
    struct zipw z;

    (void)state;
    memset(raw, 'x', DEFINITION_MAX);
    zipw_init(&z);
    write_file(&z, &e, "a", (struct str){ raw, DEFINITION_MAX }, &out);
    write_end(&z, &e, 1, &out);
    assert_true(out.len < DEFINITION_MAX / 900);
    assert_ok(read_bytes(buf_str(&out), &large, &all, &err), &err);
    assert_int_equal(all.len, DEFINITION_MAX + 3);
    assert_memory_equal(all.ptr + 3, raw, DEFINITION_MAX);
    buf_release(&out);
    buf_release(&all);
    free(raw);
}

/* `n` files of one byte, whose names have 20 bytes. */
static void write_many(struct buf *out, size_t n)
{
    struct zip_entry *e = calloc(n, sizeof(*e));
    char(*names)[32] = calloc(n, sizeof(*names));
    struct zipw z;

    zipw_init(&z);
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof(names[i]), "jobs/%010zu.job", n - i);
        write_file(&z, &e[i], names[i], STR("x"), out);
    }
    write_end(&z, e, n, out);
    free(e);
    free(names);
}

static void test_many_entries(void **state)
{
    static const size_t rows[] = { 65534, 65535, 70000 };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out = BUF_INIT(64 * MIB), all = BUF_INIT(64 * MIB);
        struct err err = ERR_INIT;

        t_row("%zu entries", rows[i]);
        write_many(&out, rows[i]);
        assert_ok(read_bytes(buf_str(&out), &large, &all, &err), &err);
        assert_int_equal(all.len, rows[i] * (19 + 2 + 1));
        buf_release(&out);
        buf_release(&all);
    }
    t_rows_end();
}

/* Three files in 6 GiB with holes for contents. */
static void write_sparse(int fd, struct zip_entry *e, size_t n)
{
    struct buf out = BUF_INIT(10000);
    struct zipw z;
    off_t at = 0;

    zipw_init(&z);
    for (size_t i = 0; i < n; i++) {
        buf_clear(&out);
        zipw_entry(&z, &e[i], &out);
        assert_int_equal(pwrite(fd, out.ptr, out.len, at), out.len);
        at += (off_t)(out.len + e[i].stored_size);
    }
    assert_int_equal(pwrite(fd, "hello", 5, at - 5), 5);
    buf_clear(&out);
    write_end(&z, e, n, &out);
    assert_int_equal(pwrite(fd, out.ptr, out.len, at), out.len);
    buf_release(&out);
}

static void test_entries_past_4_gib(void **state)
{
    const uint32_t size = 3u << 30;
    struct zip_entry e[3] = {
        { .name = STR("one"), .raw_size = size, .stored_size = size },
        { .name = STR("two"), .raw_size = size, .stored_size = size },
        { .name = STR("last"), .raw_size = 5, .stored_size = 5 },
    };
    struct zipr_limits limits = large;
    char path[] = "/tmp/dlf-test-zip-read-XXXXXX";
    struct err err = ERR_INIT;
    struct buf content;
    struct zipr *z;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    unlink(path);
    e[2].crc32 = deflate_crc32(STR("hello"));
    write_sparse(fd, e, 3);
    limits.max_unpacked_bytes = 7UL << 30;
    limits.max_entry_bytes = 4UL << 30;
    assert_ok(zipr_open(&z, fd, &limits, &err), &err);
    assert_int_equal(zipr_raw_size(z, 1), size);
    assert_ok(zipr_read(z, 2, &content, &err), &err);
    assert_str(buf_str(&content), "hello");
    buf_release(&content);
    zipr_close(z);
    assert_fails(zipr_open(&z, fd, &large, &err), E_LIMIT, &err);
    err_clear(&err);
    close(fd);
}

/* ---- what other tools make ---- */

#define ZIP64_TWO                                                                        \
    "\1\0\x10\0"                                                                         \
    "\2\0\0\0\0\0\0\0"                                                                   \
    "\2\0\0\0\0\0\0\0"
#define HI_CRC 0xd8932aac

static void test_forms_that_other_tools_write(void **state)
{
    /* clang-format off */
    static const struct {
        const char *what;
        struct file file;
        const char *want;
    } rows[] = {
        { "a comment", { "a", "hi", .comment = "PK\5\6" }, "[a]hi" },
        { "extra fields", { "a", "hi", .extra = STR("UT\1\0x"), .local_extra = STR("UT\0\0\0\0\0\0") }, "[a]hi" },
        { "an extra field cut off", { "a", "hi", .extra = STR("UT\5\0x"), .local_extra = STR("UT\0") }, "[a]hi" },
        { "a gap", { "a", "hi", .gap = STR("anything") }, "[a]hi" },
        { "a folder", { "a/b/", .content = "" }, "" },
        { "a folder with its mode", { "a/", "", .made_by = 3, .mode = 040755 }, "" },
        { "a deflated folder", { "a/", "\3", .method = DEFLATE }, "" },
        { "a file with its mode", { "a", "hi", .made_by = 3, .mode = 0100600 }, "[a]hi" },
        { "a mode of macOS", { "a", "hi", .made_by = 19, .mode = 0100600 }, "[a]hi" },
        { "no mode", { "a", "hi", .made_by = 3 }, "[a]hi" },
        { "attributes of DOS", { "a", "hi", .mode = 0120777 }, "[a]hi" },
        { "UTF-8 with the flag", { "作业", "hi", .flags = 1 << 11 }, "[作业]hi" },
        { "UTF-8 without the flag", { "作业", .content = "hi" }, "[作业]hi" },
        { "CP437", { "r\x82sum\x82.txt", .content = "hi" }, "[résumé.txt]hi" },
        { "CP437 of three bytes", { "\xb0", .content = "hi" }, "[░]hi" },
        { "a Unicode path", { "x", "hi", .extra = STR("\x75\x70\x0b\0\1\x83\x16\xdc\x8c作业") }, "[作业]hi" },
        { "a Unicode path of another name", { "y", "hi", .extra = STR("\x75\x70\x0b\0\1\x83\x16\xdc\x8c作业") }, "[y]hi" },
        { "a Unicode path of a later version", { "x", "hi", .extra = STR("\x75\x70\x0b\0\2\x83\x16\xdc\x8c作业") }, "[x]hi" },
        { "a Unicode path without a name", { "x", "hi", .extra = STR("\x75\x70\5\0\1\x83\x16\xdc\x8c") }, "[x]hi" },
        { "no drive", { "1:x", .content = "hi" }, "[1:x]hi" },
        { "no drive either", { "\xc3\xa4:", .content = "hi" }, "[ä:]hi" },
        { "dots in names", { ".a/..b/c..", .content = "hi" }, "[.a/..b/c..]hi" },
        { "a space", { " ", .content = "hi" }, "[ ]hi" },
        { "deflated, empty", { "a", "\3", .method = DEFLATE, .raw = 0 }, "[a]" },
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct file file = rows[i].file;
        struct made m;

        t_row("%s", rows[i].what);
        if (file.method == DEFLATE) { /* an empty block ends with a NUL */
            file.gap = STR("");
            make(&m, &(struct file){ file.name, "\3\1", .method = DEFLATE }, 1);
            m.bytes.ptr[m.local[0] + 30 + strlen(file.name) + 1] = 0;
        } else {
            make(&m, &file, 1);
        }
        assert_made(&m, rows[i].want);
    }
    t_rows_end();
}

/* ---- hostile and broken ones ---- */

enum place { LOCAL, LOCAL2, ROW, ROW2, DIRECTORY_END, LAST };

static size_t place_of(const struct made *m, enum place place)
{
    const size_t at[] = { m->local[0], m->local[1], m->row[0],
                          m->row[1],   m->end,      m->bytes.len - 22 };

    return at[place];
}

struct patch {
    enum place place;
    int at, bytes;
    uint64_t value;
};

static void apply(struct made *m, const struct patch *p)
{
    size_t at = place_of(m, p->place) + (size_t)p->at;
    uint64_t v = p->value;

    for (int i = 0; i < p->bytes; i++, v >>= 8)
        m->bytes.ptr[at + (size_t)i] = (char)(v & 0xff);
}

#define DIFFERS ": the header before the content differs from the archive's directory"
#define DAMAGED "the archive's directory is damaged"
#define PARTS "archives of several parts are not read"

/* A file that is stored, and one that is deflated: "hi", 15 times. */
static const struct file two[] = {
    { "a.job", .content = "hi" },
    { "b.job", "\xcb\xc8\xcc\xc0\3\1", DEFLATE, .raw = 30, .crc32 = 0xb77718fc },
};

static void make_two(struct made *m, bool zip64)
{
    if (zip64)
        make64(m, two, 2);
    else
        make(m, two, 2);
}

static void test_two_files_are_read(void **state)
{
    struct made m;

    (void)state;
    for (int zip64 = 0; zip64 < 2; zip64++) {
        make_two(&m, zip64);
        assert_made(&m, "[a.job]hi[b.job]hihihihihihihihihihihihihihihi");
    }
}

static void test_lies_are_refused(void **state)
{
    /* clang-format off */
    static const struct {
        const char *what;
        struct patch patches[3];
        enum ec ec;
        const char *want;
    } rows[] = {
        { "the end: this disk", { { LAST, 4, 2, 1 } }, E_INVALID, PARTS },
        { "the end: the directory's disk", { { LAST, 6, 2, 1 } }, E_INVALID, PARTS },
        { "the end: rows here", { { LAST, 8, 2, 1 } }, E_INVALID, PARTS },
        { "the end: fewer rows", { { LAST, 8, 4, 0x10001 } }, E_INVALID, DAMAGED },
        { "the end: more rows", { { LAST, 8, 4, 0x30003 } }, E_INVALID, DAMAGED },
        { "the end: rows without a directory", { { LAST, 12, 4, 0 }, { LAST, 16, 4, 166 } }, E_INVALID, DAMAGED },
        { "the end: too many rows", { { LAST, 8, 4, 0x60006 } }, E_LIMIT,
          "the archive has 6 entries, at most 5 are allowed" },
        { "the end: a larger directory", { { LAST, 12, 4, 5000 } }, E_INVALID, DAMAGED },
        { "the end: a smaller directory", { { LAST, 12, 4, 50 } }, E_INVALID, DAMAGED },
        { "the end: the directory elsewhere", { { LAST, 16, 4, 0 } }, E_INVALID, DAMAGED },
        { "the end: the directory behind the file", { { LAST, 16, 4, UINT64_MAX } }, E_INVALID, DAMAGED },
        { "the end: a longer comment", { { LAST, 20, 2, 1 } }, E_INVALID, "the archive is cut off" },
        { "no end", { { LAST, 3, 1, 0 } }, E_INVALID, "the archive is cut off" },
        { "no archive", { { LAST, 3, 1, 0 }, { LOCAL, 0, 4, 0 } }, E_INVALID, "not a zip archive" },
        { "a row's signature", { { ROW, 3, 1, 3 } }, E_INVALID, DAMAGED },
        { "a row's longer name", { { ROW2, 28, 2, 6 } }, E_INVALID, DAMAGED },
        { "a row's longer extra field", { { ROW2, 30, 2, 1 } }, E_INVALID, DAMAGED },
        { "a row's longer comment", { { ROW2, 32, 2, 65535 } }, E_INVALID, DAMAGED },
        { "a row's comment up to the middle of the next", { { ROW, 32, 2, 10 } }, E_INVALID, DAMAGED },
        { "a row's shorter name", { { ROW2, 28, 2, 4 } }, E_INVALID, DAMAGED },
        { "a row's zip64 size without a field", { { ROW, 24, 4, 0xffffffff } }, E_INVALID, DAMAGED },
        { "a row's disk", { { ROW, 34, 2, 1 } }, E_INVALID, PARTS },
        { "encrypted", { { ROW, 8, 2, 1 }, { LOCAL, 6, 2, 1 } }, E_INVALID, "a.job: encrypted" },
        { "encrypted strongly", { { ROW, 8, 2, 1 << 6 } }, E_INVALID, "a.job: encrypted" },
        { "masked", { { ROW, 8, 2, 1 << 13 } }, E_INVALID, "a.job: encrypted" },
        { "encrypted in front only", { { LOCAL, 6, 2, 1 } }, E_INVALID, "a.job" DIFFERS },
        { "shrunk", { { ROW, 10, 2, 1 } }, E_INVALID,
          "a.job: stored (0) or deflated (8) expected, compression method 1 given" },
        { "zstd", { { ROW2, 10, 2, 93 } }, E_INVALID,
          "b.job: stored (0) or deflated (8) expected, compression method 93 given" },
        { "another method in front", { { LOCAL, 8, 2, 8 } }, E_INVALID, "a.job" DIFFERS },
        { "a symbolic link", { { ROW, 5, 1, 3 }, { ROW, 40, 2, 0120777 } }, E_INVALID,
          "a.job: neither a file nor a folder" },
        { "a symbolic link of macOS", { { ROW, 5, 1, 19 }, { ROW, 40, 2, 0120777 } }, E_INVALID,
          "a.job: neither a file nor a folder" },
        { "a device", { { ROW, 5, 1, 3 }, { ROW, 40, 2, 0020666 } }, E_INVALID,
          "a.job: neither a file nor a folder" },
        { "a folder's mode", { { ROW, 5, 1, 3 }, { ROW, 40, 2, 0040755 } }, E_INVALID,
          "a.job: neither a file nor a folder" },
        { "the wrong CRC", { { ROW, 16, 4, 1 }, { LOCAL, 14, 4, 1 } }, E_INVALID, "a.job: the checksum is wrong" },
        { "the wrong CRC, deflated", { { ROW2, 16, 4, 1 }, { LOCAL2, 14, 4, 1 } }, E_INVALID,
          "b.job: the checksum is wrong" },
        { "another CRC in front", { { LOCAL, 14, 4, 1 } }, E_INVALID, "a.job" DIFFERS },
        { "no CRC in front, no descriptor", { { LOCAL, 14, 4, 0 } }, E_INVALID, "a.job" DIFFERS },
        { "another CRC in front, a descriptor", { { LOCAL, 14, 4, 1 }, { LOCAL, 6, 2, 8 } }, E_INVALID, "a.job" DIFFERS },
        { "another size in front", { { LOCAL, 22, 4, 3 } }, E_INVALID, "a.job" DIFFERS },
        { "another stored size in front", { { LOCAL, 18, 4, 3 } }, E_INVALID, "a.job" DIFFERS },
        { "a zip64 size in front without a field", { { LOCAL, 22, 4, 0xffffffff } }, E_INVALID, "a.job" DIFFERS },
        { "no size in front, no descriptor", { { LOCAL, 22, 4, 0 } }, E_INVALID, "a.job" DIFFERS },
        { "no stored size in front, no descriptor", { { LOCAL, 18, 4, 0 } }, E_INVALID, "a.job" DIFFERS },
        { "another size in front, a descriptor", { { LOCAL, 22, 4, 3 }, { LOCAL, 6, 2, 8 } }, E_INVALID, "a.job" DIFFERS },
        { "another name in front", { { LOCAL, 30, 1, 'x' } }, E_INVALID, "a.job" DIFFERS },
        { "a shorter name in front", { { LOCAL, 26, 2, 4 } }, E_INVALID, "a.job" DIFFERS },
        { "a name in front up to the end", { { LOCAL, 26, 2, 65535 } }, E_INVALID, "the archive is cut off" },
        { "no header in front", { { LOCAL, 3, 1, 0 } }, E_INVALID, "a.job" DIFFERS },
        { "no header where the row points", { { ROW2, 42, 4, 38 } }, E_INVALID, "b.job" DIFFERS },
        { "nothing where the row points", { { ROW2, 42, 4, 0xfffffffe } }, E_INVALID, "the archive is cut off" },
        { "stored, of two sizes", { { ROW, 24, 4, 3 } }, E_INVALID, "a.job: the sizes given are not true" },
        { "more than deflate can do", { { ROW2, 20, 4, 0 }, { ROW2, 24, 4, 1032 } }, E_INVALID,
          "b.job: the sizes given are not true" },
        { "a smaller size, deflated", { { ROW2, 24, 4, 29 }, { LOCAL2, 22, 4, 29 } }, E_INVALID,
          "b.job: the sizes given are not true" },
        { "a larger size, deflated", { { ROW2, 24, 4, 31 }, { LOCAL2, 22, 4, 31 } }, E_INVALID,
          "b.job: the sizes given are not true" },
        { "damaged", { { LOCAL2, 35, 1, 7 } }, E_INVALID, "b.job: the compressed data are damaged" },
        { "too large", { { ROW2, 24, 4, 1501 } }, E_LIMIT, "b.job: at most 1500 bytes, 1501 given" },
        { "stored too large", { { ROW, 20, 4, 0xfffffffe } }, E_LIMIT, "a.job: at most 1500 bytes, 4294967294 given" },
        { "into the next", { { ROW, 20, 4, 3 }, { ROW, 24, 4, 3 }, { LOCAL, 18, 8, 0x300000003 } }, E_INVALID,
          "b.job: overlaps another part of the archive" },
        { "into the directory", { { ROW2, 20, 4, 100 }, { LOCAL2, 18, 4, 100 } }, E_INVALID,
          "b.job: overlaps another part of the archive" },
        { "two rows of one entry", { { ROW2, 42, 4, 0 } }, E_INVALID, "b.job: overlaps another part of the archive" },
        { "one name", { { ROW2, 46, 1, 'a' }, { LOCAL2, 30, 1, 'a' } }, E_INVALID,
          "a.job: stands twice in the archive" },
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct made m;

        t_row("%s", rows[i].what);
        make_two(&m, false);
        for (size_t k = 0; k < COUNT_OF(rows[i].patches); k++)
            apply(&m, &rows[i].patches[k]);
        assert_made_refused(&m, rows[i].ec, rows[i].want);
    }
    t_rows_end();
}

static void test_lies_of_zip64(void **state)
{
    /* clang-format off */
    static const struct {
        const char *what;
        struct patch patch;
        enum ec ec;
        const char *want;
    } rows[] = {
        { "no record", { DIRECTORY_END, 0, 4, 0 }, E_INVALID, DAMAGED },
        { "a longer record", { DIRECTORY_END, 4, 8, 45 }, E_INVALID, DAMAGED },
        { "a disk", { DIRECTORY_END, 16, 4, 1 }, E_INVALID, DAMAGED },
        { "rows", { DIRECTORY_END, 32, 8, 1UL << 40 }, E_INVALID, PARTS },
        { "rows twice", { DIRECTORY_END, 24, 8, 3 }, E_INVALID, PARTS },
        { "the directory's size", { DIRECTORY_END, 40, 8, UINT64_MAX }, E_INVALID, DAMAGED },
        { "the directory's place", { DIRECTORY_END, 48, 8, UINT64_MAX }, E_INVALID, DAMAGED },
        { "the locator's disk", { DIRECTORY_END, 60, 4, 1 }, E_INVALID, PARTS },
        { "the locator's disks", { DIRECTORY_END, 72, 4, 2 }, E_INVALID, PARTS },
        { "the locator's place", { DIRECTORY_END, 64, 8, 1 }, E_INVALID, DAMAGED },
        { "the locator's place behind", { DIRECTORY_END, 64, 8, UINT64_MAX }, E_INVALID, DAMAGED },
        { "no locator", { DIRECTORY_END, 56, 4, 0 }, E_INVALID, DAMAGED },
        { "the end's rows", { LAST, 8, 2, 3 }, E_INVALID, DAMAGED },
        { "the end's size", { LAST, 12, 4, 3 }, E_INVALID, DAMAGED },
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct made m;

        t_row("%s", rows[i].what);
        make_two(&m, true);
        apply(&m, &rows[i].patch);
        assert_made_refused(&m, rows[i].ec, rows[i].want);
    }
    t_rows_end();
}

/* A descriptor leaves the numbers in front at 0; zip64 has them in extra fields. */
static void test_numbers_that_stand_elsewhere(void **state)
{
    /* clang-format off */
    static const struct {
        const char *what;
        struct str extra, local_extra;
        struct patch patches[4];
        const char *want; /* NULL: it is read */
    } rows[] = {
        { "a descriptor", { 0 }, { 0 }, { { LOCAL, 6, 2, 8 }, { LOCAL, 14, 4, 0 }, { LOCAL, 18, 8, 0 } }, NULL },
        { "zip64", STR(ZIP64_TWO), STR(ZIP64_TWO),
          { { ROW, 20, 8, UINT64_MAX }, { LOCAL, 18, 8, UINT64_MAX } }, NULL },
        { "zip64 behind another field", STR("UT\0\0" ZIP64_TWO), STR("UT\0\0" ZIP64_TWO),
          { { ROW, 20, 8, UINT64_MAX }, { LOCAL, 18, 8, UINT64_MAX } }, NULL },
        { "zip64 with half a field", STR(ZIP64_TWO), STR("\1\0\x08\0" "\2\0\0\0\0\0\0\0"),
          { { LOCAL, 18, 8, UINT64_MAX } }, "a" DIFFERS },
        { "zip64 with another size", { 0 }, STR("\1\0\x08\0" "\3\0\0\0\0\0\0\0"),
          { { LOCAL, 22, 4, UINT64_MAX } }, "a" DIFFERS },
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct file file = { "a", "hi", .extra = rows[i].extra,
                             .local_extra = rows[i].local_extra };
        struct made m;

        t_row("%s", rows[i].what);
        make(&m, &file, 1);
        for (size_t k = 0; k < COUNT_OF(rows[i].patches); k++)
            apply(&m, &rows[i].patches[k]);
        if (rows[i].want)
            assert_made_refused(&m, E_INVALID, rows[i].want);
        else
            assert_made(&m, "[a]hi");
    }
    t_rows_end();
}

static void test_names_that_are_refused(void **state)
{
#define EXPECTED                                                                         \
    ": a relative name without empty segments, ., .., backslashes and drive letters "    \
    "expected"
    /* clang-format off */
    static const struct {
        const char *name;
        int flags;
        enum ec ec;
        const char *want;
    } rows[] = {
        { "", 0, E_INVALID, "#1" EXPECTED },
        { "/", 0, E_INVALID, "/" EXPECTED },
        { "/etc/passwd", 0, E_INVALID, "/etc/passwd" EXPECTED },
        { "..", 0, E_INVALID, ".." EXPECTED },
        { "../a", 0, E_INVALID, "../a" EXPECTED },
        { "a/../b", 0, E_INVALID, "a/../b" EXPECTED },
        { "a/..", 0, E_INVALID, "a/.." EXPECTED },
        { "./a", 0, E_INVALID, "./a" EXPECTED },
        { "a/./", 0, E_INVALID, "a/./" EXPECTED },
        { "a//b", 0, E_INVALID, "a//b" EXPECTED },
        { "a//", 0, E_INVALID, "a//" EXPECTED },
        { "a\\b", 0, E_INVALID, "a\\b" EXPECTED },
        { "..\\b", 0, E_INVALID, "..\\b" EXPECTED },
        { "C:", 0, E_INVALID, "C:" EXPECTED },
        { "z:/a", 0, E_INVALID, "z:/a" EXPECTED },
        { "a\nb", 0, E_INVALID, "#1: the name has control characters" },
        { "a\x7f", 0, E_INVALID, "#1: the name has control characters" },
        { "a\xc2\x85", 0, E_INVALID, "#1: the name has control characters" },
        { "a\xff", 1 << 11, E_INVALID, "#1: the name is not valid UTF-8" },
        { "\xc0\xae\xc0\xae/a", 1 << 11, E_INVALID, "#1: the name is not valid UTF-8" },
        { "\xed\xa0\x80", 1 << 11, E_INVALID, "#1: the name is not valid UTF-8" },
        { "a/b/c/d/e", 0, E_LIMIT, "a/b/c/d/e: more than 4 levels" },
        { "12345678901234567890123456789012345678901", 0, E_LIMIT,
          "#1: a name of at most 40 bytes expected, 41 given" },
    };
    /* clang-format on */
    struct made m;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        t_row("the name %s", rows[i].name);
        make(&m, &(struct file){ rows[i].name, "", .flags = rows[i].flags }, 1);
        assert_made_refused(&m, rows[i].ec, rows[i].want);
    }
    t_rows_end();
    make(&m, &(struct file){ "a?b", .content = "" }, 1); /* a NUL */
    m.bytes.ptr[m.row[0] + 47] = m.bytes.ptr[m.local[0] + 31] = 0;
    assert_made_refused(&m, E_INVALID, "#1: the name has control characters");
    make(&m,
         &(struct file){ "x", "", .extra = STR("\x75\x70\6\0\1\x83\x16\xdc\x8c\xff") },
         1);
    assert_made_refused(&m, E_INVALID, "#1: the name is not valid UTF-8");
    make(&m,
         &(struct file){ "x", "",
                         .extra = STR("\x75\x70\x2e\0\1\x83\x16\xdc\x8c"
                                      "12345678901234567890123456789012345678901") },
         1);
    assert_made_refused(&m, E_LIMIT, "#1: a name of at most 40 bytes expected, 41 given");
    make(&m, &(struct file){ "a/", .content = "hi" }, 1);
    assert_made_refused(&m, E_INVALID, "a/: a folder with a content");
}

/* ---- bytes before, behind, missing ---- */

static void test_bytes_around_the_archive(void **state)
{
    struct buf bytes = BUF_INIT(MIB);
    struct made m;

    (void)state;
    make_two(&m, false);
    buf_adds(&bytes, "#!/bin/sh\n");
    buf_addstr(&bytes, buf_str(&m.bytes));
    assert_refused(&bytes, &small, E_INVALID, DAMAGED); /* nothing knows of them */
    buf_clear(&bytes);
    buf_addstr(&bytes, buf_str(&m.bytes));
    buf_adds(&bytes, "\n");
    assert_refused(&bytes, &small, E_INVALID, "bytes follow the archive's end");
    bytes.len--;
    buf_add(&bytes, (char[100]){ 0 }, 100);
    assert_reads(&bytes, &small, "[a.job]hi[b.job]hihihihihihihihihihihihihihihi");
    m.bytes.ptr[m.bytes.len - 2] = 14; /* the comment's length */
    buf_adds(&m.bytes, "PK\5\6 a comment");
    assert_made(&m, "[a.job]hi[b.job]hihihihihihihihihihihihihihihi");
    make(&m, &(struct file){ "a", .content = "hi" }, 1);
    apply(&m, &(struct patch){ ROW, 42, 4, 1 });
    assert_made_refused(&m, E_INVALID, "bytes stand before the archive's first entry");
    buf_clear(&bytes);
    buf_add(&bytes, (char[100]){ 0 }, 100);
    assert_refused(&bytes, &small, E_INVALID, "not a zip archive");
    make(&m, NULL, 0);
    buf_clear(&bytes);
    buf_adds(&bytes, "x");
    buf_addstr(&bytes, buf_str(&m.bytes));
    bytes.ptr[17] = 1; /* where the directory begins */
    assert_refused(&bytes, &small, E_INVALID,
                   "bytes stand before the archive's first entry");
    buf_release(&m.bytes);
    buf_release(&bytes);
}

static void test_an_archive_cut_anywhere(void **state)
{
    struct made m;

    (void)state;
    make_two(&m, true);
    for (m.bytes.len--; m.bytes.len > 0; m.bytes.len--) {
        t_row("%zu bytes", m.bytes.len);
        assert_refused(&m.bytes, &small, E_INVALID,
                       m.bytes.len < 4 ? "not a zip archive" : "the archive is cut off");
    }
    assert_refused(&m.bytes, &small, E_INVALID, "not a zip archive");
    t_rows_end();
    buf_release(&m.bytes);
}

static void test_what_is_no_file(void **state)
{
    struct err err = ERR_INIT;
    struct zipr *z = NULL;
    int fd[2];

    (void)state;
    assert_int_equal(pipe(fd), 0);
    assert_fails(zipr_open(&z, fd[0], &small, &err), E_INVALID, &err);
    err_clear(&err);
    close(fd[0]);
    close(fd[1]);
    assert_fails(zipr_open(&z, fd[0], &small, &err), E_IO, &err);
    err_clear(&err);
    assert_null(z);
    zipr_close(NULL);
}

/* Bytes behind the deflated stream are no content. */
static void test_bytes_behind_the_stream(void **state)
{
    struct made m;

    (void)state;
    make(&m, &(struct file){ "a", "\3\1xyz", .method = DEFLATE }, 1);
    m.bytes.ptr[m.local[0] + 32] = 0;
    assert_made_refused(&m, E_INVALID, "a: the sizes given are not true");
}

/* ---- limits ---- */

static void test_limits(void **state)
{
    struct zipr_limits limits = small;
    struct made m;

    (void)state;
    make_two(&m, false);
    limits.max_entries = 2;
    limits.max_unpacked_bytes = 32;
    limits.max_entry_bytes = 30;
    limits.max_name_bytes = 5;
    limits.max_depth = 1;
    limits.max_ratio = 1;
    assert_reads(&m.bytes, &limits, "[a.job]hi[b.job]hihihihihihihihihihihihihihihi");
    limits.max_unpacked_bytes = 31;
    assert_refused(&m.bytes, &limits, E_LIMIT,
                   "the archive has 32 uncompressed bytes, at most 31 are allowed");
    buf_release(&m.bytes);
    limits = large;
    make(&m, &(struct file){ "a", "12345678", .method = DEFLATE, .raw = 8000 }, 1);
    limits.max_ratio = 9;
    assert_refused(&m.bytes, &limits, E_LIMIT,
                   "the archive unpacks to more than 9 times its size");
    buf_release(&m.bytes);
}

static long peak_kib(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* 9 MB that claim 100 GB. */
static void test_a_bomb_is_refused_at_once(void **state)
{
    enum { N = 100000 };
    struct zip_entry *e = calloc(N, sizeof(*e));
    char(*names)[24] = calloc(N, sizeof(*names));
    struct buf out = BUF_INIT(64 * MIB), all = BUF_INIT(64 * MIB);
    struct err err = ERR_INIT;
    struct zipw z;
    double began;
    long peak;
    int fd;

    (void)state;
    zipw_init(&z);
    for (size_t i = 0; i < N; i++) {
        snprintf(names[i], sizeof(names[i]), "%05zu", i);
        e[i] = (struct zip_entry){ .name = str_of(names[i]), .raw_size = 1000000 };
        zipw_entry(&z, &e[i], &out);
        e[i].stored_size = 1000; /* in the directory alone: no byte is there */
    }
    write_end(&z, e, N, &out);
    assert_true(out.len < 11 * MIB);
    fd = file_of(buf_str(&out));
    buf_release(&out);
    free(e);
    free(names);
    peak = peak_kib();
    began = seconds();
    assert_fails(read_file(fd, &large, &all, &err), E_LIMIT, &err);
    assert_string_equal(err.arg[0], "100000000000");
    err_clear(&err);
    assert_true(seconds() - began < 20);
    assert_true(peak_kib() - peak < 64 * 1024);
    close(fd);
}

/* Names whose hashes collide in many libraries cost nothing more. */
static void test_names_that_hash_alike(void **state)
{
    enum { BITS = 16, N = 1 << BITS };
    struct zip_entry *e = calloc(N, sizeof(*e));
    char(*names)[2 * BITS + 1] = calloc(N, sizeof(*names));
    struct buf out = BUF_INIT(64 * MIB), all = BUF_INIT(64 * MIB);
    struct err err = ERR_INIT;
    struct zipw z;
    double began;

    (void)state;
    zipw_init(&z);
    for (size_t i = 0; i < N; i++) {
        for (size_t k = 0; k < BITS; k++)
            memcpy(names[i] + 2 * k, i >> k & 1 ? "aB" : "b!", 2);
        e[i] = (struct zip_entry){ .name = str_of(names[i]) };
        zipw_entry(&z, &e[i], &out);
    }
    write_end(&z, e, N, &out);
    began = seconds();
    assert_ok(read_bytes(buf_str(&out), &large, &all, &err), &err);
    assert_true(seconds() - began < 20);
    buf_release(&out);
    buf_release(&all);
    free(e);
    free(names);
}

/* ---- memory and the disk ---- */

/* An archive that makes the reader look at all distances: long extra fields, a long
 * comment, a zip64 record, a name to be decoded. */
static int make_wide(void)
{
    static char extra[9000], comment[65535], name[1501];
    struct file files[] = {
        { name, "hi", .extra = { extra, 9000 }, .local_extra = { extra, 9000 } },
        { "b", .content = "hi" },
        { "c", "\3\1", .method = DEFLATE },
        { "d", "\3\1", .method = DEFLATE },
    };
    struct made m;
    int fd;

    memset(name, 0x82, sizeof(name) - 1);
    make64(&m, files, 4);
    m.bytes.ptr[m.local[2] + 32] = m.bytes.ptr[m.local[3] + 32] = 0;
    m.bytes.len -= 2;
    put(&m.bytes, sizeof(comment), 2);
    buf_add(&m.bytes, comment, sizeof(comment));
    fd = file_of(buf_str(&m.bytes));
    buf_release(&m.bytes);
    return fd;
}

static void assert_wide(struct buf *all)
{
    assert_int_equal(all->len, 2 * 1500 + 2 + strlen("hi[b]hi[c][d]"));
    assert_memory_equal(all->ptr, "[éé", 5);
    assert_memory_equal(all->ptr + 3001, "]hi[b]hi[c][d]", 14);
}

/* Lets each call fail once, the first, the second, and so on, until none is left. */
static long count_down(long *left, int fd, enum ec want)
{
    for (long n = 0;; n++) {
        struct buf all = BUF_INIT(64 * MIB);
        struct err err = ERR_INIT;
        char *reserved;
        int rc;

        buf_reserve(&all, 8000); /* its failures are not the reader's */
        reserved = all.ptr;
        *left = n;
        rc = read_file(fd, &large, &all, &err);
        if (*left >= 0) {
            *left = -1;
            assert_ok(rc, &err);
            assert_wide(&all);
            assert_ptr_equal(all.ptr, reserved);
            buf_release(&all);
            return n;
        }
        assert_fails(rc, want, &err);
        err_clear(&err);
        buf_release(&all);
    }
}

static void test_memory_that_runs_out(void **state)
{
    int fd = make_wide();

    (void)state;
    libdeflate_set_memory_allocator(__wrap_malloc, free);
    assert_true(count_down(&mem_left, fd, E_NOMEM) >= 8);
    close(fd);
}

static void test_a_disk_that_fails(void **state)
{
    int fd = make_wide();

    (void)state;
    disk_mood = FAIL;
    assert_true(count_down(&disk_left, fd, E_IO) >= 8);
    close(fd);
}

static void test_a_file_that_becomes_shorter(void **state)
{
    int fd = make_wide();
    struct buf all = BUF_INIT(64 * MIB);
    struct err err = ERR_INIT;

    (void)state;
    disk_mood = END_OF_FILE;
    for (disk_left = 1; disk_left < 8; disk_left++) { /* 0 would be fstat's */
        long n = disk_left;

        assert_fails(read_file(fd, &large, &all, &err), E_INVALID, &err);
        err_clear(&err);
        disk_left = n;
    }
    disk_left = -1;
    buf_release(&all);
    close(fd);
}

static void test_a_disk_that_is_slow(void **state)
{
    int fd = make_wide();
    struct buf all = BUF_INIT(64 * MIB);
    struct err err = ERR_INIT;

    (void)state;
    disk_mood = INTERRUPT;
    disk_left = 3;
    assert_ok(read_file(fd, &large, &all, &err), &err);
    assert_wide(&all);
    buf_clear(&all);
    disk_mood = ONE_BYTE;
    assert_ok(read_file(fd, &large, &all, &err), &err);
    assert_wide(&all);
    disk_mood = FAIL;
    disk_left = -1;
    buf_release(&all);
    close(fd);
}

/* A locator that points far in front, where the disk fails. */
static void test_a_zip64_record_that_cannot_be_read(void **state)
{
    static char gap[70000];
    struct err err = ERR_INIT;
    struct zipr *z;
    struct made m;
    int fd;

    (void)state;
    make64(&m, &(struct file){ "a", "hi", .gap = { gap, sizeof(gap) } }, 1);
    apply(&m, &(struct patch){ DIRECTORY_END, 64, 8, 0 });
    assert_refused(&m.bytes, &small, E_INVALID, DAMAGED);
    fd = file_of(buf_str(&m.bytes));
    disk_left = 2; /* fstat, the end */
    assert_fails(zipr_open(&z, fd, &small, &err), E_IO, &err);
    err_clear(&err);
    apply(&m, &(struct patch){ LAST, 0, 4, 0 });
    close(fd);
    fd = file_of(buf_str(&m.bytes));
    disk_left = 2; /* then the beginning, to see what it is */
    assert_fails(zipr_open(&z, fd, &small, &err), E_IO, &err);
    err_clear(&err);
    disk_left = -1;
    close(fd);
    buf_release(&m.bytes);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_our_own_archives),
    cmocka_unit_test(test_the_largest_definition_of_one_repeated_byte),
    cmocka_unit_test(test_many_entries),
    cmocka_unit_test(test_entries_past_4_gib),
    cmocka_unit_test(test_forms_that_other_tools_write),
    cmocka_unit_test(test_two_files_are_read),
    cmocka_unit_test(test_lies_are_refused),
    cmocka_unit_test(test_lies_of_zip64),
    cmocka_unit_test(test_numbers_that_stand_elsewhere),
    cmocka_unit_test(test_names_that_are_refused),
    cmocka_unit_test(test_bytes_around_the_archive),
    cmocka_unit_test(test_an_archive_cut_anywhere),
    cmocka_unit_test(test_what_is_no_file),
    cmocka_unit_test(test_bytes_behind_the_stream),
    cmocka_unit_test(test_limits),
    cmocka_unit_test(test_a_bomb_is_refused_at_once),
    cmocka_unit_test(test_names_that_hash_alike),
    cmocka_unit_test(test_memory_that_runs_out),
    cmocka_unit_test(test_a_disk_that_fails),
    cmocka_unit_test(test_a_file_that_becomes_shorter),
    cmocka_unit_test(test_a_disk_that_is_slow),
    cmocka_unit_test(test_a_zip64_record_that_cannot_be_read),
};
T_MAIN(tests)
