#include "unit/t.h"

#include <time.h>

#include "base/clock.h"

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
        assert_int_equal(clock_parse(str_of(times[i].text), CLOCK_ISO, &ms), true);
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
        assert_int_equal(clock_parse(str_of(no_times[i]), CLOCK_ISO, &ms), false);
    }
    t_rows_end();
    assert_false(clock_parse((struct str){ NULL, 0 }, CLOCK_ISO, &ms));
    assert_false(clock_parse(STR("2024-03-01T00:00:00Z\0"), CLOCK_ISO, &ms));
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
        if (!clock_parse(str_of(text), CLOCK_ISO, &ms) || ms != (int64_t)seconds * 1000)
            fail_msg("%s gives %" PRId64, text, ms);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_times),
    cmocka_unit_test(test_what_is_no_time),
    cmocka_unit_test(test_every_day_agrees_with_the_c_library),
};
T_MAIN(tests)
