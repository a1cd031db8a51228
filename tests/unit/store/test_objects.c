/* Creating, updating and deleting objects, and what is counted of them. */
#include "base/clock.h"
#include "store/reason.h"
#include "unit/store/conformance.h"

static void test_what_was_created_is_read(void **state)
{
    static const char text[] = "a definition a definition a definition a definition";
    struct world *w = *state;
    int64_t before = clock_ms();
    struct saving s;
    struct object o;

    saving_init(&s, &(struct what){ .name = "作业", .content = text, .user = "ann" });
    s.facts.directory = STR("/etl/");
    s.facts.process_type = STR("REAL_TIME");
    s.facts.owner = STR("bob");
    s.facts.priority = 2;
    s.facts.end_time = 1709251200000;
    s.facts.single_node = true;
    assert_int_equal(store_write(w->store, &s.save.write), 0);
    o = FIND(w, .name = "作业");
    assert_true(o.id > 0);
    assert_str(o.uid, s.save.uid);
    assert_int_equal(o.uid.n, 36);
    assert_str(o.facts.name, "作业");
    assert_str(o.facts.scope, "");
    assert_str(o.facts.directory, "/etl/");
    assert_str(o.facts.location, "");
    assert_str(o.facts.process_type, "REAL_TIME");
    assert_str(o.facts.owner, "bob");
    assert_int_equal(o.facts.priority, 2);
    assert_int_equal(o.facts.end_time, 1709251200000);
    assert_true(o.facts.single_node);
    assert_true(o.create_time >= before && o.create_time <= clock_ms());
    assert_int_equal(o.update_time, o.create_time);
    assert_str(o.create_user, "ann");
    assert_str(o.update_user, "ann");
    assert_int_equal(o.raw_size, strlen(text));
    assert_int_equal(o.stored_size, s.blob.stored.len);
    assert_int_equal(o.crc32, s.blob.crc32);
    assert_memory_equal(o.stored_sha256, s.blob.stored_sha256, SHA256_BYTES);
    assert_content(w, &o, text);
    saving_release(&s);
}

static void test_what_is_not_held_has_no_id(void **state)
{
    struct world *w = *state;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_int_equal(FIND(w, .name = "b").id, 0);
    assert_int_equal(FIND(w, .name = "A").id, 0);
    assert_int_equal(FIND(w, .name = "").id, 0);
    assert_int_equal(FIND(w, .kind = KIND_SCRIPT).id, 0);
    assert_int_equal(FIND(w, .kind = KIND_RESOURCE).id, 0);
    assert_int_equal(FIND(w, .project = "q").id, 0);
}

static void test_names_are_unique_for_a_kind_in_a_workspace(void **state)
{
    struct world *w = *state;
    int64_t before;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    before = revision(w);
    assert_fails(SAVE(w, .name = "a", .content = "other"), E_EXISTS, &w->err);
    assert_int_equal(w->err.reason, STORE_UNSAID);
    assert_int_equal(revision(w), before);
    assert_counts(w, "", 1, 0, 0, 0);
    assert_int_equal(sweep(w, LATER), 0); /* nor a blob was left */
    assert_ok(SAVE(w, .name = "A"), &w->err);
    assert_ok(SAVE(w, .name = "a", .kind = KIND_SCRIPT), &w->err);
    assert_fails(SAVE(w, .name = "a", .kind = KIND_SCRIPT), E_EXISTS, &w->err);
    assert_ok(SAVE(w, .name = "a", .kind = KIND_RESOURCE, .scope = "/"), &w->err);
    assert_ok(SAVE(w, .name = "a", .kind = KIND_RESOURCE, .scope = "/d"), &w->err);
    assert_fails(SAVE(w, .name = "a", .kind = KIND_RESOURCE, .scope = "/d"), E_EXISTS,
                 &w->err);
    assert_ok(SAVE(w, .name = "a", .project = "q"), &w->err);
    assert_ok(new_workspace(w, "p", "one"), &w->err);
    assert_ok(SAVE(w, .name = "a", .workspace = w->workspace), &w->err);
    assert_counts(w, "", 2, 0, 1, 2);
    assert_counts(w, w->workspace, 1, 0, 0, 0);
}

static void test_the_quota_is_exact(void **state)
{
    struct world *w = *state;
    int64_t before;

    assert_ok(SAVE(w, .name = "a", .quota = 2), &w->err);
    assert_ok(SAVE(w, .name = "b", .quota = 2, .process_type = "REAL_TIME"), &w->err);
    before = revision(w);
    assert_fails(SAVE(w, .name = "c", .quota = 2), E_LIMIT, &w->err);
    assert_int_equal(w->err.reason, STORE_UNSAID);
    assert_int_equal(revision(w), before);
    assert_int_equal(FIND(w, .name = "c").id, 0);
    assert_ok(SAVE(w, .name = "a", .kind = KIND_SCRIPT, .quota = 1), &w->err);
    assert_fails(SAVE(w, .name = "b", .kind = KIND_SCRIPT, .quota = 1), E_LIMIT, &w->err);
    assert_ok(SAVE(w, .name = "c"), &w->err); /* 0: any number */
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_ok(REMOVE(w, .name = "b"), &w->err);
    assert_ok(SAVE(w, .name = "d", .quota = 2), &w->err);
    assert_ok(SAVE(w, .project = "q", .name = "a", .quota = 1),
              &w->err); /* a workspace's */
}

static void test_an_update_is_no_matter_of_the_quota(void **state)
{
    struct world *w = *state;
    struct object old;

    assert_ok(SAVE(w, .name = "a", .quota = 1), &w->err);
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .old = &old, .content = "new", .quota = 1), &w->err);
}

static void test_an_update_replaces_the_definition(void **state)
{
    struct world *w = *state;
    struct object old, now;

    assert_ok(SAVE(w, .name = "a", .content = "old", .user = "ann"), &w->err);
    old = FIND(w, .name = "a");
    next_ms();
    assert_ok(SAVE(w, .name = "a", .content = "new", .user = "bob", .old = &old),
              &w->err);
    now = FIND(w, .name = "a");
    assert_int_equal(now.id, old.id);
    assert_bytes(now.uid, old.uid);
    assert_int_equal(now.create_time, old.create_time);
    assert_str(now.create_user, "ann");
    assert_true(now.update_time > old.update_time);
    assert_str(now.update_user, "bob");
    assert_int_not_equal(now.blob, old.blob);
    assert_content(w, &now, "new");
    assert_true(blob_is_held(w, old.blob)); /* for exports that still run */
    assert_counts(w, "", 1, 0, 0, 0);
}

static void test_saving_the_same_moves_only_time_and_user(void **state)
{
    struct world *w = *state;
    struct object old, now;
    int64_t before;

    assert_ok(SAVE(w, .name = "a", .user = "ann"), &w->err);
    old = FIND(w, .name = "a");
    before = revision(w);
    next_ms();
    assert_ok(SAVE(w, .name = "a", .user = "bob", .old = &old), &w->err);
    now = FIND(w, .name = "a");
    assert_int_equal(now.blob, old.blob);
    assert_true(now.update_time > old.update_time);
    assert_str(now.update_user, "bob");
    assert_str(now.create_user, "ann");
    assert_int_equal(revision(w), before);
    assert_counts(w, "", 1, 0, 0, 0);
    assert_int_equal(sweep(w, LATER), 0);
}

static void test_a_resource_is_named_by_its_uid_and_can_be_renamed(void **state)
{
    struct world *w = *state;
    struct object old, now;
    char a[ID_UUID_BYTES];
    int64_t before;

    assert_ok(SAVE(w, .kind = KIND_RESOURCE, .name = "b", .scope = "/"), &w->err);
    assert_ok(SAVE(w, .kind = KIND_RESOURCE, .name = "a", .scope = "/",
                   .location = "obs://b/k"),
              &w->err);
    memcpy(a, w->uid, sizeof(a));
    old = FIND(w, .kind = KIND_RESOURCE, .name = a);
    assert_str(old.facts.name, "a");
    assert_str(old.facts.scope, "/");
    assert_str(old.facts.location, "obs://b/k");
    assert_int_equal(FIND(w, .kind = KIND_RESOURCE, .name = "a").id, 0);
    assert_int_equal(FIND(w, .kind = KIND_SCRIPT, .name = a).id, 0);
    assert_fails(SAVE(w, .kind = KIND_RESOURCE, .name = "b", .scope = "/", .old = &old),
                 E_EXISTS, &w->err);
    before = revision(w);
    assert_ok(SAVE(w, .kind = KIND_RESOURCE, .name = "c", .scope = "/", .old = &old),
              &w->err);
    now = FIND(w, .kind = KIND_RESOURCE, .name = a);
    assert_str(now.facts.name, "c");
    assert_int_equal(now.id, old.id);
    assert_int_not_equal(revision(w), before);
    assert_counts(w, "", 0, 0, 0, 2);
}

static void test_what_is_deleted_is_gone(void **state)
{
    struct world *w = *state;
    char uid[ID_UUID_BYTES];

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_ok(SAVE(w, .name = "a", .kind = KIND_SCRIPT), &w->err);
    assert_ok(SAVE(w, .name = "a", .kind = KIND_RESOURCE, .scope = "/"), &w->err);
    memcpy(uid, w->uid, sizeof(uid));
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_int_equal(FIND(w, .name = "a").id, 0);
    assert_counts(w, "", 0, 0, 1, 1);
    assert_fails(REMOVE(w, .name = "a"), E_NOTFOUND, &w->err);
    assert_int_equal(w->err.reason, STORE_UNSAID);
    assert_fails(REMOVE(w, .name = uid, .kind = KIND_SCRIPT), E_NOTFOUND, &w->err);
    assert_fails(REMOVE(w, .name = "a", .kind = KIND_RESOURCE), E_NOTFOUND, &w->err);
    assert_fails(REMOVE(w, .name = uid, .kind = KIND_RESOURCE, .project = "q"),
                 E_NOTFOUND, &w->err);
    assert_ok(REMOVE(w, .name = uid, .kind = KIND_RESOURCE), &w->err);
    assert_ok(REMOVE(w, .name = "a", .kind = KIND_SCRIPT), &w->err);
    assert_counts(w, "", 0, 0, 0, 0);
}

static void test_ids_are_never_used_again(void **state)
{
    struct world *w = *state;
    struct object first, second;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    first = FIND(w, .name = "a");
    assert_ok(REMOVE(w, .name = "a"), &w->err);
    assert_int_equal(sweep(w, LATER), 1);
    assert_ok(SAVE(w, .name = "b"), &w->err);
    second = FIND(w, .name = "b");
    assert_true(second.id > first.id);
    assert_true(second.blob > first.blob);
    reopen(w);
    assert_ok(REMOVE(w, .name = "b"), &w->err);
    sweep(w, LATER);
    reopen(w);
    assert_ok(SAVE(w, .name = "c"), &w->err);
    assert_true(FIND(w, .name = "c").id > second.id);
    assert_true(FIND(w, .name = "c").blob > second.blob);
}

static void test_counters_follow_kinds_and_process_types(void **state)
{
    struct world *w = *state;
    struct object old;

    assert_ok(SAVE(w, .name = "b"), &w->err);
    assert_ok(SAVE(w, .name = "r", .process_type = "REAL_TIME"), &w->err);
    assert_counts(w, "", 2, 1, 0, 0);
    old = FIND(w, .name = "b");
    assert_ok(
        SAVE(w, .name = "b", .process_type = "REAL_TIME", .content = "2", .old = &old),
        &w->err);
    assert_counts(w, "", 2, 2, 0, 0);
    old = FIND(w, .name = "r");
    assert_ok(SAVE(w, .name = "r", .content = "3", .old = &old), &w->err);
    assert_counts(w, "", 2, 1, 0, 0);
    assert_ok(SAVE(w, .kind = KIND_SCRIPT), &w->err);
    assert_ok(SAVE(w, .kind = KIND_RESOURCE), &w->err);
    assert_ok(REMOVE(w, .name = "b"), &w->err);
    assert_counts(w, "", 1, 0, 1, 1);
}

static void test_revision_is_another_after_each_change(void **state)
{
    struct world *w = *state;
    int64_t seen[6];
    struct object old;
    int n = 0;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    seen[n++] = revision(w);
    assert_ok(SAVE(w, .name = "b"), &w->err);
    seen[n++] = revision(w);
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "new", .old = &old), &w->err);
    seen[n++] = revision(w);
    old = FIND(w, .name = "a");
    assert_ok(SAVE(w, .name = "a", .content = "a", .old = &old), &w->err); /* and back */
    seen[n++] = revision(w);
    assert_ok(REMOVE(w, .name = "b"), &w->err);
    seen[n++] = revision(w);
    assert_ok(SAVE(w, .kind = KIND_SCRIPT), &w->err);
    seen[n++] = revision(w);
    for (int i = 0; i < n; i++)
        for (int k = 0; k < i; k++)
            assert_int_not_equal(seen[i], seen[k]);
    assert_fails(REMOVE(w, .name = "b"), E_NOTFOUND, &w->err);
    assert_ok(SAVE(w, .name = "x", .project = "q"), &w->err); /* another workspace */
    assert_int_equal(revision(w), seen[n - 1]);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_was_created_is_read),
    cmocka_unit_test(test_what_is_not_held_has_no_id),
    cmocka_unit_test(test_names_are_unique_for_a_kind_in_a_workspace),
    cmocka_unit_test(test_the_quota_is_exact),
    cmocka_unit_test(test_an_update_is_no_matter_of_the_quota),
    cmocka_unit_test(test_an_update_replaces_the_definition),
    cmocka_unit_test(test_saving_the_same_moves_only_time_and_user),
    cmocka_unit_test(test_a_resource_is_named_by_its_uid_and_can_be_renamed),
    cmocka_unit_test(test_what_is_deleted_is_gone),
    cmocka_unit_test(test_ids_are_never_used_again),
    cmocka_unit_test(test_counters_follow_kinds_and_process_types),
    cmocka_unit_test(test_revision_is_another_after_each_change),
};
CONFORMANCE_MAIN(tests)
