#include "unit/t.h"

#include "base/limits.h"
#include "model/form.h"

/* A form of its own, with one row for each thing that a row can say. */
static int rule_even(const struct rule_at *at)
{
    int64_t v = 0;

    json_int(at->doc, at->at, &v);
    return v % 2 ? rule_fail(at, DET_TIMEOUT, "odd", NULL, NULL) : 0;
}

/* A rule that looks beside its value: `to` stands together with `from`. */
static int rule_to(const struct rule_at *at)
{
    return json_member(at->doc, at->parent, "from")
               ? 0
               : rule_fail(at, DET_EMPTY, NULL, NULL, NULL);
}

/* clang-format off */
static const char *const colours[] = { "RED", "GREEN", NULL };

static const struct field inner_fields[] = {
    { "x", .type = F_INT, .required = true, .min = 1, .max = 9 },
    { "note", "remark", .type = F_STRING, .max = 3, .shown = "\"-\"" },
    { "deep", .type = F_ARRAY, .item = F_INT, .stored = "[0]" },
    { .name = NULL }
};
static const struct form inner_form = { inner_fields, DLF_3025 };

static const struct field fields[] = {
    { "name", .type = F_STRING, .required = true, .keep = true, .min = 1, .max = 5,
      .missing = DLF_3004, .wrong = DLF_3018 },
    { "needed", .type = F_ANY, .required = true },
    { "colour", "color", .type = F_STRING, .one_of = colours, .wrong = DLF_6263 },
    { "count", .type = F_INT, .min = 1, .max = 10, .mistyped = DLF_0803 },
    { "even", .type = F_INT, .wrong = DLF_3050, .rule = rule_even },
    { "flag", .type = F_BOOL },
    { "words", .type = F_ARRAY, .min = 1, .max = 3, .item = F_STRING },
    { "items", .type = F_ARRAY, .item = F_OBJECT, .form = &inner_form },
    { "one", .type = F_OBJECT, .form = &inner_form, .mistyped = DLF_3025 },
    { "place", .type = F_NUMERIC },
    { "from", .type = F_ANY },
    { "to", .type = F_ANY, .rule = rule_to },
    { "id", .type = F_INT, .server = true },
    { "added", .type = F_ANY, .stored = "{\"a\":[]}" },
    { "default", .type = F_ANY, .shown = "1.50" },
    { .name = NULL }
};
static const struct form form = { fields, DLF_3051 };

#define OK -1

static const struct {
    const char *members; /* beside name and needed */
    int detail;
    const char *text; /* of the error: code and sentence */
} rows[] = {
    { "", OK, "" },
    { ",'unknown':[{'x':'y'}]", OK, "" },
    { ",'colour':'RED'", OK, "" },
    { ",'color':'GREEN'", OK, "" },
    { ",'colour':'RED','color':7", OK, "" }, /* the canonical one is looked at */
    { ",'colour':null,'color':'RED'", OK, "" },
    { ",'colour':null,'color':null", OK, "" },
    { ",'colour':'red'", DET_ONE_OF, "DLF.6263 colour: one of RED, GREEN expected, red given" },
    { ",'colour':''", DET_ONE_OF, "DLF.6263 colour: one of RED, GREEN expected,  given" },
    { ",'color':'BLUE'", DET_ONE_OF, "DLF.6263 color: one of RED, GREEN expected, BLUE given" },
    { ",'colour':1", DET_TYPE, "DLF.3051 colour: string expected, number given" },
    { ",'colour':null,'color':1", DET_TYPE, "DLF.3051 color: string expected, number given" },
    { ",'count':1", OK, "" },
    { ",'count':10", OK, "" },
    { ",'count':0", DET_RANGE, "DLF.3051 count: 1 to 10, 0 given" },
    { ",'count':11", DET_RANGE, "DLF.3051 count: 1 to 10, 11 given" },
    { ",'count':-9223372036854775808", DET_RANGE,
      "DLF.3051 count: 1 to 10, -9223372036854775808 given" },
    { ",'count':9223372036854775808", DET_TYPE, "DLF.0803 count: integer expected, number given" },
    { ",'count':1.0", DET_TYPE, "DLF.0803 count: integer expected, number given" },
    { ",'count':1e0", DET_TYPE, "DLF.0803 count: integer expected, number given" },
    { ",'count':'1'", DET_TYPE, "DLF.0803 count: integer expected, string given" },
    { ",'count':true", DET_TYPE, "DLF.0803 count: integer expected, boolean given" },
    { ",'count':[]", DET_TYPE, "DLF.0803 count: integer expected, array given" },
    { ",'count':{}", DET_TYPE, "DLF.0803 count: integer expected, object given" },
    { ",'count':null", OK, "" },
    { ",'even':2", OK, "" },
    { ",'even':3", DET_TIMEOUT, "DLF.3050 even: 0 or 5 to 1440, odd given" },
    { ",'flag':true", OK, "" },
    { ",'flag':false", OK, "" },
    { ",'flag':0", DET_TYPE, "DLF.3051 flag: boolean expected, number given" },
    { ",'flag':'true'", DET_TYPE, "DLF.3051 flag: boolean expected, string given" },
    { ",'words':['a']", OK, "" },
    { ",'words':['a','b','c']", OK, "" },
    { ",'words':[]", DET_MIN_ITEMS, "DLF.3051 words: at least 1 names, 0 given" },
    { ",'words':['a','b','c','d']", DET_MAX_ITEMS, "DLF.3051 words: at most 3 names, 4 given" },
    { ",'words':['a',1]", DET_TYPE, "DLF.3051 words[1]: string expected, number given" },
    { ",'words':['a',null]", DET_TYPE, "DLF.3051 words[1]: string expected, null given" },
    { ",'words':'a'", DET_TYPE, "DLF.3051 words: array expected, string given" },
    { ",'words':{}", DET_TYPE, "DLF.3051 words: array expected, object given" },
    { ",'items':[]", OK, "" },
    { ",'items':[{'x':1},{'x':9,'y':1}]", OK, "" },
    { ",'items':[{'x':1},{}]", DET_REQUIRED, "DLF.3025 items[1].x: required" },
    { ",'items':[{'x':1},{'x':null}]", DET_REQUIRED, "DLF.3025 items[1].x: required" },
    { ",'items':[{'x':0}]", DET_RANGE, "DLF.3025 items[0].x: 1 to 9, 0 given" },
    { ",'items':[[]]", DET_TYPE, "DLF.3051 items[0]: object expected, array given" },
    { ",'items':[{'x':1,'remark':'作业作'}]", OK, "" },
    { ",'items':[{'x':1,'remark':'作业作业'}]", DET_MAX_LENGTH,
      "DLF.3025 items[0].remark: at most 3 characters, 4 given" },
    { ",'items':[{'x':1,'deep':[1,'2']}]", DET_TYPE,
      "DLF.3025 items[0].deep[1]: integer expected, string given" },
    { ",'one':{'x':1}", OK, "" },
    { ",'one':null", OK, "" },
    { ",'one':{}", DET_REQUIRED, "DLF.3025 one.x: required" },
    { ",'one':[]", DET_TYPE, "DLF.3025 one: object expected, array given" },
    { ",'place':1", OK, "" }, { ",'place':-0.5e3", OK, "" }, { ",'place':'1'", OK, "" },
    { ",'place':'-1.5E+2'", OK, "" },
    { ",'place':''", DET_TYPE, "DLF.3051 place: number expected, string given" },
    { ",'place':'x'", DET_TYPE, "DLF.3051 place: number expected, string given" },
    { ",'place':'1 2'", DET_TYPE, "DLF.3051 place: number expected, string given" },
    { ",'place':'01'", DET_TYPE, "DLF.3051 place: number expected, string given" },
    { ",'place':'true'", DET_TYPE, "DLF.3051 place: number expected, string given" },
    { ",'place':true", DET_TYPE, "DLF.3051 place: number expected, boolean given" },
    { ",'to':1,'from':1", OK, "" },
    { ",'to':1", DET_EMPTY, "DLF.3051 to: must not be empty" },
    { ",'id':'x'", DET_TYPE, "DLF.3051 id: integer expected, string given" },
    /* The first fault in the table's order, not the body's. */
    { ",'flag':1,'count':0", DET_RANGE, "DLF.3051 count: 1 to 10, 0 given" },
};

static const struct {
    const char *body;
    bool update;
    int detail;
    const char *text;
} whole[] = {
    { "{'needed':1}", false, DET_REQUIRED, "DLF.3004 name: required" },
    { "{'needed':1,'name':null}", false, DET_REQUIRED, "DLF.3004 name: required" },
    { "{'needed':1}", true, OK, "" },
    { "{'needed':1,'name':null}", true, OK, "" },
    { "{'needed':1,'name':''}", false, DET_EMPTY, "DLF.3004 name: must not be empty" },
    { "{'needed':1,'name':''}", true, DET_EMPTY, "DLF.3004 name: must not be empty" },
    { "{'needed':1,'name':'12345'}", false, OK, "" },
    { "{'needed':1,'name':'123456'}", false, DET_MAX_LENGTH,
      "DLF.3018 name: at most 5 characters, 6 given" },
    { "{'needed':1,'name':1}", false, DET_TYPE, "DLF.3051 name: string expected, number given" },
    { "{'name':'a'}", false, DET_REQUIRED, "DLF.3051 needed: required" },
    { "{'name':'a'}", true, DET_REQUIRED, "DLF.3051 needed: required" },
    { "{}", false, DET_REQUIRED, "DLF.3004 name: required" },
};
/* clang-format on */

static void check(const char *body, bool update, int detail, const char *text)
{
    struct buf json = BUF_INIT(KIB), is = BUF_INIT(KIB);
    struct err err = ERR_INIT;
    struct json_doc doc;
    int rc;

    t_row("%s", body);
    assert_ok(json_read(&doc, t_json(&json, body), 100, &err), &err);
    rc = form_check(&form, &doc, 0, update, &err);
    if (rc) {
        buf_addf(&is, "%s ", error_row(err.api)->code);
        error_detail(&err, LANG_EN, &is);
    }
    assert_str(buf_str(&is), text);
    assert_int_equal(rc, detail == OK ? 0 : E_INVALID);
    assert_int_equal(rc ? err.detail : OK, detail);
    err_clear(&err);
    json_release(&doc);
    buf_release(&json);
    buf_release(&is);
    t_rows_end();
}

static void test_members_are_checked_by_the_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf body = BUF_INIT(KIB);

        buf_addf(&body, "{'name':'a','needed':1%s}", rows[i].members);
        check(buf_cstr(&body), false, rows[i].detail, rows[i].text);
        buf_release(&body);
    }
}

static void test_required_members_and_those_an_update_keeps(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(whole); i++)
        check(whole[i].body, whole[i].update, whole[i].detail, whole[i].text);
}

static void test_a_long_text_is_repeated_cut(void **state)
{
    struct buf json = BUF_INIT(KIB);
    struct err err = ERR_INIT;
    struct json_doc doc;

    (void)state;
    buf_adds(&json, "{\"name\":\"a\",\"needed\":1,\"colour\":\"");
    for (int i = 0; i < 100; i++)
        buf_adds(&json, "作");
    buf_adds(&json, "\"}");
    assert_ok(json_read(&doc, buf_str(&json), 100, &err), &err);
    assert_fails(form_check(&form, &doc, 0, false, &err), E_INVALID, &err);
    assert_int_equal(strlen(err.arg[2]), 99); /* at most 100 bytes, whole characters */
    err_clear(&err);
    json_release(&doc);
    buf_release(&json);
}

static void test_fields_are_found_by_name_and_alias(void **state)
{
    (void)state;
    assert_string_equal(form_field(&form, STR("colour"))->name, "colour");
    assert_string_equal(form_field(&form, STR("color"))->name, "colour");
    assert_null(form_field(&form, STR("Colour")));
    assert_null(form_field(&form, STR("")));
}

static void test_member_is_the_canonical_one_unless_it_is_null(void **state)
{
    static const struct {
        const char *body;
        uint32_t at;
    } members[] = {
        { "{}", 0 },
        { "{'colour':1}", 1 },
        { "{'color':1}", 1 },
        { "{'colour':1,'color':2}", 1 },
        { "{'color':2,'colour':1}", 2 },
        { "{'color':2,'colour':null}", 1 },
        { "{'colour':null,'color':null}", 0 },
        { "{'colour':null}", 0 },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(members); i++) {
        struct buf json = BUF_INIT(KIB);
        struct err err = ERR_INIT;
        struct json_doc doc;

        t_row("%s", members[i].body);
        assert_ok(json_read(&doc, t_json(&json, members[i].body), 100, &err), &err);
        assert_int_equal(form_member(&form, &doc, 0, "colour"), members[i].at);
        json_release(&doc);
        buf_release(&json);
    }
    t_rows_end();
}

/* ---- writing ---- */

/* Writes `json` as the member `key` of an object, by `mode`, compact. */
static void write_member(struct buf *out, const char *key, const char *json,
                         enum form_mode mode)
{
    struct jw jw = JW_INIT(out, false);
    struct buf text = BUF_INIT(KIB);
    struct err err = ERR_INIT;
    struct json_doc doc;
    struct member m;

    assert_ok(json_read(&doc, t_json(&text, json), 100, &err), &err);
    m = (struct member){ str_of(key), &doc, 0 };
    jw_object(&jw, STR_NONE);
    form_write_member(&jw, &form, &m, mode);
    jw_end(&jw, '}');
    json_release(&doc);
    buf_release(&text);
}

static const struct {
    const char *key, *value, *stored, *shown;
} writings[] = {
    { "unknown", "{'b':null,'a':[{'x':null}]}", "{'unknown':{'b':null,'a':[{'x':null}]}}",
      NULL },
    { "count", "1.50", "{'count':1.50}", NULL },
    { "one", "{'x':1,'deep':[]}", "{'one':{'x':1,'deep':[]}}",
      "{'one':{'x':1,'deep':[],'note':'-'}}" },
    { "one", "{'x':1}", "{'one':{'x':1,'deep':[0]}}",
      "{'one':{'x':1,'note':'-','deep':[0]}}" },
    { "one", "{'x':1,'deep':null,'z':null}", "{'one':{'x':1,'z':null,'deep':[0]}}",
      "{'one':{'x':1,'z':null,'note':'-','deep':[0]}}" },
    { "one", "{'remark':'a','deep':[],'x':1}", "{'one':{'note':'a','deep':[],'x':1}}",
      NULL },
    { "one", "{'remark':'a','deep':[],'note':'b'}", "{'one':{'deep':[],'note':'b'}}",
      NULL },
    { "one", "{'remark':'a','deep':[],'note':null}", "{'one':{'note':'a','deep':[]}}",
      NULL },
    { "one", "{'remark':null,'deep':[],'note':'b'}", "{'one':{'deep':[],'note':'b'}}",
      NULL },
    { "items", "[]", "{'items':[]}", NULL },
    { "items", "[{'remark':'a','deep':[]},{}]",
      "{'items':[{'note':'a','deep':[]},{'deep':[0]}]}",
      "{'items':[{'note':'a','deep':[]},{'note':'-','deep':[0]}]}" },
    { "items", "[[{'remark':'a'}],null,1]", "{'items':[[{'remark':'a'}],null,1]}", NULL },
    { "one", "{'id':1,'note':'','deep':[]}", "{'one':{'id':1,'note':'','deep':[]}}",
      NULL },
};

static void test_members_are_written_normalised(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(writings); i++)
        for (enum form_mode mode = FORM_STORED; mode <= FORM_SHOWN; mode++) {
            bool shown = mode == FORM_SHOWN && writings[i].shown;
            struct buf out = BUF_INIT(KIB), want = BUF_INIT(KIB);

            t_row("%s", writings[i].value);
            write_member(&out, writings[i].key, writings[i].value, mode);
            assert_bytes(buf_str(&out),
                         t_json(&want, shown ? writings[i].shown : writings[i].stored));
            buf_release(&out);
            buf_release(&want);
        }
    t_rows_end();
}

static void test_additions_are_those_that_are_missing(void **state)
{
    static const struct member none[1], added = { .key = { "added", 5 } },
                                        other = { .key = { "default", 7 } };
    static const struct {
        const struct member *members;
        size_t n;
        enum form_mode mode;
        const char *text;
    } cases[] = {
        { none, 0, FORM_STORED, "{'added':{'a':[]}}" },
        { none, 0, FORM_SHOWN, "{'added':{'a':[]},'default':1.50}" },
        { &added, 1, FORM_STORED, "{}" },
        { &added, 1, FORM_SHOWN, "{'default':1.50}" },
        { &other, 1, FORM_STORED, "{'added':{'a':[]}}" },
        { &other, 1, FORM_SHOWN, "{'added':{'a':[]}}" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct buf out = BUF_INIT(KIB), want = BUF_INIT(KIB);
        struct jw jw = JW_INIT(&out, false);

        jw_object(&jw, STR_NONE);
        form_write_additions(&jw, &form, cases[i].members, cases[i].n, cases[i].mode);
        jw_end(&jw, '}');
        assert_bytes(buf_str(&out), t_json(&want, cases[i].text));
        buf_release(&out);
        buf_release(&want);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_members_are_checked_by_the_table),
    cmocka_unit_test(test_required_members_and_those_an_update_keeps),
    cmocka_unit_test(test_a_long_text_is_repeated_cut),
    cmocka_unit_test(test_fields_are_found_by_name_and_alias),
    cmocka_unit_test(test_member_is_the_canonical_one_unless_it_is_null),
    cmocka_unit_test(test_members_are_written_normalised),
    cmocka_unit_test(test_additions_are_those_that_are_missing),
};
T_MAIN(tests)
