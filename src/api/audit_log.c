#include "api/audit_log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "api/audit_sum.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/metrics.h"
#include "errors/errors.h"

#define MS_NS 1000000LL
#define NAP_NS (25 * MS_NS) /* so that what comes meanwhile is copied at once */
#define COMPLAIN_NS (60000 * MS_NS)

/* A line that waits in memory; its text follows. */
struct waiting {
    int64_t after; /* the last row that was committed when it came */
    size_t n;
};

struct audit_log {
    struct store *store;
    char *path;
    pthread_t thread;
    /* Under the lock: */
    pthread_mutex_t lock;
    pthread_cond_t changed; /* for the thread */
    pthread_cond_t left;    /* for whoever closes: it ended, or left the store */
    struct buf lines;       /* struct waiting and texts */
    struct audit_sum *sum;
    bool rows, reopen, closing, ended;
    bool in_store;  /* the thread needs the store; */
    bool abandoned; /* it is not there any more */
    /* The thread's: */
    int fd;    /* -1: none is open */
    bool torn; /* the file's last line has no end */
    struct buf taken;
    size_t taken_at; /* of it that is in `out` */
    int64_t last;    /* row that was committed when it was taken */
    struct buf out;
    size_t out_at;           /* of it that is written */
    int64_t filled, written; /* up to which row all are in `out`, in the file */
    int64_t copied;          /* and safe there */
    bool more;               /* rows are left */
    int64_t synced_ns, complained_ns;
    int64_t copied_ns; /* 0: no rows are left that were copied */
    bool failing;      /* at the last try */
    bool complained;
};

/* ---- the file ---- */

/* Says what is wrong, once a minute: a pipe may be full again and again. */
static void complain(struct audit_log *log, const char *what)
{
    int64_t now = clock_mono_ns();

    metric_add(METRIC_AUDIT_FAILURES, 1);
    log->failing = true;
    if (log->complained_ns && now - log->complained_ns < COMPLAIN_NS)
        return;
    log->complained_ns = now;
    log->complained = true;
    log_error("audit log: %s: %s: its lines wait", log->path, what);
}

static void recover(struct audit_log *log)
{
    if (log->complained)
        log_info("audit log: %s: it is written again", log->path);
    log->complained = false;
}

/* A line that a crash or a full disk cut short. */
static bool is_torn(const struct audit_log *log, int fd)
{
    struct stat s;
    char last = '\n';
    int reader;

    if (fstat(fd, &s) || !S_ISREG(s.st_mode) || !s.st_size)
        return false;
    reader = open(log->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (reader < 0)
        return false;
    if (pread(reader, &last, 1, s.st_size - 1) != 1)
        last = '\n';
    close(reader);
    return last != '\n';
}

/* Nothing waits for a pipe, neither here nor in writes. */
static int open_file(const struct audit_log *log)
{
    return open(log->path,
                O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
}

/* From here on the store is used; for ever waits who comes when it is gone. */
static void enter_store(struct audit_log *log)
{
    pthread_mutex_lock(&log->lock);
    while (log->abandoned)
        pthread_cond_wait(&log->changed, &log->lock);
    log->in_store = true;
    pthread_mutex_unlock(&log->lock);
}

static void leave_store(struct audit_log *log)
{
    pthread_mutex_lock(&log->lock);
    log->in_store = false;
    pthread_cond_signal(&log->left);
    pthread_mutex_unlock(&log->lock);
}

/* A pipe cannot be asked. */
static bool sync_file(const struct audit_log *log)
{
    return log->fd < 0 || fdatasync(log->fd) == 0 || errno == EINVAL || errno == EROFS;
}

/* What the disk has of the rows that were written since the last flush is not known: they
 * are copied again, and flushed after a while, since that may fail for ever. */
static void copy_again(struct audit_log *log)
{
    log->filled = log->written = log->copied;
    log->more = true;
    log->synced_ns += COMPLAIN_NS;
}

/* Flushes the file, and lets rows go that are in it. */
static void sync_written(struct audit_log *log)
{
    log->synced_ns = clock_mono_ns();
    if (log->written == log->copied)
        return;
    if (!sync_file(log)) {
        complain(log, strerror(errno));
        copy_again(log);
        return;
    }
    log->copied = log->written;
    log->copied_ns = clock_mono_ns();
    enter_store(log);
    store_audit_copied(log->store, log->copied);
    leave_store(log);
}

/* Somebody has deleted it. */
static bool is_gone(const struct audit_log *log)
{
    struct stat s;

    return log->fd < 0 || (fstat(log->fd, &s) == 0 && s.st_nlink == 0);
}

/* On SIGHUP, and while there is none.  What is written to a file that was deleted would
 * be lost, so that it is closed also when there can be no other. */
static void reopen_file(struct audit_log *log)
{
    int fd = open_file(log);

    if (fd < 0 && !is_gone(log)) {
        log_error("audit log: %s: %s; the file that was open goes on", log->path,
                  strerror(errno));
        return;
    }
    if (fd < 0)
        complain(log, strerror(errno));
    sync_written(log);
    if (log->fd >= 0)
        close(log->fd);
    log->fd = fd;
    log->torn = is_torn(log, fd);
}

/* `n` bytes of a piece of whole lines were written: how many of them are whole lines.
 * What is behind those is taken away. */
static size_t undo_torn(struct audit_log *log, const char *p, size_t n)
{
    const char *end = memrchr(p, '\n', n);
    size_t whole = end ? (size_t)(end - p) + 1 : 0;
    struct stat s;

    log->torn = n > whole && (fstat(log->fd, &s) || !S_ISREG(s.st_mode) ||
                              ftruncate(log->fd, s.st_size - (off_t)(n - whole)));
    return whole;
}

/* How much of a piece of whole lines was written: all, or less when the file fails. */
static size_t write_some(struct audit_log *log, struct str lines)
{
    ssize_t n;

    if (log->torn && write(log->fd, "\n", 1) == 1)
        log->torn = false;
    n = log->torn ? -1 : write(log->fd, lines.p, lines.n);
    if (n == (ssize_t)lines.n)
        return lines.n;
    complain(log, n < 0 ? strerror(errno) : "it takes no more");
    return n > 0 ? undo_torn(log, lines.p, (size_t)n) : 0;
}

/* Writes what is to be written; false: not all of it. */
static bool flush(struct audit_log *log)
{
    struct str lines;
    size_t n = 0;

    while (log->out_at < log->out.len) {
        lines = str_lines(str_from(buf_str(&log->out), log->out_at), PIPE_BUF);
        n = write_some(log, lines);
        log->out_at += n;
        if (n < lines.n)
            return false;
    }
    if (n)
        recover(log);
    buf_clear(&log->out);
    log->out_at = 0;
    log->written = log->filled;
    return true;
}

/* ---- what is to be written ---- */

/* A row may be anything: the file may be another's. */
static void add_line(struct audit_log *log, struct str line)
{
    size_t n = line.n < AUDIT_LINE_MAX ? line.n : AUDIT_LINE_MAX - 1;

    for (size_t i = 0; i < n; i++)
        buf_addc(&log->out, (unsigned char)line.p[i] < 0x20 ? '?' : line.p[i]);
    buf_addc(&log->out, '\n');
}

/* The lines of memory that came before the row `id` was committed. */
static void add_lines_before(struct audit_log *log, int64_t id)
{
    struct waiting w;

    while (log->taken_at < log->taken.len) {
        memcpy(&w, log->taken.ptr + log->taken_at, sizeof(w));
        if (w.after >= id)
            return;
        log->taken_at += sizeof(w);
        add_line(log, (struct str){ log->taken.ptr + log->taken_at, w.n });
        log->taken_at += w.n;
    }
}

/* A row that was committed after the lines were taken waits for the next time: a line of
 * memory may have come before it. */
static void add_row(void *arg, int64_t id, struct str line)
{
    struct audit_log *log = arg;

    if (id > log->last)
        return;
    add_lines_before(log, id);
    add_line(log, line);
    log->filled = id;
}

/* Queues a copy of `line`; without room or memory it drops the line and counts that.  The
 * caller holds the lock. */
static void put(struct audit_log *log, struct str line)
{
    struct waiting w = { store_audit_last(log->store), line.n };
    size_t before = log->lines.len;

    buf_add(&log->lines, &w, sizeof(w));
    buf_addstr(&log->lines, line);
    if (!log->lines.bad)
        return;
    log->lines.bad = 0;
    log->lines.len = before;
    metric_add(METRIC_AUDIT_DROPPED, 1);
}

static void put_sum(void *arg, struct str line)
{
    put(arg, line);
}

/* What waits in memory is the thread's from here on; false: it has some still. */
static bool take_lines(struct audit_log *log, bool closing)
{
    int64_t now_ms = clock_mono_ns() / MS_NS;
    struct buf empty = log->taken;
    bool has_none = log->taken_at == log->taken.len;

    pthread_mutex_lock(&log->lock);
    audit_sum_take(log->sum, closing ? now_ms + 5000 : now_ms, put_sum, log);
    if (has_none) {
        buf_clear(&empty);
        log->taken = log->lines;
        log->taken_at = 0;
        log->lines = empty;
        log->last = store_audit_last(log->store);
        log->rows = false;
    }
    pthread_mutex_unlock(&log->lock);
    return has_none;
}

/* Without memory all stays where it is. */
static void fill(struct audit_log *log)
{
    size_t taken_at = log->taken_at;
    int64_t before = log->filled;
    struct err err = ERR_INIT;
    int rc = store_audit_rows(log->store, log->filled, AUDIT_BATCH, add_row, log, &err);

    if (rc)
        complain(log, err.arg[0] ? err.arg[0] : "out of memory");
    err_clear(&err);
    log->more = rc || log->filled - before >= AUDIT_BATCH;
    if (!log->more)
        add_lines_before(log, INT64_MAX);
    if (!log->out.bad)
        return;
    buf_clear(&log->out);
    log->taken_at = taken_at;
    log->filled = before;
    log->more = true;
}

/* Rows that no write has removed: nothing was copied for a while. */
static void trim(struct audit_log *log, bool closing)
{
    struct err err = ERR_INIT;

    if (!log->copied_ns ||
        (!closing && clock_mono_ns() - log->copied_ns < AUDIT_TRIM_MS * MS_NS))
        return;
    log->copied_ns = 0;
    if (store_audit_trim(log->store, &err))
        complain(log, err.arg[0] ? err.arg[0] : "out of memory");
    err_clear(&err);
}

/* ---- the thread ---- */

/* Whether there is something to do at the next tick. */
static bool is_pending(const struct audit_log *log)
{
    return log->out.len || log->more || log->failing || log->written > log->copied ||
           log->copied_ns || log->fd < 0 || log->taken_at < log->taken.len ||
           audit_sum_is_active(log->sum);
}

/* Until something comes, or it is time to look again; false: it is time to end.  While it
 * fails what comes waits. */
static bool wait_for_work(struct audit_log *log, bool *reopen)
{
    int64_t until_ns = clock_mono_ns() + AUDIT_RETRY_MS * MS_NS;
    struct timespec until = { until_ns / 1000000000, until_ns % 1000000000 };
    bool fails = log->out.len || log->failing, closing;
    int timeout = 0;

    pthread_mutex_lock(&log->lock);
    while (!log->closing && !log->reopen && !timeout &&
           (fails || (!log->rows && !log->lines.len && !log->more)))
        if (is_pending(log))
            timeout = pthread_cond_clockwait(&log->changed, &log->lock, CLOCK_MONOTONIC,
                                             &until);
        else
            pthread_cond_wait(&log->changed, &log->lock);
    *reopen = log->reopen;
    log->reopen = false;
    closing = log->closing;
    pthread_mutex_unlock(&log->lock);
    return !closing;
}

/* Writes what there is; false: the file does not take it, or there is more. */
static bool copy(struct audit_log *log, bool reopen, bool closing)
{
    bool taken = take_lines(log, closing), done;

    log->failing = false;
    enter_store(log);
    if (log->out.len)
        log->more = true; /* than what is to be written first */
    else
        fill(log);
    leave_store(log);
    if (reopen || is_gone(log))
        reopen_file(log);
    done = (!log->out.len || (log->fd >= 0 && flush(log))) && !log->more && taken;
    if (closing || clock_mono_ns() - log->synced_ns > AUDIT_SYNC_MS * MS_NS)
        sync_written(log);
    enter_store(log);
    trim(log, closing);
    leave_store(log);
    return done;
}

static void nap(void)
{
    nanosleep(&(struct timespec){ .tv_nsec = NAP_NS }, NULL);
}

static void *run(void *arg)
{
    struct audit_log *log = arg;
    int64_t until_ns;
    bool reopen, done;

    while (wait_for_work(log, &reopen)) {
        copy(log, reopen, false);
        nap();
    }
    until_ns = clock_mono_ns() + AUDIT_DRAIN_MS * MS_NS;
    while (!(done = copy(log, false, true)) && clock_mono_ns() < until_ns)
        nap();
    if (!done)
        log_error(
            "audit log: %s: rows are left for the next start, and lines of reads and "
            "refusals may be lost",
            log->path);
    pthread_mutex_lock(&log->lock);
    log->ended = true;
    pthread_cond_signal(&log->left);
    pthread_mutex_unlock(&log->lock);
    return NULL;
}

/* ---- its life ---- */

static void wake(void *arg)
{
    struct audit_log *log = arg;

    pthread_mutex_lock(&log->lock);
    log->rows = true;
    pthread_cond_signal(&log->changed);
    pthread_mutex_unlock(&log->lock);
}

static void free_log(struct audit_log *log)
{
    if (log->fd >= 0)
        close(log->fd);
    pthread_mutex_destroy(&log->lock);
    pthread_cond_destroy(&log->changed);
    pthread_cond_destroy(&log->left);
    buf_release(&log->lines);
    buf_release(&log->taken);
    buf_release(&log->out);
    audit_sum_free(log->sum);
    free(log->path);
    free(log);
}

static struct audit_log *new_log(const char *path, struct store *store)
{
    struct audit_log *log = calloc(1, sizeof(*log));

    if (!log)
        return NULL;
    log->store = store;
    log->fd = -1;
    log->rows = true; /* the last server may have left some */
    log->lines = log->taken = BUF_INIT(AUDIT_QUEUE_MAX);
    log->out = BUF_INIT((AUDIT_BATCH + 1) * AUDIT_LINE_MAX + AUDIT_QUEUE_MAX);
    pthread_mutex_init(&log->lock, NULL);
    pthread_cond_init(&log->changed, NULL);
    pthread_cond_init(&log->left, NULL);
    log->path = strdup(path);
    log->sum = audit_sum_new();
    if (log->path && log->sum)
        return log;
    free_log(log);
    return NULL;
}

static int start_thread(struct audit_log *log, struct err *err)
{
    sigset_t all, before;
    int failed;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    failed = pthread_create(&log->thread, NULL, run, log);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (failed)
        return err_nomem(err);
    pthread_setname_np(log->thread, "audit"); /* for ps, and for tests */
    return 0;
}

int audit_log_open(struct audit_log **out, const char *path, struct store *store,
                   struct err *err)
{
    struct audit_log *log = new_log(path, store);
    int rc;

    if (!log)
        return err_nomem(err);
    log->fd = open_file(log);
    log->torn = log->fd >= 0 && is_torn(log, log->fd);
    rc = log->fd < 0 && errno != ENXIO
             ? err_say(err, E_IO, "audit-log: %s: %s", path, strerror(errno))
             : start_thread(log, err);
    if (rc) {
        free_log(log);
        return rc;
    }
    store_on_audit(store, wake, log);
    *out = log;
    return 0;
}

void audit_log_reopen(struct audit_log *log)
{
    pthread_mutex_lock(&log->lock);
    log->reopen = true;
    pthread_cond_signal(&log->changed);
    pthread_mutex_unlock(&log->lock);
}

/* Whether the thread has ended.  One that waits for its file is left behind; one that
 * uses the store is not, since the store is about to go. */
static bool wait_for_end(struct audit_log *log)
{
    int64_t until_ns = clock_mono_ns() + (AUDIT_DRAIN_MS + 1000) * MS_NS;
    struct timespec until = { until_ns / 1000000000, until_ns % 1000000000 };
    int timeout = 0;
    bool ended;

    pthread_mutex_lock(&log->lock);
    log->closing = true;
    pthread_cond_signal(&log->changed);
    while (!log->ended && !timeout)
        timeout = pthread_cond_clockwait(&log->left, &log->lock, CLOCK_MONOTONIC, &until);
    while (log->in_store)
        pthread_cond_wait(&log->left, &log->lock);
    ended = log->ended;
    log->abandoned = !ended;
    pthread_mutex_unlock(&log->lock);
    return ended;
}

void audit_log_close(struct audit_log *log)
{
    if (!log)
        return;
    if (wait_for_end(log)) {
        pthread_join(log->thread, NULL);
        store_on_audit(log->store, NULL, NULL);
        free_log(log);
        return;
    }
    log_error("audit log: %s: blocked; its lines are left for the next start", log->path);
    pthread_detach(log->thread); /* it ends with the process */
}

/* ---- lines ---- */

void audit_log_add(struct audit_log *log, struct str line)
{
    pthread_mutex_lock(&log->lock);
    put(log, line);
    pthread_cond_signal(&log->changed);
    pthread_mutex_unlock(&log->lock);
}

void audit_log_refuse(struct audit_log *log, struct str address, struct str line)
{
    pthread_mutex_lock(&log->lock);
    if (audit_sum_add(log->sum, address, line, clock_mono_ns() / MS_NS))
        put(log, line);
    pthread_cond_signal(&log->changed);
    pthread_mutex_unlock(&log->lock);
}
