/*
 * What sign-in is made of: passwords, random texts, and who is counted as whom when
 * sign-ins fail.  The clocks are the test's own: the linker gives
 * the function below instead of the C library's.
 */
#include <pthread.h>
#include <stdatomic.h>
#include <time.h>
#include <unistd.h>

#include "auth/auth.h"
#include "auth/credentials.h"
#include "auth/password.h"
#include "base/id.h"
#include "base/limits.h"
#include "store/keys.h"
#include "unit/world.h"

static atomic_int wall_s, steady_s; /* how far the clocks were moved */
static atomic_bool frozen;          /* the steady one moves by steady_s alone */

int __real_clock_gettime(clockid_t id, struct timespec *t);
int __wrap_clock_gettime(clockid_t id, struct timespec *t);

int __wrap_clock_gettime(clockid_t id, struct timespec *t)
{
    int rc = __real_clock_gettime(id, t);

    if (id == CLOCK_MONOTONIC && frozen)
        *t = (struct timespec){ .tv_sec = 1000000 };
    t->tv_sec += id == CLOCK_MONOTONIC ? steady_s : wall_s;
    return rc;
}

/* ---- passwords ---- */

static void test_which_passwords_may_be_set(void **state)
{
    static const struct {
        const char *text;
        bool ok;
    } rows[] = {
        { "", false },
        { "1234567", false },
        { "12345678", true },
        { "pass\tword", false },
        { "pass\x7fword", false },
        { "密码密", true },
        { "with blanks ", true },
    };
    char longest[PASSWORD_MAX_BYTES + 2];

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        t_row("%s", rows[i].text);
        assert_int_equal(password_ok(str_of(rows[i].text)), rows[i].ok);
    }
    t_rows_end();
    memset(longest, 'x', sizeof(longest));
    assert_true(password_ok((struct str){ longest, PASSWORD_MAX_BYTES }));
    assert_false(password_ok((struct str){ longest, PASSWORD_MAX_BYTES + 1 }));
    assert_false(password_ok((struct str){ "12345678\0", 9 }));
}

static bool matches(struct str password, struct str hash)
{
    struct err err = ERR_INIT;
    bool is;

    assert_ok(password_check(password, hash, &is, &err), &err);
    return is;
}

static void test_a_hash_is_its_passwords_alone(void **state)
{
    struct buf one = BUF_INIT(KIB), two = BUF_INIT(KIB);
    char longest[PASSWORD_MAX_BYTES + 1];
    struct err err = ERR_INIT;

    (void)state;
    memset(longest, 'x', sizeof(longest));
    assert_ok(password_hash(STR("hunter22"), &one, &err), &err);
    assert_ok(password_hash(STR("hunter22"), &two, &err), &err);
    assert_true(str_starts(buf_str(&one), "$y$"));
    assert_false(str_eq(buf_str(&one), buf_str(&two))); /* salted */
    assert_true(matches(STR("hunter22"), buf_str(&one)));
    assert_true(matches(STR("hunter22"), buf_str(&two)));
    assert_false(matches(STR("hunter2"), buf_str(&one)));
    assert_false(matches(STR("hunter222"), buf_str(&one)));
    assert_false(matches(STR(""), buf_str(&one)));
    assert_false(matches(STR("hunter22"), STR("")));
    assert_false(matches(STR("hunter22"), STR("no hash")));
    assert_false(matches(STR("hunter22"), STR("hunter22")));
    buf_clear(&one);
    assert_ok(password_hash((struct str){ longest, PASSWORD_MAX_BYTES }, &one, &err),
              &err);
    assert_true(matches((struct str){ longest, PASSWORD_MAX_BYTES }, buf_str(&one)));
    assert_false(matches((struct str){ longest, PASSWORD_MAX_BYTES + 1 }, buf_str(&one)));
    buf_release(&one);
    buf_release(&two);
}

/* ---- random texts ---- */

#define DIGITS "0123456789"
#define CAPITALS "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SMALL "abcdefghijklmnopqrstuvwxyz"

/* Each letter of the set is used, and no other. */
static void see(const char *text, size_t n, const char *set, bool seen[256])
{
    assert_int_equal(strlen(text), n);
    assert_int_equal(strspn(text, set), n);
    for (size_t i = 0; i < n; i++)
        seen[(unsigned char)text[i]] = true;
}

static void all_seen(const char *set, const bool seen[256])
{
    for (size_t i = 0; set[i]; i++)
        assert_true(seen[(unsigned char)set[i]]);
}

static void test_the_letters_of_random_texts(void **state)
{
    static const char *const sets[] = { SMALL CAPITALS DIGITS, CAPITALS DIGITS,
                                        SMALL CAPITALS DIGITS,
                                        SMALL CAPITALS DIGITS "-_" };
    bool seen[4][256] = { { false } };
    struct err err = ERR_INIT;
    struct seal_key key;

    (void)state;
    seal_key_new(&key);
    for (int i = 0; i < 200; i++) {
        char password[PASSWORD_TEXT_BYTES];
        struct access_key_add add;
        struct token_issue issue;
        struct buf secret = BUF_INIT(KIB);
        struct new_token token;
        struct new_key made;

        access_key_add_init(&add);
        token_issue_init(&issue);
        password_new(password);
        see(password, 24, sets[0], seen[0]);
        assert_ok(access_key_new(&made, &key, STR("account"), &add, &err), &err);
        see(made.id, 20, sets[1], seen[1]);
        see(made.secret, 40, sets[2], seen[2]);
        assert_true(
            access_key_open(&key, str_of(made.id), buf_str(&made.sealed), &secret));
        assert_str(buf_str(&secret), made.secret);
        assert_false(
            access_key_open(&key, STR("ANOTHER"), buf_str(&made.sealed), &secret));
        assert_false(
            access_key_open(NULL, str_of(made.id), buf_str(&made.sealed), &secret));
        token_new(&token, 1000, INT64_MAX, &issue);
        assert_true(str_starts(str_of(token.text), "dlft-"));
        see(token.text + 5, 43, sets[3], seen[3]);
        assert_int_equal(token.expires_ms - token.issued_ms, 1000);
        buf_wipe(&secret);
        buf_release(&made.sealed);
    }
    for (int i = 0; i < 4; i++)
        all_seen(sets[i], seen[i]);
}

static void test_what_has_the_form_of_a_token(void **state)
{
    uint8_t hash[SHA256_BYTES], same[SHA256_BYTES];
    struct token_issue issue;
    struct new_token token;
    char text[TOKEN_TEXT_BYTES + 1] = "";

    (void)state;
    token_issue_init(&issue);
    token_new(&token, 1000, INT64_MAX, &issue);
    assert_true(token_hash(str_of(token.text), hash));
    assert_memory_equal(hash, token.hash, SHA256_BYTES);
    sha256(str_of(token.text), same);
    assert_memory_equal(hash, same, SHA256_BYTES);
    memcpy(text, token.text, TOKEN_TEXT_BYTES);
    text[TOKEN_TEXT_BYTES - 1] = 'x';
    assert_false(token_hash(str_of(text), hash));
    text[TOKEN_TEXT_BYTES - 2] = '\0';
    assert_false(token_hash(str_of(text), hash));
    assert_false(token_hash(STR(""), hash));
    memcpy(text, token.text, TOKEN_TEXT_BYTES);
    text[0] = 'D';
    assert_false(token_hash(str_of(text), hash));
}

/* ---- who is counted as whom ---- */

struct sign_ins {
    struct world world;
    struct auth auth;
    char access_key[ACCESS_KEY_BYTES], secret_key[SECRET_KEY_BYTES];
};
#define ACCOUNT "0123456789abcdef0123456789abcdef"

/* The domain `d` with the account `u`, whose password is hunter22. */
static int add_account(struct sign_ins *w, struct err *err)
{
    struct buf hash = BUF_INIT(KIB);
    struct domain_begin begin;
    struct new_key key;
    int rc = password_hash(STR("hunter22"), &hash, err);

    domain_begin_init(&begin);
    begin.user.domain_id = STR("did");
    begin.user.domain = STR("d");
    begin.user.id = STR(ACCOUNT);
    begin.user.name = STR("u");
    begin.user.password = buf_str(&hash);
    begin.user.is_admin = true;
    if (!rc)
        rc = access_key_new(&key, store_key(w->auth.store), begin.user.id, &begin.key,
                            err);
    if (!rc)
        rc = store_write(w->auth.store, &begin.write);
    memcpy(w->access_key, key.id, ACCESS_KEY_BYTES);
    memcpy(w->secret_key, key.secret, SECRET_KEY_BYTES);
    buf_release(&key.sealed);
    buf_release(&hash);
    return rc;
}

static int set_up(void **state)
{
    static struct seal_key key;
    struct sign_ins *w = calloc(1, sizeof(*w));
    struct store_options options = { WORLD_OPTIONS, .keys = &key, .n_keys = 1 };
    struct err err = ERR_INIT;

    seal_key_new(&key);
    *state = w;
    if (world_open(&w->world, options))
        return -1;
    w->auth.rate_limit = 3;
    w->auth.store = w->world.store;
    return auth_open(&w->auth, &err) ? -1 : add_account(w, &err);
}

static int tear_down(void **state)
{
    struct sign_ins *w = *state;

    auth_close(&w->auth);
    world_close(&w->world);
    wall_s = steady_s = 0;
    frozen = false;
    free(w);
    return 0;
}

/* Tries to sign in; 0, or the error's code. */
static int try(struct sign_ins *w, struct login l)
{
    struct err err = ERR_INIT;
    int rc;

    if (!l.peer.p)
        l.peer = STR("192.0.2.1");
    rc = auth_login_begin(&w->auth, &l, &w->world.arena, &err);
    if (!rc) {
        auth_login_check(&w->auth, &l);
        rc = auth_login_end(&w->auth, &l, &err);
    }
    err_clear(&err);
    return rc;
}

static struct login by_name(const char *name, const char *password)
{
    return (struct login){ .who = { STR(""), str_of(name), STR(""), STR("d") },
                           .access_key = STR(""),
                           .secret = str_of(password) };
}

static struct login by_key(const char *key)
{
    return (struct login){ .access_key = str_of(key), .secret = STR("wrong") };
}

static int rate(struct sign_ins *w)
{
    struct principal p = { .account.id = STR(ACCOUNT) };
    struct err err = ERR_INIT;
    int rc = auth_rate(&w->auth, &p, &err);

    err_clear(&err);
    return rc;
}

static void test_windows_end_whatever_the_clock_is_set_to(void **state)
{
    struct sign_ins *w = *state;

    wall_s = 86400; /* a day ahead, by mistake */
    for (int i = 0; i < SIGN_IN_FAILURES; i++)
        assert_int_equal(try(w, by_name("u", "wrong")), E_DENIED);
    for (int i = 0; i < 3; i++)
        assert_int_equal(rate(w), 0);
    wall_s = 0;
    assert_int_equal(try(w, by_name("u", "hunter22")), E_LIMIT);
    assert_int_equal(rate(w), E_LIMIT);
    steady_s = 2;
    assert_int_equal(rate(w), 0);
    steady_s = 301;
    assert_int_equal(try(w, by_name("u", "hunter22")), 0);
}

/* What is sent as an access key is nobody else's counter. */
static void test_words_count_against_no_one_else(void **state)
{
    struct sign_ins *w = *state;
    static const char *const words[] = { ACCOUNT, ACCOUNT "\n192.0.2.1", "\n\n\n" };

    for (size_t i = 0; i < COUNT_OF(words); i++)
        for (int n = 0; n < SIGN_IN_FAILURES; n++)
            assert_int_equal(try(w, by_key(words[i])), E_DENIED);
    for (int i = 0; i < 100; i++) {
        struct login l = by_key(ACCOUNT);

        l.peer = (struct str){ (const char *)&i, sizeof(i) };
        try(w, l);
    }
    assert_int_equal(try(w, by_name("u", "hunter22")), 0);
    for (int n = 0; n < SIGN_IN_FAILURES; n++)
        assert_int_equal(try(w, by_key(w->access_key)), E_DENIED);
    assert_int_equal(try(w, by_key(w->access_key)), E_LIMIT);
    assert_int_equal(try(w, by_name("u", "hunter22")), 0);
}

static void test_what_was_not_looked_at_does_not_count(void **state)
{
    struct sign_ins *w = *state;
    struct err err = ERR_INIT;

    for (int i = 0; i < 2 * SIGN_IN_FAILURES_ANYWHERE; i++) {
        struct login l = by_name("u", "hunter22");

        l.peer = STR("192.0.2.1");
        assert_ok(auth_login_begin(&w->auth, &l, &w->world.arena, &err), &err);
        auth_login_cancel(&w->auth, &l);
    }
    assert_int_equal(try(w, by_name("u", "hunter22")), 0);
    for (int i = 0; i < SIGN_IN_FAILURES; i++)
        assert_int_equal(try(w, by_name("u", "wrong")), E_DENIED);
    assert_int_equal(try(w, by_name("u", "wrong")), E_LIMIT);
}

static struct login from(struct login l, const char *peer)
{
    l.peer = str_of(peer);
    return l;
}

static void test_one_address_does_not_fill_the_queue(void **state)
{
    struct sign_ins *w = *state;
    struct login logins[HASH_MAX_WAITING_OF_ONE];
    struct err err = ERR_INIT;
    char names[HASH_MAX_WAITING_OF_ONE][4];

    for (int i = 0; i < HASH_MAX_WAITING_OF_ONE; i++) {
        snprintf(names[i], sizeof(names[i]), "%d", i);
        logins[i] = from(by_name(names[i], "wrong"), "192.0.2.1");
        assert_ok(auth_login_begin(&w->auth, &logins[i], &w->world.arena, &err), &err);
    }
    for (int i = 0; i < SIGN_IN_FAILURES + 1; i++)
        assert_int_equal(try(w, by_name("u", "hunter22")), E_BUSY);
    assert_int_equal(try(w, from(by_name("u", "hunter22"), "192.0.2.2")), 0);
    auth_login_check(&w->auth, &logins[0]);
    assert_int_equal(try(w, by_name("u", "hunter22")), 0);
    auth_login_cancel(&w->auth, &logins[1]);
    assert_int_equal(try(w, by_name("u", "hunter22")), 0);
}

static void test_one_address_locks_no_other(void **state)
{
    struct sign_ins *w = *state;

    for (int i = 0; i < 2 * SIGN_IN_FAILURES_ANYWHERE; i++)
        try(w, by_name("u", "wrong"));
    assert_int_equal(try(w, by_name("u", "hunter22")), E_LIMIT);
    assert_int_equal(try(w, from(by_name("u", "hunter22"), "192.0.2.2")), 0);
}

static void test_a_known_address_is_not_locked_by_others(void **state)
{
    struct sign_ins *w = *state;

    assert_int_equal(try(w, from(by_name("u", "hunter22"), "192.0.2.2")), 0);
    for (int i = 0; i < 2 * SIGN_IN_FAILURES_ANYWHERE; i++)
        try(w, from(by_name("u", "wrong"), (char[]){ '0' + i % 40, '\0' }));
    assert_int_equal(try(w, from(by_name("u", "hunter22"), "192.0.2.1")), E_LIMIT);
    for (int i = 0; i < SIGN_IN_FAILURES; i++)
        assert_int_equal(try(w, from(by_name("u", "wrong"), "192.0.2.2")), E_DENIED);
    assert_int_equal(try(w, from(by_name("u", "hunter22"), "192.0.2.2")), E_LIMIT);
}

/* ---- floods ---- */

#define INVENTED 26000
#define HOME "192.0.2.1"

struct invented {
    char text[24], peer[24];
};

static struct invented invent(int i)
{
    struct invented one;

    snprintf(one.text, sizeof(one.text), "INVENTED%012d", i);
    snprintf(one.peer, sizeof(one.peer), "198.51.%d.%d", i / 250, i % 250);
    return one;
}

static int set_up_frozen(void **state)
{
    frozen = true;
    return set_up(state);
}

/* Lets a sign-in be looked at, except for the hash, which takes long. */
static int begin_only(struct sign_ins *w, struct login l)
{
    struct err err = ERR_INIT;
    int rc = auth_login_begin(&w->auth, &l, &w->world.arena, &err);

    err_clear(&err);
    return rc;
}

/* `n` of them, every other one an access key, the others names, each from an address of
 * its own, where it waits for ever. */
static void try_invented(struct sign_ins *w, int first, int n, int times)
{
    for (int i = first; i < first + n; i++) {
        struct invented one = invent(i);

        for (int t = 0; t < times; t++)
            if (i % 2)
                try(w, from(by_key(one.text), one.peer));
            else
                begin_only(w, from(by_name(one.text, "wrong"), one.peer));
    }
    arena_release(&w->world.arena);
}

/* First the flood is counted more often than one guess is; then guesses come with more
 * of it between, for the five minutes of a window. */
static void test_a_flood_of_invented_keys_and_names_gives_no_more_guesses(void **state)
{
    enum { EVERY_S = 15, BETWEEN = 2000 };
    int looked_at = 0, invented = INVENTED, refused = 0;
    struct sign_ins *w = *state;

    try_invented(w, 0, INVENTED, 2);
    for (steady_s = 0; steady_s < SIGN_IN_WINDOW_MS / 1000; steady_s += EVERY_S) {
        int rc = try(w, by_name("u", "wrong"));

        looked_at += rc == E_DENIED;
        refused += rc == E_LIMIT;
        try_invented(w, invented, BETWEEN, 1);
        invented += BETWEEN;
    }
    assert_int_equal(looked_at, SIGN_IN_FAILURES);
    assert_int_equal(looked_at + refused, SIGN_IN_WINDOW_MS / 1000 / EVERY_S);
    assert_int_equal(try(w, by_name("u", "wrong")), E_DENIED); /* the next window */
}

/* All that is guessed at is looked at SIGN_IN_FAILURES_ANYWHERE times, and the addresses
 * that guess later take no room. */
static void test_more_addresses_give_no_more_guesses(void **state)
{
    struct sign_ins *w = *state;
    int looked_at = 0;

    for (int i = 0; i < INVENTED; i++) {
        struct invented one = invent(i);

        steady_s = (int)(i * (SIGN_IN_WINDOW_MS / 1000) / INVENTED);
        looked_at += begin_only(w, from(by_name("u", "wrong"), one.peer)) == 0;
    }
    assert_int_equal(looked_at, SIGN_IN_FAILURES_ANYWHERE);
    arena_release(&w->world.arena);
}

static void test_floods_lock_out_nobody(void **state)
{
    struct sign_ins *w = *state;
    struct login mine = by_key(w->access_key);

    mine.secret = str_of(w->secret_key);
    try_invented(w, 0, INVENTED / 2, 1);
    assert_int_equal(try(w, by_name("u", "hunter22")), 0);
    assert_int_equal(try(w, from(by_name("u", "hunter22"), "203.0.113.9")), 0);
    assert_int_equal(try(w, mine), 0);
}

/* Whoever has an account and many addresses does not push out that others are known at
 * theirs. */
static void test_known_addresses_of_one_account_push_out_no_others(void **state)
{
    struct sign_ins *w = *state;
    struct login mine = by_key(w->access_key);

    mine.secret = str_of(w->secret_key);
    assert_int_equal(try(w, by_name("u", "hunter22")), 0);
    for (int i = 0; i < INVENTED; i++) {
        struct invented one = invent(i);

        assert_int_equal(try(w, from(mine, one.peer)), 0);
    }
    for (int i = 0; i < SIGN_IN_FAILURES_ANYWHERE; i++) {
        struct invented one = invent(i);

        begin_only(w, from(by_name("u", "wrong"), one.peer));
    }
    assert_int_equal(try(w, from(by_name("u", "hunter22"), "203.0.113.9")), E_LIMIT);
    assert_int_equal(try(w, by_name("u", "hunter22")), 0);
    arena_release(&w->world.arena);
}

/* What a client sees of an account that exists and of one that does not, before, during
 * and after a flood. */
static void test_floods_do_not_tell_who_exists(void **state)
{
    struct sign_ins *w = *state;

    for (int flood = 0; flood < 2; flood++) {
        for (int i = 0; i < SIGN_IN_FAILURES + 2; i++)
            assert_int_equal(try(w, from(by_name("u", "wrong"), "203.0.113.9")),
                             try(w, from(by_name("nobody", "wrong"), "203.0.113.9")));
        for (int i = 0; i < 2 * SIGN_IN_FAILURES_ANYWHERE; i++) {
            struct invented one = invent(INVENTED + i);
            int known = begin_only(w, from(by_name("u", "wrong"), one.peer));

            assert_int_equal(known,
                             begin_only(w, from(by_name("nobody", "wrong"), one.peer)));
        }
        try_invented(w, 0, INVENTED / 8, 1);
    }
}

static void test_an_address_that_waits_long_has_no_more_places(void **state)
{
    struct sign_ins *w = *state;

    for (int i = 0; i < HASH_MAX_WAITING_OF_ONE; i++) {
        struct invented one = invent(i);

        assert_int_equal(begin_only(w, from(by_name(one.text, "wrong"), HOME)), 0);
    }
    steady_s = SIGN_IN_WINDOW_MS / 1000 + 1; /* they wait still */
    assert_int_equal(begin_only(w, from(by_name("u", "wrong"), HOME)), E_BUSY);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_which_passwords_may_be_set),
    cmocka_unit_test(test_a_hash_is_its_passwords_alone),
    cmocka_unit_test(test_the_letters_of_random_texts),
    cmocka_unit_test(test_what_has_the_form_of_a_token),
    cmocka_unit_test_setup_teardown(
        test_a_flood_of_invented_keys_and_names_gives_no_more_guesses, set_up_frozen,
        tear_down),
    cmocka_unit_test_setup_teardown(test_more_addresses_give_no_more_guesses,
                                    set_up_frozen, tear_down),
    cmocka_unit_test_setup_teardown(test_floods_lock_out_nobody, set_up_frozen,
                                    tear_down),
    cmocka_unit_test_setup_teardown(
        test_known_addresses_of_one_account_push_out_no_others, set_up, tear_down),
    cmocka_unit_test_setup_teardown(test_floods_do_not_tell_who_exists, set_up_frozen,
                                    tear_down),
    cmocka_unit_test_setup_teardown(test_an_address_that_waits_long_has_no_more_places,
                                    set_up_frozen, tear_down),
    cmocka_unit_test_setup_teardown(test_words_count_against_no_one_else, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(test_what_was_not_looked_at_does_not_count, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(test_one_address_locks_no_other, set_up, tear_down),
    cmocka_unit_test_setup_teardown(test_a_known_address_is_not_locked_by_others, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(test_one_address_does_not_fill_the_queue, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(test_windows_end_whatever_the_clock_is_set_to, set_up,
                                    tear_down),
};

T_MAIN(tests)
