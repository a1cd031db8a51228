/* Staged definitions, and the transaction of an import. */
#include "store/imports.h"
#include "store/tasks.h"
#include "unit/store/conformance.h"

/* The objects of an import, and all that they point to. */
struct importing {
    struct import_all all;
    struct saving saving[4];
    struct import_one one[4];
    struct import_one *items[4];
    int64_t task;
};

/* Stages the content of object `i`, which is to be `what`. */
static void stage_one(struct world *w, struct importing *im, size_t i, struct what what)
{
    struct import_one *one = &im->one[i];
    struct stage stage;

    saving_init(&im->saving[i], &what);
    one->save = im->saving[i].save;
    one->facts = im->saving[i].facts;
    one->save.facts = &one->facts;
    one->save.submit = true;
    im->items[i] = one;
    stage_init(&stage);
    stage.blobs = &im->saving[i].blob;
    stage.ids = &one->blob;
    stage.n = 1;
    assert_int_equal(store_write(w->store, &stage.write), 0);
}

static int end_well(struct import_all *a, struct err *err)
{
    (void)err;
    a->end.report = STR("{}");
    return 0;
}

static void begin_import(struct world *w, struct importing *im)
{
    struct task_new new;

    *im = (struct importing){ .task = 0 };
    task_new_init(&new);
    new.project = STR("p");
    new.path = STR("obs://b/k");
    new.kind = TASK_IMPORT_JOBS;
    assert_int_equal(store_write(w->store, &new.write), 0);
    im->task = new.id;
}

static int run_import(struct world *w, struct importing *im, size_t n, bool carry_on)
{
    struct import_all *a = &im->all;
    int rc;

    import_all_init(a);
    a->project = STR("p");
    a->workspace = STR("");
    a->user = STR("importer");
    a->items = im->items;
    a->n = n;
    a->overwrite = true;
    a->carry_on = carry_on;
    a->finish = end_well;
    a->end.id = im->task;
    store_write(w->store, &a->write);
    rc = outcome(w, &a->write);
    for (size_t i = 0; i < n; i++) {
        saving_release(&im->saving[i]);
        err_clear(&im->one[i].save.write.err);
    }
    return rc;
}

static void unstage(struct world *w)
{
    struct unstage u;

    do {
        unstage_init(&u);
        assert_int_equal(store_write(w->store, &u.write), 0);
    } while (u.more);
}

static void test_what_is_staged_is_seen_by_nobody(void **state)
{
    struct world *w = *state;
    struct importing im;

    begin_import(w, &im);
    stage_one(w, &im, 0, (struct what){ .name = "a" });
    stage_one(w, &im, 1, (struct what){ .name = "b" });
    assert_int_equal(FIND(w, .name = "a").id, 0);
    assert_int_equal(sweep(w, -60000), 0); /* it is of now */
    assert_ok(run_import(w, &im, 1, false), &w->err);
    assert_int_equal(im.one[0].action, IMPORT_CREATE);
    assert_str(FIND(w, .name = "a").create_user, "importer");
    assert_int_equal(sweep(w, LATER), 0);
    unstage(w);
    assert_int_equal(sweep(w, LATER), 1); /* b, which no import came to name */
    assert_true(blob_is_held(w, FIND(w, .name = "a").blob));
    buf_release(&im.saving[1].blob.stored);
}

static void test_an_import_is_all_or_nothing(void **state)
{
    struct world *w = *state;
    struct importing im;

    begin_import(w, &im);
    stage_one(w, &im, 0, (struct what){ .name = "a" });
    stage_one(w, &im, 1, (struct what){ .name = "b", .quota = 1 });
    stage_one(w, &im, 2, (struct what){ .name = "c", .quota = 1 });
    assert_int_equal(run_import(w, &im, 3, false), E_INVALID);
    assert_int_equal(FIND(w, .name = "a").id, 0);
    assert_int_equal(im.one[0].save.write.rc, 0);
    assert_int_equal(im.one[1].save.write.rc, E_LIMIT);
    assert_int_equal(im.one[2].save.write.rc, E_LIMIT); /* each is told */
}

static void test_an_import_of_what_is_sound(void **state)
{
    struct world *w = *state;
    struct importing im;

    begin_import(w, &im);
    stage_one(w, &im, 0, (struct what){ .name = "a" });
    stage_one(w, &im, 1, (struct what){ .name = "b", .quota = 1 });
    stage_one(w, &im, 2, (struct what){ .name = "c" });
    assert_ok(run_import(w, &im, 3, true), &w->err);
    assert_int_equal(im.one[1].action, IMPORT_ERROR);
    assert_int_equal(FIND(w, .name = "b").id, 0);
    assert_int_equal(workspace(w, "p", "").jobs, 2);
    assert_int_equal(FIND(w, .name = "c").version, 1);
}

static void test_an_import_replaces_what_is_held_then(void **state)
{
    struct world *w = *state;
    struct importing im;
    struct object old;

    assert_ok(SAVE(w, .name = "same"), &w->err);
    assert_ok(SAVE(w, .name = "a", .content = "old"), &w->err);
    old = FIND(w, .name = "a");
    begin_import(w, &im);
    stage_one(w, &im, 0, (struct what){ .name = "a", .content = "new" });
    stage_one(w, &im, 1, (struct what){ .name = "same" });
    assert_ok(SAVE(w, .name = "a", .content = "newer", .old = &old), &w->err);
    assert_ok(run_import(w, &im, 2, false), &w->err);
    assert_int_equal(im.one[0].action, IMPORT_OVERWRITE);
    assert_int_equal(im.one[1].action, IMPORT_SAME);
    assert_int_equal(FIND(w, .name = "a").id, old.id);
    assert_int_equal(FIND(w, .name = "a").blob, im.one[0].blob);
    assert_int_equal(workspace(w, "p", "").jobs, 2);
}

/* What the sweep took meanwhile cannot be named any more, and nothing else is. */
static void test_an_import_whose_blob_is_gone(void **state)
{
    struct world *w = *state;
    struct importing im;

    begin_import(w, &im);
    stage_one(w, &im, 0, (struct what){ .name = "a" });
    stage_one(w, &im, 1, (struct what){ .name = "b" });
    im.one[1].blob += 1000;
    assert_int_equal(run_import(w, &im, 2, true), E_IO);
    assert_int_equal(FIND(w, .name = "a").id, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_is_staged_is_seen_by_nobody),
    cmocka_unit_test(test_an_import_is_all_or_nothing),
    cmocka_unit_test(test_an_import_of_what_is_sound),
    cmocka_unit_test(test_an_import_replaces_what_is_held_then),
    cmocka_unit_test(test_an_import_whose_blob_is_gone),
};
CONFORMANCE_MAIN(tests)
