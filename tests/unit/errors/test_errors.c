#include "unit/t.h"

#include "base/limits.h"

/* The tables errors.def and details.def, row by row. */
static const struct {
    const char *symbol, *code;
    int status;
    const char *en, *zh, *cause, *todo;
} errors[] = {
#define ERROR(symbol, code, status, en, zh, cause, todo)                                 \
    { #symbol, code, status, en, zh, cause, todo },
#include "errors/errors.def"
#undef ERROR
};

static const struct {
    const char *symbol, *en, *zh;
} details[] = {
#define DETAIL(symbol, en, zh) { #symbol, en, zh },
#include "errors/details.def"
#undef DETAIL
};

static bool has_chinese(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0xe3)
            return true;
    return false;
}

static bool is_ascii(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text >= 0x80)
            return false;
    return true;
}

static void test_every_code_has_its_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        t_row("%s", errors[i].symbol);
        assert_true(errors[i].en[0] && is_ascii(errors[i].en));
        assert_true(has_chinese(errors[i].zh));
        assert_true(errors[i].cause[0] && is_ascii(errors[i].cause));
        assert_true(errors[i].todo[0] && is_ascii(errors[i].todo));
        assert_int_equal(errors[i].status >= 400 && errors[i].status < 600, true);
    }
    t_rows_end();
}

/* DLF_3051_TOO_LARGE is of the code DLF.3051. */
static void test_codes_are_as_their_symbols(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        const char *code = errors[i].code;
        char symbol[20];

        snprintf(symbol, sizeof(symbol), "%s", code);
        *strchr(symbol, '.') = '_';
        t_row("%s", errors[i].symbol);
        assert_int_equal(fnmatch("DLF.[0-9][0-9][0-9][0-9]", code, 0) == 0 ||
                             fnmatch("IAM.[0-9][0-9][0-9]", code, 0) == 0 ||
                             fnmatch("Cdm.[0-9][0-9][0-9][0-9]", code, 0) == 0 ||
                             fnmatch("APIGW.[0-9][0-9][0-9][0-9]", code, 0) == 0,
                         true);
        assert_int_equal(strncasecmp(errors[i].symbol, symbol, strlen(symbol)), 0);
    }
    t_rows_end();
}

static void test_rows_of_one_code_differ_in_status_or_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(errors[i].code, errors[k].code) == 0)
                assert_true(errors[i].status != errors[k].status ||
                            strcmp(errors[i].en, errors[k].en) != 0);
}

static void test_rows_are_found(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++) {
        const struct error_row *row = error_row(API_OK + 1 + (int)i);

        assert_string_equal(row->code, errors[i].code);
        assert_int_equal(row->status, errors[i].status);
        assert_string_equal(row->text[LANG_EN], errors[i].en);
        assert_string_equal(row->text[LANG_ZH], errors[i].zh);
    }
    assert_string_equal(error_row(DLF_3051)->code, "DLF.3051");
    assert_int_equal(error_row(DLF_3051_TOO_LARGE)->status, 413);
}

static void test_an_error_without_a_row_is_ours(void **state)
{
    static const int none[] = { API_OK,         -1,        API_ERRORS,
                                API_ERRORS + 1, INT32_MAX, INT32_MIN };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_string_equal(error_row(none[i])->code, "APIGW.0601");
}

/* Which of %1 to %4 a sentence has, as bits; -1 when a % stands for nothing. */
static int placeholders(const char *text)
{
    int bits = 0;

    for (; (text = strchr(text, '%')); text += 2) {
        if (text[1] < '1' || text[1] > '0' + ERR_ARGS)
            return -1;
        bits |= 1 << (text[1] - '1');
    }
    return bits;
}

static void test_sentences_have_the_same_placeholders_in_both_languages(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(details); i++) {
        int en = placeholders(details[i].en);

        t_row("%s", details[i].symbol);
        assert_int_equal(en >= 0, true);
        assert_int_equal(placeholders(details[i].zh), en);
        /* None left out; %1 alone may be for the API's own text. */
        assert_true((en & (en + 1)) == 0 || (en & (en + 2)) == 0);
    }
    t_rows_end();
}

static void test_every_sentence_is_in_both_languages(void **state)
{
    (void)state;
    assert_string_equal(details[0].symbol, "DET_NONE");
    assert_string_equal(details[1].symbol, "DET_TEXT");
    for (size_t i = 2; i < COUNT_OF(details); i++) {
        t_row("%s", details[i].symbol);
        assert_int_equal(details[i].en[0] && is_ascii(details[i].en), true);
        assert_int_equal(has_chinese(details[i].zh), true);
    }
    t_rows_end();
}

static void test_details_take_their_texts(void **state)
{
    struct buf out = BUF_INIT(1000);
    struct err err = ERR_INIT;

    (void)state;
    err_set(&err, E_INVALID, DLF_3051, DET_RANGE, "nodes[3].retryTimes", "0", "5", "9");
    error_detail(&err, LANG_EN, &out);
    assert_str(buf_str(&out), "nodes[3].retryTimes: 0 to 5, 9 given");
    buf_clear(&out);
    error_detail(&err, LANG_ZH, &out);
    assert_str(buf_str(&out), "nodes[3].retryTimes：取值范围0到5，实际为9");
    err_clear(&err);
    buf_release(&out);
}

static void test_texts_are_not_looked_into_for_placeholders(void **state)
{
    struct buf out = BUF_INIT(1000);
    struct err err = ERR_INIT;

    (void)state;
    err_set(&err, E_IO, APIGW_0601, DET_TEXT, "100 %1 %2 %s %");
    error_detail(&err, LANG_EN, &out);
    assert_str(buf_str(&out), "100 %1 %2 %s %");
    err_clear(&err);
    buf_release(&out);
}

static bool takes_texts(int detail, int language)
{
    const char *sentence = language == LANG_EN ? details[detail].en : details[detail].zh;

    return strchr(sentence, '%') != NULL;
}

/* No sentence reads past the texts that were given, however few; one that lacks a text,
 * as when memory is out, does not pass for whole. */
static void test_missing_texts_make_it_bad(void **state)
{
    (void)state;
    for (int detail = 0; detail < DETAILS; detail++)
        for (int language = LANG_EN; language <= LANG_ZH; language++) {
            struct buf out = BUF_INIT(1000);
            struct err err = { .ec = E_INVALID, .detail = detail };

            error_detail(&err, (enum language)language, &out);
            assert_int_equal(out.bad, takes_texts(detail, language) ? E_NOMEM : 0);
            assert_int_equal(out.len && memchr(out.ptr, '%', out.len), 0);
            buf_release(&out);
        }
}

static void test_a_copy_has_all_texts(void **state)
{
    struct err err = ERR_INIT, copy = ERR_INIT;
    struct buf out = BUF_INIT(1000);

    (void)state;
    err_set(&copy, E_IO, APIGW_0601, DET_TEXT, "what was there before");
    err_set(&err, E_INVALID, DLF_3051, DET_RANGE, "a", "0", "5", "9");
    assert_int_equal(err_copy(&copy, &err), E_INVALID);
    err_clear(&err);
    assert_int_equal(copy.api, DLF_3051);
    error_detail(&copy, LANG_EN, &out);
    assert_str(buf_str(&out), "a: 0 to 5, 9 given");
    assert_int_equal(err_move(&copy, &err), E_INVALID);
    assert_int_equal(copy.ec, 0);
    buf_clear(&out);
    error_detail(&err, LANG_EN, &out);
    assert_str(buf_str(&out), "a: 0 to 5, 9 given");
    err_clear(&err);
    err_clear(&copy);
    buf_release(&out);
}

static void test_an_error_may_be_filled_with_its_own_texts(void **state)
{
    struct err err = ERR_INIT;

    (void)state;
    err_set(&err, E_IO, APIGW_0601, DET_TEXT, "the bucket");
    err_set(&err, E_NOTFOUND, DLF_1242, DET_BUCKET_OF, "path", err.arg[0]);
    assert_string_equal(err.arg[0], "path");
    assert_string_equal(err.arg[1], "the bucket");
    err_clear(&err);
}

static void test_an_error_can_be_filled_again(void **state)
{
    struct err err = ERR_INIT;
    char text[] = "abc";

    (void)state;
    assert_int_equal(err_set(&err, E_INVALID, DLF_0100, DET_TEXT, text, "b", "c", "d"),
                     E_INVALID);
    text[0] = 'X';
    assert_string_equal(err.arg[0], "abc");
    assert_string_equal(err.arg[3], "d");
    assert_int_equal(err_set(&err, E_IO, DLF_0101, DET_NONE), E_IO);
    assert_int_equal(err.api, DLF_0101);
    for (int i = 0; i < ERR_ARGS; i++)
        assert_null(err.arg[i]);
    err_clear(&err);
    assert_int_equal(err.ec, 0);
    err_clear(&err);
}

static void test_a_sentence_is_said_as_it_is(void **state)
{
    struct err err = ERR_INIT;
    struct buf out = BUF_INIT(KIB);

    (void)state;
    assert_int_equal(err_say(&err, E_IO, "%s: %d", "file", 7), E_IO);
    assert_int_equal(err.api, API_OK);
    assert_int_equal(err_say(&err, E_IO, "again: %s", err.arg[0]), E_IO);
    error_detail(&err, LANG_ZH, &out);
    assert_string_equal(buf_cstr(&out), "again: file: 7");
    assert_int_equal(err_fault(&err, E_BUSY, "%s", "100%"), E_BUSY);
    assert_int_equal(err.api, APIGW_0601);
    assert_string_equal(err.arg[0], "100%");
    err_clear(&err);
    buf_release(&out);
}

static void test_numbers_of_every_type_are_digits(void **state)
{
    struct err err = ERR_INIT;

    (void)state;
    err_set(&err, E_LIMIT, API_OK, DET_NONE, NUM(-7), NUM(UINT64_MAX), NUM(INT64_MIN),
            NUM((uint16_t)65535));
    assert_string_equal(err.arg[0], "-7");
    assert_string_equal(err.arg[1], "18446744073709551615");
    assert_string_equal(err.arg[2], "-9223372036854775808");
    assert_string_equal(err.arg[3], "65535");
    err_clear(&err);
}

static void test_a_text_that_is_no_c_string_is_an_argument(void **state)
{
    struct err err = ERR_INIT;
    struct str long_text = { calloc(1, 2 * ERR_TEXT_MAX), 2 * ERR_TEXT_MAX };

    (void)state;
    assert_non_null(long_text.p);
    memset((char *)long_text.p, 'a', long_text.n);
    err_set(&err, E_INVALID, API_OK, DET_NONE, CSTR(((struct str){ "abc", 2 })),
            CSTR(((struct str){ NULL, 0 })), CSTR(long_text));
    assert_string_equal(err.arg[0], "ab");
    assert_string_equal(err.arg[1], "");
    assert_int_equal(strlen(err.arg[2]), ERR_TEXT_MAX);
    err_clear(&err);
    free((char *)long_text.p);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_every_code_has_its_texts),
    cmocka_unit_test(test_codes_are_as_their_symbols),
    cmocka_unit_test(test_rows_of_one_code_differ_in_status_or_text),
    cmocka_unit_test(test_rows_are_found),
    cmocka_unit_test(test_an_error_without_a_row_is_ours),
    cmocka_unit_test(test_sentences_have_the_same_placeholders_in_both_languages),
    cmocka_unit_test(test_every_sentence_is_in_both_languages),
    cmocka_unit_test(test_details_take_their_texts),
    cmocka_unit_test(test_texts_are_not_looked_into_for_placeholders),
    cmocka_unit_test(test_missing_texts_make_it_bad),
    cmocka_unit_test(test_a_copy_has_all_texts),
    cmocka_unit_test(test_an_error_may_be_filled_with_its_own_texts),
    cmocka_unit_test(test_an_error_can_be_filled_again),
    cmocka_unit_test(test_a_sentence_is_said_as_it_is),
    cmocka_unit_test(test_numbers_of_every_type_are_digits),
    cmocka_unit_test(test_a_text_that_is_no_c_string_is_an_argument),
};
T_MAIN(tests)
