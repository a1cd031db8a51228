/* AES-256-GCM: a known answer, what is bound to what, and that damage is seen. */
#include "base/base64.h"
#include "base/seal.h"
#include "unit/t.h"

static const char *const HEX =
    "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308";

static struct seal_key key(void)
{
    struct seal_key k;

    assert_true(seal_key_read(&k, str_of(HEX)));
    return k;
}

/* Test case 16 of the GCM specification: opened as it stands there. */
static void test_a_known_answer_opens(void **state)
{
    static const uint8_t sealed[] = {
        0xca, 0xfe, 0xba, 0xbe, 0xfa, 0xce, 0xdb, 0xad, 0xde, 0xca, 0xf8, 0x88, 0x52,
        0x2d, 0xc1, 0xf0, 0x99, 0x56, 0x7d, 0x07, 0xf4, 0x7f, 0x37, 0xa3, 0x2a, 0x84,
        0x42, 0x7d, 0x64, 0x3a, 0x8c, 0xdc, 0xbf, 0xe5, 0xc0, 0xc9, 0x75, 0x98, 0xa2,
        0xbd, 0x25, 0x55, 0xd1, 0xaa, 0x8c, 0xb0, 0x8e, 0x48, 0x59, 0x0d, 0xbb, 0x3d,
        0xa7, 0xb0, 0x8b, 0x10, 0x56, 0x82, 0x88, 0x38, 0xc5, 0xf6, 0x1e, 0x63, 0x93,
        0xba, 0x7a, 0x0a, 0xbc, 0xc9, 0xf6, 0x62, 0x76, 0xfc, 0x6e, 0xce, 0x0f, 0x4e,
        0x17, 0x68, 0xcd, 0xdf, 0x88, 0x53, 0xbb, 0x2d, 0x55, 0x1b
    };
    static const uint8_t context[] = { 0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad, 0xbe,
                                       0xef, 0xfe, 0xed, 0xfa, 0xce, 0xde, 0xad,
                                       0xbe, 0xef, 0xab, 0xad, 0xda, 0xd2 };
    static const uint8_t first[] = { 0xd9, 0x31, 0x32, 0x25, 0xf8, 0x84, 0x06, 0xe5 };
    struct buf plain = BUF_INIT(1024);
    struct seal_key k = key();

    (void)state;
    assert_true(seal_open(&k, (struct str){ (const char *)context, sizeof(context) },
                          (struct str){ (const char *)sealed, sizeof(sealed) }, &plain));
    assert_int_equal(plain.len, 60);
    assert_memory_equal(plain.ptr, first, sizeof(first));
    buf_wipe(&plain);
}

static void test_what_is_sealed_opens(void **state)
{
    static const char *const texts[] = { "", "x", "hunter2", "密码" };
    struct seal_key k = key();

    (void)state;
    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        struct buf one = BUF_INIT(1024), two = BUF_INIT(1024), plain = BUF_INIT(1024);

        seal(&k, STR("context"), str_of(texts[i]), &one);
        seal(&k, STR("context"), str_of(texts[i]), &two);
        assert_int_equal(one.len, strlen(texts[i]) + SEAL_NONCE_BYTES + SEAL_TAG_BYTES);
        assert_memory_not_equal(one.ptr, two.ptr, one.len); /* another nonce each time */
        assert_true(seal_open(&k, STR("context"), buf_str(&one), &plain));
        assert_str(buf_str(&plain), texts[i]);
        buf_wipe(&one);
        buf_wipe(&two);
        buf_wipe(&plain);
    }
}

static void test_any_change_is_seen(void **state)
{
    struct buf sealed = BUF_INIT(1024), plain = BUF_INIT(1024);
    struct seal_key k = key(), other;

    (void)state;
    seal_key_new(&other);
    seal(&k, STR("context"), STR("hunter2"), &sealed);
    assert_false(seal_open(&k, STR("another"), buf_str(&sealed), &plain));
    assert_false(seal_open(&other, STR("context"), buf_str(&sealed), &plain));
    for (size_t i = 0; i < sealed.len; i++) {
        struct str cut = { sealed.ptr, i };

        assert_false(seal_open(&k, STR("context"), cut, &plain));
        sealed.ptr[i] ^= 1;
        assert_false(seal_open(&k, STR("context"), buf_str(&sealed), &plain));
        sealed.ptr[i] ^= 1;
    }
    assert_int_equal(plain.len, 0);
    assert_true(seal_open(&k, STR("context"), buf_str(&sealed), &plain));
    buf_wipe(&sealed);
    buf_wipe(&plain);
}

static void test_keys(void **state)
{
    struct seal_key a = key(), b, c;

    (void)state;
    seal_key_new(&b);
    seal_key_new(&c);
    assert_int_equal(strlen(a.id), SEAL_ID_BYTES - 1);
    assert_string_not_equal(a.id, b.id);
    assert_string_not_equal(b.id, c.id);
    assert_null(strstr(HEX, a.id));
    assert_false(seal_key_read(&a, STR("")));
    assert_false(seal_key_read(&a, str_of(HEX + 1)));
    assert_false(seal_key_read(&a, STR("FEFFe9928665731c6d6a8f9467308308feffe9928665731c6"
                                       "d6a8f9467308308")));
}

static void test_base64(void **state)
{
    static const struct {
        const char *bytes, *text;
    } rows[] = {
        { "", "" }, { "f", "Zg==" }, { "fo", "Zm8=" }, { "foo", "Zm9v" }, { "{}", "e30=" }
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf text = BUF_INIT(64), bytes = BUF_INIT(64);

        base64_encode(&text, str_of(rows[i].bytes));
        assert_str(buf_str(&text), rows[i].text);
        assert_true(base64_decode(&bytes, str_of(rows[i].text), NULL));
        assert_str(buf_str(&bytes), rows[i].bytes);
        buf_release(&text);
        buf_release(&bytes);
    }
}

/* Each form is read, and written as it came. */
static void test_forms_of_base64(void **state)
{
    static const struct {
        const char *bytes, *text;
        struct base64_form form;
    } rows[] = {
        { "f", "Zg==", { false, false } },
        { "f", "Zg", { false, true } },
        { "fo", "Zm8", { false, true } },
        { "\xff\xfe\xfd", "//79", { false, false } },
        { "\xff\xfe\xfd", "__79", { true, false } },
        { "\xfb\xff", "-_8=", { true, false } },
        { "\xfb\xff", "-_8", { true, true } },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf text = BUF_INIT(64), bytes = BUF_INIT(64);
        struct base64_form form;

        t_row("%zu: %s", i, rows[i].text);
        assert_true(base64_decode(&bytes, str_of(rows[i].text), &form));
        assert_str(buf_str(&bytes), rows[i].bytes);
        assert_int_equal(form.url, rows[i].form.url);
        assert_int_equal(form.unpadded, rows[i].form.unpadded);
        base64_encode_as(&text, buf_str(&bytes), form);
        assert_str(buf_str(&text), rows[i].text);
        buf_release(&text);
        buf_release(&bytes);
    }
    t_rows_end();
}

static void test_what_is_no_base64(void **state)
{
    static const char *const rows[] = { "Z",     "Zg==Zg", "Z!==", "====",
                                        "Zg===", "-w/=",   "Zm9vZ" };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf bytes = BUF_INIT(64);

        assert_false(base64_decode(&bytes, str_of(rows[i]), NULL));
        buf_release(&bytes);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_a_known_answer_opens),
    cmocka_unit_test(test_what_is_sealed_opens),
    cmocka_unit_test(test_any_change_is_seen),
    cmocka_unit_test(test_keys),
    cmocka_unit_test(test_base64),
    cmocka_unit_test(test_forms_of_base64),
    cmocka_unit_test(test_what_is_no_base64),
};
T_MAIN(tests)
