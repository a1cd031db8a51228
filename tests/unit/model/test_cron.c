#include "unit/t.h"

#include <time.h>

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

#define HOUR INT64_C(3600000)
#define DAY (24 * HOUR)

static const struct {
    const char *text;
    int64_t ms;
} times[] = {
    { "1970-01-01T00:00:00Z", 0 },
    { "1970-01-01T00:00:01Z", 1000 },
    { "1969-12-31T23:59:59Z", -1000 },
    { "1970-01-01T08:00:00+08", 0 },
    { "1970-01-01T08:00:00+0800", 0 },
    { "1970-01-01T08:00:00+08:00", 0 },
    { "1970-01-01T05:30:00+05:30", 0 },
    { "1970-01-01T05:30:00+0530", 0 },
    { "1969-12-31T16:00:00-08", 0 },
    { "1969-12-31T20:30:00-03:30", 0 },
    { "1970-01-01T00:00:00+00", 0 },
    { "1970-01-01T00:00:00-00:00", 0 },
    { "2024-03-01T00:00:00+08", 1709222400000 },
    { "2024-02-29T00:00:00Z", 1709164800000 },
    { "2000-02-29T23:59:59Z", 951868799000 },
    { "2038-01-19T03:14:08Z", 2147483648000 },
    { "9999-12-31T23:59:59Z", 253402300799000 },
    { "0001-01-01T00:00:00Z", -62135596800000 },
};

static const char *const no_times[] = {
    "",
    "2024",
    "2024-03-01",
    "2024-03-01T00:00:00",
    "2024-03-01 00:00:00+08",
    "2024-03-01T00:00+08",
    "2024-03-01T00:00:00.000+08",
    "2024-03-01T00:00:00+8",
    "2024-03-01T00:00:00+080",
    "2024-03-01T00:00:00+08:",
    "2024-03-01T00:00:00+08:0",
    "2024-03-01T00:00:00+08:60",
    "2024-03-01T00:00:00+0860",
    "2024-03-01T00:00:00+24",
    "2024-03-01T00:00:00+08:00:00",
    "2024-03-01T00:00:00+08 ",
    " 2024-03-01T00:00:00+08",
    "2024-03-01T00:00:00Z+08",
    "2024-03-01T00:00:00z",
    "2024-03-01t00:00:00Z",
    "2024-03-01T24:00:00Z",
    "2024-03-01T00:60:00Z",
    "2024-03-01T00:00:60Z",
    "2024-00-01T00:00:00Z",
    "2024-13-01T00:00:00Z",
    "2024-03-00T00:00:00Z",
    "2024-03-32T00:00:00Z",
    "2024-04-31T00:00:00Z",
    "2023-02-29T00:00:00Z",
    "1900-02-29T00:00:00Z",
    "0000-01-01T00:00:00Z",
    "24-03-01T00:00:00Z",
    "2024-3-1T00:00:00Z",
    "-024-03-01T00:00:00Z",
    "2024/03/01T00:00:00Z",
    "2024-03-01T00:00:00GMT+8",
    "2024-03-01T00:00:00UTC",
    "2024-0a-01T00:00:00Z",
};

static void test_times(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(times); i++) {
        int64_t ms = -1;

        t_row("%s", times[i].text);
        assert_int_equal(time_parse(str_of(times[i].text), &ms), true);
        assert_int_equal(ms, times[i].ms);
    }
    t_rows_end();
}

static void test_what_is_no_time(void **state)
{
    int64_t ms;

    (void)state;
    for (size_t i = 0; i < COUNT_OF(no_times); i++) {
        t_row("%s", no_times[i]);
        assert_int_equal(time_parse(str_of(no_times[i]), &ms), false);
    }
    t_rows_end();
    assert_false(time_parse((struct str){ NULL, 0 }, &ms));
    assert_false(time_parse(STR("2024-03-01T00:00:00Z\0"), &ms));
}

/* The C library's calendar is the oracle. */
static void test_every_day_agrees_with_the_c_library(void **state)
{
    (void)state;
    for (int64_t day = -719162; day <= 2932896; day += 17) { /* 0001 to 9999 */
        time_t seconds = (time_t)(day * 86400 + 43200);
        char text[40];
        int64_t ms = 0;
        struct tm tm;

        gmtime_r(&seconds, &tm);
        strftime(text, sizeof(text), "-%m-%dT%H:%M:%SZ", &tm);
        memmove(text + 4, text, strlen(text) + 1);
        for (int i = 3, year = tm.tm_year + 1900; i >= 0; i--, year /= 10)
            text[i] = (char)('0' + year % 10);
        if (!time_parse(str_of(text), &ms) || ms != (int64_t)seconds * 1000)
            fail_msg("%s gives %" PRId64, text, ms);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_sound_expressions),
    cmocka_unit_test(test_faulty_expressions),
    cmocka_unit_test(test_nul_and_no_text_are_faults),
    cmocka_unit_test(test_times),
    cmocka_unit_test(test_what_is_no_time),
    cmocka_unit_test(test_every_day_agrees_with_the_c_library),
};
T_MAIN(tests)
