/* Projects, their workspaces and their clusters. */
#include "base/limits.h"
#include "store/clusters.h"
#include "store/reason.h"
#include "unit/store/conformance.h"

/* ---- projects and workspaces ---- */

static void test_unknown_project_is_seen_empty(void **state)
{
    struct list_query query = { .kind = KIND_JOB,
                                .process_type = STR("BATCH"),
                                .limit = 10 };
    struct world *w = *state;
    struct snapshot *s = look(w);
    struct workspace is = workspace_in(w, s, "nobody", "");
    struct object list[10];
    int64_t total = -1;
    size_t n = 99;

    assert_int_equal(is.id, 0);
    assert_str(is.name, "default");
    assert_int_equal(is.jobs + is.real_time_jobs + is.scripts + is.resources, 0);
    assert_int_equal(object_in(w, s, is.id, KIND_JOB, "a").id, 0);
    assert_ok(snapshot_list(s, &is, &query, list, &n, &total, &w->arena, &w->err),
              &w->err);
    assert_int_equal(n, 0);
    assert_int_equal(total, 0);
    snapshot_end(s);
}

static void test_first_write_makes_the_default_workspace(void **state)
{
    struct world *w = *state;
    struct workspace is;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    is = workspace(w, "p", "");
    assert_true(is.id > 0);
    assert_int_equal(is.uid.n, 32);
    assert_int_equal(strspn(is.uid.p, "0123456789abcdef"), 32);
    assert_str(is.name, "default");
    assert_int_equal(is.jobs, 1);
    assert_int_equal(workspace(w, "p", is.uid.p).id, is.id);
    assert_int_equal(workspace(w, "other", "").id, 0);
}

static void test_failed_first_write_makes_nothing(void **state)
{
    struct world *w = *state;
    struct object gone = { .id = 1, .blob = 1 };

    assert_fails(SAVE(w, .old = &gone), E_BUSY, &w->err);
    assert_int_equal(workspace(w, "p", "").id, 0);
    assert_fails(REMOVE(w, .name = "a"), E_NOTFOUND, &w->err);
    assert_int_equal(w->err.reason, STORE_UNSAID);
    assert_int_equal(workspace(w, "p", "").id, 0);
}

static void test_workspaces_are_of_their_project(void **state)
{
    struct world *w = *state;
    char first[ID_HEX_BYTES];
    struct workspace is;
    struct snapshot *s;

    assert_ok(new_workspace(w, "p", "one"), &w->err);
    memcpy(first, w->workspace, sizeof(first));
    assert_int_equal(strspn(first, "0123456789abcdef"), 32);
    assert_ok(new_workspace(w, "q", "one"), &w->err);
    assert_str(workspace(w, "p", first).name, "one");
    assert_str(workspace(w, "p", "").name, "default"); /* made on the way */
    assert_true(workspace(w, "p", "").id > 0);
    s = look(w);
    assert_fails(snapshot_workspace(s, STR("q"), str_of(first), &is, &w->arena, &w->err),
                 E_NOTFOUND, &w->err);
    assert_int_equal(w->err.reason, STORE_NO_WORKSPACE);
    assert_int_equal(w->err.detail, DET_WORKSPACE);
    snapshot_end(s);
    assert_fails(SAVE(w, .project = "q", .workspace = first), E_NOTFOUND, &w->err);
    assert_int_equal(w->err.reason, STORE_NO_WORKSPACE);
    assert_fails(REMOVE(w, .project = "q", .workspace = first), E_NOTFOUND, &w->err);
    assert_int_equal(w->err.reason, STORE_NO_WORKSPACE);
    assert_fails(SAVE(w, .project = "new", .workspace = first), E_NOTFOUND, &w->err);
    assert_int_equal(workspace(w, "new", "").id, 0);
}

static void test_workspace_names_are_unique_in_their_project(void **state)
{
    struct world *w = *state;

    assert_ok(new_workspace(w, "p", "one"), &w->err);
    assert_fails(new_workspace(w, "p", "one"), E_EXISTS, &w->err);
    assert_fails(new_workspace(w, "p", "default"), E_EXISTS, &w->err);
    assert_fails(new_workspace(w, "new", "default"), E_EXISTS, &w->err);
    assert_ok(new_workspace(w, "p", "One"), &w->err);
}

static void add_name(void *arg, const struct workspace *w)
{
    buf_addf(arg, "%.*s ", STR_ARG(w->name));
}

static void test_workspaces_are_listed_by_name(void **state)
{
    struct world *w = *state;
    struct buf names = BUF_INIT(KIB);
    struct snapshot *s;

    assert_ok(new_workspace(w, "p", "zebra"), &w->err);
    assert_ok(new_workspace(w, "p", "ant"), &w->err);
    assert_ok(new_workspace(w, "p", "作业"), &w->err);
    assert_ok(new_workspace(w, "q", "other"), &w->err);
    s = look(w);
    assert_ok(snapshot_workspaces(s, STR("p"), add_name, &names, &w->err), &w->err);
    assert_str(buf_str(&names), "ant default zebra 作业 ");
    buf_clear(&names);
    assert_ok(snapshot_workspaces(s, STR("nobody"), add_name, &names, &w->err), &w->err);
    assert_str(buf_str(&names), "");
    snapshot_end(s);
    buf_release(&names);
}

static void test_a_workspace_that_is_in_use_is_deleted_by_force_only(void **state)
{
    struct world *w = *state;
    struct object one, shared;

    assert_ok(new_workspace(w, "p", "one"), &w->err);
    assert_ok(SAVE(w, .workspace = w->workspace, .name = "own"), &w->err);
    assert_ok(SAVE(w, .workspace = w->workspace, .name = "shared"), &w->err);
    assert_ok(SAVE(w, .name = "shared"), &w->err);
    one = FIND(w, .workspace = w->workspace, .name = "own");
    shared = FIND(w, .name = "shared");
    assert_fails(delete_workspace(w, "p", "gone", true), E_NOTFOUND, &w->err);
    assert_fails(delete_workspace(w, "q", "one", true), E_NOTFOUND, &w->err);
    assert_fails(delete_workspace(w, "p", "one", false), E_DENIED, &w->err);
    assert_int_equal(FIND(w, .workspace = w->workspace, .name = "own").id, one.id);
    assert_ok(delete_workspace(w, "p", "one", true), &w->err);
    assert_fails(SAVE(w, .workspace = w->workspace), E_NOTFOUND, &w->err);
    assert_int_equal(w->err.reason, STORE_NO_WORKSPACE);
    assert_int_equal(sweep(w, LATER), 1); /* what no other workspace has */
    assert_false(blob_is_held(w, one.blob));
    assert_true(blob_is_held(w, shared.blob));
    assert_fails(delete_workspace(w, "p", "one", true), E_NOTFOUND, &w->err);
}

static void test_an_empty_workspace_is_deleted(void **state)
{
    struct world *w = *state;

    assert_ok(new_workspace(w, "p", "one"), &w->err);
    assert_ok(SAVE(w, .workspace = w->workspace, .kind = KIND_SCRIPT), &w->err);
    assert_fails(delete_workspace(w, "p", "one", false), E_DENIED, &w->err);
    assert_ok(REMOVE(w, .workspace = w->workspace, .kind = KIND_SCRIPT), &w->err);
    assert_ok(delete_workspace(w, "p", "one", false), &w->err);
}

static void test_the_default_workspace_is_deleted_by_force_only(void **state)
{
    struct world *w = *state;
    struct workspace is;
    struct snapshot *s;

    assert_ok(new_workspace(w, "p", "one"), &w->err);
    assert_fails(delete_workspace(w, "p", "default", false), E_DENIED, &w->err);
    assert_ok(delete_workspace(w, "p", "default", true), &w->err);
    s = look(w);
    assert_fails(snapshot_workspace(s, STR("p"), STR(""), &is, &w->arena, &w->err),
                 E_NOTFOUND, &w->err);
    assert_int_equal(w->err.reason, STORE_NO_WORKSPACE);
    assert_int_equal(w->err.detail, DET_NO_DEFAULT);
    snapshot_end(s);
    assert_fails(SAVE(w, .name = "a"), E_NOTFOUND, &w->err); /* not made again */
    assert_int_equal(w->err.reason, STORE_NO_WORKSPACE);
    assert_ok(new_workspace(w, "p", "default"), &w->err);
    assert_ok(SAVE(w, .name = "a"), &w->err);
}

/* ---- clusters ---- */

static void add_cluster(void *arg, const struct cluster *c)
{
    buf_addf(arg, "%.*s ", STR_ARG(c->name));
}

static void assert_clusters(struct world *w, const char *project, const char *names)
{
    struct snapshot *s = look(w);
    struct buf list = BUF_INIT(KIB);

    assert_ok(snapshot_clusters(s, str_of(project), add_cluster, &list, &w->err),
              &w->err);
    snapshot_end(s);
    assert_str(buf_str(&list), names);
    buf_release(&list);
}

static int new_cluster(struct world *w, const char *name)
{
    struct cluster_new n;

    cluster_new_init(&n);
    n.project = STR("p");
    n.name = str_of(name);
    store_write(w->store, &n.write);
    return outcome(w, &n.write);
}

static int delete_cluster(struct world *w, const char *name)
{
    struct cluster_delete d;

    cluster_delete_init(&d);
    d.project = STR("p");
    d.name = str_of(name);
    store_write(w->store, &d.write);
    return outcome(w, &d.write);
}

static void test_clusters_stand_beside_the_default_one(void **state)
{
    struct world *w = *state;

    assert_clusters(w, "p", "default ");
    assert_ok(new_cluster(w, "z"), &w->err);
    assert_ok(new_cluster(w, "b"), &w->err);
    assert_clusters(w, "p", "default b z ");
    assert_clusters(w, "q", "default ");
    assert_fails(new_cluster(w, "b"), E_EXISTS, &w->err);
    assert_fails(new_cluster(w, "default"), E_EXISTS, &w->err);
    assert_ok(delete_cluster(w, "b"), &w->err);
    assert_fails(delete_cluster(w, "b"), E_NOTFOUND, &w->err);
    assert_clusters(w, "p", "default z ");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_unknown_project_is_seen_empty),
    cmocka_unit_test(test_first_write_makes_the_default_workspace),
    cmocka_unit_test(test_failed_first_write_makes_nothing),
    cmocka_unit_test(test_workspaces_are_of_their_project),
    cmocka_unit_test(test_workspace_names_are_unique_in_their_project),
    cmocka_unit_test(test_workspaces_are_listed_by_name),
    cmocka_unit_test(test_a_workspace_that_is_in_use_is_deleted_by_force_only),
    cmocka_unit_test(test_an_empty_workspace_is_deleted),
    cmocka_unit_test(test_the_default_workspace_is_deleted_by_force_only),
    cmocka_unit_test(test_clusters_stand_beside_the_default_one),
};
CONFORMANCE_MAIN(tests)
