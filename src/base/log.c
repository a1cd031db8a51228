#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/metrics.h"
#include "base/utf8.h"
#include "base/banned.h"

#define LINE_MAX_BYTES 8192

static bool as_json; /* set before there are threads */

/* The lines that wait, and the thread that writes them. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t filled, drained;
    struct buf waiting;
    int64_t dropped; /* since a line told how many */
    bool running, closing;
    pthread_t thread;
} queue = { .lock = PTHREAD_MUTEX_INITIALIZER,
            .filled = PTHREAD_COND_INITIALIZER,
            .drained = PTHREAD_COND_INITIALIZER };

void log_as_json(bool json)
{
    as_json = json;
}

bool log_is_json(void)
{
    return as_json;
}

/* ---- a line ---- */

static void format_line(struct buf *line, const char *level, const char *text)
{
    char time[CLOCK_TEXT_BYTES];

    clock_text(clock_ms(), time);
    if (as_json) {
        buf_addf(line, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":", time, level);
        utf8_add_quoted(line, str_of(text), LINE_MAX_BYTES - 256);
        buf_adds(line, "}\n");
    } else {
        buf_addf(line, "%s %s ", time, level);
        utf8_add_visible(line, str_of(text), LINE_MAX_BYTES - 256);
        buf_addc(line, '\n');
    }
}

/* ---- standard error ---- */

/* Whoever shares standard error may have made it one that does not wait. */
static bool wait_for_room(void)
{
    struct pollfd one = { .fd = STDERR_FILENO, .events = POLLOUT };

    return errno == EINTR || (errno == EAGAIN && poll(&one, 1, -1) > 0);
}

/* So many of the `n` bytes were written: all, unless standard error fails. */
static size_t write_all(const char *p, size_t n)
{
    size_t at = 0;

    while (at < n) {
        ssize_t written = write(STDERR_FILENO, p + at, n - at);

        if (written < 0 && !wait_for_room())
            break;
        at += written > 0 ? (size_t)written : 0;
    }
    return at;
}

/* False: they cannot be written, or not all of them, and the next ones begin a line. */
static bool write_whole(const char *p, size_t n)
{
    static bool torn; /* only the thread's */
    size_t written;

    if (torn && write_all("\n", 1) == 0)
        return false;
    written = write_all(p, n);
    torn = written && written < n;
    return written == n;
}

static int64_t count_lines(struct str text)
{
    int64_t lines = 0;

    for (size_t i = 0; i < text.n; i++)
        lines += text.p[i] == '\n';
    return lines;
}

/* Writes all lines of `out`, so many at once as stay together in a pipe, and empties it;
 * how many could not be written. */
static int64_t write_lines(struct buf *out)
{
    int64_t lost = 0;
    struct str some;

    for (size_t at = 0; at < out->len; at += some.n) {
        some = str_lines(str_from(buf_str(out), at), PIPE_BUF);
        if (!write_whole(some.p, some.n))
            lost += count_lines(some);
    }
    buf_clear(out);
    metric_add(METRIC_LOG_DROPPED, lost);
    return lost;
}

/* Writes how many lines were dropped; how many are still to be told. */
static int64_t tell_dropped(struct buf *out, int64_t dropped)
{
    char text[80];

    if (!dropped)
        return 0;
    snprintf(text, sizeof(text),
             "log: %lld lines were dropped: standard error took no more",
             (long long)dropped);
    format_line(out, "error", text);
    return out->bad || !write_whole(out->ptr, out->len) ? dropped : 0;
}

/* ---- the thread ---- */

/* Takes what waits, in exchange for an empty buffer; false when it is time to end. */
static bool take(struct buf *out, int64_t *dropped)
{
    struct buf empty = *out;
    bool more;

    pthread_mutex_lock(&queue.lock);
    while (!queue.waiting.len && !queue.dropped && !queue.closing)
        pthread_cond_wait(&queue.filled, &queue.lock);
    more = queue.waiting.len || queue.dropped;
    *out = queue.waiting;
    queue.waiting = empty;
    *dropped = queue.dropped;
    queue.dropped = 0;
    if (!more) {
        queue.running = false;
        pthread_cond_signal(&queue.drained);
    }
    pthread_mutex_unlock(&queue.lock);
    return more;
}

/* What could not be told is told after the next line. */
static void *write_log(void *arg)
{
    struct buf out = BUF_INIT(LOG_QUEUE_MAX);
    int64_t dropped, untold = 0;

    (void)arg;
    while (take(&out, &dropped)) {
        untold += write_lines(&out) + dropped;
        untold = tell_dropped(&out, untold);
        buf_clear(&out);
    }
    buf_release(&out);
    return NULL;
}

static bool start_thread(void)
{
    sigset_t all, before;
    bool started;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    started = pthread_create(&queue.thread, NULL, write_log, NULL) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        pthread_setname_np(queue.thread, "log"); /* for ps, and for tests */
    return started;
}

bool log_start(void)
{
    queue.waiting = BUF_INIT(LOG_QUEUE_MAX);
    queue.closing = false;
    queue.running = true; /* nobody else logs yet */
    queue.running = start_thread();
    return queue.running;
}

/* Whether all is written before the time is up. */
static bool drain(void)
{
    int64_t until_ns = clock_mono_ns() + LOG_DRAIN_MS * 1000000LL;
    struct timespec until = { until_ns / 1000000000, until_ns % 1000000000 };
    int timeout = 0;

    pthread_mutex_lock(&queue.lock);
    queue.closing = true;
    pthread_cond_signal(&queue.filled);
    while (queue.running && !timeout)
        timeout =
            pthread_cond_clockwait(&queue.drained, &queue.lock, CLOCK_MONOTONIC, &until);
    timeout = queue.running;
    pthread_mutex_unlock(&queue.lock);
    return !timeout;
}

void log_stop(void)
{
    int nowhere;

    if (!queue.running)
        return;
    if (drain()) {
        pthread_join(queue.thread, NULL);
        buf_release(&queue.waiting);
        return;
    }
    pthread_detach(queue.thread); /* it ends with the process */
    nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere >= 0) {
        dup2(nowhere, STDERR_FILENO);
        close(nowhere);
    }
}

/* ---- lines that come ---- */

/* With the lock held.  What the queue has stays whole when there is no memory. */
static void put(const struct buf *line)
{
    bool first = !queue.waiting.len;

    if (!line->bad)
        buf_addstr(&queue.waiting, buf_str(line));
    if (line->bad || queue.waiting.bad) {
        queue.dropped++;
        metric_add(METRIC_LOG_DROPPED, 1);
    }
    queue.waiting.bad = 0;
    if (first)
        pthread_cond_signal(&queue.filled);
}

void log_line(struct buf *line)
{
    bool queued;

    pthread_mutex_lock(&queue.lock);
    queued = queue.running;
    if (queued)
        put(line);
    pthread_mutex_unlock(&queue.lock);
    if (!queued && !line->bad)
        write_all(line->ptr, line->len); /* or there is nowhere to say so */
    buf_release(line);
}

static void write_line(const char *level, const char *format, va_list list)
{
    struct buf line = BUF_INIT(LINE_MAX_BYTES);
    char *text = NULL;

    if (vasprintf(&text, format, list) < 0)
        return;
    format_line(&line, level, text);
    free(text);
    log_line(&line);
}

void log_info(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    write_line("info", format, list);
    va_end(list);
}

void log_error(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    write_line("error", format, list);
    va_end(list);
}
