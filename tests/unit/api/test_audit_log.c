#include <errno.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/audit_log.h"
#include "api/audit_sum.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "unit/world.h"

/*
 * The audit log's rows, its thread and its file, on a disk of the test's own: so many
 * bytes fit on it, and then it is full.
 */
static atomic_long room = -1; /* -1: no end of it */
static atomic_bool keeps_torn;
static atomic_int bad_flushes; /* so many more flushes fail */
static atomic_bool writing;    /* only the file's; not standard error */

ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __real_ftruncate64(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size);
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
    long left = atomic_load(&room);

    if (fd <= STDERR_FILENO || !writing || left < 0)
        return __real_write(fd, p, n);
    if (!left) {
        errno = ENOSPC;
        return -1;
    }
    n = n < (size_t)left ? n : (size_t)left;
    atomic_store(&room, left - (long)n);
    return __real_write(fd, p, n);
}

int __wrap_ftruncate64(int fd, off_t size)
{
    if (!keeps_torn)
        return __real_ftruncate64(fd, size);
    errno = EINVAL;
    return -1;
}

int __wrap_fdatasync(int fd)
{
    if (atomic_load(&bad_flushes) == 0)
        return __real_fdatasync(fd);
    atomic_fetch_sub(&bad_flushes, 1);
    errno = ENOSPC;
    return -1;
}

/* Once, before the thread reads rows, and after it took the lines of memory. */
static void (*_Atomic before_rows)(struct store *s);

int __real_store_audit_rows(struct store *s, int64_t after, int64_t max,
                            void (*each)(void *arg, int64_t id, struct str line),
                            void *arg, struct err *err);
int __wrap_store_audit_rows(struct store *s, int64_t after, int64_t max,
                            void (*each)(void *arg, int64_t id, struct str line),
                            void *arg, struct err *err);

int __wrap_store_audit_rows(struct store *s, int64_t after, int64_t max,
                            void (*each)(void *arg, int64_t id, struct str line),
                            void *arg, struct err *err)
{
    void (*now)(struct store *) = atomic_exchange(&before_rows, NULL);

    if (now)
        now(s);
    return __real_store_audit_rows(s, after, max, each, arg, err);
}

static struct audit_log *audit_log;
static char file[FOLDER_MAX + 16];
static int64_t max_rows;

static void open_store(struct world *w)
{
    struct store_options options = { .path = w->path,
                                     WORLD_OPTIONS,
                                     .max_audit_rows = max_rows };

    assert_ok(store_open(&w->store, &options, &w->err), &w->err);
}

static void open_log(struct world *w)
{
    assert_ok(audit_log_open(&audit_log, file, w->store, &w->err), &w->err);
}

static void close_log(void)
{
    audit_log_close(audit_log);
    audit_log = NULL;
}

static int set_up(void **state)
{
    struct world *w;

    atomic_store(&room, -1);
    atomic_store(&keeps_torn, false);
    atomic_store(&bad_flushes, 0);
    atomic_store(&writing, true);
    max_rows = 0;
    if (world_set_up(state))
        return -1;
    w = *state;
    snprintf(file, sizeof(file), "%s/audit.log", w->folder);
    return 0;
}

static int tear_down(void **state)
{
    close_log();
    return world_tear_down(state);
}

static int do_nothing(struct db *db, struct write *w, struct err *err)
{
    (void)db;
    (void)w;
    (void)err;
    return 0;
}

static int fail_always(struct db *db, struct write *w, struct err *err)
{
    (void)db;
    (void)w;
    return err_set(err, E_INVALID, 0, 0, "it fails");
}

/* A write with the line "row NUMBER". */
static void write_row_of(struct store *s, int number)
{
    struct write one = { .run = do_nothing };
    char text[40];

    snprintf(text, sizeof(text), "row %d", number);
    one.audit = str_of(text);
    assert_ok(store_write(s, &one), &one.err);
}

static void write_row(struct world *w, int number)
{
    write_row_of(w->store, number);
}

static void add_line(int number)
{
    char text[40];

    snprintf(text, sizeof(text), "line %d", number);
    audit_log_add(audit_log, str_of(text));
}

static char *read_file(void)
{
    FILE *f = fopen(file, "r");
    char *text = calloc(1, MIB);

    assert_non_null(text);
    if (f) {
        assert_true(fread(text, 1, MIB - 1, f) < MIB - 1);
        fclose(f);
    }
    return text;
}

/* What is in the file in the end. */
static void assert_file(const char *wanted)
{
    char *text;

    close_log();
    text = read_file();
    assert_string_equal(text, wanted);
    free(text);
}

/* Whether the file is `wanted` within the time, while the log is open. */
static bool becomes(const char *wanted, int seconds)
{
    bool is = false;

    for (int i = 0; !is && i < 100 * seconds; i++) {
        char *text = read_file();

        is = strcmp(text, wanted) == 0;
        free(text);
        usleep(10000);
    }
    return is;
}

static int64_t rows;

static void count_row(void *arg, int64_t id, struct str line)
{
    (void)arg;
    (void)id;
    (void)line;
    rows++;
}

static int64_t rows_left(struct world *w)
{
    rows = 0;
    assert_ok(store_audit_rows(w->store, 0, INT64_MAX, count_row, NULL, &w->err),
              &w->err);
    return rows;
}

/* ---- order ---- */

static void test_rows_and_lines_are_in_the_order_of_their_events(void **state)
{
    struct world *w = *state;
    struct buf wanted = BUF_INIT(MIB);

    open_log(w);
    for (int i = 0; i < 300; i++) {
        if (i % 3)
            write_row(w, i);
        else
            add_line(i);
        buf_addf(&wanted, "%s %d\n", i % 3 ? "row" : "line", i);
    }
    assert_file(buf_cstr(&wanted));
    assert_int_equal(rows_left(w), 0);
    buf_release(&wanted);
}

static sem_t is_reading;

static void say_it_reads(struct store *s)
{
    (void)s;
    sem_post(&is_reading);
}

static void add_both(struct store *s)
{
    add_line(1);
    write_row_of(s, 2);
}

static void test_what_comes_while_it_is_copied_keeps_its_order(void **state)
{
    struct world *w = *state;

    sem_init(&is_reading, 0, 0);
    before_rows = say_it_reads;
    open_log(w);
    sem_wait(&is_reading);
    before_rows = add_both;
    write_row(w, 0);
    while (before_rows)
        usleep(1000);
    assert_file("row 0\nline 1\nrow 2\n");
    sem_destroy(&is_reading);
}

static void test_rows_that_were_left_are_copied_at_the_start(void **state)
{
    struct world *w = *state;

    for (int i = 0; i < 3; i++)
        write_row(w, i);
    store_close(w->store);
    open_store(w);
    open_log(w);
    write_row(w, 3);
    assert_file("row 0\nrow 1\nrow 2\nrow 3\n");
}

static void test_more_rows_than_are_copied_at_once(void **state)
{
    struct world *w = *state;
    struct buf wanted = BUF_INIT(MIB);

    for (int i = 0; i < 2 * AUDIT_BATCH + 10; i++) {
        write_row(w, i);
        buf_addf(&wanted, "row %d\n", i);
    }
    open_log(w);
    add_line(1);
    buf_adds(&wanted, "line 1\n");
    assert_file(buf_cstr(&wanted));
    buf_release(&wanted);
}

/* ---- the write and its row ---- */

static void test_a_write_that_fails_has_no_row(void **state)
{
    struct world *w = *state;
    struct write one = { .run = fail_always, .audit = STR("row") };

    assert_int_equal(store_write(w->store, &one), E_INVALID);
    err_clear(&one.err);
    assert_int_equal(rows_left(w), 0);
}

static atomic_int done;

static void on_done(struct write *w)
{
    (void)w;
    atomic_fetch_add(&done, 1);
}

/* Of writes that are committed together each has a row of its own fate. */
static void test_writes_of_one_commit(void **state)
{
    struct world *w = *state;
    struct write some[200];

    atomic_store(&done, 0);
    for (int i = 0; i < 200; i++) {
        some[i] = (struct write){ .run = i % 2 ? fail_always : do_nothing,
                                  .done = on_done,
                                  .audit = i % 4 ? STR("row") : STR("") };
        store_submit(w->store, &some[i]);
    }
    while (atomic_load(&done) < 200)
        usleep(1000);
    for (int i = 0; i < 200; i++)
        err_clear(&some[i].err);
    assert_int_equal(rows_left(w), 50);
}

static void test_beyond_the_limit_the_oldest_are_dropped(void **state)
{
    struct world *w = *state;
    int64_t before = metric_of[METRIC_AUDIT_DROPPED];

    store_close(w->store);
    max_rows = 40;
    open_store(w);
    for (int i = 0; i < 100; i++)
        write_row(w, i);
    assert_int_equal(rows_left(w), 40);
    assert_int_equal(metric_of[METRIC_AUDIT_DROPPED] - before, 60);
    assert_int_equal(metric_of[METRIC_AUDIT_WAITING], 40);
    store_close(w->store);
    open_store(w);
    assert_int_equal(rows_left(w), 40);
    open_log(w);
    close_log();
    assert_int_equal(rows_left(w), 0);
    assert_int_equal(metric_of[METRIC_AUDIT_WAITING], 0);
}

/* ---- a disk that is full ---- */

/* Writes rows while so many bytes fit, and then frees the disk. */
static void fill_and_free(struct world *w, long bytes)
{
    int64_t failures = metric_of[METRIC_AUDIT_FAILURES];

    unlink(file);
    atomic_store(&room, bytes);
    open_log(w);
    for (int i = 0; i < 8; i++)
        write_row(w, i);
    while (metric_of[METRIC_AUDIT_FAILURES] == failures)
        usleep(1000);
    atomic_store(&room, -1);
}

static void test_a_full_disk_leaves_no_torn_line(void **state)
{
    struct world *w = *state;

    for (long bytes = 0; bytes < 14; bytes++) {
        t_row("%ld bytes", bytes);
        fill_and_free(w, bytes);
        assert_file("row 0\nrow 1\nrow 2\nrow 3\nrow 4\nrow 5\nrow 6\nrow 7\n");
    }
    t_rows_end();
}

static void test_what_cannot_be_undone_gets_an_end(void **state)
{
    struct world *w = *state;

    atomic_store(&keeps_torn, true);
    fill_and_free(w, 8);
    assert_file("row 0\nro\nrow 1\nrow 2\nrow 3\nrow 4\nrow 5\nrow 6\nrow 7\n");
}

static void test_a_line_that_a_crash_tore_gets_an_end(void **state)
{
    struct world *w = *state;
    FILE *f = fopen(file, "w");

    fputs("whole\nto", f);
    fclose(f);
    open_log(w);
    write_row(w, 1);
    assert_file("whole\nto\nrow 1\n");
}

static void test_a_disk_that_stays_full_keeps_the_rows(void **state)
{
    struct world *w = *state;

    atomic_store(&room, 6);
    open_log(w);
    for (int i = 0; i < 3; i++)
        write_row(w, i);
    assert_file("row 0\n");
    assert_true(rows_left(w) >= 2);
    atomic_store(&room, -1);
    store_close(w->store);
    open_store(w);
    unlink(file);
    open_log(w);
    close_log();
    assert_int_equal(rows_left(w), 0);
}

static void wait_for_failure(int64_t before)
{
    while (metric_of[METRIC_AUDIT_FAILURES] == before)
        usleep(1000);
}

/* What a disk took and could not keep, such as one over a network that is full. */
static void test_rows_that_could_not_be_flushed_are_copied_again(void **state)
{
    struct world *w = *state;

    atomic_store(&bad_flushes, 1);
    open_log(w);
    write_row(w, 0);
    assert_true(becomes("row 0\nrow 0\n", 10));
    assert_int_equal(rows_left(w), 1);
    close_log();
    assert_int_equal(rows_left(w), 0);
}

static void test_a_failure_stops_nothing_that_comes_later(void **state)
{
    struct world *w = *state;
    int64_t failures = metric_of[METRIC_AUDIT_FAILURES];
    char *text;

    atomic_store(&bad_flushes, 1);
    open_log(w);
    write_row(w, 0);
    wait_for_failure(failures);
    usleep((AUDIT_TRIM_MS + AUDIT_SYNC_MS + 2 * AUDIT_RETRY_MS) * 1000);
    write_row(w, 1);
    usleep(4 * AUDIT_RETRY_MS * 1000);
    text = read_file();
    assert_non_null(strstr(text, "row 1\n"));
    free(text);
}

static void test_without_its_folder_the_rows_wait(void **state)
{
    struct world *w = *state;
    int64_t failures;
    char folder[100];

    snprintf(folder, sizeof(folder), "%s/logs", w->folder);
    snprintf(file, sizeof(file), "%s/logs/audit.log", w->folder);
    assert_int_equal(mkdir(folder, 0700), 0);
    open_log(w);
    write_row(w, 0);
    assert_true(becomes("row 0\n", 10));
    failures = metric_of[METRIC_AUDIT_FAILURES];
    assert_int_equal(unlink(file) | rmdir(folder), 0);
    write_row(w, 1);
    wait_for_failure(failures);
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_true(becomes("row 1\n", 10));
}

static void test_a_pipe_without_a_reader_holds_up_no_stop(void **state)
{
    struct world *w = *state;
    int64_t began = clock_mono_ns();

    assert_int_equal(mkfifo(file, 0600), 0);
    open_log(w);
    close_log();
    assert_true(clock_mono_ns() - began < AUDIT_DRAIN_MS * 1000000LL / 2);
}

static void test_a_row_of_anything_is_one_line(void **state)
{
    struct world *w = *state;
    struct buf wanted = BUF_INIT(4 * KIB), text = BUF_INIT(4 * KIB);
    struct write one = { .run = do_nothing, .audit = STR("a\nb\0c\x1b") };

    open_log(w);
    assert_ok(store_write(w->store, &one), &one.err);
    for (int i = 0; i < 3000; i++)
        buf_addc(&text, 'x');
    one.audit = buf_str(&text);
    assert_ok(store_write(w->store, &one), &one.err);
    buf_adds(&wanted, "a?b?c?\n");
    buf_add(&wanted, text.ptr, AUDIT_LINE_MAX - 1);
    buf_adds(&wanted, "\n");
    assert_file(buf_cstr(&wanted));
    buf_release(&wanted);
    buf_release(&text);
}

/* ---- what is summed up ---- */

struct told {
    int64_t lines, count;
    char last[AUDIT_LINE_MAX + 1];
};

static void tell(void *arg, struct str line)
{
    struct told *t = arg;
    const char *count = memmem(line.p, line.n, ",\"count\":", 9);

    assert_true(line.n < AUDIT_LINE_MAX && line.p[line.n - 1] == '}');
    assert_non_null(count);
    t->lines++;
    t->count += strtol(count + 9, NULL, 10);
    snprintf(t->last, sizeof(t->last), "%.*s", (int)line.n, line.p);
}

static void test_one_line_a_second_and_address(void **state)
{
    struct audit_sum *s = audit_sum_new();
    struct told t = { 0 };

    (void)state;
    assert_true(audit_sum_add(s, STR("a"), STR("{\"n\":1}"), 1000));
    assert_false(audit_sum_add(s, STR("a"), STR("{\"n\":2}"), 1500));
    assert_true(audit_sum_add(s, STR("b"), STR("{}"), 1500));
    assert_false(audit_sum_add(s, STR("a"), STR("{\"n\":3}"), 1999));
    audit_sum_take(s, 1999, tell, &t);
    assert_int_equal(t.lines, 0);
    audit_sum_take(s, 2000, tell, &t);
    assert_string_equal(t.last, "{\"n\":3,\"count\":2}");
    assert_false(
        audit_sum_add(s, STR("a"), STR("{\"n\":4}"), 2100)); /* the next second */
    audit_sum_take(s, 2999, tell, &t);
    assert_int_equal(t.lines, 1);
    audit_sum_take(s, 3000, tell, &t);
    assert_string_equal(t.last, "{\"n\":4,\"count\":1}");
    assert_true(audit_sum_is_active(s));
    audit_sum_take(s, 4000, tell, &t);
    assert_false(audit_sum_is_active(s));
    assert_true(audit_sum_add(s, STR("a"), STR("{\"n\":5}"), 4100));
    assert_int_equal(t.lines, 2);
    audit_sum_free(s);
}

static void test_any_number_of_addresses_is_counted_in_little_memory(void **state)
{
    struct audit_sum *s = audit_sum_new();
    int64_t at_once = 0, n = 20 * AUDIT_ADDRESSES;
    struct told t = { 0 };
    char address[24];

    (void)state;
    for (int64_t i = 0; i < n; i++) {
        snprintf(address, sizeof(address), "address %lld", (long long)i);
        at_once += audit_sum_add(s, str_of(address), STR("{\"n\":0}"), 1000);
    }
    audit_sum_take(s, 2000, tell, &t);
    assert_int_equal(at_once + t.count, n);
    assert_true(at_once <= AUDIT_ADDRESSES + 1 && at_once > AUDIT_ADDRESSES / 2);
    assert_int_equal(t.lines, 1);
    audit_sum_free(s);
}

#define WITH_DISK(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
static const struct CMUnitTest tests[] = {
    WITH_DISK(test_rows_and_lines_are_in_the_order_of_their_events),
    WITH_DISK(test_what_comes_while_it_is_copied_keeps_its_order),
    WITH_DISK(test_rows_that_were_left_are_copied_at_the_start),
    WITH_DISK(test_more_rows_than_are_copied_at_once),
    WITH_DISK(test_a_write_that_fails_has_no_row),
    WITH_DISK(test_writes_of_one_commit),
    WITH_DISK(test_beyond_the_limit_the_oldest_are_dropped),
    WITH_DISK(test_a_full_disk_leaves_no_torn_line),
    WITH_DISK(test_what_cannot_be_undone_gets_an_end),
    WITH_DISK(test_a_line_that_a_crash_tore_gets_an_end),
    WITH_DISK(test_a_disk_that_stays_full_keeps_the_rows),
    WITH_DISK(test_rows_that_could_not_be_flushed_are_copied_again),
    WITH_DISK(test_a_failure_stops_nothing_that_comes_later),
    WITH_DISK(test_without_its_folder_the_rows_wait),
    WITH_DISK(test_a_pipe_without_a_reader_holds_up_no_stop),
    WITH_DISK(test_a_row_of_anything_is_one_line),
    cmocka_unit_test(test_one_line_a_second_and_address),
    cmocka_unit_test(test_any_number_of_addresses_is_counted_in_little_memory),
};
T_MAIN(tests)
