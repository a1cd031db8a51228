#include "unit/t.h"

#include "base/limits.h"
#include "model/names.h"

#define CJK_FIRST "\xe4\xb8\x80" /* U+4E00 */
#define CJK_LAST "\xe9\xbf\xbf"  /* U+9FFF */
#define BELOW_CJK "\xe4\xb7\xbf" /* U+4DFF */
#define ABOVE_CJK "\xea\x80\x80" /* U+A000 */

/* Which rules take the name: j job, n node, r resource, p param, w workspace,
 * i project id. */
static const struct {
    const char *name, *by;
} rows[] = {
    { "", "" },         { "a", "jnrpwi" },
    { "Z9", "jnrpwi" }, { "a_b-c", "jnrpwi" },
    { "a.b", "jnp" },   { ".a", "jnp" },
    { "...", "jnp" },   { ".", "np" },
    { "..", "np" },     { "a/b", "n" },
    { "../a", "n" },    { "<a>", "n" },
    { "作业", "jnrw" }, { CJK_FIRST CJK_LAST, "jnrw" },
    { BELOW_CJK, "" },  { ABOVE_CJK, "" },
    { "é", "" },        { "😀", "" },
    { "ａ", "" }, /* full width */
    { " ", "" },        { "a b", "" },
    { "a\n", "" },      { "a\\b", "" },
    { "a:b", "" },      { "a@b", "" }, /* the characters next to the allowed ranges */
    { "a[b", "" },      { "a`b", "" },
    { "a{b", "" },      { "a=b", "" },
    { "a\"b", "" },     { "a'b", "" },
    { "a$b", "" },      { "a#b", "" },
    { "a~b", "" },      { "a*b", "" },
    { "a\x7f", "" },
};

static const struct {
    char letter;
    const struct name_rule *rule;
    size_t max;
} rules[] = {
    { 'j', &name_job, 128 },  { 'n', &name_node, 128 },      { 'r', &name_resource, 32 },
    { 'p', &name_param, 64 }, { 'w', &name_workspace, 128 }, { 'i', &name_project, 64 },
};

static void test_name_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++)
        for (size_t k = 0; k < COUNT_OF(rules); k++) {
            t_row("%s by %c", rows[i].name, rules[k].letter);
            assert_int_equal(name_follows(rules[k].rule, str_of(rows[i].name)),
                             strchr(rows[i].by, rules[k].letter) != NULL);
        }
    t_rows_end();
}

static void test_nul_is_in_no_name(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(rules); k++) {
        assert_false(name_follows(rules[k].rule, STR("\0")));
        assert_false(name_follows(rules[k].rule, STR("a\0b")));
    }
}

static void test_invalid_utf8_is_in_no_name(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(rules); k++) {
        assert_false(name_follows(rules[k].rule, STR("\xff")));
        assert_false(name_follows(rules[k].rule, STR("a\xe4\xb8")));
    }
}

static bool repeated_follows(const struct name_rule *rule, const char *what, size_t times)
{
    struct buf b = BUF_INIT(1000);
    bool follows;

    for (size_t i = 0; i < times; i++)
        buf_adds(&b, what);
    follows = name_follows(rule, buf_str(&b));
    buf_release(&b);
    return follows;
}

static void test_lengths_count_code_points(void **state)
{
    (void)state;
    for (size_t k = 0; k < COUNT_OF(rules); k++) {
        t_row("%c", rules[k].letter);
        assert_int_equal(repeated_follows(rules[k].rule, "x", rules[k].max), true);
        assert_int_equal(repeated_follows(rules[k].rule, "x", rules[k].max + 1), false);
        if (!rules[k].rule->cjk)
            continue;
        assert_int_equal(repeated_follows(rules[k].rule, "作", rules[k].max), true);
        assert_int_equal(repeated_follows(rules[k].rule, "作", rules[k].max + 1), false);
    }
    t_rows_end();
}

static void test_dots(void **state)
{
    (void)state;
    assert_true(name_is_dots(STR(".")));
    assert_true(name_is_dots(STR("..")));
    assert_false(name_is_dots(STR("...")));
    assert_false(name_is_dots(STR("")));
    assert_false(name_is_dots(STR(".a")));
}

#define S64 "0123456789012345678901234567890123456789012345678901234567890123"

static const struct {
    const char *path, *key; /* NULL: refused */
} directories[] = {
    { "", "/" },
    { "/", "/" },
    { "/a", "/a" },
    { "/a/", "/a" },
    { "/a/b-c_d/9", "/a/b-c_d/9" },
    { "/作业/数据/", "/作业/数据" },
    { "/a/b/c/d/e/f/g/h/i/j", "/a/b/c/d/e/f/g/h/i/j" },
    { "/a/b/c/d/e/f/g/h/i/j/", "/a/b/c/d/e/f/g/h/i/j" },
    { "/a/b/c/d/e/f/g/h/i/j/k", NULL },
    { "/" S64, "/" S64 },
    { "/" S64 "x", NULL },
    { "/a/" S64 "x/b", NULL },
    { "a", NULL },
    { "a/b", NULL },
    { "//", NULL },
    { "//a", NULL },
    { "/a//b", NULL },
    { "/a//", NULL },
    { "/.", NULL },
    { "/..", NULL },
    { "/a/../b", NULL },
    { "/a.b", NULL },
    { "/a b", NULL },
    { "/a\\b", NULL },
    { " /a", NULL },
    { ".", NULL },
    { "/é", NULL },
};

static void test_directory_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(directories); i++) {
        struct str path = str_of(directories[i].path);

        t_row("%s", directories[i].path);
        assert_int_equal(directory_ok(path, DIRECTORY_MAX_SEGMENT),
                         directories[i].key != NULL);
        if (directories[i].key)
            assert_str(directory_key(path), directories[i].key);
    }
    t_rows_end();
}

static void test_directories_of_resources_have_shorter_segments(void **state)
{
    (void)state;
    assert_true(
        directory_ok(STR("/01234567890123456789012345678901"), NAME_MAX_RESOURCE));
    assert_false(
        directory_ok(STR("/012345678901234567890123456789012"), NAME_MAX_RESOURCE));
}

static const struct {
    const char *path, *bucket; /* of obs; NULL: refused */
    bool or_hdfs;
} obs_paths[] = {
    { "obs://b", "b", false },     { "obs://b/", "b", false },
    { "obs://b/k/l", "b", false }, { "obs://b//k", "b", true },
    { "obs://", NULL, true },      { "obs:///k", NULL, true },
    { "obs:/b/k", NULL, true },    { "OBS://b/k", NULL, true },
    { " obs://b/k", NULL, true },  { "s3://b/k", NULL, true },
    { "b/k", NULL, true },         { "", NULL, true },
    { "hdfs://", NULL, true },     { "hdfs://x", NULL, false },
};

static void test_obs_path_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(obs_paths); i++) {
        struct str bucket = STR("");

        t_row("%s", obs_paths[i].path);
        assert_int_equal(
            obs_path_ok(str_of(obs_paths[i].path), obs_paths[i].or_hdfs, &bucket),
            obs_paths[i].bucket != NULL);
        if (obs_paths[i].bucket)
            assert_str(bucket, obs_paths[i].bucket);
    }
    t_rows_end();
    assert_true(obs_path_ok(STR("hdfs:///k"), true, NULL));
    assert_true(obs_path_ok(STR("obs://b/k"), true, NULL));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_name_table),
    cmocka_unit_test(test_nul_is_in_no_name),
    cmocka_unit_test(test_invalid_utf8_is_in_no_name),
    cmocka_unit_test(test_lengths_count_code_points),
    cmocka_unit_test(test_dots),
    cmocka_unit_test(test_directory_table),
    cmocka_unit_test(test_directories_of_resources_have_shorter_segments),
    cmocka_unit_test(test_obs_path_table),
};
T_MAIN(tests)
