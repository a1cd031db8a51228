/*
 * The lines of the audit log: which requests have one, what it says, and that it stays in
 * its bounds whatever a client sends.  The log itself is the test's own: the linker gives
 * the functions below instead of the file's and the connection's.
 */
#include "api/api.h"
#include "api/audit_log.h"
#include "api/audit_sum.h"
#include "api/call.h"
#include "base/limits.h"
#include "unit/t.h"

static struct buf added, refused; /* the last line of each kind */

void __wrap_audit_log_add(struct audit_log *log, struct str line);
void __wrap_audit_log_refuse(struct audit_log *log, struct str address, struct str line);
void __wrap_http_peer(const struct http_request *r, bool whole,
                      char out[HTTP_PEER_BYTES]);

void __wrap_audit_log_add(struct audit_log *log, struct str line)
{
    (void)log;
    buf_clear(&added);
    buf_addstr(&added, line);
}

void __wrap_audit_log_refuse(struct audit_log *log, struct str address, struct str line)
{
    (void)log;
    assert_str(address, "192.0.2.1");
    buf_clear(&refused);
    buf_addstr(&refused, line);
}

void __wrap_http_peer(const struct http_request *r, bool whole, char out[HTTP_PEER_BYTES])
{
    (void)r;
    snprintf(out, HTTP_PEER_BYTES, "192.0.2.1%s", whole ? ":4000" : "");
}

/* A request, as far as it is told. */
struct asked {
    struct api api;
    struct http_request http;
    struct route route;
    struct call call;
};

static void ask(struct asked *a, enum permission permission, unsigned flags)
{
    *a = (struct asked){
        .api = { .audit = (struct audit_log *)&added },
        .http = { .id = "0123456789abcdef0123456789abcdef" },
        .route = { .operation = "CreateJob", .permission = permission, .flags = flags },
    };
    a->call = (struct call){
        .api = &a->api,
        .http = &a->http,
        .route = &a->route,
        .name = STR("nightly"),
        .place = { .project = STR("p1"), .workspace = STR("w1") },
        .who = { .account = { .name = STR("ann"), .domain_name = STR("d") },
                 .credential = STR("KEY") },
    };
    buf_release(&added);
    buf_release(&refused);
    added = refused = BUF_INIT(2 * AUDIT_LINE_MAX);
}

#define WHO                                                                               \
    "\"request_id\":\"0123456789abcdef0123456789abcdef\",\"address\":\"192.0.2.1:4000\"," \
    "\"user\":\"ann\",\"domain\":\"d\",\"credential\":\"KEY\","

/* A line behind its time, which has a form of its own. */
static void assert_line(struct str line, const char *want)
{
    static const char begin[] = "{\"time\":\"2";
    const char *comma = memchr(line.p, ',', line.n);

    assert_non_null(comma);
    assert_memory_equal(line.p, begin, sizeof(begin) - 1);
    assert_str(str_from(line, (size_t)(comma + 1 - line.p)), want);
}

static int tear_down(void **state)
{
    (void)state;
    buf_release(&added);
    buf_release(&refused);
    return 0;
}

static void test_which_requests_have_a_line(void **state)
{
    static const struct {
        enum permission permission;
        unsigned flags;
        int status;
        bool has_one;
    } rows[] = {
        { PERM_VIEW, 0, 200, false },
        { PERM_VIEW, 0, 404, false },
        { PERM_VIEW, 0, 500, false },
        { PERM_VIEW, 0, 401, true }, /* a refusal */
        { PERM_VIEW, 0, 403, true },
        { PERM_VIEW, 0, 429, true },
        { PERM_VIEW, ROUTE_AUDITED, 200, true },
        { PERM_EXPORT, 0, 200, true },
        { PERM_WRITE, 0, 204, true },
        { PERM_WRITE, 0, 400, true },
        { PERM_ADMIN, 0, 200, true },
    };
    struct asked a;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        t_row("%zu", i);
        ask(&a, rows[i].permission, rows[i].flags);
        audit_call(&a.call, rows[i].status);
        assert_int_equal(added.len > 0, rows[i].has_one);
        assert_int_equal(refused.len, 0);
        assert_int_equal(a.call.audited, rows[i].has_one);
        ask(&a, rows[i].permission, rows[i].flags);
        a.api.audit = NULL; /* there is no audit log */
        audit_call(&a.call, rows[i].status);
        assert_int_equal(added.len, 0);
    }
    t_rows_end();
}

static void test_what_a_line_says(void **state)
{
    struct asked a;

    (void)state;
    ask(&a, PERM_WRITE, 0);
    a.call.code = "DLF.6201";
    audit_call(&a.call, 400);
    assert_line(buf_str(&added),
                WHO "\"operation\":\"CreateJob\",\"project\":\"p1\",\"workspace\":\"w1\","
                    "\"object\":\"nightly\",\"status\":400,\"error_code\":\"DLF.6201\"}");
    ask(&a, PERM_WRITE, 0);
    a.call.subject = STR("a \"b\"\n");
    audit_call(&a.call, 204);
    assert_line(buf_str(&added), WHO
                "\"operation\":\"CreateJob\",\"project\":\"p1\",\"workspace\":\"w1\","
                "\"object\":\"a \\\"b\\\"\\u000a\",\"status\":204,\"error_code\":\"\"}");
}

static void test_a_request_has_one_line(void **state)
{
    struct asked a;

    (void)state;
    ask(&a, PERM_WRITE, 0);
    audit_call(&a.call, 204);
    buf_clear(&added);
    audit_call(&a.call, 500);
    assert_int_equal(added.len, 0);
}

/* Of somebody who is not known lines are put together, unless a password was looked at.
 */
static void test_refusals_to_nobody_are_apart(void **state)
{
    struct asked a;

    (void)state;
    for (int hashed = 0; hashed < 2; hashed++) {
        ask(&a, PERM_VIEW, 0);
        a.call.route = NULL;
        a.call.who = (struct principal){ .credential = STR("") };
        a.call.claimed = STR("eve");
        a.call.place = (struct place){ .project = STR("") };
        a.call.name = STR("");
        a.call.hashed = hashed;
        audit_call(&a.call, 401);
        assert_int_equal(added.len > 0, hashed);
        assert_line(
            buf_str(hashed ? &added : &refused),
            "\"request_id\":\"0123456789abcdef0123456789abcdef\","
            "\"address\":\"192.0.2.1:4000\",\"user\":\"eve\",\"domain\":\"\","
            "\"credential\":\"\",\"operation\":\"-\",\"project\":\"\","
            "\"workspace\":\"\",\"object\":\"\",\"status\":401,\"error_code\":\"\"}");
    }
}

/* A write's line is made before it, as if it held: with the status of its success. */
static void test_a_writes_line(void **state)
{
    static const struct {
        enum permission permission;
        unsigned flags;
        const char *status; /* NULL: it has no line */
    } rows[] = {
        { PERM_VIEW, 0, NULL },
        { PERM_WRITE, 0, "204" },
        { PERM_WRITE, ROUTE_OK, "200" },
        { PERM_WRITE, ROUTE_CREATED, "201" },
    };
    struct err err = ERR_INIT;
    struct asked a;
    char want[40];
    struct str line;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        t_row("%zu", i);
        ask(&a, rows[i].permission, rows[i].flags);
        assert_ok(audit_of_write(&a.call, &line, &err), &err);
        assert_int_equal(line.n > 0, rows[i].status != NULL);
        if (rows[i].status) {
            snprintf(want, sizeof(want), ",\"status\":%s,", rows[i].status);
            assert_true(str_has(line, want));
        }
        assert_int_equal(added.len, 0);
        arena_release(&a.http.arena);
    }
    t_rows_end();
}

/* Without its first bracket and its end, which the task adds. */
static void test_a_tasks_line(void **state)
{
    struct err err = ERR_INIT;
    struct asked a;
    struct str line;

    (void)state;
    ask(&a, PERM_WRITE, 0);
    a.route.operation = "ImportJob";
    a.call.subject = STR("obs://b/k.zip");
    assert_ok(audit_of_task(&a.call, "fedcba98", &a.http.arena, &line, &err), &err);
    assert_str(line,
               WHO "\"operation\":\"ImportJobEnd\",\"project\":\"p1\",\"workspace\":"
                   "\"w1\",\"task\":\"fedcba98\",\"object\":\"obs://b/k.zip\"");
    arena_release(&a.http.arena);
    a.api.audit = NULL;
    assert_ok(audit_of_task(&a.call, "fedcba98", &a.http.arena, &line, &err), &err);
    assert_int_equal(line.n, 0);
}

/* Texts of any length and of any bytes leave a line that fits, and is whole. */
static void test_a_line_stays_in_its_bounds(void **state)
{
    static const char *const bytes[] = {
        "x", "\"", "\n", "\x01", "作", "\xff", "\xf0\x9f"
    };
    struct buf text = BUF_INIT(MIB);
    struct json_doc doc;
    struct err err = ERR_INIT;
    struct asked a;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(bytes); i++) {
        t_row("%zu", i);
        buf_clear(&text);
        while (text.len < 10000)
            buf_adds(&text, bytes[i]);
        ask(&a, PERM_WRITE, 0);
        a.call.subject = a.call.who.account.name = a.call.who.account.domain_name =
            buf_str(&text);
        a.call.who.credential = a.call.place.project = a.call.place.workspace =
            buf_str(&text);
        a.call.code = "DLF.6201";
        audit_call(&a.call, 400);
        assert_true(added.len > 0 && added.len <= AUDIT_SUM_LINE_MAX);
        assert_ok(json_read(&doc, buf_str(&added), JSON_MAX_VALUES, &err), &err);
        assert_str(json_member_text(&doc, 0, "error_code"), "DLF.6201");
        assert_true(json_member_text(&doc, 0, "object").n > 0);
        json_release(&doc);
    }
    t_rows_end();
    buf_release(&text);
}

#define WITH_LINES(test) cmocka_unit_test_teardown(test, tear_down)
static const struct CMUnitTest tests[] = {
    WITH_LINES(test_which_requests_have_a_line),
    WITH_LINES(test_what_a_line_says),
    WITH_LINES(test_a_request_has_one_line),
    WITH_LINES(test_refusals_to_nobody_are_apart),
    WITH_LINES(test_a_writes_line),
    WITH_LINES(test_a_tasks_line),
    WITH_LINES(test_a_line_stays_in_its_bounds),
};
T_MAIN(tests)
