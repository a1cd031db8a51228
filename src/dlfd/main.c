#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/api.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"
#include "cli/output.h"
#include "dlfd/admin.h"
#include "dlfd/first_account.h"
#include "dlfd/folder.h"
#include "dlfd/obs_setup.h"
#include "dlfd/options.h"
#include "dlfd/renew.h"
#include "errors/errors.h"
#include "import/import.h"
#include "model/names.h"
#include "store/reindex.h"
#include "tasks/tasks.h"
#include "base/banned.h"

/* The longest time, in seconds, that sending an answer can take. */
static uint64_t longest_answer_s(const struct options *o)
{
    return o->transfer_timeout.number + o->max_archive_bytes.number / TRANSFER_BYTES_A_S;
}

/* gophertelekomcloud replaces the first "v2" and "evs" of the URL by other words when it
 * makes addresses of other services (api/iam_show.c). */
static bool public_url_ok(const char *url)
{
    bool is_url = strncmp(url, "http://", 7) == 0 || strncmp(url, "https://", 8) == 0;

    return !*url || (is_url && !strstr(url, "v2") && !strstr(url, "evs"));
}

/* ---- options that contradict each other: each check adds a sentence ---- */

static void check_auth(const struct options *o, struct buf *text)
{
    if (http_loopback(o->listen.text) == 0 && strcmp(o->auth.text, "off") == 0)
        buf_addf(text,
                 "auth: off lets everyone in, so it is refused on %.100s: listen on "
                 "127.0.0.1:PORT or [::1]:PORT\n",
                 o->listen.text);
}

static void check_plain_http(const struct options *o, struct buf *text)
{
    if (http_loopback(o->listen.text) == 0 && !*o->tls_cert.text &&
        strcmp(o->allow_plain_http.text, "yes") != 0)
        buf_addf(
            text,
            "allow-plain-http: no, so everyone on the way could read what is sent to "
            "%.100s: give tls-cert and tls-key, or allow it\n",
            o->listen.text);
}

static void check_tls(const struct options *o, struct buf *text)
{
    if (*o->tls_cert.text && !*o->tls_key.text)
        buf_addf(text, "tls-key: the key of tls-cert, %.200s, is needed\n",
                 o->tls_cert.text);
    if (*o->tls_key.text && !*o->tls_cert.text)
        buf_addf(text, "tls-cert: the certificate of tls-key, %.200s, is needed\n",
                 o->tls_key.text);
}

static void check_region_and_url(const struct options *o, struct buf *text)
{
    if (!name_follows(&name_cluster, str_of(o->region.text)))
        buf_addf(text, "region: 1 to 64 letters, digits, - and _ expected\n");
    if (!public_url_ok(o->public_url.text))
        buf_addf(text,
                 "public-url: http://... or https://... expected, without v2 and evs: "
                 "clients put other words for these\n");
}

static void check_sweep_age(const struct options *o, struct buf *text)
{
    if (o->sweep_age.number <= longest_answer_s(o))
        buf_addf(text,
                 "sweep-age: more than %llus expected, the longest answer's time by "
                 "max-archive-bytes; %.50s given\n",
                 (unsigned long long)longest_answer_s(o), o->sweep_age.text);
}

static int check_options(const struct options *o, struct err *err)
{
    struct buf text = BUF_INIT(4 * KIB);
    int rc = 0;

    if (http_loopback(o->listen.text) < 0)
        buf_addf(&text, "listen: %.200s: ADDRESS:PORT expected, such as 127.0.0.1:8430\n",
                 o->listen.text);
    check_auth(o, &text);
    check_plain_http(o, &text);
    check_tls(o, &text);
    check_region_and_url(o, &text);
    check_sweep_age(o, &text);
    obs_setup_check(o, &text);
    if (text.len) {
        text.len--; /* the last line's end */
        rc = err_say(err, E_INVALID, "%.*s", STR_ARG(buf_str(&text)));
    }
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

/* Each connection takes a descriptor, and the store takes some. */
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

/* The address that metrics are served on; "" when they are not served. */
static const char *metrics_listen(const struct options *o)
{
    const char *given = o->metrics_listen.text;

    if (*given)
        return strcmp(given, "off") == 0 ? "" : given;
    return strcmp(strrchr(o->listen.text, ':'), ":8430") == 0 ? "127.0.0.1:8431" : "";
}

/* Prints the address that was given, with the port that the server got: 0 takes any. */
static void print_url(const char *format, const char *scheme, const char *listen,
                      int port)
{
    int host = (int)(strrchr(listen, ':') - listen);

    printf(format, scheme, host, listen, port);
}

/* Prints where a file of the data folder is, if it is there. */
static void say_file(const struct options *o, const char *name, const char *format)
{
    struct buf path = BUF_INIT(8 * KIB);

    buf_addf(&path, "%s/%s", o->data.text, name);
    if (buf_cstr(&path) && access(path.ptr, F_OK) == 0)
        printf(format, path.ptr);
    buf_release(&path);
}

static void say_hello(const struct options *o, const struct http_server *server,
                      const struct http_server *metrics)
{
    const char *scheme = *o->tls_cert.text ? "https" : "http";
    bool chinese = output_chinese();
    int port = http_port(server);

    print_url("dlfd " DLFD_VERSION " listening on %s://%.*s:%d\n", scheme, o->listen.text,
              port);
    if (metrics)
        print_url("metrics on %s://%.*s:%d/metrics\n", "http", metrics_listen(o),
                  http_port(metrics));
    if (strcmp(o->auth.text, "on") == 0) /* whoever has read them may remove them */
        say_file(o, "credentials.csv",
                 chinese ? "登录凭证：%s\n" : "credentials in %s\n");
    /* Until somebody has replaced them, and deleted the list. */
    say_file(o, "exposed-secrets.csv",
             chinese ? "曾以明文保存、需要更换的凭证：%s\n"
                     : "credentials that were stored in clear, to be replaced: %s\n");
    printf(chinese ? "数据目录：%s\n" : "data in %s\n", o->data.text);
    print_url(chinese ? "试一试：curl %s://%.*s:%d" : "try: curl %s://%.*s:%d", scheme,
              o->listen.text, port);
    puts(strcmp(o->auth.text, "on") == 0 ? "/healthz" : "/v1/demo/jobs");
    fflush(stdout);
}

static struct http_options http_options(const struct options *o)
{
    return (struct http_options){
        .name = "listen",
        .listen = o->listen.text,
        .threads = thread_count(o),
        .max_connections = (int)o->max_connections.number,
        .header_timeout_s = (int64_t)o->header_timeout.number,
        .transfer_timeout_s = (int64_t)o->transfer_timeout.number,
        .local_only = strcmp(o->auth.text, "off") == 0,
        .allow_origin = o->allow_origin.text,
        .tls_cert = o->tls_cert.text,
        .tls_key = o->tls_key.text,
        .max_body_memory = o->max_body_memory.number,
        .max_answer_memory = o->max_answer_memory.number,
    };
}

/* Starts the server for metrics; *out is NULL when the options want none. */
static int start_metrics(const struct options *o, struct http_server **out,
                         struct err *err)
{
    struct http_options http = http_options(o);

    *out = NULL;
    http.name = "metrics-listen";
    http.listen = metrics_listen(o);
    http.threads = 1;
    http.local_only = http_loopback(http.listen) == 1;
    http.tls_cert = http.tls_key = "";
    http.app = api_metrics_app();
    return *http.listen ? http_start(out, &http, err) : 0;
}

/* Reads certificates and the audit log's file anew, on SIGHUP.  What cannot be read is
 * logged, and what was read before stays in use. */
static void reload(struct http_server *server, struct api *api)
{
    struct err err = ERR_INIT;

    log_info("SIGHUP: reading anew");
    if (http_reload(server, &err))
        log_error("%s; what was read before holds",
                  err.arg[0] ? err.arg[0] : "out of memory");
    err_clear(&err);
    audit_reopen(api);
}

static void wait_for_end(struct http_server *server, struct api *api,
                         const sigset_t *signals)
{
    int signal;

    while (sigwait(signals, &signal) == 0 && signal == SIGHUP)
        reload(server, api);
}

/* Serves until SIGTERM or SIGINT. */
static int serve(const struct options *o, struct api *api, const sigset_t *signals,
                 struct err *err)
{
    struct http_options http = http_options(o);
    struct http_server *server, *metrics;
    int rc;

    http.app = api_app(api);
    rc = start_metrics(o, &metrics, err);
    if (rc)
        return rc;
    rc = http_start(&server, &http, err);
    if (!rc) {
        say_hello(o, server, metrics);
        wait_for_end(server, api, signals);
        tasks_stop(api->imports->tasks);
        log_info("stopping: finishing what runs");
        obs_end_by(api->obs, clock_mono_ns() + SHUTDOWN_OBS_S * 1000000000LL);
        http_stop(server);
    }
    if (metrics)
        http_stop(metrics);
    return rc;
}

/* Prepares sign-in: makes the first account, and opens the audit log. */
static int open_auth(const struct options *o, struct store *store, struct auth *auth,
                     struct api *api, struct err *err)
{
    bool made = false;
    int rc;

    *auth = (struct auth){ .store = store,
                           .token_age_ms = (int64_t)o->token_age.number * 1000,
                           .rate_limit = (int64_t)o->rate_limit.number };
    api->auth = auth;
    rc = first_account(store, o->data.text, o->region.text, &made, err);
    if (made && !rc)
        log_info("made the first account: see %s/credentials.csv", o->data.text);
    if (!rc)
        rc = audit_open(api, err);
    return rc ? rc : auth_open(auth, err);
}

/* The path of the audit log; "" when there is none. */
static const char *audit_path(const struct options *o, struct buf *path)
{
    if (strcmp(o->audit_log.text, "off") == 0 || strcmp(o->auth.text, "off") == 0)
        return "";
    if (*o->audit_log.text)
        return o->audit_log.text;
    buf_addf(path, "%s/audit.log", o->data.text);
    return buf_cstr(path);
}

/* Object storage, and who reads and writes there. */
static int open_obs(const struct options *o, struct api *api, struct err *err)
{
    struct imports *imports = api->imports;
    int rc;

    api->workers = workers_start(OBS_THREADS, OBS_MAX_WAITING);
    rc = api->workers ? obs_setup_open(&api->obs, o, err) : err_nomem(err);
    if (rc)
        return rc;
    imports->obs = api->obs;
    import_unstage(imports->catalog);
    return tasks_open(&imports->tasks, imports->catalog, IMPORTS_MAX_WAITING,
                      *api->audit_path, err);
}

static int serve_store(const struct options *o, struct store *store,
                       const sigset_t *signals, struct err *err)
{
    static const char *const modes[] = { "body", "header", "off" };
    struct catalog catalog = {
        .store = store,
        .max_jobs = (int64_t)o->max_jobs.number,
        .max_scripts = (int64_t)o->max_scripts.number,
        .max_archive_bytes = o->max_archive_bytes.number,
        .max_archive_entries = o->max_archive_entries.number,
        .max_unpacked_bytes = o->max_unpacked_bytes.number,
        .cache = cache_new(o->max_cache.number),
    };
    struct buf audit = BUF_INIT(8 * KIB);
    struct imports imports = { .catalog = &catalog,
                               .scratch = o->data.text,
                               .max_bytes = o->max_import_bytes.number };
    struct api api = { .catalog = &catalog,
                       .imports = &imports,
                       .region = o->region.text,
                       .public_url = o->public_url.text,
                       .tls = *o->tls_cert.text != '\0',
                       .audit_path = audit_path(o, &audit) };
    struct auth auth = { 0 };
    int rc = catalog.cache && api.audit_path ? 0 : err_nomem(err);

    while (strcmp(modes[api.detail_mode], o->error_detail.text) != 0)
        api.detail_mode++;
    if (!rc)
        rc = open_obs(o, &api, err);
    if (!rc && strcmp(o->auth.text, "on") == 0)
        rc = open_auth(o, store, &auth, &api, err);
    if (!rc)
        rc = serve(o, &api, signals, err);
    auth_close(&auth);
    workers_stop(api.workers);
    tasks_close(imports.tasks);
    audit_close(&api);
    obs_close(api.obs);
    buf_release(&audit);
    cache_free(catalog.cache);
    return rc;
}

static void log_refused(const char *line)
{
    log_error("%s; it is kept as it is", line);
}

/* Makes the definitions anew when another release wrote them in another form. */
static int renew_format(struct folder *f, struct err *err)
{
    struct reindex all = { .say = log_refused };
    bool other;
    int rc = store_other_format(f->store, &other, err);

    if (rc || !other)
        return rc;
    log_info("another release wrote this catalogue: making its definitions anew");
    rc = renew_definitions(f, &all, err);
    if (rc)
        return rc;
    log_info("%lld objects made anew, %lld definitions kept as they are",
             (long long)all.objects, (long long)all.refused);
    if (access(f->exposed.ptr, F_OK) == 0)
        log_error(
            "secrets that were stored in clear are sealed now, and may be in exports "
            "and backups that were made before: replace those that %s lists",
            f->exposed.ptr);
    return 0;
}

static int serve_folder(const struct options *o, const sigset_t *signals, struct err *err)
{
    struct folder folder;
    int rc = folder_open(
        &folder,
        &(struct folder_options){ .path = o->data.text,
                                  .key_path = o->secret_key_file.text,
                                  .alone = true,
                                  .makes = true,
                                  .without_sign_in = strcmp(o->auth.text, "off") == 0,
                                  .readers = thread_count(o) + 1 + OBS_THREADS + 1 + 1,
                                  .sweep_age_ms = (int64_t)o->sweep_age.number * 1000 },
        err);

    if (rc)
        return rc;
    rc = renew_format(&folder, err);
    if (!rc)
        rc = serve_store(o, folder.store, signals, err);
    folder_close(&folder);
    return rc;
}

static int run_server(const struct options *o, struct err *err)
{
    sigset_t signals;
    int rc = check_options(o, err);

    if (rc)
        return rc;
    log_as_json(strcmp(o->log_format.text, "json") == 0 ||
                (strcmp(o->log_format.text, "auto") == 0 && !isatty(STDERR_FILENO)));
    raise_file_limit(o);
    umask(077); /* what the folder holds is nobody else's */
    signal(SIGPIPE, SIG_IGN);
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL); /* all threads: sigwait() has them */
    if (!log_start())
        return err_nomem(err);
    rc = serve_folder(o, &signals, err);
    log_stop();
    return rc;
}

/* A folder without a catalogue is no fault: the server makes one when it starts. */
static int check_config(const struct options *o, struct err *err)
{
    struct err found = ERR_INIT;
    int rc = check_options(o, err);

    if (!rc)
        options_print(o);
    if (!rc && folder_find(o->data.text, &found))
        printf("# %s\n", found.arg[0] ? found.arg[0] : "out of memory");
    err_clear(&found);
    return rc;
}

/* Descriptors 0 to 2 that were closed at the start lead nowhere: the first file that is
 * opened would get one of them, and the log would be written into it.  What a command
 * prints where there is no standard output cannot be written: it may be a secret that is
 * shown only once.  False: that cannot be. */
static bool open_standard_files(void)
{
    static const int flags[] = { O_RDONLY, O_RDONLY, O_WRONLY };

    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", flags[fd]) != fd)
            return false;
    return true;
}

/* Prints what --help, --version or --check-config asks for, else runs the server. */
static int do_as_asked(const struct options *o, struct err *err)
{
    if (o->help)
        options_help(o);
    else if (o->version)
        puts("dlfd " DLFD_VERSION);
    else if (o->check)
        return check_config(o, err);
    else
        return run_server(o, err);
    return 0;
}

int main(int argc, char **argv)
{
    struct err err = ERR_INIT;
    struct options o;
    int rc;

    if (!open_standard_files())
        return 1;
    /* Large bodies go back to the system as soon as they are freed; what most requests
     * take stays. */
    mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    mallopt(M_TRIM_THRESHOLD, 1024 * 1024);
    signal(SIGXFSZ, SIG_IGN); /* a file at its size limit is an error, like a full disk */
    if (argc > 1 && strcmp(argv[1], "admin") == 0)
        return output_end("dlfd admin", admin_main(argc - 1, argv + 1));
    rc = options_read(&o, argc, argv, &err);
    if (!rc)
        rc = do_as_asked(&o, &err);
    if (rc)
        fprintf(stderr, "dlfd: %s\n", err.arg[0] ? err.arg[0] : "out of memory");
    if (o.help || o.version || o.check)
        rc = output_end("dlfd", rc ? 1 : 0);
    options_release(&o);
    err_clear(&err);
    return rc ? 1 : 0;
}
