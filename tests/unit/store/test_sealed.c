/* Secrets: sealed with the catalogue's key, moved, dropped, sealed with another key. */
#include "base/limits.h"
#include "store/account_writes.h"
#include "store/keys.h"
#include "unit/store/conformance.h"

#define STR_INIT(text)                                                                   \
    {                                                                                    \
        text, sizeof(text) - 1                                                           \
    } /* of a static table */

static void assert_opens(struct world *w, const struct object *o, const char *path,
                         const char *plain)
{
    struct buf context = BUF_INIT(KIB), sealed = BUF_INIT(KIB), opened = BUF_INIT(KIB);

    w->engine->read_sealed(w->folder, path, &sealed);
    buf_addf(&context, "%.*s\n%s", STR_ARG(o->uid), path);
    assert_true(
        seal_open(store_key(w->store), buf_str(&context), buf_str(&sealed), &opened));
    assert_str(buf_str(&opened), plain);
    buf_release(&context);
    buf_release(&sealed);
    buf_release(&opened);
}

static int save_secrets(struct world *w, const struct object *old,
                        const struct secret *secrets, size_t n, bool drop_others)
{
    struct what what = { .name = "a", .old = old };
    struct saving s;
    int rc;

    saving_init(&s, &what);
    s.save.secrets = secrets;
    s.save.n_secrets = n;
    s.save.drop_others = drop_others;
    store_write(w->store, &s.save.write);
    rc = outcome(w, &s.save.write);
    buf_release(&s.save.lost);
    saving_release(&s);
    return rc;
}

static void test_secrets_are_kept_and_dropped(void **state)
{
    static const struct secret two[] = { { STR_INIT("x"), STR_INIT("1") },
                                         { STR_INIT("b"), STR_INIT("2") } };
    static const struct secret kept[] = { { STR_INIT("b"), { NULL, 0 } },
                                          { STR_INIT("c"), STR_INIT("3") } };
    static const struct secret none[] = { { STR_INIT("y"), { NULL, 0 } } };
    struct world *w = *state;
    struct object a;

    assert_ok(save_secrets(w, NULL, two, 2, false), &w->err);
    a = FIND(w, .name = "a");
    assert_str(a.secret_paths, "b\nx");
    assert_ok(save_secrets(w, &a, none, 1, false), &w->err);
    a = FIND(w, .name = "a");
    assert_str(a.secret_paths, "b\nx");
    assert_ok(save_secrets(w, &a, kept, 2, true), &w->err);
    a = FIND(w, .name = "a");
    assert_str(a.secret_paths, "b\nc");
    assert_ok(save_secrets(w, &a, NULL, 0, true), &w->err);
    a = FIND(w, .name = "a");
    assert_str(a.secret_paths, "");
}

static void test_a_secret_moves_to_another_path(void **state)
{
    static const struct secret one[] = { { STR_INIT("from"), STR_INIT("S3cr3t") } };
    static const struct secret other[] = { { STR_INIT("to"), { NULL, 0 } } };
    static struct secret_move move[] = { { STR_INIT("gone"), STR_INIT("x") },
                                         { STR_INIT("from"), STR_INIT("to") } };
    struct world *w = *state;
    struct what what = { .name = "a" };
    struct saving s;
    struct object a;

    assert_ok(save_secrets(w, NULL, one, 1, false), &w->err);
    a = FIND(w, .name = "a");
    what.old = &a;
    saving_init(&s, &what);
    s.save.secrets = other;
    s.save.n_secrets = 1;
    s.save.drop_others = true;
    s.save.moves = (struct secret_moves){ move, 2 };
    store_write(w->store, &s.save.write);
    assert_ok(outcome(w, &s.save.write), &w->err);
    assert_int_equal(s.save.lost.len, 0);
    buf_release(&s.save.lost);
    saving_release(&s);
    a = FIND(w, .name = "a");
    assert_str(a.secret_paths, "to");
    assert_opens(w, &a, "to", "S3cr3t");
}

static void test_what_is_dropped_is_told_in_order(void **state)
{
    static const struct secret three[] = { { STR_INIT("x"), STR_INIT("1") },
                                           { STR_INIT("b"), STR_INIT("2") },
                                           { STR_INIT("a"), STR_INIT("3") } };
    struct world *w = *state;
    struct what what = { .name = "a" };
    struct saving s;
    struct object a;

    assert_ok(save_secrets(w, NULL, three, 3, false), &w->err);
    a = FIND(w, .name = "a");
    what.old = &a;
    saving_init(&s, &what);
    s.save.secrets = three;
    s.save.n_secrets = 1;
    s.save.drop_others = true;
    store_write(w->store, &s.save.write);
    assert_ok(outcome(w, &s.save.write), &w->err);
    assert_str(buf_str(&s.save.lost), "a\nb");
    buf_release(&s.save.lost);
    saving_release(&s);
}

static int add_user(struct store *store)
{
    struct user_new user;

    user_new_init(&user);
    user.domain_id = user.domain = STR("d");
    user.id = user.name = STR("u");
    user.password = STR("-");
    return store_write(store, &user.write);
}

/* Fails with E_BUSY when the key of a sealed access key is not the catalogue's. */
static int hold_key(struct store *store)
{
    struct access_key_add add;
    int rc;

    access_key_add_init(&add);
    add.rehearsal = true;
    add.id = STR("k");
    add.account = STR("u");
    add.key_id = str_of(store_key(store)->id);
    add.sealed = STR("-");
    rc = store_write(store, &add.write);
    err_clear(&add.write.err);
    return rc;
}

static void test_nothing_is_sealed_with_a_key_that_was_replaced(void **state)
{
    static const struct secret one[] = { { STR_INIT("x"), STR_INIT("1") } };
    struct world *w = *state, late = *w;
    struct seal_key next;
    struct rekey r;

    assert_ok(w->engine->open(&late.store, w->folder, false, &w->err), &w->err);
    assert_ok(new_workspace(w, "p", "one"), &w->err); /* with a user no save begins p */
    assert_int_equal(add_user(w->store), 0);
    assert_int_equal(hold_key(late.store), 0);
    seal_key_new(&next);
    rekey_init(&r);
    r.key = &next;
    assert_int_equal(store_write(w->store, &r.write), 0);
    assert_int_equal(save_secrets(&late, NULL, one, 1, false), E_BUSY);
    assert_int_equal(FIND(w, .name = "a").id, 0);
    assert_int_equal(hold_key(late.store), E_BUSY);
    rekey_init(&r);
    r.key = &next;
    assert_int_equal(store_write(late.store, &r.write), E_BUSY);
    err_clear(&r.write.err);
    err_clear(&late.err);
    store_close(late.store);
}

static void test_all_secrets_get_another_key(void **state)
{
    static const struct secret one[] = { { STR_INIT("x"), STR_INIT("1") } };
    struct world *w = *state;
    struct seal_key key;
    struct rekey r;

    assert_ok(save_secrets(w, NULL, one, 1, false), &w->err);
    seal_key_new(&key);
    rekey_init(&r);
    r.key = &key;
    store_write(w->store, &r.write);
    assert_ok(outcome(w, &r.write), &w->err);
    assert_int_equal(r.secrets, 1);
    store_close(w->store);
    w->store = NULL;
    assert_fails(w->engine->open(&w->store, w->folder, true, &w->err), E_DENIED, &w->err);
    err_clear(&w->err);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_secrets_are_kept_and_dropped),
    cmocka_unit_test(test_all_secrets_get_another_key),
    cmocka_unit_test(test_a_secret_moves_to_another_path),
    cmocka_unit_test(test_what_is_dropped_is_told_in_order),
    cmocka_unit_test(test_nothing_is_sealed_with_a_key_that_was_replaced),
};
CONFORMANCE_MAIN(tests)
