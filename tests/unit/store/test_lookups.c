/* What exports and task lists ask: jobs by name, and what definitions refer to. */
#include "base/limits.h"
#include "store/jobs.h"
#include "unit/store/conformance.h"

static void test_jobs_are_found_by_their_names(void **state)
{
    const struct str names[] = { STR("b"), STR("gone"), STR("作业"), STR("a"),
                                 STR("\"',\\\n") };
    struct object out[COUNT_OF(names)];
    struct world *w = *state;
    struct workspace in;
    struct snapshot *s;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "b"), &w->err);
    assert_ok(SAVE(w, .name = "作业"), &w->err);
    assert_ok(SAVE(w, .name = "\"',\\\n"), &w->err);
    assert_ok(SAVE(w, .name = "gone", .kind = KIND_SCRIPT), &w->err);
    s = look(w);
    in = workspace_in(w, s, "p", "");
    assert_ok(
        snapshot_jobs(s, in.id, false, names, COUNT_OF(names), out, &w->arena, &w->err),
        &w->err);
    assert_int_equal(out[1].id, 0);
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (i != 1)
            assert_bytes(out[i].facts.name, names[i]);
    assert_ok(snapshot_jobs(s, in.id, false, names, 0, out, &w->arena, &w->err), &w->err);
    assert_ok(snapshot_jobs(s, 0, false, names, 1, out, &w->arena, &w->err), &w->err);
    assert_int_equal(out[0].id, 0);
    snapshot_end(s);
}

static void test_unknown_jobs_are_named(void **state)
{
    const struct str names[] = { STR("a"), STR("x\"y"), STR("b"), STR("作"), STR("s") };
    struct world *w = *state;
    struct buf unknown = BUF_INIT(KIB);
    struct workspace in;
    struct snapshot *s;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "b"), &w->err);
    assert_ok(SAVE(w, .name = "s", .kind = KIND_SCRIPT), &w->err);
    s = look(w);
    in = workspace_in(w, s, "p", "");
    assert_ok(snapshot_unknown_jobs(s, in.id, names, COUNT_OF(names), &unknown, &w->err),
              &w->err);
    assert_str(buf_str(&unknown), "x\"y, 作, s");
    snapshot_end(s);
    buf_release(&unknown);
}

static void test_a_hundred_unknown_jobs_at_most_are_named(void **state)
{
    struct world *w = *state;
    struct buf unknown = BUF_INIT(100 * KIB);
    struct str *names = calloc(5000, sizeof(*names));
    struct snapshot *s = look(w);
    int commas = 0;

    for (int i = 0; i < 5000; i++)
        names[i] = STR("nobody");
    assert_ok(snapshot_unknown_jobs(s, 0, names, 5000, &unknown, &w->err), &w->err);
    for (size_t i = 0; i < unknown.len; i++)
        commas += unknown.ptr[i] == ',';
    assert_int_equal(commas, 99);
    snapshot_end(s);
    buf_release(&unknown);
    free(names);
}

static void add_job(void *arg, int64_t id, struct str job)
{
    buf_addf(arg, "%s%.*s ", id > 0 ? "" : "?", STR_ARG(job));
}

static void test_downstream_jobs_are_those_that_wait(void **state)
{
    const struct ref on_a[] = { { REF_JOB, STR(""), STR("a") },
                                { REF_JOB, STR(""), STR("z") } };
    const struct ref script[] = { { REF_SCRIPT, STR(""), STR("a") } };
    struct world *w = *state;
    struct buf jobs = BUF_INIT(KIB);
    struct workspace in;
    struct snapshot *s;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "y", .refs = on_a, .n_refs = 2), &w->err);
    assert_ok(SAVE(w, .name = "b", .refs = on_a, .n_refs = 1), &w->err);
    assert_ok(SAVE(w, .name = "c", .refs = script, .n_refs = 1), &w->err);
    assert_ok(SAVE(w, .name = "d", .project = "q", .refs = on_a, .n_refs = 1), &w->err);
    s = look(w);
    in = workspace_in(w, s, "p", "");
    assert_ok(snapshot_downstream(s, in.id, STR("a"), add_job, &jobs, &w->err), &w->err);
    assert_str(buf_str(&jobs), "b y ");
    buf_clear(&jobs);
    assert_ok(snapshot_downstream(s, in.id, STR("b"), add_job, &jobs, &w->err), &w->err);
    assert_str(buf_str(&jobs), "");
    snapshot_end(s);
    buf_release(&jobs);
}

/* "job kind scope|name -> name of what is held", sorted lines. */
struct lines {
    char line[40][120];
    size_t n;
};

static int add_depend(void *arg, const struct depend *d, struct err *err)
{
    struct lines *l = arg;

    (void)err;
    snprintf(l->line[l->n++], sizeof(l->line[0]), "%zu %d %.*s|%.*s -> %.*s%.*s", d->job,
             (int)d->ref.kind, STR_ARG(d->ref.scope), STR_ARG(d->ref.name),
             d->object.id ? (int)d->object.facts.scope.n : 1,
             d->object.id ? d->object.facts.scope.p : "-",
             d->object.id ? (int)d->object.facts.name.n : 0,
             d->object.id ? d->object.facts.name.p : "");
    return 0;
}

static int by_line(const void *a, const void *b)
{
    return strcmp(a, b);
}

static void assert_depends(struct world *w, const int64_t *blobs, size_t n,
                           const char *const *want)
{
    struct snapshot *s = look(w);
    struct workspace in = workspace_in(w, s, "p", "");
    struct lines lines = { .n = 0 };
    size_t i = 0;

    assert_ok(snapshot_depends(s, STR("p"), in.id, false, blobs, n, add_depend, &lines,
                               &w->err),
              &w->err);
    snapshot_end(s);
    qsort(lines.line, lines.n, sizeof(lines.line[0]), by_line);
    for (; i < lines.n && want[i]; i++)
        assert_string_equal(lines.line[i], want[i]);
    assert_int_equal(i, lines.n);
    assert_null(want[i]);
}

static void test_depends_are_found_by_what_the_definition_names(void **state)
{
    const struct ref first[] = {
        { REF_SCRIPT, STR(""), STR("held") },
        { REF_SCRIPT, STR("/d/"), STR("gone") },
        { REF_RESOURCE, STR(""), STR("jar") },
        { REF_RESOURCE, STR(""), STR("gone") },
        { REF_LOCATION, STR(""), STR("obs://b/k") },
        { REF_LOCATION, STR(""), STR("obs://b/gone") },
        { REF_CDM, STR("c"), STR("held") },
        { REF_JOB, STR(""), STR("second") },
    };
    const struct ref second[] = { { REF_SCRIPT, STR(""), STR("held") },
                                  { REF_SCRIPT, STR(""), STR("a\"b'\\c\n作") } };
    static const char *const want[] = {
        "0 1 /d/|gone -> -",  "0 1 |held -> held",
        "0 2 |gone -> -",     "0 2 |jar -> /a/jar",
        "0 2 |jar -> /b/jar", "0 3 |obs://b/k -> /c/key",
        "0 4 c|held -> -",    "1 1 |a\"b'\\c\n作 -> a\"b'\\c\n作",
        "1 1 |held -> held",  NULL,
    };
    struct world *w = *state;
    int64_t blobs[2];

    assert_ok(SAVE(w, .name = "first", .refs = first, .n_refs = COUNT_OF(first)),
              &w->err);
    assert_ok(SAVE(w, .name = "second", .refs = second, .n_refs = COUNT_OF(second)),
              &w->err);
    assert_ok(SAVE(w, .name = "held", .kind = KIND_SCRIPT), &w->err);
    assert_ok(SAVE(w, .name = "a\"b'\\c\n作", .kind = KIND_SCRIPT), &w->err);
    assert_ok(SAVE(w, .name = "gone", .kind = KIND_SCRIPT, .project = "q"), &w->err);
    assert_ok(SAVE(w, .name = "jar", .kind = KIND_RESOURCE, .scope = "/a/"), &w->err);
    assert_ok(SAVE(w, .name = "jar", .kind = KIND_RESOURCE, .scope = "/b/"), &w->err);
    assert_ok(SAVE(w, .name = "key", .kind = KIND_RESOURCE, .scope = "/c/",
                   .location = "obs://b/k"),
              &w->err);
    blobs[0] = FIND(w, .name = "first").blob;
    blobs[1] = FIND(w, .name = "second").blob;
    assert_depends(w, blobs, 2, want);
    assert_depends(w, blobs, 0, (const char *const[]){ NULL });
}

static int stop_at_once(void *arg, const struct depend *d, struct err *err)
{
    (void)d;
    ++*(int *)arg;
    return err_set(err, E_LIMIT, DLF_3051, DET_NONE);
}

static void test_depends_stop_when_the_caller_says_so(void **state)
{
    const struct ref refs[] = { { REF_SCRIPT, STR(""), STR("a") },
                                { REF_SCRIPT, STR(""), STR("b") } };
    struct world *w = *state;
    struct workspace in;
    struct snapshot *s;
    int64_t blob;
    int calls = 0;

    assert_ok(SAVE(w, .name = "a", .refs = refs, .n_refs = 2), &w->err);
    blob = FIND(w, .name = "a").blob;
    s = look(w);
    in = workspace_in(w, s, "p", "");
    assert_fails(snapshot_depends(s, STR("p"), in.id, false, &blob, 1, stop_at_once,
                                  &calls, &w->err),
                 E_LIMIT, &w->err);
    assert_int_equal(calls, 1);
    assert_int_equal(object_in(w, s, in.id, KIND_JOB, "a").blob,
                     blob); /* it still works */
    snapshot_end(s);
}

static void test_references_go_with_their_blob(void **state)
{
    const struct ref refs[] = { { REF_SCRIPT, STR(""), STR("s") } };
    struct world *w = *state;
    int64_t blob;

    assert_ok(SAVE(w, .name = "a", .refs = refs, .n_refs = 1), &w->err);
    blob = FIND(w, .name = "a").blob;
    assert_ok(SAVE(w, .name = "b", .content = "a"), &w->err); /* the same content */
    assert_depends(w, &blob, 1, (const char *const[]){ "0 1 |s -> -", NULL });
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_ok(REMOVE(w, .name = "b"), &w->err);
    assert_int_equal(sweep(w, LATER), 1);
    assert_depends(w, &blob, 1, (const char *const[]){ NULL });
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_jobs_are_found_by_their_names),
    cmocka_unit_test(test_unknown_jobs_are_named),
    cmocka_unit_test(test_a_hundred_unknown_jobs_at_most_are_named),
    cmocka_unit_test(test_downstream_jobs_are_those_that_wait),
    cmocka_unit_test(test_depends_are_found_by_what_the_definition_names),
    cmocka_unit_test(test_depends_stop_when_the_caller_says_so),
    cmocka_unit_test(test_references_go_with_their_blob),
};
CONFORMANCE_MAIN(tests)
