#ifndef UNIT_T_H
#define UNIT_T_H

/*
 * What every unit test needs beside cmocka: its four includes, integers printed
 * in decimal, texts of struct str, errors with their sentence, and a main().
 *
 * A test file ends with a table of its tests and T_MAIN(table).  The executable
 * runs them all, or those whose name contains argv[1] (* and ? match anything);
 * a filter that matches none is an error.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fnmatch.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/buf.h"
#include "errors/errors.h"

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

/* cmocka's own prints 0xa != 0xc8. */
#undef assert_int_equal
#define assert_int_equal(got, want)                                                      \
    t_int((int64_t)(got), (int64_t)(want), #got, __FILE__, __LINE__)

/* A struct str equals a C string; the bytes are shown when it does not. */
#define assert_str(got, want) t_str(got, str_of(want), #got, __FILE__, __LINE__)
#define assert_bytes(got, want) t_str(got, want, #got, __FILE__, __LINE__)

/* The call gave 0; else its error is shown. */
#define assert_ok(rc, err) t_rc(rc, 0, err, #rc, __FILE__, __LINE__)

/* The call failed with `want`; the error is the caller's to look at and clear. */
#define assert_fails(rc, want, err) t_rc(rc, want, err, #rc, __FILE__, __LINE__)

/* Work of `times` the size took at most three times `times` of the CPU time of the small
 * one, and a tenth of a second: what grows with n log n does, and what grows with the
 * square of ten times the size does not. No other machine, sanitizer or load changes that
 * much. */
#define assert_no_square(large, small, times)                                            \
    t_no_square(large, small, times, __FILE__, __LINE__)

/* In a loop over a table: says which row it is, for what fails. */
static char t_row_text[300] __attribute__((unused));

__attribute__((format(printf, 1, 2))) static inline void t_row(const char *format, ...)
{
    size_t n = sizeof(t_row_text);
    va_list list;

    va_start(list, format);
    memcpy(t_row_text, " in row ", 8);
    vsnprintf(t_row_text + 8, n - 8, format, list);
    va_end(list);
}

/* Behind the loop. */
static inline void t_rows_end(void)
{
    t_row_text[0] = '\0';
}

static inline void t_int(int64_t got, int64_t want, const char *what, const char *file,
                         int line)
{
    if (got == want)
        return;
    print_error("%s:%d: %s is %" PRId64 ", not %" PRId64 "%s\n", file, line, what, got,
                want, t_row_text);
    _fail(file, line);
}

static inline void t_no_square(clock_t large, clock_t small, int times, const char *file,
                               int line)
{
    double most = (double)small * times * 3 + CLOCKS_PER_SEC / 10.0;

    if ((double)large <= most)
        return;
    print_error("%s:%d: %d times the size took %ld us after %ld us%s\n", file, line,
                times, (long)large, (long)small, t_row_text);
    _fail(file, line);
}

static inline void t_str(struct str got, struct str want, const char *what,
                         const char *file, int line)
{
    if (str_eq(got, want))
        return;
    print_error("%s:%d: %s is (%zu bytes)\n%.*s\nnot (%zu bytes)\n%.*s\n%s\n", file, line,
                what, got.n, (int)(got.n < 4000 ? got.n : 4000), got.n ? got.p : "",
                want.n, (int)(want.n < 4000 ? want.n : 4000), want.n ? want.p : "",
                t_row_text);
    _fail(file, line);
}

static inline void t_rc(int rc, int want, struct err *err, const char *what,
                        const char *file, int line)
{
    struct buf text = BUF_INIT(4096);

    if (rc == want)
        return;
    if (rc)
        error_detail(err, LANG_EN, &text);
    print_error("%s:%d: %s gave %d, not %d: %s%s\n", file, line, what, rc, want,
                text.len ? buf_cstr(&text) : "", t_row_text);
    buf_release(&text);
    err_clear(err);
    _fail(file, line);
}

/* Appends the English sentence of an error, and makes the error as new. */
static inline void t_take_detail(struct err *err, struct buf *text)
{
    buf_clear(text);
    error_detail(err, LANG_EN, text);
    err_clear(err);
}

/* JSON with ' for ", as a text of `out`. */
static inline struct str t_json(struct buf *out, const char *text)
{
    buf_clear(out);
    for (; *text; text++)
        buf_addc(out, *text == '\'' ? '"' : *text);
    buf_cstr(out);
    return buf_str(out);
}

static inline int t_run(const struct CMUnitTest *tests, size_t n, int argc, char **argv)
{
    char pattern[200];
    size_t matched = 0;

    cmocka_set_message_output(CM_OUTPUT_TAP);
    if (argc > 1) {
        snprintf(pattern, sizeof(pattern), "*%s*", argv[1]);
        for (size_t i = 0; i < n; i++)
            matched += fnmatch(pattern, tests[i].name, 0) == 0;
        if (!matched) {
            fprintf(stderr, "no test is named %s\n", pattern);
            return 2;
        }
        cmocka_set_test_filter(pattern);
    }
    return _cmocka_run_group_tests(argv[0], tests, n, NULL, NULL);
}

#define T_MAIN(tests)                                                                    \
    int main(int argc, char **argv)                                                      \
    {                                                                                    \
        return t_run(tests, COUNT_OF(tests), argc, argv);                                \
    }

#endif
