#include <semaphore.h>
#include <sqlite3.h>
#include <unistd.h>

#include "auth/auth.h"
#include "auth/refusal.h"
#include "unit/world.h"

/* Who may what: store/authority.h. */

static sqlite3 *beside; /* another process, as it were */

/* Texts of 32 bytes, as hashes of tokens have; what they are is in their names. */
#define GOOD "good----------------------------"
#define REVOKED "revoked-------------------------"
#define EXPIRED "expired-------------------------"
#define OF_BOSS "of the administrator------------"
#define OF_DOMAIN "of the domain-------------------"
#define NONE "none----------------------------"

/* ann is viewer in default and developer in w2; boss is the domain's administrator, and
 * eve another's. */
static const char rows[] =
    "INSERT INTO domain VALUES ('d', 'd', 1), ('e', 'e', 2);"
    "PRAGMA foreign_keys = OFF;" /* damage has no rules */
    "INSERT INTO account VALUES ('ann', 'd', 'ann', '', 0, 1), ('boss', 'd', 'boss', '', 1, 1),"
    " ('eve', 'e', 'eve', '', 1, 1), ('lost', '', 'lost', '', 1, 1);"
    "INSERT INTO project (id, created, name, domain) VALUES ('p', 1, 'p', 'd'),"
    " ('bare', 1, 'bare', 'd'), ('theirs', 1, 'theirs', 'e'), ('nobodys', 1, '', NULL);"
    "INSERT INTO workspace (id, uid, project, name, revision, created) VALUES"
    " (1, 'u1', 'p', 'default', 11, 1), (2, 'u2', 'p', 'w2', 22, 1), (3, 'u3', 'p', '', 33, 1),"
    " (4, 'u4', 'bare', 'w2', 44, 1), (5, 'u5', 'theirs', 'default', 55, 1);"
    "INSERT INTO member VALUES (1, 'ann', 1), (2, 'ann', 3), (4, 'ann', 3);"
    "INSERT INTO access_key VALUES ('kann', 'ann', '', X'', 1), ('kboss', 'boss', '', X'', 1),"
    " ('keve', 'eve', '', X'', 1), ('klost', 'lost', '', X'', 1);"
    "INSERT INTO token VALUES (CAST('" GOOD "' AS BLOB), 'ann', 'p', '', 1, 9e15, 0),"
    " (CAST('" REVOKED "' AS BLOB), 'ann', 'p', '', 1, 9e15, 1),"
    " (CAST('" EXPIRED "' AS BLOB), 'ann', 'p', '', 1, 2, 0),"
    " (CAST('" OF_BOSS "' AS BLOB), 'boss', 'p', '', 1, 9e15, 0),"
    " (CAST('" OF_DOMAIN "' AS BLOB), 'boss', '', '', 1, 9e15, 0);";

static int set_up(void **state)
{
    struct world *w;

    if (world_set_up(state))
        return -1;
    w = *state;
    if (sqlite3_open(w->path, &beside))
        return -1;
    sqlite3_busy_timeout(beside, 10000);
    return sqlite3_exec(beside, rows, NULL, NULL, NULL);
}

static int tear_down(void **state)
{
    sqlite3_close(beside);
    return world_tear_down(state);
}

#define ADMIN ROLE_ADMINISTRATOR, ROLE_ADMINISTRATOR
#define NOTHING ROLE_NONE, ROLE_NONE
#define CDM NULL /* the workspace of what is CDM's */

static const struct {
    const char *token, *key, *project, *workspace;
    enum role role, cdm_role;
    int api;
    enum role is, is_for_cdm;
} table[] = {
    /* clang-format off */
    /* The role in the workspace, and the one in default for what is CDM's. */
    { GOOD, "", "p", "", ROLE_VIEWER, ROLE_NONE, API_OK, ROLE_VIEWER, ROLE_VIEWER },
    { GOOD, "", "p", "", ROLE_OPERATOR, ROLE_NONE, APIGW_0302, NOTHING },
    { GOOD, "", "p", "u1", ROLE_VIEWER, ROLE_NONE, API_OK, ROLE_VIEWER, ROLE_VIEWER },
    { GOOD, "", "p", "u2", ROLE_DEVELOPER, ROLE_NONE, API_OK, ROLE_DEVELOPER, ROLE_VIEWER },
    { GOOD, "", "p", "u2", ROLE_ADMINISTRATOR, ROLE_NONE, APIGW_0302, NOTHING },
    { GOOD, "", "p", "u2", ROLE_DEVELOPER, ROLE_VIEWER, API_OK, ROLE_DEVELOPER, ROLE_VIEWER },
    { GOOD, "", "p", "u2", ROLE_DEVELOPER, ROLE_DEVELOPER, APIGW_0302, NOTHING },
    { GOOD, "", "p", CDM, ROLE_VIEWER, ROLE_NONE, API_OK, ROLE_VIEWER, ROLE_VIEWER },
    { GOOD, "", "p", CDM, ROLE_DEVELOPER, ROLE_NONE, APIGW_0302, NOTHING },
    { OF_BOSS, "", "p", "u2", ROLE_ADMINISTRATOR, ROLE_DEVELOPER, API_OK, ADMIN },
    { OF_BOSS, "", "p", CDM, ROLE_ADMINISTRATOR, ROLE_NONE, API_OK, ADMIN },
    { "", "kann", "p", "u2", ROLE_DEVELOPER, ROLE_NONE, API_OK, ROLE_DEVELOPER, ROLE_VIEWER },
    { "", "kboss", "p", "", ROLE_ADMINISTRATOR, ROLE_NONE, API_OK, ADMIN },
    /* A workspace that does not exist is told to members of others, but not for CDM. */
    { GOOD, "", "p", "none", ROLE_DEVELOPER, ROLE_NONE, API_OK, ROLE_NONE, ROLE_VIEWER },
    { GOOD, "", "p", "u5", ROLE_VIEWER, ROLE_NONE, API_OK, ROLE_NONE, ROLE_VIEWER },
    { "", "kann", "bare", "", ROLE_VIEWER, ROLE_NONE, API_OK, NOTHING },
    { "", "kann", "bare", CDM, ROLE_VIEWER, ROLE_NONE, APIGW_0302, NOTHING },
    { "", "kboss", "bare", CDM, ROLE_VIEWER, ROLE_NONE, API_OK, ADMIN },
    /* Credentials. */
    { REVOKED, "", "p", "", ROLE_VIEWER, ROLE_NONE, APIGW_0307, NOTHING },
    { EXPIRED, "", "p", "", ROLE_VIEWER, ROLE_NONE, APIGW_0301, NOTHING },
    { NONE, "", "p", "", ROLE_VIEWER, ROLE_NONE, APIGW_0301, NOTHING },
    { "", "none", "p", "", ROLE_VIEWER, ROLE_NONE, APIGW_0301, NOTHING },
    { REVOKED, "", "", "", ROLE_NONE, ROLE_NONE, APIGW_0307, NOTHING },
    { GOOD, "", "", "", ROLE_NONE, ROLE_NONE, API_OK, NOTHING },
    { OF_DOMAIN, "", "", "", ROLE_NONE, ROLE_NONE, API_OK, NOTHING },
    { "", "keve", "", "", ROLE_NONE, ROLE_NONE, API_OK, NOTHING },
    /* Projects. */
    { GOOD, "", "bare", "u4", ROLE_VIEWER, ROLE_NONE, APIGW_0306, NOTHING },
    { OF_DOMAIN, "", "p", "", ROLE_VIEWER, ROLE_NONE, APIGW_0306, NOTHING },
    { "", "kboss", "theirs", "", ROLE_VIEWER, ROLE_NONE, APIGW_0306, NOTHING },
    { "", "keve", "p", "", ROLE_VIEWER, ROLE_NONE, APIGW_0306, NOTHING },
    { "", "kboss", "none", "", ROLE_VIEWER, ROLE_NONE, APIGW_0306, NOTHING },
    { "", "kboss", "nobodys", "", ROLE_VIEWER, ROLE_NONE, APIGW_0306, NOTHING },
    { "", "kboss", "", "", ROLE_VIEWER, ROLE_NONE, APIGW_0306, NOTHING },
    /* Damage: an account without a domain has no projects. */
    { "", "klost", "nobodys", "", ROLE_VIEWER, ROLE_NONE, APIGW_0306, NOTHING },
    { "", "klost", "none", "", ROLE_VIEWER, ROLE_NONE, APIGW_0306, NOTHING },
    { "", "klost", "", "", ROLE_VIEWER, ROLE_NONE, APIGW_0306, NOTHING },
    /* clang-format on */
};

static struct authority authority_of(size_t i)
{
    return (struct authority){ .token = str_of(table[i].token),
                               .access_key = str_of(table[i].key),
                               .project = str_of(table[i].project),
                               .workspace = table[i].workspace
                                                ? str_of(table[i].workspace)
                                                : cdm_workspace,
                               .role = table[i].role,
                               .cdm_role = table[i].cdm_role };
}

static void test_judgments(void **state)
{
    struct world *w = *state;

    for (size_t i = 0; i < COUNT_OF(table); i++) {
        struct authority a = authority_of(i);
        struct rights rights = { NOTHING };
        struct err err = ERR_INIT;
        int rc = refusal_judge(w->store, &a, &rights, NULL, &err);

        t_row("%zu", i);
        assert_int_equal(rc, table[i].api == API_OK ? 0 : E_DENIED);
        assert_int_equal(err.api, table[i].api);
        assert_int_equal(rights.role, table[i].is);
        assert_int_equal(rights.cdm_role, table[i].is_for_cdm);
        err_clear(&err);
    }
    t_rows_end();
}

static void test_without_authority_everything_is_allowed(void **state)
{
    struct world *w = *state;
    struct rights rights = { NOTHING };
    struct err err = ERR_INIT;

    assert_ok(store_judge(w->store, NULL, &rights, NULL, &err), &err);
    assert_int_equal(rights.role, ROLE_ADMINISTRATOR);
    assert_int_equal(rights.cdm_role, ROLE_ADMINISTRATOR);
}

/* What an export depends on is read by the statement that judges. */
static void test_revisions_are_those_of_the_workspace(void **state)
{
    static const char *const workspaces[] = { "", "u1", "u2", "none", "u5" };
    struct world *w = *state;

    for (size_t i = 0; i < COUNT_OF(workspaces); i++) {
        struct authority a = { .token = STR(OF_BOSS),
                               .project = STR("p"),
                               .workspace = str_of(workspaces[i]),
                               .role = ROLE_VIEWER };
        struct revisions judged, read;
        struct err err = ERR_INIT;

        t_row("%zu", i);
        assert_ok(store_judge(w->store, &a, NULL, &judged, &err), &err);
        assert_ok(store_revisions(w->store, a.project, a.workspace, &read, &err), &err);
        assert_int_equal(judged.workspace, read.workspace);
        assert_int_equal(judged.revision, read.revision);
        assert_int_equal(read.workspace ? judged.cdm : 0, read.cdm);
    }
    t_rows_end();
}

/* ---- writes ---- */

static int64_t count_workspaces(void)
{
    sqlite3_stmt *s;
    int64_t n = -1;

    if (sqlite3_prepare_v2(beside,
                           "SELECT count(*) FROM workspace WHERE name LIKE 'made%'", -1,
                           &s, NULL) == SQLITE_OK &&
        sqlite3_step(s) == SQLITE_ROW)
        n = sqlite3_column_int64(s, 0);
    sqlite3_finalize(s);
    return n;
}

/* They are written together; those whose authority has ended leave nothing behind, and
 * the others stand. */
static void test_each_write_of_a_batch_is_judged_in_its_transaction(void **state)
{
    static const char *const tokens[] = { OF_BOSS, GOOD, REVOKED, NULL, OF_BOSS };
    static const char *const names[] = { "made1", "made2", "made3", "made4", "made5" };
    static const int api[] = { API_OK, APIGW_0302, APIGW_0307, API_OK, API_OK };
    struct world *w = *state;
    struct authority authority[COUNT_OF(tokens)];
    struct workspace_new new[COUNT_OF(tokens)];
    sem_t done;

    sem_init(&done, 0, 0);
    assert_int_equal(sqlite3_exec(beside, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    for (size_t i = 0; i < COUNT_OF(tokens); i++) {
        authority[i] = (struct authority){ .token = str_of(tokens[i] ? tokens[i] : ""),
                                           .project = STR("p"),
                                           .workspace = STR("u2"),
                                           .role = ROLE_ADMINISTRATOR };
        workspace_new_init(&new[i]);
        new[i].project = STR("p");
        new[i].name = str_of(names[i]);
        new[i].write.authority = tokens[i] ? &authority[i] : NULL;
        new[i].write.done = post;
        new[i].write.arg = &done;
        store_submit(w->store, &new[i].write);
    }
    assert_int_equal(sqlite3_exec(beside, "COMMIT", NULL, NULL, NULL), SQLITE_OK);
    for (size_t i = 0; i < COUNT_OF(tokens); i++)
        sem_wait(&done);
    for (size_t i = 0; i < COUNT_OF(tokens); i++) {
        t_row("%zu", i);
        assert_int_equal(new[i].write.rc, api[i] == API_OK ? 0 : E_DENIED);
        refusal_explain(&new[i].write.err);
        assert_int_equal(new[i].write.err.api, api[i]);
        err_clear(&new[i].write.err);
    }
    t_rows_end();
    assert_int_equal(count_workspaces(), 3);
    sem_destroy(&done);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(test_judgments, set_up, tear_down),
    cmocka_unit_test_setup_teardown(test_without_authority_everything_is_allowed, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(test_revisions_are_those_of_the_workspace, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(
        test_each_write_of_a_batch_is_judged_in_its_transaction, set_up, tear_down),
};

T_MAIN(tests)
