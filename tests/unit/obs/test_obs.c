/* Objects as files: paths, what stays in the folder, whole or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/limits.h"
#include "obs/obs.h"
#include "unit/t.h"

/* ---- paths ---- */

#define TEXT_OF_63 "a23456789-123456789-123456789-123456789-123456789-123456789-123"

static const struct {
    const char *text;
    const char *bucket, *key; /* NULL: refused */
} paths[] = {
    { "obs://abc/k", "abc", "k" },
    { "obs://abc/a/b/c.zip", "abc", "a/b/c.zip" },
    { "obs://a.b-1/作业/导出 1.zip", "a.b-1", "作业/导出 1.zip" },
    { "obs://abc/a+b%20c?d#e", "abc", "a+b%20c?d#e" },
    { "obs://abc/..a/b../.c", "abc", "..a/b../.c" },
    { "obs://abc/a\\..\\b", "abc", "a\\..\\b" },
    { "obs://" TEXT_OF_63 "/k", TEXT_OF_63, "k" },
    { "", NULL, NULL },
    { "obs://", NULL, NULL },
    { "obs://abc", NULL, NULL },
    { "obs://abc/", NULL, NULL },
    { "obs:///k", NULL, NULL },
    { "OBS://abc/k", NULL, NULL },
    { "obs:/abc/k", NULL, NULL },
    { "s3://abc/k", NULL, NULL },
    { " obs://abc/k", NULL, NULL },
    { "obs://abc//k", NULL, NULL },
    { "obs://abc/k/", NULL, NULL },
    { "obs://abc/a//b", NULL, NULL },
    { "obs://abc/.", NULL, NULL },
    { "obs://abc/..", NULL, NULL },
    { "obs://abc/../abc/k", NULL, NULL },
    { "obs://abc/a/../../k", NULL, NULL },
    { "obs://abc/a/./k", NULL, NULL },
    { "obs://../k", NULL, NULL },
    { "obs://.dlfd/k", NULL, NULL },
    { "obs://ab/k", NULL, NULL },
    { "obs://" TEXT_OF_63 "4/k", NULL, NULL },
    { "obs://Abc/k", NULL, NULL },
    { "obs://a_c/k", NULL, NULL },
    { "obs://-bc/k", NULL, NULL },
    { "obs://ab-/k", NULL, NULL },
    { "obs://ab./k", NULL, NULL },
    { "obs://a..b/k", NULL, NULL },
    { "obs://桶桶桶/k", NULL, NULL },
    { "obs://abc/\xff", NULL, NULL },
    { "obs://abc/\xc0\xaf", NULL, NULL },
};

static void test_paths(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(paths); i++) {
        struct obs_path p;
        bool ok = obs_path_parse(&p, str_of(paths[i].text));

        t_row("%s", paths[i].text);
        assert_int_equal(ok, paths[i].bucket != NULL);
        if (ok) {
            assert_str(p.bucket, paths[i].bucket);
            assert_str(p.key, paths[i].key);
        }
    }
    t_rows_end();
}

static void test_a_nul_is_refused(void **state)
{
    static const char text[] = "obs://abc/a\0b";
    struct obs_path p;

    (void)state;
    assert_false(obs_path_parse(&p, (struct str){ text, sizeof(text) - 1 }));
    assert_false(obs_path_parse(&p, (struct str){ NULL, 0 }));
}

static void test_a_key_has_so_many_bytes(void **state)
{
    struct buf text = BUF_INIT(4096);
    struct obs_path p;

    (void)state;
    buf_adds(&text, "obs://abc/");
    for (int i = 0; i < OBS_KEY_MAX; i++)
        buf_addc(&text, 'k');
    assert_true(obs_path_parse(&p, buf_str(&text)));
    buf_addc(&text, 'k');
    assert_false(obs_path_parse(&p, buf_str(&text)));
    buf_release(&text);
}

/* ---- a storage in a folder of its own ---- */

struct world {
    char folder[64];
    struct obs *obs;
};

static void reopen(struct world *w, bool alone)
{
    struct obs_options options = { .folder = w->folder, .alone = alone };
    struct err err = ERR_INIT;

    obs_close(w->obs);
    assert_ok(obs_open(&w->obs, &options, &err), &err);
}

static int set_up(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct err err = ERR_INIT;

    snprintf(w->folder, sizeof(w->folder), "/tmp/test_obs.XXXXXX");
    assert_non_null(mkdtemp(w->folder));
    reopen(w, false);
    assert_ok(obs_bucket_create(w->obs, STR("abc"), &err), &err);
    *state = w;
    return 0;
}

static int tear_down(void **state)
{
    struct world *w = *state;
    char command[100];

    obs_close(w->obs);
    snprintf(command, sizeof(command), "rm -rf %s", w->folder);
    assert_int_equal(system(command), 0);
    free(w);
    return 0;
}

static const char *in(struct world *w, const char *name)
{
    static char text[4096];

    snprintf(text, sizeof(text), "%s/%s", w->folder, name);
    return text;
}

static struct obs_path path_of(const char *text)
{
    struct obs_path p;

    assert_true(obs_path_parse(&p, str_of(text)));
    return p;
}

/* Gives `text` so many times, then fails if it has to. */
struct source {
    struct stream stream;
    const char *text;
    int times;
    bool fails;
};

static int next_piece(struct stream *stream, struct buf *piece, struct err *err)
{
    struct source *s = (struct source *)stream;

    if (!s->times && s->fails)
        return err_set(err, E_BUSY, 0, 0);
    if (s->times) {
        s->times--;
        buf_adds(piece, s->text);
    }
    return 0;
}

static int put_times(struct world *w, const char *path, const char *text, int times,
                     bool fails, struct err *err)
{
    struct source s = { { .next = next_piece }, text, times, fails };
    struct obs_path p = path_of(path);

    return obs_put(w->obs, &p, &s.stream, err);
}

static int put(struct world *w, const char *path, const char *text, struct err *err)
{
    return put_times(w, path, text, 1, false, err);
}

static int read_object(struct world *w, const char *path, struct buf *out,
                       struct err *err)
{
    struct obs_path p = path_of(path);

    buf_clear(out);
    return obs_read(w->obs, &p, out, err);
}

static void assert_holds(struct world *w, const char *path, const char *text)
{
    struct buf out = BUF_INIT(64 * KIB);
    struct err err = ERR_INIT;

    assert_ok(read_object(w, path, &out, &err), &err);
    assert_str(buf_str(&out), text);
    buf_release(&out);
}

static void assert_missing(struct world *w, const char *path)
{
    struct obs_path p = path_of(path);
    struct buf out = BUF_INIT(64 * KIB);
    struct err err = ERR_INIT;
    bool exists = true;

    assert_fails(read_object(w, path, &out, &err), E_NOTFOUND, &err);
    assert_int_equal(err.api, API_OK);
    err_clear(&err);
    assert_ok(obs_exists(w->obs, &p, &exists, &err), &err);
    assert_false(exists);
    buf_release(&out);
}

static const char *const kept[] = {
    "obs://abc/k",
    "obs://abc/K",
    "obs://abc/a/b/c",
    "obs://abc/a/b/d",
    "obs://abc/作业/导出 1+2%20.zip",
    "obs://abc/..a",
    "obs://abc/a/.dlfd",
    "obs://abc/\n\\'\"?*",
};

static void test_what_is_put_is_read(void **state)
{
    struct err err = ERR_INIT;

    for (size_t i = 0; i < COUNT_OF(kept); i++)
        assert_missing(*state, kept[i]);
    for (size_t i = 0; i < COUNT_OF(kept); i++)
        assert_ok(put(*state, kept[i], kept[i], &err), &err);
    for (size_t i = 0; i < COUNT_OF(kept); i++) {
        struct obs_path p = path_of(kept[i]);
        bool exists = false;

        assert_holds(*state, kept[i], kept[i]);
        assert_ok(obs_exists(((struct world *)*state)->obs, &p, &exists, &err), &err);
        assert_true(exists);
    }
}

static void test_a_put_replaces(void **state)
{
    struct err err = ERR_INIT;

    assert_ok(put(*state, "obs://abc/k", "old", &err), &err);
    assert_ok(put(*state, "obs://abc/k", "newer", &err), &err);
    assert_holds(*state, "obs://abc/k", "newer");
    assert_ok(put_times(*state, "obs://abc/k", "", 0, false, &err), &err);
    assert_holds(*state, "obs://abc/k", "");
}

static void test_a_stream_that_fails_leaves_the_old_object(void **state)
{
    struct err err = ERR_INIT;

    assert_ok(put(*state, "obs://abc/k", "old", &err), &err);
    assert_fails(put_times(*state, "obs://abc/k", "new", 3, true, &err), E_BUSY, &err);
    err_clear(&err);
    assert_fails(put_times(*state, "obs://abc/l/m", "new", 3, true, &err), E_BUSY, &err);
    err_clear(&err);
    assert_holds(*state, "obs://abc/k", "old");
    assert_missing(*state, "obs://abc/l/m");
    assert_int_equal(rmdir(in(*state, "abc/.dlfd")), 0); /* nothing was left in it */
}

static void test_sizes_are_limited(void **state)
{
    struct world *w = *state;
    struct obs_path p = path_of("obs://abc/k");
    struct err err = ERR_INIT;
    struct buf out;
    int fd = open(in(w, "file"), O_RDWR | O_CREAT, 0600);
    char got[8];

    assert_ok(put_times(w, "obs://abc/k", "12345", 40000, false, &err), &err);
    for (size_t max = 199999; max <= 200000; max++) {
        out = BUF_INIT(max);
        if (max < 200000)
            assert_fails(obs_read(w->obs, &p, &out, &err), E_LIMIT, &err);
        else
            assert_ok(obs_read(w->obs, &p, &out, &err), &err);
        err_clear(&err);
        buf_release(&out);
    }
    assert_fails(obs_copy(w->obs, &p, fd, 199999, &err), E_LIMIT, &err);
    err_clear(&err);
    assert_int_equal(ftruncate(fd, 0), 0);
    assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
    assert_ok(obs_copy(w->obs, &p, fd, 200000, &err), &err);
    assert_int_equal(lseek(fd, 0, SEEK_END), 200000);
    assert_int_equal(pread(fd, got, 5, 199995), 5);
    assert_memory_equal(got, "12345", 5);
    close(fd);
}

static void test_a_bucket_that_is_not_there(void **state)
{
    static const char path[] = "obs://gone/k";
    struct world *w = *state;
    struct obs_path p = path_of(path);
    struct buf out = BUF_INIT(KIB);
    struct err err = ERR_INIT;
    bool exists;

    assert_fails(put(w, path, "x", &err), E_NOTFOUND, &err);
    assert_int_equal(err.api, DLF_1242);
    err_clear(&err);
    assert_fails(read_object(w, path, &out, &err), E_NOTFOUND, &err);
    assert_int_equal(err.api, DLF_1242);
    err_clear(&err);
    assert_fails(obs_exists(w->obs, &p, &exists, &err), E_NOTFOUND, &err);
    err_clear(&err);
    assert_fails(obs_bucket_find(w->obs, p.bucket, &err), E_NOTFOUND, &err);
    assert_string_equal(err.arg[0], "gone");
    err_clear(&err);
    assert_ok(obs_bucket_find(w->obs, STR("abc"), &err), &err);
    assert_int_equal(access(in(w, "gone"), F_OK), -1);
    buf_release(&out);
}

/* ---- what else may stand in a folder ---- */

static void test_links_are_not_followed(void **state)
{
    struct world *w = *state;
    struct err err = ERR_INIT;
    char outside[64];

    snprintf(outside, sizeof(outside), "/tmp/test_obs.out.XXXXXX");
    close(mkstemp(outside));
    assert_int_equal(symlink(outside, in(w, "abc/file")), 0);
    assert_int_equal(symlink("/tmp", in(w, "abc/folder")), 0);
    assert_int_equal(symlink("/tmp", in(w, "bucket")), 0);
    assert_missing(w, "obs://abc/file");
    assert_missing(w, "obs://abc/folder/x");
    assert_fails(put(w, "obs://abc/folder/x", "x", &err), E_IO, &err);
    err_clear(&err);
    assert_fails(put(w, "obs://bucket/x", "x", &err), E_NOTFOUND, &err);
    assert_int_equal(err.api, DLF_1242);
    err_clear(&err);
    assert_ok(put(w, "obs://abc/file", "x", &err), &err); /* takes the link's place */
    assert_holds(w, "obs://abc/file", "x");
    assert_int_equal(truncate(outside, 0), 0);
    unlink(outside);
}

static void test_what_is_no_file_is_no_object(void **state)
{
    struct world *w = *state;
    struct err err = ERR_INIT;

    assert_ok(put(w, "obs://abc/a/b", "x", &err), &err);
    assert_int_equal(mkfifo(in(w, "abc/pipe"), 0600), 0);
    assert_missing(w, "obs://abc/a");
    assert_missing(w, "obs://abc/a/b/c");
    assert_missing(w, "obs://abc/pipe");
    assert_fails(put(w, "obs://abc/a", "x", &err), E_IO, &err);
    err_clear(&err);
    assert_fails(put(w, "obs://abc/a/b/c", "x", &err), E_IO, &err);
    err_clear(&err);
    assert_holds(w, "obs://abc/a/b", "x");
}

static void test_names_that_files_cannot_have(void **state)
{
    struct buf path = BUF_INIT(4096), out = BUF_INIT(64);
    struct err err = ERR_INIT;
    struct str name;

    buf_adds(&path, "obs://abc/");
    for (int i = 0; i < 255; i++)
        buf_addc(&path, 'k');
    name = buf_str(&path);
    assert_ok(put(*state, buf_cstr(&path), "x", &err), &err);
    assert_holds(*state, buf_cstr(&path), "x");
    buf_addc(&path, 'k');
    assert_int_equal(name.n, 265);
    assert_fails(put(*state, buf_cstr(&path), "x", &err), E_INVALID, &err);
    err_clear(&err);
    assert_fails(read_object(*state, path.ptr, &out, &err), E_INVALID, &err);
    err_clear(&err);
    assert_fails(put(*state, "obs://abc/.dlfd/x", "x", &err), E_INVALID, &err);
    err_clear(&err);
    assert_fails(read_object(*state, "obs://abc/.dlfd", &out, &err), E_INVALID, &err);
    err_clear(&err);
    buf_release(&path);
    buf_release(&out);
}

static void test_what_a_crash_left_is_removed(void **state)
{
    struct world *w = *state;
    struct err err = ERR_INIT;

    assert_ok(put(w, "obs://abc/k", "x", &err), &err);
    close(open(in(w, "abc/.dlfd/0123"), O_WRONLY | O_CREAT, 0600));
    reopen(w, false);
    assert_int_equal(access(in(w, "abc/.dlfd/0123"), F_OK), 0);
    reopen(w, true);
    assert_int_equal(access(in(w, "abc/.dlfd/0123"), F_OK), -1);
    assert_holds(w, "obs://abc/k", "x");
    assert_ok(put(w, "obs://abc/k", "y", &err), &err);
}

/* ---- killed, or refused by the disk, at every call that writes ---- */

static int calls_left = -1; /* that still succeed; negative: all do */
static bool kills;

/* Whether the call that is about to be made fails. */
static bool strikes(void)
{
    if (calls_left < 0 || calls_left-- > 0)
        return false;
    if (kills)
        raise(SIGKILL);
    errno = ENOSPC;
    return true;
}

ssize_t __real_write(int fd, const void *p, size_t n);
int __real_fsync(int fd);
int __real_renameat(int from_folder, const char *from, int folder, const char *name);
int __real_mkdirat(int folder, const char *name, mode_t mode);
ssize_t __wrap_write(int fd, const void *p, size_t n);
int __wrap_fsync(int fd);
int __wrap_renameat(int from_folder, const char *from, int folder, const char *name);
int __wrap_mkdirat(int folder, const char *name, mode_t mode);

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
    return strikes() ? -1 : __real_write(fd, p, n);
}

int __wrap_fsync(int fd)
{
    return strikes() ? -1 : __real_fsync(fd);
}

int __wrap_renameat(int from_folder, const char *from, int folder, const char *name)
{
    return strikes() ? -1 : __real_renameat(from_folder, from, folder, name);
}

int __wrap_mkdirat(int folder, const char *name, mode_t mode)
{
    return strikes() ? -1 : __real_mkdirat(folder, name, mode);
}

/* Puts in a process of its own, which ends at the call; its status. */
static int put_and_die(struct world *w, const char *path, int call)
{
    struct err err = ERR_INIT;
    int status = 0;
    pid_t child = fork();

    if (!child) {
        kills = true;
        calls_left = call;
        _exit(-put_times(w, path, "new", 2, false, &err));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* The object that is there has its old bytes or its new ones. */
static bool is_new(struct world *w, const char *path)
{
    struct buf out = BUF_INIT(KIB);
    struct err err = ERR_INIT;
    bool new;

    assert_ok(read_object(w, path, &out, &err), &err);
    new = str_is(buf_str(&out), "newnew");
    if (!new)
        assert_str(buf_str(&out), "old");
    buf_release(&out);
    return new;
}

static bool is_there(struct world *w, const char *path)
{
    struct obs_path p = path_of(path);
    struct err err = ERR_INIT;
    bool exists = false;

    assert_ok(obs_exists(w->obs, &p, &exists, &err), &err);
    return exists;
}

static void test_killed_at_every_call(void **state)
{
    struct world *w = *state;
    struct err err = ERR_INIT;
    char fresh[64];
    int call = 0, status;

    do {
        assert_ok(put(w, "obs://abc/k", "old", &err), &err);
        status = put_and_die(w, "obs://abc/k", call);
        if (!is_new(w, "obs://abc/k"))
            assert_int_equal(WTERMSIG(status), SIGKILL);
        snprintf(fresh, sizeof(fresh), "obs://abc/%d/f", call);
        status = put_and_die(w, fresh, call++);
        assert_true(!is_there(w, fresh) || is_new(w, fresh));
        reopen(w, true);
    } while (WIFSIGNALED(status));
    assert_int_equal(status, 0);
    assert_true(call > 6);
    assert_int_equal(rmdir(in(w, "abc/.dlfd")), 0);
}

static void test_refused_by_the_disk_at_every_call(void **state)
{
    struct world *w = *state;
    struct err err = ERR_INIT;
    int call = 0, rc;

    kills = false;
    do {
        char path[64];

        snprintf(path, sizeof(path), "obs://abc/%d/k", call);
        calls_left = call++;
        rc = put_times(w, path, "new", 2, false, &err);
        calls_left = -1;
        t_row("call %d", call);
        if (rc) {
            assert_int_equal(rc, E_IO);
            assert_non_null(strstr(err.arg[0], strerror(ENOSPC)));
        }
        err_clear(&err);
        assert_true(!is_there(w, path) || is_new(w, path));
        assert_int_equal(rmdir(in(w, "abc/.dlfd")) && errno != ENOENT, 0);
        assert_ok(put_times(w, path, "new", 2, false, &err), &err);
    } while (rc);
    t_rows_end();
    assert_true(call > 6);
}

/* ---- buckets ---- */

static char listed[200];

static void list_one(const char *name)
{
    size_t n = strlen(listed);

    snprintf(listed + n, sizeof(listed) - n, "%s ", name);
}

static void assert_listed(struct world *w, const char *names)
{
    struct err err = ERR_INIT;

    listed[0] = '\0';
    assert_ok(obs_bucket_list(w->obs, list_one, &err), &err);
    assert_string_equal(listed, names);
}

static void test_buckets(void **state)
{
    struct world *w = *state;
    struct err err = ERR_INIT;

    assert_ok(obs_bucket_create(w->obs, STR("zzz"), &err), &err);
    assert_ok(obs_bucket_create(w->obs, STR("a.1"), &err), &err);
    assert_fails(obs_bucket_create(w->obs, STR("abc"), &err), E_EXISTS, &err);
    err_clear(&err);
    close(open(in(w, "file"), O_WRONLY | O_CREAT, 0600)); /* neither is a bucket */
    assert_int_equal(mkdir(in(w, "X"), 0700), 0);
    assert_listed(w, "a.1 abc zzz ");
    assert_ok(put(w, "obs://abc/a/b", "x", &err), &err);
    assert_fails(obs_bucket_delete(w->obs, STR("abc"), false, &err), E_DENIED, &err);
    err_clear(&err);
    assert_holds(w, "obs://abc/a/b", "x");
    assert_ok(put(w, "obs://abc/a/b", "y", &err), &err);
    assert_ok(obs_bucket_delete(w->obs, STR("abc"), true, &err), &err);
    assert_ok(obs_bucket_delete(w->obs, STR("zzz"), false, &err), &err);
    assert_fails(obs_bucket_delete(w->obs, STR("zzz"), true, &err), E_NOTFOUND, &err);
    err_clear(&err);
    assert_listed(w, "a.1 ");
}

static void test_a_bucket_that_was_used_and_is_empty_goes(void **state)
{
    struct world *w = *state;
    struct err err = ERR_INIT;

    assert_ok(put(w, "obs://abc/k", "x", &err), &err);
    assert_int_equal(unlink(in(w, "abc/k")), 0);
    assert_ok(obs_bucket_delete(w->obs, STR("abc"), false, &err), &err);
    assert_listed(w, "");
}

static void test_a_folder_that_cannot_be_made(void **state)
{
    struct obs_options options = { .folder = "/nowhere/at/all" };
    struct err err = ERR_INIT;
    struct obs *o;

    (void)state;
    assert_fails(obs_open(&o, &options, &err), E_IO, &err);
    assert_non_null(strstr(err.arg[0], "/nowhere/at/all: "));
    err_clear(&err);
    obs_close(NULL);
}

/* ---- a service ---- */

static const struct {
    const char *text;
    enum obs_way way;
} endpoints[] = {
    { "http://127.0.0.1:9000", OBS_HERE },
    { "http://127.8.9.1", OBS_HERE },
    { "http://127.1:9000", OBS_HERE },
    { "http://0x7f000001", OBS_HERE },
    { "http://localhost:9000", OBS_HERE },
    { "https://LocalHost", OBS_HERE },
    { "https://[::1]:9000", OBS_HERE },
    { "http://[0:0::1]", OBS_HERE },
    { "https://s3.example.com", OBS_TLS },
    { "https://192.0.2.1:9000", OBS_TLS },
    { "https://[2001:db8::1]:9000", OBS_TLS },
    { "http://s3.example.com", OBS_PLAIN },
    { "http://minio:9000", OBS_PLAIN },
    { "http://128.0.0.1:9000", OBS_PLAIN },
    { "http://0.0.0.0:9000", OBS_PLAIN },
    { "http://[::]:9000", OBS_PLAIN },
    { "http://localhost.example.com", OBS_PLAIN },
    { "http://127.0.0.1.example.com", OBS_PLAIN },
    { "", OBS_NO_ENDPOINT },
    { "http", OBS_NO_ENDPOINT },
    { "http://", OBS_NO_ENDPOINT },
    { "https://", OBS_NO_ENDPOINT },
    { "http://:9000", OBS_NO_ENDPOINT },
    { "http:///x", OBS_NO_ENDPOINT },
    { "s3.example.com", OBS_NO_ENDPOINT },
    { "ftp://s3.example.com", OBS_NO_ENDPOINT },
    { "file:///etc", OBS_NO_ENDPOINT },
    { "https://s3.example.com/", OBS_NO_ENDPOINT },
    { "https://s3.example.com/a", OBS_NO_ENDPOINT },
    { "https://s3.example.com?a", OBS_NO_ENDPOINT },
    { "https://s3.example.com#a", OBS_NO_ENDPOINT },
    { "https://a:b@s3.example.com", OBS_NO_ENDPOINT },
    { "https://s3.example.com:x", OBS_NO_ENDPOINT },
    { "https://s3.example.com:65536", OBS_NO_ENDPOINT },
    { "https://s3.example.com:90:90", OBS_NO_ENDPOINT },
    { "https://s3.example.com ", OBS_NO_ENDPOINT },
    { "https://s3.example.com\r\nX: y", OBS_NO_ENDPOINT },
    { "https://%31", OBS_NO_ENDPOINT },
    { "https://桶.example.com", OBS_NO_ENDPOINT },
};

static void test_endpoints(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(endpoints); i++) {
        struct obs_options options = { .endpoint = endpoints[i].text,
                                       .region = "r",
                                       .access = "a",
                                       .secret = "s",
                                       .ca_file = "/nowhere" };
        struct err err = ERR_INIT;
        struct obs *o = NULL;

        t_row("%s", endpoints[i].text);
        assert_int_equal(obs_endpoint_way(endpoints[i].text), endpoints[i].way);
        assert_int_equal(obs_open(&o, &options, &err),
                         endpoints[i].way == OBS_NO_ENDPOINT ? E_INVALID : 0);
        err_clear(&err);
        obs_close(o);
    }
    t_rows_end();
}

static void list_none(const char *name)
{
    fail_msg("%s is listed", name);
}

static void test_a_service_keeps_its_own_buckets(void **state)
{
    struct obs_options options = {
        .endpoint = "http://127.0.0.1:1", .region = "r", .access = "a", .secret = "s"
    };
    struct err err = ERR_INIT;
    struct obs *o;

    (void)state;
    assert_ok(obs_open(&o, &options, &err), &err);
    assert_fails(obs_bucket_create(o, STR("abc"), &err), E_DENIED, &err);
    assert_fails(obs_bucket_list(o, list_none, &err), E_DENIED, &err);
    assert_fails(obs_bucket_delete(o, STR("abc"), true, &err), E_DENIED, &err);
    err_clear(&err);
    obs_close(o);
}

#define IN_A_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_paths),
    cmocka_unit_test(test_a_nul_is_refused),
    cmocka_unit_test(test_a_key_has_so_many_bytes),
    IN_A_FOLDER(test_what_is_put_is_read),
    IN_A_FOLDER(test_a_put_replaces),
    IN_A_FOLDER(test_a_stream_that_fails_leaves_the_old_object),
    IN_A_FOLDER(test_sizes_are_limited),
    IN_A_FOLDER(test_a_bucket_that_is_not_there),
    IN_A_FOLDER(test_links_are_not_followed),
    IN_A_FOLDER(test_what_is_no_file_is_no_object),
    IN_A_FOLDER(test_names_that_files_cannot_have),
    IN_A_FOLDER(test_what_a_crash_left_is_removed),
    IN_A_FOLDER(test_killed_at_every_call),
    IN_A_FOLDER(test_refused_by_the_disk_at_every_call),
    IN_A_FOLDER(test_buckets),
    IN_A_FOLDER(test_a_bucket_that_was_used_and_is_empty_goes),
    cmocka_unit_test(test_a_folder_that_cannot_be_made),
    cmocka_unit_test(test_endpoints),
    cmocka_unit_test(test_a_service_keeps_its_own_buckets),
};
T_MAIN(tests)
