#include "unit/t.h"

#include "base/limits.h"
#include "model/node_secrets.h"

/* The nodes of `json`, a job. */
static struct job_nodes nodes_of(const char *json, struct arena *arena)
{
    struct json_doc doc;
    struct job_nodes nodes;
    struct err err = ERR_INIT;

    assert_ok(json_read(&doc, str_of(json), 1000, &err), &err);
    assert_ok(job_nodes(&doc, &nodes, arena, &err), &err);
    json_release(&doc);
    return nodes;
}

/* What follows, as "from>to from>to", to the places `to`, one a line. */
static void assert_follows(const char *old, const char *new, const char *to,
                           const char *wanted)
{
    struct arena arena = ARENA_INIT;
    struct job_nodes before = nodes_of(old, &arena), after = nodes_of(new, &arena);
    struct buf text = BUF_INIT(4 * KIB);
    struct secret places[8] = { 0 };
    struct str rest = str_of(to);
    struct secret_moves moves;
    struct err err = ERR_INIT;
    size_t n = 0;

    while (str_line(&rest, &places[n].path))
        n++;
    assert_ok(secrets_follow(&before, &after, places, n, &moves, &arena, &err), &err);
    for (size_t i = 0; i < moves.n; i++)
        buf_addf(&text, "%s%.*s>%.*s", i ? " " : "", STR_ARG(moves.items[i].from),
                 STR_ARG(moves.items[i].to));
    assert_str(buf_str(&text), wanted);
    buf_release(&text);
    arena_release(&arena);
}

static void test_a_renamed_node_takes_all_of_its_places(void **state)
{
    (void)state;
    assert_follows("{\"nodes\": []}", "{}", "nodes.a.p", "");
    assert_follows("{\"nodes\": [{\"name\": \"a\", \"type\": \"T\"}]}",
                   "{\"nodes\": [{\"name\": \"b\", \"type\": \"T\"}]}",
                   "nodes.b.properties.y.value\nparams.b\nnodes.b.properties.x.value.l\n"
                   "nodes.bb.x",
                   "nodes.a.properties.x.value.l>nodes.b.properties.x.value.l "
                   "nodes.a.properties.y.value>nodes.b.properties.y.value");
}

static void test_only_one_of_a_type_is_renamed(void **state)
{
    (void)state;
    assert_follows(
        "{\"nodes\": [{\"name\": \"a\", \"type\": \"T\"}, {\"name\": \"b\", \"type\": \"T\"},"
        "{\"name\": \"c\", \"type\": \"U\"}, {\"name\": \"d\", \"type\": \"V\"}]}",
        "{\"nodes\": [{\"name\": \"x\", \"type\": \"T\"}, {\"name\": \"y\", \"type\": \"U\"},"
        "{\"name\": \"z\", \"type\": \"W\"}]}",
        "nodes.x.p\nnodes.y.p\nnodes.z.p", "nodes.c.p>nodes.y.p");
}

static void test_a_place_that_stays_is_no_rename(void **state)
{
    (void)state;
    assert_follows(
        "{\"nodes\": [{\"name\": \"a\", \"type\": \"T\"}]}",
        "{\"nodes\": [{\"name\": \"b\", \"type\": \"T\"}, {\"name\": \"a.c\", \"type\": \"U\"}]}",
        "nodes.b.c.p\nnodes.a.c.p", "");
}

static void test_names_that_begin_alike_are_two(void **state)
{
    (void)state;
    assert_follows(
        "{\"nodes\": [{\"name\": \"a\", \"type\": \"T\"}, {\"name\": \"a.b\", \"type\": \"U\"}]}",
        "{\"nodes\": [{\"name\": \"x\", \"type\": \"T\"}, {\"name\": \"x.b\", \"type\": \"U\"}]}",
        "nodes.x.b.p", "nodes.a.b.p>nodes.x.b.p");
}

static void test_nodes_of_any_shape(void **state)
{
    static const char *const jobs[] = { "[]", "5", "\"nodes\"", "{\"nodes\": {\"a\": 1}}",
                                        "{\"nodes\": [1, [], null, {\"name\": 5}]}" };

    (void)state;
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++)
        assert_follows(jobs[i], "{\"nodes\": [{\"name\": \"b\", \"type\": \"T\"}]}",
                       "nodes.b.p", "");
}

static void test_what_has_no_place_is_lost(void **state)
{
    static const struct secret places[] = { { { "b", 1 }, { NULL, 0 } },
                                            { { "d", 1 }, { NULL, 0 } } };
    static struct secret_move move[] = { { { "a", 1 }, { "d", 1 } } };
    const struct secret_moves moves = { move, 1 };
    struct buf lost = BUF_INIT(KIB);

    (void)state;
    secrets_lost(STR("a\nb\nc\ne"), places, 2, &moves, &lost);
    assert_str(buf_str(&lost), "c\ne");
    buf_release(&lost);
}

static void test_paths_as_people_know_them(void **state)
{
    static const char *const rows[][2] = {
        { "nodes.call.properties.auth.value", "call.auth" },
        { "nodes.call.properties.headers.value.Authorization",
          "call.headers.Authorization" },
        { "nodes.a\\.b.properties.c\\.d.value", "a.b.c.d" },
        { "nodes.n.properties.value.value", "n.value" },
        { "nodes.properties.properties.value.value.value", "properties.value.value" },
        { "params.p.value", "params.p.value" },
        { "nodes.x", "x" },
        { "value", "value" },
        { "", "" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct buf shown = BUF_INIT(KIB);

        secret_path_show(&shown, str_of(rows[i][0]));
        assert_str(buf_str(&shown), rows[i][1]);
        buf_release(&shown);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_a_renamed_node_takes_all_of_its_places),
    cmocka_unit_test(test_only_one_of_a_type_is_renamed),
    cmocka_unit_test(test_a_place_that_stays_is_no_rename),
    cmocka_unit_test(test_names_that_begin_alike_are_two),
    cmocka_unit_test(test_nodes_of_any_shape),
    cmocka_unit_test(test_what_has_no_place_is_lost),
    cmocka_unit_test(test_paths_as_people_know_them),
};
T_MAIN(tests)
