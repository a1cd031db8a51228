#include "unit/t.h"

#include <unistd.h>
#include <zip.h>

#include "archive/deflate.h"
#include "archive/zip_write.h"
#include "base/limits.h"

/* ---- golden bytes ---- */

static void test_empty_archive_is_exactly_22_bytes(void **state)
{
    struct buf out = BUF_INIT(100);
    struct zipw z;

    (void)state;
    zipw_init(&z);
    zipw_end(&z, &out);
    assert_bytes(buf_str(&out), STR("PK\5\6\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"));
    assert_int_equal(out.len, 22);
    assert_int_equal(zipw_size(NULL, 0), 22);
    buf_release(&out);
}

/* clang-format off */
static const char golden[] =
    /* local header */
    "PK\3\4" "\x14\0" "\0\0" "\0\0" "\0\0" "\x21\0" /* 2.0, flags, stored, time, date */
    "\xac\x2a\x93\xd8" "\2\0\0\0" "\2\0\0\0" "\5\0" "\0\0" /* crc, sizes, name, extra */
    "a.job" "hi"
    /* the directory's row */
    "PK\1\2" "\x14\3" "\x14\0" "\0\0" "\0\0" "\0\0" "\x21\0" /* made by Unix, 2.0 */
    "\xac\x2a\x93\xd8" "\2\0\0\0" "\2\0\0\0" "\5\0" "\0\0"
    "\0\0" "\0\0" "\0\0" "\0\0\xa4\x81" "\0\0\0\0" /* comment, disk, 0100644, offset */
    "a.job"
    /* the end */
    "PK\5\6" "\0\0" "\0\0" "\1\0" "\1\0" "\x33\0\0\0" "\x25\0\0\0" "\0\0";
/* clang-format on */

static void test_one_stored_entry_byte_for_byte(void **state)
{
    struct zip_entry e = { .name = STR("a.job"), .raw_size = 2, .stored_size = 2 };
    struct buf out = BUF_INIT(1000);
    struct zipw z;

    (void)state;
    e.crc32 = deflate_crc32(STR("hi"));
    zipw_init(&z);
    zipw_entry(&z, &e, &out);
    buf_adds(&out, "hi");
    zipw_directory(&z, &e, &out);
    zipw_end(&z, &out);
    assert_bytes(buf_str(&out), STR(golden));
    assert_int_equal(zipw_size(&e, 1), out.len);
    assert_int_equal(z.offset, out.len);
    buf_release(&out);
}

static void test_deflated_entry_with_a_chinese_name(void **state)
{
    struct zip_entry e = {
        .name = STR("作.job"), .crc32 = 0x01020304, .raw_size = 9, .stored_size = 3
    };
    struct buf out = BUF_INIT(1000);
    struct zipw z;

    (void)state;
    zipw_init(&z);
    zipw_entry(&z, &e, &out);
    assert_bytes(buf_str(&out), STR("PK\3\4\x14\0\0\x08\x08\0\0\0\x21\0\4\3\2\1"
                                    "\3\0\0\0\x09\0\0\0\7\0\0\0作.job"));
    buf_adds(&out, "xyz");
    zipw_directory(&z, &e, &out);
    assert_bytes(((struct str){ out.ptr + 40, 20 }),
                 STR("PK\1\2\x14\3\x14\0\0\x08\x08\0\0\0\x21\0\4\3\2\1"));
    buf_release(&out);
}

/* ---- whole archives, read back ---- */

struct file {
    const char *name, *content;
};

static void write_files(struct buf *out, const struct file *files, size_t n)
{
    struct zip_entry entries[16];
    struct zipw z;

    zipw_init(&z);
    for (size_t i = 0; i < n; i++) {
        struct str raw = str_of(files[i].content);
        struct err err = ERR_INIT;
        struct buf stored;

        assert_ok(deflate_make(&stored, raw, &err), &err);
        entries[i] = (struct zip_entry){ .name = str_of(files[i].name),
                                         .crc32 = deflate_crc32(raw),
                                         .raw_size = (uint32_t)raw.n,
                                         .stored_size = (uint32_t)stored.len };
        zipw_entry(&z, &entries[i], out);
        buf_addstr(out, buf_str(&stored));
        buf_release(&stored);
    }
    for (size_t i = 0; i < n; i++)
        zipw_directory(&z, &entries[i], out);
    zipw_end(&z, out);
    assert_int_equal(out->bad, 0);
    assert_int_equal(zipw_size(entries, n), out->len);
}

static zip_t *open_archive(struct str bytes)
{
    zip_error_t error;
    zip_source_t *source;
    zip_t *z;

    zip_error_init(&error);
    source = zip_source_buffer_create(bytes.p, bytes.n, 0, &error);
    z = zip_open_from_source(source, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    if (!z)
        fail_msg("libzip: %s", zip_error_strerror(&error));
    return z;
}

static void read_entry(zip_t *z, zip_uint64_t i, struct buf *content)
{
    zip_file_t *f = zip_fopen_index(z, i, 0);
    char piece[4096];
    zip_int64_t n;

    assert_non_null(f);
    while ((n = zip_fread(f, piece, sizeof(piece))) > 0)
        buf_add(content, piece, (size_t)n);
    assert_int_equal(n, 0);
    assert_int_equal(zip_fclose(f), 0); /* the CRC was right */
}

static void test_archives_are_read_back_by_libzip(void **state)
{
    static const struct file files[] = {
        { "jobs/job_batch/job_batch.job",
          "{\n  \"name\": \"job_batch\",\n  \"nodes\": []\n}\n" },
        { "jobs/job_batch/空.script", "" },
        { "jobs/作业/作业.job",
          "作业作业作业作业作业作业作业作业作业作业作业作业作业作业作业" },
        { "x", "y" },
    };
    struct buf out = BUF_INIT(10000);
    zip_t *z;

    (void)state;
    write_files(&out, files, COUNT_OF(files));
    z = open_archive(buf_str(&out));
    assert_int_equal(zip_get_num_entries(z, 0), COUNT_OF(files));
    for (zip_uint64_t i = 0; i < COUNT_OF(files); i++) {
        struct buf content = BUF_INIT(1000);
        zip_stat_t s;

        assert_int_equal(zip_stat_index(z, i, ZIP_FL_ENC_STRICT, &s), 0);
        assert_string_equal(s.name, files[i].name);
        assert_int_equal(s.size, strlen(files[i].content));
        read_entry(z, i, &content);
        assert_str(buf_str(&content), files[i].content);
        buf_release(&content);
    }
    zip_discard(z);
    buf_release(&out);
}

static void test_every_time_is_1980(void **state)
{
    static const struct file files[] = { { "a", "b" } };
    struct buf out = BUF_INIT(10000);
    struct tm tm;
    zip_stat_t s;
    zip_t *z;

    (void)state;
    write_files(&out, files, 1);
    z = open_archive(buf_str(&out));
    assert_int_equal(zip_stat_index(z, 0, 0, &s), 0);
    localtime_r(&s.mtime, &tm);
    assert_int_equal(tm.tm_year, 80);
    assert_int_equal(tm.tm_mon * 100 + tm.tm_mday, 1);
    assert_int_equal(tm.tm_hour * 10000 + tm.tm_min * 100 + tm.tm_sec, 0);
    zip_discard(z);
    buf_release(&out);
}

static void test_same_entries_give_the_same_bytes(void **state)
{
    static const struct file files[] = { { "a", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" },
                                         { "b", "" } };
    struct buf one = BUF_INIT(10000), two = BUF_INIT(10000);

    (void)state;
    write_files(&one, files, 2);
    write_files(&two, files, 2);
    assert_bytes(buf_str(&one), buf_str(&two));
    buf_release(&one);
    buf_release(&two);
}

/* ---- many entries ---- */

/* `n` empty entries, five bytes of name each. */
static void write_many(struct buf *out, struct zip_entry *entries, char (*names)[8],
                       size_t n)
{
    struct zipw z;

    zipw_init(&z);
    for (size_t i = 0; i < n; i++) {
        snprintf(names[i], sizeof(names[i]), "%05u", (unsigned)i % 100000);
        entries[i] = (struct zip_entry){ .name = str_of(names[i]) };
        zipw_entry(&z, &entries[i], out);
    }
    for (size_t i = 0; i < n; i++)
        zipw_directory(&z, &entries[i], out);
    zipw_end(&z, out);
    assert_int_equal(out->bad, 0);
}

static void test_zip64_begins_at_65535_entries(void **state)
{
    static const struct {
        size_t n;
        size_t end;
    } rows[] = {
        { 65534, 22 }, { 65535, 22 + 76 }, { 65536, 22 + 76 }, { 70000, 22 + 76 }
    };
    struct zip_entry *entries = calloc(70000, sizeof(*entries));
    char(*names)[8] = calloc(70000, sizeof(*names));

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf out = BUF_INIT(64 * MIB);
        zip_t *z;

        t_row("%zu entries", rows[i].n);
        write_many(&out, entries, names, rows[i].n);
        assert_int_equal(out.len, rows[i].n * (30 + 5 + 46 + 5) + rows[i].end);
        assert_int_equal(zipw_size(entries, rows[i].n), out.len);
        z = open_archive(buf_str(&out));
        assert_int_equal(zip_get_num_entries(z, 0), rows[i].n);
        assert_string_equal(zip_get_name(z, rows[i].n - 1, 0), names[rows[i].n - 1]);
        zip_discard(z);
        buf_release(&out);
    }
    t_rows_end();
    free(entries);
    free(names);
}

/* ---- more than 4 GiB, without writing contents ---- */

#define MAX32 UINT32_C(0xffffffff)

/* Writes all but the contents, and gives the archive's size. */
static uint64_t write_sparse(struct buf *out, struct zip_entry *entries, size_t n)
{
    uint64_t contents = 0;
    struct zipw z;

    zipw_init(&z);
    for (size_t i = 0; i < n; i++) {
        zipw_entry(&z, &entries[i], out);
        contents += entries[i].stored_size;
    }
    for (size_t i = 0; i < n; i++)
        zipw_directory(&z, &entries[i], out);
    zipw_end(&z, out);
    assert_int_equal(out->bad, 0);
    assert_int_equal(z.offset, out->len + contents);
    return out->len + contents;
}

static struct zip_entry sized(const char *name, uint32_t size)
{
    return (
        struct zip_entry){ .name = str_of(name), .raw_size = size, .stored_size = size };
}

static void assert_sparse_size(struct zip_entry *entries, size_t n, uint64_t want)
{
    struct buf out = BUF_INIT(10000);

    assert_int_equal(write_sparse(&out, entries, n), want);
    assert_int_equal(zipw_size(entries, n), want);
    buf_release(&out);
}

static void test_zip64_begins_where_the_directory_is_past_4_gib(void **state)
{
    struct zip_entry e[2];

    (void)state;
    e[0] = sized("a", MAX32 - 1 - 31); /* the directory begins at 4 GiB - 2 */
    assert_sparse_size(e, 1, (uint64_t)MAX32 - 1 + 47 + 22);
    e[0] = sized("a", MAX32 - 31); /* ... at 4 GiB - 1 */
    assert_sparse_size(e, 1, (uint64_t)MAX32 + 47 + 76 + 22);
}

static void test_zip64_begins_where_an_entry_is_past_4_gib(void **state)
{
    struct zip_entry e[2];

    (void)state;
    e[0] = sized("a", MAX32 - 1 - 31); /* the second entry begins at 4 GiB - 2 */
    e[1] = sized("b", 10);
    assert_sparse_size(e, 2, (uint64_t)MAX32 - 1 + 41 + 2 * 47 + 76 + 22);
    e[0] = sized("a", MAX32 - 31); /* ... at 4 GiB - 1: its row says so */
    assert_sparse_size(e, 2, (uint64_t)MAX32 + 41 + 2 * 47 + 12 + 76 + 22);
}

static void test_a_very_large_archive_has_its_exact_size(void **state)
{
    enum { N = 3000 };
    struct zip_entry *e = calloc(N, sizeof(*e));
    struct buf out = BUF_INIT(MIB);
    uint64_t size;

    (void)state;
    for (int i = 0; i < N; i++)
        e[i] = sized("some name", MAX32 - (uint32_t)i);
    size = write_sparse(&out, e, N);
    assert_int_equal(zipw_size(e, N), size);
    assert_true(size > UINT64_C(11999) << 30);
    free(e);
    buf_release(&out);
}

/* A file of 6 GiB with holes for contents: libzip finds what lies behind. */
static void write_sparse_file(int fd, struct zip_entry *e, size_t n, const char *last)
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
    assert_int_equal(pwrite(fd, last, strlen(last), at - (off_t)strlen(last)),
                     strlen(last));
    buf_clear(&out);
    for (size_t i = 0; i < n; i++)
        zipw_directory(&z, &e[i], &out);
    zipw_end(&z, &out);
    assert_int_equal(pwrite(fd, out.ptr, out.len, at), out.len);
    assert_int_equal(at + (off_t)out.len, zipw_size(e, n));
    buf_release(&out);
}

static void test_entries_past_4_gib_are_found_by_libzip(void **state)
{
    char path[] = "/tmp/dlf-test-zip-XXXXXX";
    struct zip_entry e[3] = { sized("one", 3u << 30), sized("two", 3u << 30),
                              sized("last", 5) };
    struct buf content = BUF_INIT(100);
    int fd = mkstemp(path), error = 0;
    zip_t *z;

    (void)state;
    assert_true(fd >= 0);
    unlink(path); /* whatever happens */
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    e[2].crc32 = deflate_crc32(STR("hello"));
    write_sparse_file(fd, e, 3, "hello");
    z = zip_open(path, ZIP_RDONLY | ZIP_CHECKCONS, &error);
    close(fd);
    assert_int_equal(error, 0);
    assert_non_null(z);
    assert_int_equal(zip_get_num_entries(z, 0), 3);
    read_entry(z, 2, &content);
    assert_str(buf_str(&content), "hello");
    zip_discard(z);
    buf_release(&content);
}

static void test_the_longest_name(void **state)
{
    char *name = malloc(65535);
    struct zip_entry e = { .name = { name, 65535 } };
    struct buf out = BUF_INIT(MIB);
    zip_t *z;

    (void)state;
    memset(name, 'n', 65535);
    write_sparse(&out, &e, 1);
    assert_int_equal(zipw_size(&e, 1), out.len);
    z = open_archive(buf_str(&out));
    assert_int_equal(strlen(zip_get_name(z, 0, 0)), 65535);
    zip_discard(z);
    free(name);
    buf_release(&out);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_empty_archive_is_exactly_22_bytes),
    cmocka_unit_test(test_one_stored_entry_byte_for_byte),
    cmocka_unit_test(test_deflated_entry_with_a_chinese_name),
    cmocka_unit_test(test_archives_are_read_back_by_libzip),
    cmocka_unit_test(test_every_time_is_1980),
    cmocka_unit_test(test_same_entries_give_the_same_bytes),
    cmocka_unit_test(test_zip64_begins_at_65535_entries),
    cmocka_unit_test(test_zip64_begins_where_the_directory_is_past_4_gib),
    cmocka_unit_test(test_zip64_begins_where_an_entry_is_past_4_gib),
    cmocka_unit_test(test_a_very_large_archive_has_its_exact_size),
    cmocka_unit_test(test_entries_past_4_gib_are_found_by_libzip),
    cmocka_unit_test(test_the_longest_name),
};
T_MAIN(tests)
