#include "unit/t.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"

static char folder[50];

static const char *at(const char *name)
{
    static char path[2][100];
    static int next;

    next = !next;
    snprintf(path[next], sizeof(path[next]), "%s/%s", folder, name);
    return path[next];
}

static void assert_holds(const char *name, const char *text)
{
    char got[100] = "";
    size_t n = sizeof(got) - 1;
    struct err err = ERR_INIT;

    assert_int_equal(file_read_private("file", at(name), got, &n, &err), 0);
    assert_int_equal(n, strlen(text));
    assert_string_equal(got, text);
}

static void test_a_file_is_replaced_whole(void **state)
{
    struct stat is;

    (void)state;
    assert_true(file_replace(at("a"), STR("first")));
    assert_true(file_replace(at("a"), STR("2")));
    assert_holds("a", "2");
    assert_int_equal(stat(at("a"), &is), 0);
    assert_int_equal(is.st_mode & 0777, 0600);
    assert_int_equal(access(at("a.new"), F_OK), -1);
    assert_false(file_replace(at("none/a"), STR("x")));
    assert_int_equal(errno, ENOENT);
}

static void test_who_may_use_a_private_file(void **state)
{
    struct err err = ERR_INIT;
    char got[100];
    size_t n = sizeof(got);

    (void)state;
    assert_int_equal(file_read_private("key file", at("none"), got, &n, &err),
                     E_NOTFOUND);
    assert_int_equal(n, 0);
    err_clear(&err);
    assert_true(file_replace(at("b"), STR("secret")));
    assert_int_equal(chmod(at("b"), 0640), 0);
    n = sizeof(got);
    assert_int_equal(file_read_private("key file", at("b"), got, &n, &err), E_DENIED);
    assert_int_equal(n, 0);
    assert_non_null(strstr(err.arg[0], "key file /"));
    assert_non_null(strstr(err.arg[0], "/b: others may use it"));
    err_clear(&err);
    n = sizeof(got);
    assert_int_equal(file_read_private("key file", folder, got, &n, &err), E_IO);
    err_clear(&err);
    assert_int_equal(chmod(at("b"), 0600), 0);
    n = 3;
    assert_int_equal(file_read_private("key file", at("b"), got, &n, &err), 0);
    assert_int_equal(n, 3);
}

static void test_a_draft_gets_its_name_once(void **state)
{
    struct file_draft draft;
    struct err err = ERR_INIT;
    char path[200];

    (void)state;
    assert_int_equal(file_draft_make(&draft, at("c"), &err), 0);
    snprintf(path, sizeof(path), "%s", draft.path.ptr);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(file_draft_publish(&draft, &err), 0);
    file_draft_drop(&draft);
    assert_holds("c", "");
    assert_int_equal(access(path, F_OK), -1);

    assert_true(file_replace(at("c"), STR("kept")));
    assert_int_equal(file_draft_make(&draft, at("c"), &err), 0);
    snprintf(path, sizeof(path), "%s", draft.path.ptr);
    assert_int_equal(file_draft_publish(&draft, &err), E_EXISTS);
    err_clear(&err);
    file_draft_drop(&draft);
    assert_holds("c", "kept");
    assert_int_equal(access(path, F_OK), -1);
}

static int make_folder(void **state)
{
    (void)state;
    snprintf(folder, sizeof(folder), "/tmp/dlfd-file-XXXXXX");
    return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
    static const char *const names[] = { "a", "b", "c" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        unlink(at(names[i]));
    return rmdir(folder);
}

#define IN_A_FOLDER(test)                                                                \
    cmocka_unit_test_setup_teardown(test, make_folder, remove_folder)

static const struct CMUnitTest tests[] = {
    IN_A_FOLDER(test_a_file_is_replaced_whole),
    IN_A_FOLDER(test_who_may_use_a_private_file),
    IN_A_FOLDER(test_a_draft_gets_its_name_once),
};
T_MAIN(tests)
