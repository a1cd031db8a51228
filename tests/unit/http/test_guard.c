/*
 * What is refused before routing, for its Host or its Origin.  The headers are the test's
 * own: the linker gives the functions below instead of the library's and the judge's.
 */
#include "http/http_int.h"
#include "unit/t.h"

/* "Name: value" lines of the request that is judged. */
static const char *const *lines;
static enum http_fault judged; /* what its bytes came to */

int __wrap_MHD_get_connection_values_n(struct MHD_Connection *c, enum MHD_ValueKind kind,
                                       MHD_KeyValueIteratorN each, void *arg);
enum http_fault __wrap_wire_fault(const struct request *r);

int __wrap_MHD_get_connection_values_n(struct MHD_Connection *c, enum MHD_ValueKind kind,
                                       MHD_KeyValueIteratorN each, void *arg)
{
    int n = 0;

    (void)c;
    for (; lines[n]; n++) {
        char name[40];
        const char *colon = strchr(lines[n], ':');
        size_t name_n = (size_t)(colon - lines[n]);

        memcpy(name, lines[n], name_n);
        name[name_n] = '\0';
        if (each(arg, kind, name, name_n, colon + 2, strlen(colon + 2)) != MHD_YES)
            break;
    }
    return n;
}

enum http_fault __wrap_wire_fault(const struct request *r)
{
    (void)r;
    return judged;
}

#define HOST "Host: localhost:8080"
#define NAMED "Host: dlf.example.com"

/* The options of a server. */
enum { PLAIN, TLS, ANYWHERE, LISTED };

static struct http_options options_of(int kind)
{
    return (struct http_options){
        .local_only = kind == PLAIN,
        .tls_cert = kind == TLS ? "cert.pem" : "",
        .allow_origin =
            kind == LISTED ? "https://one.example, https://two.example:8443\t,x" : "",
    };
}

static const struct {
    int options;
    enum http_fault want;
    bool listed;
    const char *version, *headers[4];
} table[] = {
    /* clang-format off */
    { PLAIN, HTTP_SOUND, false, "HTTP/1.1", { HOST } },
    { PLAIN, HTTP_SOUND, false, "HTTP/1.1", { "hOST: LOCALHOST" } },
    { PLAIN, HTTP_SOUND, false, "HTTP/1.1", { "Host: 127.0.0.1:8080" } },
    { PLAIN, HTTP_SOUND, false, "HTTP/1.1", { "Host: 127.255.3.4" } },
    { PLAIN, HTTP_SOUND, false, "HTTP/1.1", { "Host: [::1]:8080" } },
    { PLAIN, HTTP_SOUND, false, "HTTP/1.1", { "Host: [::1]" } },
    { PLAIN, HTTP_SOUND, false, "HTTP/1.0", { NULL } },
    /* A Host that is missing, twice there, or none. */
    { PLAIN, HTTP_BAD_HOST, false, "HTTP/1.1", { NULL } },
    { PLAIN, HTTP_BAD_HOST, false, "HTTP/1.1", { HOST, HOST } },
    { PLAIN, HTTP_BAD_HOST, false, "HTTP/1.0", { HOST, NAMED } },
    { PLAIN, HTTP_BAD_HOST, false, "HTTP/1.1", { "Host: local host" } },
    { PLAIN, HTTP_BAD_HOST, false, "HTTP/1.1", { "Host: localhost/x" } },
    { PLAIN, HTTP_BAD_HOST, false, "HTTP/1.1", { "Host: a@localhost" } },
    { PLAIN, HTTP_BAD_HOST, false, "HTTP/1.0", { "Host: \"localhost\"" } },
    /* A name that was bent to this machine. */
    { PLAIN, HTTP_FOREIGN_HOST, false, "HTTP/1.1", { NAMED } },
    { PLAIN, HTTP_FOREIGN_HOST, false, "HTTP/1.1", { "Host: " } },
    { PLAIN, HTTP_FOREIGN_HOST, false, "HTTP/1.1", { "Host: localhost.evil.example" } },
    { PLAIN, HTTP_FOREIGN_HOST, false, "HTTP/1.1", { "Host: 127.0.0.1.evil.example" } },
    { PLAIN, HTTP_FOREIGN_HOST, false, "HTTP/1.1", { "Host: 128.0.0.1" } },
    { PLAIN, HTTP_FOREIGN_HOST, false, "HTTP/1.1", { "Host: [::2]" } },
    { ANYWHERE, HTTP_SOUND, false, "HTTP/1.1", { NAMED } },
    { ANYWHERE, HTTP_BAD_HOST, false, "HTTP/1.1", { NULL } },
    /* Pages of this server, and of others. */
    { PLAIN, HTTP_SOUND, false, "HTTP/1.1", { HOST, "Origin: http://localhost:8080" } },
    { PLAIN, HTTP_SOUND, false, "HTTP/1.1", { HOST, "ORIGIN: HTTP://LOCALHOST:8080" } },
    { PLAIN, HTTP_FOREIGN_ORIGIN, false, "HTTP/1.1", { HOST, "Origin: https://localhost:8080" } },
    { PLAIN, HTTP_FOREIGN_ORIGIN, false, "HTTP/1.1", { HOST, "Origin: http://localhost" } },
    { PLAIN, HTTP_FOREIGN_ORIGIN, false, "HTTP/1.1", { HOST, "Origin: http://localhost:8080/" } },
    { PLAIN, HTTP_FOREIGN_ORIGIN, false, "HTTP/1.1", { HOST, "Origin: null" } },
    { PLAIN, HTTP_FOREIGN_ORIGIN, false, "HTTP/1.1", { HOST, "Origin: " } },
    { PLAIN, HTTP_FOREIGN_ORIGIN, false, "HTTP/1.0", { "Origin: http://localhost:8080" } },
    { PLAIN, HTTP_FOREIGN_ORIGIN, false, "HTTP/1.1",
      { HOST, "Origin: http://localhost:8080", "Origin: http://localhost:8080" } },
    { TLS, HTTP_SOUND, false, "HTTP/1.1", { NAMED, "Origin: https://dlf.example.com" } },
    { TLS, HTTP_FOREIGN_ORIGIN, false, "HTTP/1.1", { NAMED, "Origin: http://dlf.example.com" } },
    /* Pages that are listed. */
    { LISTED, HTTP_SOUND, true, "HTTP/1.1", { NAMED, "Origin: https://one.example" } },
    { LISTED, HTTP_SOUND, true, "HTTP/1.1", { NAMED, "Origin: HTTPS://TWO.example:8443" } },
    { LISTED, HTTP_SOUND, true, "HTTP/1.1", { NAMED, "Origin: x" } },
    { LISTED, HTTP_FOREIGN_ORIGIN, false, "HTTP/1.1", { NAMED, "Origin: https://two.example" } },
    { LISTED, HTTP_FOREIGN_ORIGIN, false, "HTTP/1.1", { NAMED, "Origin: https://one.example.evil" } },
    { LISTED, HTTP_FOREIGN_ORIGIN, false, "HTTP/1.1", { NAMED, "Origin: ," } },
    { LISTED, HTTP_FOREIGN_ORIGIN, false, "HTTP/1.1",
      { NAMED, "Origin: https://one.example", "Origin: https://one.example" } },
    /* clang-format on */
};

static enum http_fault guard(int kind, const char *version, const char *const *headers,
                             bool *listed)
{
    struct http_server server = { .options = options_of(kind) };
    struct request r = { .server = &server };
    enum http_fault fault;

    lines = headers;
    fault = guard_head(&r, version);
    *listed = r.listed;
    return fault;
}

static void test_heads(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(table); i++) {
        bool listed;

        t_row("%zu: %s, %s", i, table[i].headers[0] ? table[i].headers[0] : "none",
              table[i].headers[1] ? table[i].headers[1] : "none");
        assert_int_equal(
            guard(table[i].options, table[i].version, table[i].headers, &listed),
            table[i].want);
        assert_int_equal(listed, table[i].listed);
    }
    t_rows_end();
}

/* The bytes come first, then Host, then Origin; and a page that is listed may read why.
 */
static void test_the_first_fault_is_told(void **state)
{
    static const char *const all_wrong[] = { "Host: a b", "Origin: null", NULL };
    static const char *const sound[] = { NAMED, "Origin: https://one.example", NULL };
    bool listed;

    (void)state;
    judged = HTTP_BAD_BYTE;
    assert_int_equal(guard(PLAIN, "HTTP/1.1", all_wrong, &listed), HTTP_BAD_BYTE);
    assert_int_equal(guard(LISTED, "HTTP/1.1", sound, &listed), HTTP_BAD_BYTE);
    assert_true(listed);
    judged = HTTP_SOUND;
    assert_int_equal(guard(PLAIN, "HTTP/1.1", all_wrong, &listed), HTTP_BAD_HOST);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_heads),
    cmocka_unit_test(test_the_first_fault_is_told),
};
T_MAIN(tests)
