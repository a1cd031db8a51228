/* Staged definitions, and the transaction of a write that looks before it saves. */
#include "store/tasks.h"
#include "store/txn.h"
#include "unit/store/conformance.h"

/* Objects whose definitions are staged, and the write that saves them all. */
struct batch {
    struct write write; /* first, for the way back */
    struct saving saving[4];
    int64_t blob[4], task;
    size_t n;
};

/* Stages the content of object `i`, which is to be `what`. */
static void stage_one(struct world *w, struct batch *b, size_t i, struct what what)
{
    struct stage stage;

    saving_init(&b->saving[i], &what);
    b->saving[i].save.submit = true;
    b->saving[i].save.user = STR("importer");
    stage_init(&stage);
    stage.blobs = &b->saving[i].blob;
    stage.ids = &b->blob[i];
    stage.n = 1;
    assert_int_equal(store_write(w->store, &stage.write), 0);
}

static void begin_batch(struct world *w, struct batch *b)
{
    struct task_new new;

    *b = (struct batch){ .task = 0 };
    task_new_init(&new);
    new.project = STR("p");
    new.uid = STR("00000000000000000000000000000001");
    new.path = STR("obs://b/k");
    new.kind = TASK_IMPORT_JOBS;
    assert_int_equal(store_write(w->store, &new.write), 0);
    b->task = new.id;
}

/* Saves over whatever is held. */
static int save_batch(struct db *db, struct write *write, struct err *err)
{
    struct batch *b = (struct batch *)write;
    struct task_end end = { .id = b->task, .report = STR("{}") };
    struct object held;
    struct txn *t;
    int rc = txn_open(&t, db, STR("p"), STR(""), err);

    for (size_t i = 0; !rc && i < b->n; i++) {
        struct save *s = &b->saving[i].save;

        rc = txn_held(t, s->kind, s->facts->scope, s->facts->name, &held, err);
        if (!rc)
            rc = txn_save(t, s, &held, b->blob[i], err);
    }
    rc = txn_close(t, rc, err);
    return rc ? rc : task_end_write(db, &end, err);
}

static int run_batch(struct world *w, struct batch *b, size_t n)
{
    int rc;

    b->write = (struct write){ .run = save_batch };
    b->n = n;
    store_write(w->store, &b->write);
    rc = outcome(w, &b->write);
    for (size_t i = 0; i < COUNT_OF(b->saving); i++)
        saving_release(&b->saving[i]);
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
    struct batch b;

    begin_batch(w, &b);
    stage_one(w, &b, 0, (struct what){ .name = "a" });
    stage_one(w, &b, 1, (struct what){ .name = "b" });
    assert_int_equal(FIND(w, .name = "a").id, 0);
    assert_int_equal(sweep(w, -60000), 0); /* it is of now */
    assert_ok(run_batch(w, &b, 1), &w->err);
    assert_str(FIND(w, .name = "a").create_user, "importer");
    assert_int_equal(sweep(w, LATER), 0);
    unstage(w);
    assert_int_equal(sweep(w, LATER), 1); /* b, which no object came to name */
    assert_true(blob_is_held(w, FIND(w, .name = "a").blob));
}

static void test_several_saves_are_all_or_nothing(void **state)
{
    struct world *w = *state;
    struct batch b;

    begin_batch(w, &b);
    stage_one(w, &b, 0, (struct what){ .name = "a" });
    stage_one(w, &b, 1, (struct what){ .name = "b", .quota = 1 });
    stage_one(w, &b, 2, (struct what){ .name = "c" });
    assert_int_equal(run_batch(w, &b, 3), E_LIMIT);
    assert_int_equal(FIND(w, .name = "a").id, 0);
    assert_int_equal(workspace(w, "p", "").jobs, 0);
}

static void test_what_is_held_then_is_replaced(void **state)
{
    struct world *w = *state;
    struct batch b;
    struct object old;

    assert_ok(SAVE(w, .name = "a", .content = "old"), &w->err);
    old = FIND(w, .name = "a");
    begin_batch(w, &b);
    stage_one(w, &b, 0, (struct what){ .name = "a", .content = "new" });
    stage_one(w, &b, 1, (struct what){ .name = "c" });
    assert_ok(SAVE(w, .name = "a", .content = "newer", .old = &old), &w->err);
    assert_ok(run_batch(w, &b, 2), &w->err);
    assert_int_equal(FIND(w, .name = "a").id, old.id);
    assert_int_equal(FIND(w, .name = "a").blob, b.blob[0]);
    assert_int_equal(FIND(w, .name = "c").version, 1);
    assert_int_equal(workspace(w, "p", "").jobs, 2);
}

/* What the sweep took meanwhile cannot be named any more, and nothing else is. */
static void test_a_blob_that_is_gone(void **state)
{
    struct world *w = *state;
    struct batch b;

    begin_batch(w, &b);
    stage_one(w, &b, 0, (struct what){ .name = "a" });
    stage_one(w, &b, 1, (struct what){ .name = "b" });
    b.blob[1] += 1000;
    assert_int_equal(run_batch(w, &b, 2), E_IO);
    assert_int_equal(FIND(w, .name = "a").id, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_is_staged_is_seen_by_nobody),
    cmocka_unit_test(test_several_saves_are_all_or_nothing),
    cmocka_unit_test(test_what_is_held_then_is_replaced),
    cmocka_unit_test(test_a_blob_that_is_gone),
};
CONFORMANCE_MAIN(tests)
