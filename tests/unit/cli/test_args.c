#include "unit/t.h"

#include "cli/args.h"

enum { MAX_JOBS, REGION, FORCE };

static const struct {
    const char *given[4];
    int found[4];
    const char *text[4];
} calls[] = {
    /* clang-format off */
    { { "--region", "a" }, { REGION, ARGS_END }, { "a" } },
    { { "--region=a" }, { REGION, ARGS_END }, { "a" } },
    { { "--region=" }, { REGION, ARGS_END }, { "" } },
    { { "--region", "--force" }, { REGION, ARGS_END }, { "--force" } },
    { { "--force", "word", "--max-jobs", "1" }, { FORCE, ARGS_WORD, MAX_JOBS, ARGS_END }, { NULL, "word", "1" } },
    { { "a", "b" }, { ARGS_WORD, ARGS_WORD, ARGS_END }, { "a", "b" } },
    { { "" }, { ARGS_WORD, ARGS_END }, { "" } },
    { { "--region" }, { ARGS_NO_VALUE }, { "--region" } },
    { { "--reg", "a" }, { ARGS_UNKNOWN }, { "--reg" } },
    { { "--max_jobs", "a" }, { ARGS_UNKNOWN }, { "--max_jobs" } },
    { { "--force=x" }, { ARGS_UNKNOWN }, { "--force=x" } },
    { { "-r" }, { ARGS_UNKNOWN }, { "-r" } },
    { { "-" }, { ARGS_UNKNOWN }, { "-" } },
    { { "--" }, { ARGS_UNKNOWN }, { "--" } },
    { { "a", "--", "b" }, { ARGS_WORD, ARGS_UNKNOWN }, { "a", "--" } },
    /* clang-format on */
};

static void test_calls(void **state)
{
    struct args a = { 0 };

    (void)state;
    args_add(&a, "max_jobs", true);
    args_add(&a, "region", true);
    args_add(&a, "force", false);
    for (size_t i = 0; i < COUNT_OF(calls); i++) {
        char *argv[6] = { "program" };
        int argc = 1, found = 0;

        t_row("call %zu", i);
        while (argc < 5 && calls[i].given[argc - 1]) {
            argv[argc] = (char *)calls[i].given[argc - 1];
            argc++;
        }
        args_start(&a, argc, argv);
        for (int k = 0; k < 4 && found >= ARGS_WORD && found != ARGS_END; k++) {
            found = args_next(&a);
            assert_int_equal(found, calls[i].found[k]);
            if (found != ARGS_END && calls[i].text[k])
                assert_string_equal(a.text, calls[i].text[k]);
        }
    }
    t_rows_end();
}

static void test_names(void **state)
{
    struct args a = { 0 };

    (void)state;
    args_add(&a, "max_jobs", true);
    args_add(&a, "region", true);
    args_add(&a, "config", true);
    assert_string_equal(a.name[0], "max-jobs");
    assert_int_equal(args_find(&a, "region", 6), 1);
    assert_int_equal(args_find(&a, "region", 5), -1);
    assert_string_equal(args_nearest(&a, 3, "maxjobs"), "max-jobs");
    assert_string_equal(args_nearest(&a, 3, "confg"), "config");
    assert_string_equal(args_nearest(&a, 2, "regi"), "region");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_calls),
    cmocka_unit_test(test_names),
};
T_MAIN(tests)
