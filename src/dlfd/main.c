#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "api/api.h"
#include "base/limits.h"
#include "base/log.h"
#include "dlfd/admin.h"
#include "dlfd/folder.h"
#include "dlfd/options.h"
#include "base/banned.h"

/* What an answer takes at most (architecture, section 7). */
static uint64_t longest_answer_s(const struct options *o)
{
    return o->transfer_timeout.number + o->max_archive_bytes.number / TRANSFER_BYTES_A_S;
}

static int check(const struct options *o, struct err *err)
{
    struct buf text = BUF_INIT(KIB);
    int loopback = http_loopback(o->listen.text), rc = 0;

    if (loopback < 0)
        buf_addf(&text, "listen: %.200s: ADDRESS:PORT expected", o->listen.text);
    else if (!loopback)
        buf_addf(&text,
                 "auth: off lets everyone in, so it is refused on %.100s: listen on "
                 "127.0.0.1:PORT or [::1]:PORT",
                 o->listen.text);
    else if (o->sweep_age.number <= longest_answer_s(o))
        buf_addf(&text,
                 "sweep-age: more than %llus expected, the longest answer's time by "
                 "max-archive-bytes; %.50s given",
                 (unsigned long long)longest_answer_s(o), o->sweep_age.text);
    if (text.len)
        rc = err_set(err, E_INVALID, 0, 0, buf_cstr(&text));
    buf_release(&text);
    return rc;
}

static int thread_count(const struct options *o)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (o->threads.number)
        return (int)o->threads.number;
    return cores < 1 ? 1 : cores > 64 ? 64 : (int)cores;
}

/* A descriptor for each connection, and some for the store. */
static void raise_file_limit(const struct options *o)
{
    rlim_t wanted = o->max_connections.number + 256;
    struct rlimit is;

    if (getrlimit(RLIMIT_NOFILE, &is) != 0 || is.rlim_cur >= wanted)
        return;
    is.rlim_cur = wanted < is.rlim_max ? wanted : is.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &is) != 0 || is.rlim_cur < wanted)
        log_error("max-connections: the system allows only %llu open files (ulimit -n)",
                  (unsigned long long)is.rlim_cur);
}

static void say_hello(const struct options *o, int port)
{
    const char *colon = strrchr(o->listen.text, ':');
    struct str host = { o->listen.text, (size_t)(colon - o->listen.text) };
    bool chinese = options_chinese();

    printf("dlfd " DLFD_VERSION " listening on http://%.*s:%d\n", STR_ARG(host), port);
    printf(chinese ? "数据目录：%s\n" : "data in %s\n", o->data.text);
    printf(chinese ? "试一试：curl http://%.*s:%d/v1/demo/jobs\n"
                   : "try: curl http://%.*s:%d/v1/demo/jobs\n",
           STR_ARG(host), port);
    fflush(stdout);
}

/* Serves until SIGTERM or SIGINT. */
static int serve(const struct options *o, struct store *store, const sigset_t *signals,
                 struct err *err)
{
    static const char *const modes[] = { "body", "header", "off" };
    struct catalog catalog = {
        .store = store,
        .max_jobs = (int64_t)o->max_jobs.number,
        .max_scripts = (int64_t)o->max_scripts.number,
        .max_archive_bytes = o->max_archive_bytes.number,
        .max_archive_entries = o->max_archive_entries.number,
        .max_unpacked_bytes = o->max_unpacked_bytes.number,
    };
    struct api api = { .catalog = &catalog };
    struct cache *cache = cache_new(o->max_cache.number);
    struct http_options http = { .listen = o->listen.text,
                                 .threads = thread_count(o),
                                 .max_connections = (int)o->max_connections.number,
                                 .header_timeout_s = (int64_t)o->header_timeout.number,
                                 .transfer_timeout_s =
                                     (int64_t)o->transfer_timeout.number,
                                 .local_only = true, /* --auth off */
                                 .allow_origin = o->allow_origin.text,
                                 .max_body_memory = o->max_body_memory.number };
    struct http_server *server;
    int rc, signal;

    while (strcmp(modes[api.detail_mode], o->error_detail.text) != 0)
        api.detail_mode++;
    http.app = api_app(&api);
    if (!cache)
        return err_set(err, E_NOMEM, 0, 0, "out of memory");
    catalog.cache = cache;
    rc = http_start(&server, &http, err);
    if (rc) {
        cache_free(cache);
        return rc;
    }
    say_hello(o, http_port(server));
    sigwait(signals, &signal);
    log_info("stopping: finishing what runs");
    http_stop(server);
    cache_free(cache);
    return 0;
}

static int run(const struct options *o, struct err *err)
{
    struct folder folder;
    sigset_t signals;
    int rc = check(o, err);

    if (rc)
        return rc;
    raise_file_limit(o);
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* all threads: sigwait() has them */
    rc = folder_open(
        &folder,
        &(struct folder_options){ .path = o->data.text,
                                  .key_path = o->secret_key_file.text,
                                  .alone = true,
                                  .readers = thread_count(o) + 1,
                                  .sweep_age_ms = (int64_t)o->sweep_age.number * 1000 },
        err);
    if (rc)
        return rc;
    rc = serve(o, folder.store, &signals, err);
    folder_close(&folder);
    return rc;
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct options o;
    int rc;

    /* Large bodies go back to the system as soon as they are freed. */
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    mallopt(M_TRIM_THRESHOLD, 128 * 1024);
    if (argc > 1 && strcmp(argv[1], "admin") == 0 &&
        strcmp(argv[argc - 1], "--help") != 0)
        return admin_main(argc - 2, argv + 2);
    rc = options_read(&o, argc, argv, &err);
    if (!rc && o.help)
        options_help();
    else if (!rc && o.version)
        puts("dlfd " DLFD_VERSION);
    else if (!rc)
        rc = run(&o, &err);
    if (rc)
        fprintf(stderr, "dlfd: %s\n", err.arg[0] ? err.arg[0] : "out of memory");
    options_release(&o);
    err_clear(&err);
    return rc ? 1 : 0;
}
