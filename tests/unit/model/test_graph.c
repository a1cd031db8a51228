#include "unit/t.h"

#include "base/clock.h"
#include "base/limits.h"
#include "model/rules.h"

/*
 * The nodes of a job as a graph (model/job_graph.c).  Nodes are written short:
 * "a b:a c:a,b d?a" is four nodes, b after a, c after both, d with a condition
 * on a.
 */
static void add_list(struct buf *json, const char *names, size_t n, bool conditions)
{
    buf_adds(json, conditions ? ",\"conditions\":[" : ",\"preNodeName\":[");
    for (size_t i = 0; i < n;) {
        size_t len = strcspn(names + i, ", ");

        buf_addf(json,
                 conditions ? "%s{\"expression\":\"x\",\"preNodeName\":\"%.*s\"}"
                            : "%s\"%.*s\"",
                 i ? "," : "", (int)len, names + i);
        i += len + 1;
    }
    buf_addc(json, ']');
}

static void job_of(struct buf *json, const char *type, const char *nodes)
{
    buf_addf(json, "{\"processType\":\"%s\",\"nodes\":[", type);
    for (const char *p = nodes; *p;) {
        size_t n = strcspn(p, " "), name = strcspn(p, ":? ");

        buf_addf(json, "%s{\"name\":\"%.*s\"", p == nodes ? "" : ",", (int)name, p);
        if (name < n)
            add_list(json, p + name + 1, n - name - 1, p[name] == '?');
        buf_addc(json, '}');
        p += n + (p[n] == ' ');
    }
    buf_adds(json, "]}");
}

static int graph_check(struct str json, struct err *err)
{
    struct arena arena = ARENA_INIT;
    struct json_doc doc;
    int rc;

    assert_ok(json_read(&doc, json, JSON_STORED_MAX_VALUES, err), err);
    rc = job_graph_check(&doc, &arena, err);
    json_release(&doc);
    arena_release(&arena);
    return rc;
}

static const struct {
    const char *nodes, *text; /* "": sound */
} rows[] = {
    { "", "" },
    { "a", "" },
    { "a b", "" },
    { "a b:a", "" },
    { "b:a a", "" }, /* in any order */
    { "a b:a c:a d:b,c", "" },
    { "a b:a,a", "" }, /* named twice is one edge more */
    { "a b?a", "" },
    { "a b?a c:a,b", "" },
    { "作 业:作", "" },
    { "a a", "nodes[1].name: the name a stands twice" },
    { "b a c a b", "nodes[3].name: the name a stands twice" },
    { "a A", "" },
    { "a b:c", "nodes[1].preNodeName[0]: no other node is named c" },
    { "a b:a,c", "nodes[1].preNodeName[1]: no other node is named c" },
    { "a:a", "nodes[0].preNodeName[0]: no other node is named a" },
    { "a b?c", "nodes[1].conditions[0].preNodeName: no other node is named c" },
    { "a?a", "nodes[0].conditions[0].preNodeName: no other node is named a" },
    { "a:b b:a", "nodes: the nodes depend on each other in a circle" },
    { "a:c b:a c:b", "nodes: the nodes depend on each other in a circle" },
    { "x y:x a:c,y b:a c:b z:c", "nodes: the nodes depend on each other in a circle" },
    { "a b:a c:b,d d:c", "nodes: the nodes depend on each other in a circle" },
    { "a?b b?a", "" }, /* conditions are no edges */
};

static void test_graph_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf json = BUF_INIT(10 * KIB), text = BUF_INIT(KIB);
        struct err err = ERR_INIT;
        int rc;

        t_row("%s", rows[i].nodes);
        job_of(&json, "BATCH", rows[i].nodes);
        rc = graph_check(buf_str(&json), &err);
        if (rc) {
            assert_int_equal(rc, E_INVALID);
            assert_int_equal(err.api, DLF_3051);
            t_take_detail(&err, &text);
        }
        assert_str(buf_str(&text), rows[i].text);
        buf_release(&json);
        buf_release(&text);
    }
    t_rows_end();
}

static void test_a_real_time_job_may_go_in_circles(void **state)
{
    struct buf json = BUF_INIT(10 * KIB);
    struct err err = ERR_INIT;

    (void)state;
    job_of(&json, "REAL_TIME", "a:b b:a");
    assert_ok(graph_check(buf_str(&json), &err), &err);
    buf_clear(&json);
    job_of(&json, "REAL_TIME", "a:c b:a");
    assert_fails(graph_check(buf_str(&json), &err), E_INVALID, &err);
    err_clear(&err);
    buf_release(&json);
}

/* ---- large graphs: time and memory grow with n log n ---- */

#define NODES 100000

enum shape { CHAIN, CHAIN_BACKWARDS, STAR, FAN_IN, LOOP, TWICE, LADDER };

static void add_before(struct buf *json, enum shape shape, int nodes, int i)
{
    if (shape == CHAIN && i > 0)
        buf_addf(json, "\"n%d\"", i - 1);
    else if (shape == CHAIN_BACKWARDS && i < nodes - 1)
        buf_addf(json, "\"n%d\"", i + 1);
    else if (shape == STAR && i > 0)
        buf_adds(json, "\"n0\"");
    else if (shape == LOOP)
        buf_addf(json, "\"n%d\"", (i + 1) % nodes);
    else if (shape == LADDER && i > 1)
        buf_addf(json, "\"n%d\",\"n%d\"", i - 1, i - 2);
    else if (shape == FAN_IN && i == nodes - 1)
        for (int k = 0; k < nodes - 1; k++)
            buf_addf(json, "%s\"n%d\"", k ? "," : "", k);
}

static void large_job(struct buf *json, enum shape shape, int nodes)
{
    buf_clear(json);
    buf_adds(json, "{\"processType\":\"BATCH\",\"nodes\":[");
    for (int i = 0; i < nodes; i++) {
        int name = shape == TWICE && i == nodes - 1 ? nodes / 2 : i;

        buf_addf(json, "%s{\"name\":\"n%d\",\"preNodeName\":[", i ? "," : "", name);
        add_before(json, shape, nodes, i);
        buf_adds(json, "]}");
    }
    buf_adds(json, "]}");
}

/* The CPU time of a check that comes to the sentence `detail`, 0 without a fault. */
static clock_t time_check(enum shape shape, int nodes, int detail)
{
    struct buf json = BUF_INIT(64 * MIB);
    struct err err = ERR_INIT;
    clock_t start;
    int rc;

    large_job(&json, shape, nodes);
    start = clock();
    rc = graph_check(buf_str(&json), &err);
    start = clock() - start;
    assert_int_equal(rc, detail ? E_INVALID : 0);
    assert_int_equal(err.detail, detail);
    err_clear(&err);
    buf_release(&json);
    return start;
}

static void test_a_hundred_thousand_nodes_cost_no_square(void **state)
{
    static const struct {
        enum shape shape;
        int detail;
    } large[] = {
        { CHAIN, 0 },
        { CHAIN_BACKWARDS, 0 },
        { STAR, 0 },
        { FAN_IN, 0 },
        { LADDER, 0 },
        { LOOP, DET_CYCLE },
        { TWICE, DET_SAME_NAME },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(large); i++) {
        t_row("shape %d", (int)large[i].shape);
        assert_no_square(time_check(large[i].shape, NODES, large[i].detail),
                         time_check(large[i].shape, NODES / 10, large[i].detail), 10);
    }
    t_rows_end();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_graph_table),
    cmocka_unit_test(test_a_real_time_job_may_go_in_circles),
    cmocka_unit_test(test_a_hundred_thousand_nodes_cost_no_square),
};
T_MAIN(tests)
