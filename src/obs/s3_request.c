#include <ctype.h>
#include <curl/curl.h>
#include <strings.h>
#include <time.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/percent.h"
#include "errors/errors.h"
#include "obs/s3.h"
#include "base/banned.h"

#define HEADERS_MAX (5 + S3_EXTRA_MAX)
#define S3_CODE_BYTES 80

/* A request on its way: what all tries have in common, and the one that runs. */
struct sending {
    struct s3 *s;
    const struct s3_request *r;
    struct s3_reply *reply;
    CURL *curl;
    struct buf path; /* encoded */
    char hash[SHA256_HEX_BYTES];
    uint64_t got;  /* bytes that the sink has of it */
    uint64_t from; /* those that it had before this try */
    size_t sent;
    bool whole;  /* the answer's head is */
    bool framed; /* and it says how its body ends */
    int rc;      /* of what a callback did */
    struct err *err;
    char said[CURL_ERROR_SIZE];
};

static long status_of(const struct sending *g)
{
    long status = 0;

    curl_easy_getinfo(g->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

/* ---- what the library calls ---- */

static size_t take_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct sending *g = arg;
    struct str piece = { bytes, size * n };
    long status = status_of(g);

    if (!g->r->to || status / 100 != 2) {
        buf_addstr(&g->reply->body, piece);
        if (g->reply->body.bad == E_NOMEM)
            g->rc = err_nomem(g->err);
        else if (g->reply->body.bad)
            g->rc = obs_fail(g->err, E_IO, g->r->path, "the answer is too large");
    } else if (g->from && status != 206) {
        g->rc = obs_fail(g->err, E_IO, g->r->path, "it cannot be read on");
    } else {
        g->rc = sink_add(g->r->to, g->r->path, piece, g->err);
        g->got += piece.n;
    }
    return g->rc ? 0 : piece.n;
}

/* Whether `line` has this header; `name` ends with its colon, as in "ETag:".  *value is
 * then the value in `line`, without blanks around it. */
static bool is_header(struct str line, const char *name, struct str *value)
{
    size_t n = strlen(name);

    if (line.n <= n || strncasecmp(line.p, name, n) != 0)
        return false;
    *value = str_from(line, n);
    while (value->n && value->p[0] == ' ')
        *value = str_from(*value, 1);
    while (value->n && strchr(" \r\n", value->p[value->n - 1]))
        value->n--;
    return true;
}

static size_t take_header(char *bytes, size_t size, size_t n, void *arg)
{
    struct sending *g = arg;
    struct str line = { bytes, size * n }, value;

    if (str_is(line, "\r\n") || str_is(line, "\n"))
        g->whole = true;
    else if (is_header(line, "Content-Length:", &value) ||
             is_header(line, "Transfer-Encoding:", &value))
        g->framed = true;
    else if (is_header(line, "ETag:", &value) && value.n < S3_ETAG_BYTES) {
        memcpy(g->reply->etag, value.p, value.n);
        g->reply->etag[value.n] = '\0';
    }
    return line.n;
}

static size_t give_body(char *bytes, size_t size, size_t n, void *arg)
{
    struct sending *g = arg;
    struct str rest = str_from(g->r->body, g->sent);

    if (rest.n > size * n)
        rest.n = size * n;
    if (rest.n)
        memcpy(bytes, rest.p, rest.n);
    g->sent += rest.n;
    return rest.n;
}

static int rewind_body(void *arg, curl_off_t offset, int origin)
{
    struct sending *g = arg;

    if (origin != SEEK_SET || offset < 0 || (size_t)offset > g->r->body.n)
        return CURL_SEEKFUNC_FAIL;
    g->sent = (size_t)offset;
    return CURL_SEEKFUNC_OK;
}

static bool is_late(const struct s3 *s)
{
    return clock_mono_ns() >= atomic_load(&s->end_ns);
}

/* Called once a second at least; other than 0: the request is given up. */
static int go_on(void *arg, curl_off_t down, curl_off_t got, curl_off_t up,
                 curl_off_t sent)
{
    const struct sending *g = arg;

    (void)down;
    (void)got;
    (void)up;
    (void)sent;
    return is_late(g->s);
}

/* ---- one try ---- */

/* 20240229T235959Z */
static void moment(char out[CLOCK_TEXT_BYTES])
{
    char text[CLOCK_TEXT_BYTES];
    size_t n = 0;

    clock_text(clock_ms(), text);
    for (const char *p = text; *p && *p != '.'; p++)
        if (*p != '-' && *p != ':')
            out[n++] = *p;
    out[n++] = 'Z';
    out[n] = '\0';
}

static void add_header(struct curl_slist **list, const char *name, struct str value,
                       int *rc)
{
    struct buf line = BUF_INIT(SIGN_CANONICAL_MAX);
    struct curl_slist *longer;

    buf_addf(&line, "%s: ", name);
    buf_addstr(&line, value);
    longer = buf_cstr(&line) ? curl_slist_append(*list, line.ptr) : NULL;
    if (longer)
        *list = longer;
    else
        *rc = E_NOMEM;
    buf_wipe(&line);
}

/* Signs the headers, and hands them and the signature to the library. */
static int sign(struct sending *g, struct sign_header *h, size_t n,
                struct curl_slist **list)
{
    struct sigv4_key key = { str_of(g->s->access), str_of(g->s->secret),
                             str_of(g->s->region), STR("s3") };
    struct sign_request r = { .method = str_of(g->r->method),
                              .path = buf_str(&g->path),
                              .query = g->r->query,
                              .headers = h,
                              .n_headers = n };
    struct buf authorization = BUF_INIT(4 * KIB);
    int rc = sigv4_sign(&key, &r, &authorization, g->err);

    for (size_t i = 0; !rc && i < n; i++)
        add_header(list, h[i].name.p, h[i].value, &rc);
    if (!rc)
        add_header(list, "Authorization", buf_str(&authorization), &rc);
    if (!rc)
        add_header(list, "Expect", STR(""), &rc); /* empty: it is not sent */
    buf_release(&authorization);
    return rc == E_NOMEM ? err_nomem(g->err) : rc;
}

static int set_headers(struct sending *g, struct curl_slist **list)
{
    struct sign_header h[HEADERS_MAX];
    char date[CLOCK_TEXT_BYTES], range[40];
    size_t n = 0;

    moment(date);
    h[n++] = (struct sign_header){ STR("Host"), str_of(g->s->host) };
    h[n++] = (struct sign_header){ STR("X-Amz-Date"), str_of(date) };
    h[n++] = (struct sign_header){ STR("X-Amz-Content-Sha256"), str_of(g->hash) };
    if (g->from) {
        snprintf(range, sizeof(range), "bytes=%llu-", (unsigned long long)g->from);
        h[n++] = (struct sign_header){ STR("Range"), str_of(range) };
        h[n++] = (struct sign_header){ STR("If-Match"), str_of(g->reply->etag) };
    }
    for (size_t i = 0; i < g->r->n_extra; i++)
        h[n++] = g->r->extra[i];
    return sign(g, h, n, list);
}

static void set_method(struct sending *g)
{
    const char *method = g->r->method;

    if (strcmp(method, "HEAD") == 0)
        curl_easy_setopt(g->curl, CURLOPT_NOBODY, 1L);
    else if (strcmp(method, "PUT") == 0 || strcmp(method, "POST") == 0)
        curl_easy_setopt(g->curl, CURLOPT_UPLOAD, 1L);
    if (strcmp(method, "HEAD") != 0)
        curl_easy_setopt(g->curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(g->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)g->r->body.n);
    curl_easy_setopt(g->curl, CURLOPT_READFUNCTION, give_body);
    curl_easy_setopt(g->curl, CURLOPT_READDATA, g);
    curl_easy_setopt(g->curl, CURLOPT_SEEKFUNCTION, rewind_body);
    curl_easy_setopt(g->curl, CURLOPT_SEEKDATA, g);
}

static void set_rules(struct sending *g)
{
    curl_easy_setopt(g->curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(g->curl, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
    curl_easy_setopt(g->curl, CURLOPT_PATH_AS_IS, 1L);
    curl_easy_setopt(g->curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(g->curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(g->curl, CURLOPT_SSL_VERIFYHOST, 2L);
    if (g->s->no_proxy)
        curl_easy_setopt(g->curl, CURLOPT_PROXY, "");
    if (g->s->ca_file)
        curl_easy_setopt(g->curl, CURLOPT_CAINFO, g->s->ca_file);
    curl_easy_setopt(g->curl, CURLOPT_CONNECTTIMEOUT_MS, OBS_CONNECT_MS);
    curl_easy_setopt(g->curl, CURLOPT_LOW_SPEED_LIMIT, OBS_SLOWEST_BYTES_A_S);
    curl_easy_setopt(g->curl, CURLOPT_LOW_SPEED_TIME, g->s->stall_s);
    curl_easy_setopt(g->curl, CURLOPT_WRITEFUNCTION, take_body);
    curl_easy_setopt(g->curl, CURLOPT_WRITEDATA, g);
    curl_easy_setopt(g->curl, CURLOPT_HEADERFUNCTION, take_header);
    curl_easy_setopt(g->curl, CURLOPT_HEADERDATA, g);
    curl_easy_setopt(g->curl, CURLOPT_ERRORBUFFER, g->said);
    curl_easy_setopt(g->curl, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(g->curl, CURLOPT_XFERINFOFUNCTION, go_on);
    curl_easy_setopt(g->curl, CURLOPT_XFERINFODATA, g);
}

static int set_url(struct sending *g)
{
    struct buf url = BUF_INIT(TARGET_MAX_BYTES);
    int rc = 0;

    buf_adds(&url, g->s->endpoint);
    buf_addstr(&url, buf_str(&g->path));
    buf_adds(&url, g->r->query.n ? "?" : "");
    buf_addstr(&url, g->r->query);
    if (!buf_cstr(&url) || curl_easy_setopt(g->curl, CURLOPT_URL, url.ptr) != CURLE_OK)
        rc = err_nomem(g->err);
    buf_release(&url);
    return rc;
}

/* The library lets an answer pass that was cut off in its head, or that ends where the
 * connection does, wherever that is. */
static CURLcode perform(struct sending *g)
{
    CURLcode code;

    g->whole = g->framed = false;
    code = curl_easy_perform(g->curl);
    g->reply->status = status_of(g);
    if (code == CURLE_OK && (!g->whole || (g->r->to && !g->framed)))
        code = CURLE_PARTIAL_FILE;
    return code;
}

/* Sends the request once.  Returns 0 when the service answered, whatever its status, or
 * when the connection failed, and *code tells which; another error is not worth a second
 * try, and *code may be unset. */
static int try_once(struct sending *g, CURLcode *code)
{
    struct curl_slist *headers = NULL;
    int rc;

    g->sent = 0;
    g->said[0] = '\0';
    buf_clear(&g->reply->body);
    g->from = g->got;
    if (!g->from)
        g->reply->etag[0] = '\0';
    curl_easy_reset(g->curl);
    set_rules(g);
    set_method(g);
    rc = set_url(g);
    if (!rc)
        rc = set_headers(g, &headers);
    if (!rc) {
        curl_easy_setopt(g->curl, CURLOPT_HTTPHEADER, headers);
        *code = perform(g);
        rc = g->rc;
    }
    curl_slist_free_all(headers);
    return rc;
}

/* ---- and again ---- */

static bool may_pass(CURLcode code, long status)
{
    static const CURLcode codes[] = { CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_CONNECT,
                                      CURLE_OPERATION_TIMEDOUT,   CURLE_SSL_CONNECT_ERROR,
                                      CURLE_GOT_NOTHING,          CURLE_SEND_ERROR,
                                      CURLE_RECV_ERROR,           CURLE_PARTIAL_FILE };
    static const long statuses[] = { 429, 500, 502, 503, 504 };

    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (code == codes[i])
            return true;
    for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++)
        if (code == CURLE_OK && status == statuses[i])
            return true;
    return false;
}

/* Twice as long each time, and as much again by chance. */
static void pause_before(int try)
{
    long ms = OBS_PAUSE_MS << (try - 1);
    struct timespec t;

    ms += (long)((uint64_t)id_random() % (uint64_t)ms);
    t.tv_sec = ms / 1000;
    t.tv_nsec = ms % 1000 * 1000000;
    nanosleep(&t, NULL);
}

static int stopping(struct sending *g)
{
    return obs_fail(g->err, E_IO, g->r->path, "the server is stopping");
}

static int try_again(struct sending *g)
{
    CURLcode code = CURLE_OK;
    int rc = 0;

    for (int i = 0; i < OBS_TRIES; i++) {
        if (i)
            pause_before(i);
        if (is_late(g->s))
            return stopping(g);
        rc = try_once(g, &code);
        if (rc || !may_pass(code, g->reply->status) || (g->got && !g->reply->etag[0]))
            break;
    }
    if (rc || code == CURLE_OK)
        return rc;
    if (code == CURLE_OUT_OF_MEMORY)
        return err_nomem(g->err);
    if (code == CURLE_ABORTED_BY_CALLBACK)
        return stopping(g);
    return obs_fail(g->err, E_IO, g->r->path,
                    g->said[0] ? g->said : curl_easy_strerror(code));
}

static void add_path(struct buf *out, const struct obs_path *path)
{
    struct str rest = path->key;

    buf_addc(out, '/');
    percent_encode(out, path->bucket);
    while (rest.n) {
        buf_addc(out, '/');
        percent_encode(out, str_cut(&rest, '/'));
    }
}

int s3_send(struct s3 *s, const struct s3_request *r, struct s3_reply *reply,
            struct err *err)
{
    struct sending g = { .s = s,
                         .r = r,
                         .reply = reply,
                         .curl = curl_easy_init(),
                         .path = BUF_INIT(TARGET_MAX_BYTES),
                         .err = err };
    int rc;

    add_path(&g.path, r->path);
    sha256_hex(r->body, g.hash);
    rc = g.curl && !g.path.bad ? try_again(&g) : err_nomem(err);
    curl_easy_cleanup(g.curl);
    buf_release(&g.path);
    return rc;
}

/* ---- what was answered ---- */

void s3_reply_release(struct s3_reply *reply)
{
    buf_release(&reply->body);
}

struct str s3_element(const struct s3_reply *reply, const char *name)
{
    struct str body = buf_str(&reply->body), none = { NULL, 0 };
    char open[64], close[64];
    const char *from, *to;

    snprintf(open, sizeof(open), "<%s>", name);
    snprintf(close, sizeof(close), "</%s>", name);
    from = body.n ? memmem(body.p, body.n, open, strlen(open)) : NULL;
    if (!from)
        return none;
    body = str_from(body, (size_t)(from - body.p) + strlen(open));
    to = body.n ? memmem(body.p, body.n, close, strlen(close)) : NULL;
    return to ? (struct str){ body.p, (size_t)(to - body.p) } : none;
}

/* A word such as NoSuchBucket; empty when it is none. */
static struct str code_of(const struct s3_reply *reply)
{
    struct str code = s3_element(reply, "Code");

    for (size_t i = 0; i < code.n; i++)
        if (!isalnum((unsigned char)code.p[i]) || i == S3_CODE_BYTES)
            return STR("");
    return code;
}

int s3_judge(const struct s3_request *r, const struct s3_reply *reply, struct err *err)
{
    struct str code = code_of(reply);
    const char *hint = "";
    char what[200];

    if (reply->status / 100 == 2)
        return 0;
    if (str_is(code, "NoSuchBucket") ||
        (reply->status == 404 && !code.n && !r->path->key.n))
        return obs_no_bucket(err, r->path->bucket);
    if (reply->status == 404 && (!code.n || str_is(code, "NoSuchKey")))
        return obs_fail(err, E_NOTFOUND, r->path, "there is no such object");
    if (!code.n && (reply->status == 400 || reply->status == 401 || reply->status == 403))
        hint = ": the access key, its secret, its rights or the region may be wrong";
    snprintf(what, sizeof(what), "the storage answered %ld%s%.*s%s", reply->status,
             code.n ? " " : "", STR_ARG(code), hint);
    return obs_fail(err, E_IO, r->path, what);
}
