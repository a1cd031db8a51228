/* What only SQLite has: the file, its schema's version, its migrations. */
#include <sqlite3.h>

#include "base/clock.h"
#include "unit/store/conformance.h"

static void run_sql(struct world *w, const char *sql)
{
    char *message = NULL;
    sqlite3 *db = NULL;

    assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
    sqlite3_busy_timeout(db, 5000);
    if (sqlite3_exec(db, sql, NULL, NULL, &message) != SQLITE_OK)
        fail_msg("%s: %s", sql, message);
    sqlite3_close(db);
}

static int64_t read_sql(struct world *w, const char *sql)
{
    sqlite3_stmt *statement = NULL;
    sqlite3 *db = NULL;
    int64_t v = -1;

    assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    if (sqlite3_step(statement) == SQLITE_ROW)
        v = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return v;
}

static void test_sqlite_newer_schema_is_refused(void **state)
{
    struct world *w = *state;
    int64_t version = read_sql(w, "PRAGMA user_version");
    struct store *s = NULL;
    char sql[64];

    assert_true(version > 0);
    store_close(w->store);
    w->store = NULL;
    snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", (int)version + 1);
    run_sql(w, sql);
    assert_fails(w->engine->open(&s, w->folder, true, &w->err), E_DENIED, &w->err);
    assert_null(s);
    assert_non_null(strstr(w->err.arg[0], "newer dlfd"));
    err_clear(&w->err);
    assert_int_equal(read_sql(w, "PRAGMA user_version"), version + 1);
    snprintf(sql, sizeof(sql), "PRAGMA user_version = %d", (int)version);
    run_sql(w, sql);
    assert_ok(w->engine->open(&w->store, w->folder, true, &w->err), &w->err);
}

static void test_sqlite_older_schema_needs_the_lock(void **state)
{
    struct world *w = *state;
    struct store *s = NULL;
    char empty[FOLDER_MAX];

    assert_true(folder_make(empty));
    assert_fails(w->engine->open(&s, empty, false, &w->err), E_DENIED, &w->err);
    assert_null(s);
    assert_non_null(strstr(w->err.arg[0], "there is nothing in it"));
    err_clear(&w->err);
    folder_remove(empty);
    store_close(w->store);
    w->store = NULL;
    run_sql(w, "PRAGMA user_version = 1");
    assert_fails(w->engine->open(&s, w->folder, false, &w->err), E_DENIED, &w->err);
    assert_null(s);
    assert_non_null(strstr(w->err.arg[0], "stop it first"));
    err_clear(&w->err);
}

static void test_sqlite_what_cannot_be_opened_is_an_error(void **state)
{
    struct world *w = *state;
    struct store *s = NULL;
    FILE *f;

    assert_fails(w->engine->open(&s, "/nowhere/at/all", true, &w->err), E_IO, &w->err);
    err_clear(&w->err);
    store_close(w->store);
    w->store = NULL;
    f = fopen(w->path, "w");
    fprintf(f, "this is no database, but it is longer than a header of one is, "
               "which has a hundred bytes or so");
    fclose(f);
    assert_fails(w->engine->open(&s, w->folder, true, &w->err), E_IO, &w->err);
    assert_null(s);
    err_clear(&w->err);
}

static void test_sqlite_another_database_stays_as_it_is(void **state)
{
    struct world *w = *state, other = { 0 };
    struct store *s = NULL;

    assert_true(folder_make(other.folder));
    snprintf(other.path, sizeof(other.path), "%s/catalog.db", other.folder);
    run_sql(&other, "CREATE TABLE ref (x)");
    assert_fails(w->engine->open(&s, other.folder, true, &w->err), E_DENIED, &w->err);
    assert_int_equal(read_sql(&other, "PRAGMA user_version"), 0);
    assert_int_equal(read_sql(&other, "SELECT count(*) FROM sqlite_schema"), 1);
    folder_remove(other.folder);
}

/* The second migration fails: its tables are there already. */
static void test_sqlite_a_failed_migration_changes_nothing(void **state)
{
    struct world *w = *state;
    struct store *s = NULL;
    int64_t tables;

    store_close(w->store);
    w->store = NULL;
    run_sql(w, "PRAGMA user_version = 1");
    tables = read_sql(w, "SELECT count(*) FROM sqlite_schema");
    assert_fails(w->engine->open(&s, w->folder, true, &w->err), E_IO, &w->err);
    assert_null(s);
    assert_int_equal(read_sql(w, "PRAGMA user_version"), 1);
    assert_int_equal(read_sql(w, "SELECT count(*) FROM sqlite_schema"), tables);
    err_clear(&w->err);
}

static void test_sqlite_is_in_wal_mode_and_sound(void **state)
{
    struct world *w = *state;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    assert_int_equal(read_sql(w, "SELECT journal_mode = 'wal' FROM pragma_journal_mode"),
                     1);
    assert_int_equal(
        read_sql(w, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"), 1);
    assert_int_equal(read_sql(w, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    assert_int_equal(read_sql(w, "SELECT count(*) FROM pragma_table_list "
                                 "WHERE schema = 'main' AND name NOT LIKE 'sqlite%' "
                                 "AND NOT strict"),
                     0);
}

/* Were a blob marked by mistake, the foreign key would keep it. */
static void test_sqlite_the_sweep_never_takes_a_named_blob(void **state)
{
    struct world *w = *state;
    struct object o;
    struct sweep s;

    assert_ok(SAVE(w, .name = "a"), &w->err);
    run_sql(w, "UPDATE blob SET orphaned_at = 1");
    sweep_init(&s);
    s.before_ms = clock_ms();
    store_write(w->store, &s.write);
    outcome(w, &s.write);
    assert_int_equal(s.deleted, 0);
    o = FIND(w, .name = "a");
    assert_content(w, &o, "a");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_sqlite_newer_schema_is_refused),
    cmocka_unit_test(test_sqlite_older_schema_needs_the_lock),
    cmocka_unit_test(test_sqlite_what_cannot_be_opened_is_an_error),
    cmocka_unit_test(test_sqlite_another_database_stays_as_it_is),
    cmocka_unit_test(test_sqlite_a_failed_migration_changes_nothing),
    cmocka_unit_test(test_sqlite_is_in_wal_mode_and_sound),
    cmocka_unit_test(test_sqlite_the_sweep_never_takes_a_named_blob),
};

int main(int argc, char **argv)
{
    return conformance_run(tests, COUNT_OF(tests), "sqlite", argc, argv);
}
