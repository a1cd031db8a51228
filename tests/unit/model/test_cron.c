#include "unit/t.h"

#include "model/cron.h"

/* clang-format off */
static const char *const sound[] = {
    "0 0 0 * * ?", "0 59 23 31 * 7", "0 0 0 1 * 1", "0 * * * * *", "  0  0 0   * * ? ",
    "0 */5 * * * ?", "0 5/10 * * * ?", "0 0-30 * * * ?", "0 0-30/5 * * * ?",
    "0 1,2,3 4,5 * * ?", "0 1-5,10-20/3,*/7 * * * ?",
    "0 0 0 L * ?", "0 0 0 LW * ?", "0 0 0 15W * ?", "0 0 0 5C * ?", "0 0 0 31L * ?",
    "0 0 0 1,15,L * ?", "0 0 0 ? * 2", "0 0 0 ? * L", "0 0 0 ? * 6L", "0 0 0 ? * 2#1",
    "0 0 0 ? * 7#5", "0 0 0 ? * 1C", "0 0 0 ? * 2-6", "0 0 0 ? * 2,4,6", "0 00 09 * * ?",
};

static const struct {
    const char *expression, *field, *part;
    int fields;
} faulty[] = {
    { "", "fields", "", 0 },
    { "   ", "fields", "", 0 },
    { "0 0 0 * *", "fields", "", 5 },
    { "0 0 0 * * ? 2024", "fields", "", 7 },
    { "0\t0 0 * * ?", "fields", "", 5 }, /* only blanks separate */
    { "0 0 0 * *\n?", "fields", "", 5 },
    { "1 0 0 * * ?", "second", "1", 6 },
    { "* 0 0 * * ?", "second", "*", 6 },
    { "00 0 0 * * ?", "second", "00", 6 },
    { "0 60 0 * * ?", "minute", "60", 6 },
    { "0 -1 0 * * ?", "minute", "-1", 6 },
    { "0 1- 0 * * ?", "minute", "1-", 6 },
    { "0 1-60 0 * * ?", "minute", "1-60", 6 },
    { "0 1-2-3 0 * * ?", "minute", "1-2-3", 6 },
    { "0 x 0 * * ?", "minute", "x", 6 },
    { "0 1x 0 * * ?", "minute", "1x", 6 },
    { "0 ? 0 * * ?", "minute", "?", 6 },
    { "0 L 0 * * ?", "minute", "L", 6 },
    { "0 1L 0 * * ?", "minute", "1L", 6 },
    { "0 1,,2 0 * * ?", "minute", "", 6 },
    { "0 , 0 * * ?", "minute", "", 6 },
    { "0 1, 0 * * ?", "minute", "", 6 },
    { "0 ,1 0 * * ?", "minute", "", 6 },
    { "0 1,99,2 0 * * ?", "minute", "99", 6 },
    { "0 */0 0 * * ?", "minute", "*/0", 6 },
    { "0 */ 0 * * ?", "minute", "*/", 6 },
    { "0 */60 0 * * ?", "minute", "*/60", 6 },
    { "0 / 0 * * ?", "minute", "/", 6 },
    { "0 /5 0 * * ?", "minute", "/5", 6 },
    { "0 ** 0 * * ?", "minute", "**", 6 },
    { "0 *1 0 * * ?", "minute", "*1", 6 },
    { "0 0 24 * * ?", "hour", "24", 6 },
    { "0 0 1W * * ?", "hour", "1W", 6 },
    { "0 0 99999999999999999999 * * ?", "hour", "99999999999999999999", 6 },
    { "0 0 0 0 * ?", "day", "0", 6 },
    { "0 0 0 32 * ?", "day", "32", 6 },
    { "0 0 0 WL * ?", "day", "WL", 6 },
    { "0 0 0 W * ?", "day", "W", 6 },
    { "0 0 0 1#2 * ?", "day", "1#2", 6 },
    { "0 0 0 15WL * ?", "day", "15WL", 6 },
    { "0 0 0 ?/2 * ?", "day", "?/2", 6 },
    { "0 0 0 ?? * ?", "day", "??", 6 },
    { "0 0 0 l * ?", "day", "l", 6 },
    { "0 0 0 * 1 ?", "month", "1", 6 },
    { "0 0 0 * ? ?", "month", "?", 6 },
    { "0 0 0 * JAN ?", "month", "JAN", 6 },
    { "0 0 0 * */2 ?", "month", "*/2", 6 },
    { "0 0 0 ? * 0", "week", "0", 6 },
    { "0 0 0 ? * 8", "week", "8", 6 },
    { "0 0 0 ? * MON", "week", "MON", 6 },
    { "0 0 0 ? * 2W", "week", "2W", 6 },
    { "0 0 0 ? * 2#0", "week", "2#0", 6 },
    { "0 0 0 ? * 2#6", "week", "2#6", 6 },
    { "0 0 0 ? * 2#", "week", "2#", 6 },
    { "0 0 0 ? * #2", "week", "#2", 6 },
};
/* clang-format on */

static void test_sound_expressions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(sound); i++) {
        struct str part;
        int fields;
        const char *fault = cron_fault(str_of(sound[i]), &part, &fields);

        t_row("%s", sound[i]);
        assert_str(str_of(fault), "");
        assert_int_equal(fields, 6);
    }
    t_rows_end();
}

static void test_faulty_expressions(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(faulty); i++) {
        struct str part;
        int fields;
        const char *fault = cron_fault(str_of(faulty[i].expression), &part, &fields);

        t_row("%s", faulty[i].expression);
        assert_str(str_of(fault), faulty[i].field);
        assert_str(part, faulty[i].part);
        assert_int_equal(fields, faulty[i].fields);
    }
    t_rows_end();
}

static void test_nul_and_no_text_are_faults(void **state)
{
    struct str part;
    int fields;

    (void)state;
    assert_non_null(cron_fault((struct str){ NULL, 0 }, &part, &fields));
    assert_string_equal(cron_fault(STR("0 0\0 0 * * ?"), &part, &fields), "minute");
    assert_string_equal(cron_fault(STR("0 0 0 \0 * ?"), &part, &fields), "day");
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_sound_expressions),
    cmocka_unit_test(test_faulty_expressions),
    cmocka_unit_test(test_nul_and_no_text_are_faults),
};
T_MAIN(tests)
