#include "unit/t.h"

#include "cli/command.h"

static bool is_lower(const struct text_rule *rule, const char *text)
{
    (void)rule;
    return *text >= 'a' && *text <= 'z';
}

static const struct text_rule rule = { is_lower, NULL, "a letter expected" };

enum { ALL, ID, DATA };

static const struct command_option options[] = {
    { "all_of_it", "", NULL },
    { "id", "ID", &rule },
    { "data", "DIR", &rule },
};

static const struct command commands[] = {
    { "user", "add", "NAME", &rule, 1 << ID, 1 << ALL },
    { "user", "list", "", NULL, 0, 0 },
    { "check", "", "", NULL, 0, 0 },
    { "backup", "", "FILE", &rule, 0, 0 },
};

static const struct command_table table = {
    .program = "unit",
    .command = commands,
    .n = COUNT_OF(commands),
    .option = options,
    .n_options = COUNT_OF(options),
    .all_may = 1 << DATA,
    .footer = "",
};

static bool read_call(const char *words, struct command_call *call, int *status)
{
    static char text[100];
    char *argv[10] = { "unit" }, *rest = text;
    int argc = 1;

    snprintf(text, sizeof(text), "%s", words);
    while (argc < 9 && (argv[argc] = strsep(&rest, " ")))
        argc++;
    return command_read(&table, argc, argv, call, status);
}

static void test_right_calls(void **state)
{
    struct command_call call;
    int status;

    (void)state;
    assert_true(read_call("user add --id i n --all-of-it --data d", &call, &status));
    assert_int_equal(call.command, 0);
    assert_string_equal(call.arg, "n");
    assert_string_equal(call.option[ID], "i");
    assert_string_equal(call.option[ALL], "");
    assert_string_equal(call.option[DATA], "d");
    assert_true(read_call("--data=d backup f", &call, &status));
    assert_int_equal(call.command, 3);
    assert_string_equal(call.arg, "f");
    assert_null(call.option[ID]);
    assert_true(read_call("check", &call, &status));
    assert_null(call.arg);
}

static void test_wrong_calls(void **state)
{
    static const char *const wrong[] = {
        "user",
        "user drop",
        "nobody",
        "user add n",
        "user add --id i",
        "user add n --id I",
        "user add N --id i",
        "user add n --id i more",
        "user add n more words --id i",
        "user list --id i",
        "user list n",
        "check f",
        "backup",
        "backup f g",
        "user list --data",
        "user list --bad",
        "user list --bad --help",
    };
    struct command_call call;
    int status;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        t_row("%s", wrong[i]);
        assert_false(read_call(wrong[i], &call, &status));
        assert_int_equal(status, 2);
    }
    t_rows_end();
    assert_false(read_call("user add --help", &call, &status));
    assert_int_equal(status, 0);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_right_calls),
    cmocka_unit_test(test_wrong_calls),
};
T_MAIN(tests)
