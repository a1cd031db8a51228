/* Taking secrets out of a body: what is one, where it stood, and what is left. */
#include "base/base64.h"
#include "base/limits.h"
#include "model/secrets.h"
#include "unit/t.h"

struct taken {
    struct arena arena;
    struct secrets secrets;
    struct buf clean;
    struct err err;
};

/* Takes from a text with ' for ". */
static void take(struct taken *t, enum secret_rule rule, const char *text)
{
    struct buf json = BUF_INIT(MIB);
    struct json_doc doc;

    *t = (struct taken){ .arena = ARENA_INIT, .clean = BUF_INIT(MIB), .err = ERR_INIT };
    assert_ok(json_read(&doc, t_json(&json, text), JSON_MAX_VALUES, &t->err), &t->err);
    assert_ok(secrets_take(&t->secrets, &doc, 0, rule, &t->clean, &t->arena, &t->err),
              &t->err);
    json_release(&doc);
    buf_release(&json);
}

static void release(struct taken *t)
{
    secrets_release(&t->secrets);
    buf_release(&t->clean);
    arena_release(&t->arena);
}

/* "path=value path=value ..." of all that was taken; ? is a placeholder. */
static void list(const struct taken *t, struct buf *out)
{
    for (size_t i = 0; i < t->secrets.n; i++) {
        const struct secret *s = &t->secrets.items[i];

        buf_addf(out, "%s%.*s=", i ? " " : "", STR_ARG(s->path));
        if (s->value.p)
            buf_addstr(out, s->value);
        else
            buf_addc(out, '?');
    }
}

static const struct {
    enum secret_rule rule;
    const char *body, *clean, *taken;
} rows[] = {
    { SECRETS_CONFIG, "{'a':1,'b':[true,null,'x']}", "{'a':1,'b':[true,null,'x']}", "" },
    { SECRETS_CONFIG, "{'password':'p'}", "{}", "password=p" },
    { SECRETS_CONFIG, "{'a':{'b':{'Token':'p'}},'c':1}", "{'a':{'b':{}},'c':1}",
      "a.b.Token=p" },
    { SECRETS_CONFIG, "{'linkConfig.accessKey':'p'}", "{}", "linkConfig\\.accessKey=p" },
    { SECRETS_CONFIG, "{'secret_key':'p','SECRET-KEY':'q'}", "{}",
      "secret_key=p SECRET-KEY=q" },
    { SECRETS_CONFIG, "{'passwords':'p','mypassword':'q','password.x':'r'}",
      "{'password.x':'r'}", "passwords=p mypassword=q" },
    { SECRETS_CONFIG, "{'sk':12.50,'dek':{'a':[1,'',null]},'pwd':true}",
      "{'sk':12.50,'dek':{'a':[1,'',null]},'pwd':true}", "" },
    { SECRETS_CONFIG, "{'dek':{'a':[1,'x']},'pwd':'true'}", "{}",
      "dek={\"a\":[1,\"x\"]} pwd=true" },
    { SECRETS_CONFIG,
      "{'sk':'${sk}','pwd':'#{Env.get(\\'a\\')}','dek':'$[a]','token':'${a}b'}",
      "{'sk':'${sk}','pwd':'#{Env.get(\\'a\\')}','dek':'$[a]'}", "token=${a}b" },
    { SECRETS_CONFIG,
      "{'sk':'','pwd':null,'dek':'*********','token':'Add password here',"
      "'x.password':'Add password here.'}",
      "{}", "sk=? pwd=? dek=? token=? x\\.password=?" },
    { SECRETS_CONFIG,
      "{'configs':[{'name':'linkConfig','inputs':[{'name':'linkConfig.host','value':'h'},"
      "{'name':'linkConfig.password','value':'p','type':'STRING'},{'name':'x'}]}]}",
      "{'configs':[{'name':'linkConfig','inputs':[{'name':'linkConfig.host','value':'h'},"
      "{'name':'x'}]}]}",
      "configs.linkConfig.inputs.linkConfig\\.password=p" },
    { SECRETS_CONFIG, "{'a':[{'password':'p'},[{'token':'q'}]]}", "{'a':[{},[{}]]}",
      "a.\\#0.password=p a.\\#1.\\#0.token=q" },
    { SECRETS_CONFIG, "{'name':'password'}", "{'name':'password'}", "" },
    /* e30= is {}, W10= is [], the third is {"a":1}. */
    { SECRETS_CONFIG, "{'name':'x.extendedFields','value':'e30='}",
      "{'name':'x.extendedFields','value':'e30='}", "" },
    { SECRETS_CONFIG, "{'name':'x.extendedFields','value':'W10='}",
      "{'name':'x.extendedFields'}", "value=W10=" },
    { SECRETS_CONFIG, "{'name':'x.extendedFields','value':'not base64'}",
      "{'name':'x.extendedFields'}", "value=not base64" },
    { SECRETS_CONFIG, "{'name':'x.extendedFields','value':''}",
      "{'name':'x.extendedFields','value':''}", "" },
    /* {"sk":"p","a":1} and {"a":1} */
    { SECRETS_CONFIG,
      "{'e':{'name':'x.extendedFields','value':'eyJzayI6InAiLCJhIjoxfQ=='}}",
      "{'e':{'name':'x.extendedFields','value':'eyJhIjoxfQ=='}}", "e.value.sk=p" },
    { SECRETS_NODES, "{'password':'p','nodes':[]}", "{'password':'p','nodes':[]}", "" },
    { SECRETS_NODES,
      "{'nodes':[{'name':'n','properties':[{'name':'a','value':'p',"
      "'value_is_sensitive':true},{'name':'b','value':'q','value_is_sensitive':false}]}]}",
      "{'nodes':[{'name':'n','properties':[{'name':'a','value':'',"
      "'value_is_sensitive':true},{'name':'b','value':'q','value_is_sensitive':false}]}]}",
      "nodes.n.properties.a.value=p" },
    { SECRETS_NODES,
      "{'nodes':[{'name':'n','properties':[{'name':'a','value':'',"
      "'value_is_sensitive':true}]}]}",
      "{'nodes':[{'name':'n','properties':[{'name':'a','value':'',"
      "'value_is_sensitive':true}]}]}",
      "nodes.n.properties.a.value=?" },
};

static void test_what_is_taken_and_what_is_left(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf clean = BUF_INIT(MIB), taken = BUF_INIT(MIB);
        struct taken t;

        t_row("%zu: %s", i, rows[i].body);
        take(&t, rows[i].rule, rows[i].body);
        assert_bytes(buf_str(&t.clean), t_json(&clean, rows[i].clean));
        list(&t, &taken);
        assert_str(buf_str(&taken), rows[i].taken);
        buf_release(&clean);
        buf_release(&taken);
        release(&t);
    }
    t_rows_end();
}

static void test_every_row_of_the_table_is_one(void **state)
{
    static const char *const keys[] = {
#define SECRET_KEY(key, how) key,
#define NOT_SECRET(end, why)
#include "model/secret_keys.def"
#undef SECRET_KEY
#undef NOT_SECRET
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(keys); i++) {
        char body[100];
        struct taken t;

        snprintf(body, sizeof(body), "{'x.%s':'p'}", keys[i]);
        take(&t, SECRETS_CONFIG, body);
        assert_str(buf_str(&t.clean), "{}");
        assert_int_equal(t.secrets.n, 1);
        release(&t);
    }
}

/* {"sk":"p"} in so many layers of extended configs. */
static void take_layers(struct taken *t, int layers)
{
    struct buf text = BUF_INIT(MIB);

    buf_adds(&text, "{'sk':'p'}");
    for (int i = 0; i < layers; i++) {
        struct buf json = BUF_INIT(MIB), coded = BUF_INIT(MIB);

        t_json(&json, buf_cstr(&text));
        base64_encode(&coded, buf_str(&json));
        buf_clear(&text);
        buf_adds(&text, "{'name':'extendedFields','value':'");
        buf_addstr(&text, buf_str(&coded));
        buf_adds(&text, "'}");
        buf_release(&json);
        buf_release(&coded);
    }
    take(t, SECRETS_CONFIG, buf_cstr(&text));
    buf_release(&text);
}

/* Past the deepest that is opened the rest is sealed as it is. */
static void test_base64_in_base64(void **state)
{
    (void)state;
    for (int layers = 1; layers <= SECRET_DEPTH_MAX + 3; layers++) {
        bool opened = layers <= SECRET_DEPTH_MAX;
        struct buf path = BUF_INIT(KIB);
        struct taken t;

        for (int i = 0; i < layers && i <= SECRET_DEPTH_MAX; i++)
            buf_adds(&path, i ? ".value" : "value");
        if (opened)
            buf_adds(&path, ".sk");
        t_row("%d", layers);
        take_layers(&t, layers);
        assert_int_equal(t.secrets.n, 1);
        assert_bytes(t.secrets.items[0].path, buf_str(&path));
        if (opened)
            assert_str(t.secrets.items[0].value, "p");
        buf_release(&path);
        release(&t);
    }
    t_rows_end();
}

static void test_which_secrets_have_a_value(void **state)
{
    struct taken t;

    (void)state;
    take(&t, SECRETS_CONFIG, "{'config':{'password':'p','token':''}}");
    assert_true(secrets_has_value(&t.secrets, STR("config.password")));
    assert_false(secrets_has_value(&t.secrets, STR("config.token")));
    assert_false(secrets_has_value(&t.secrets, STR("config")));
    release(&t);
}

/* Each path has the names of all that the secret is in: many secrets in one long name
 * are refused before they take memory. */
static void test_paths_have_a_limit(void **state)
{
    struct buf json = BUF_INIT(4 * MIB), clean = BUF_INIT(4 * MIB);
    struct arena arena = ARENA_INIT;
    struct secrets secrets = { 0 };
    struct err err = ERR_INIT;
    struct json_doc doc;

    (void)state;
    buf_adds(&json, "{\"");
    for (int i = 0; i < 100000; i++)
        buf_addc(&json, 'k');
    buf_adds(&json, "\":[1");
    for (int i = 0; i < 10000; i++)
        buf_adds(&json, ",{\"name\":\"token\",\"value\":\"x\"}");
    buf_adds(&json, "]}");
    assert_ok(json_read(&doc, buf_str(&json), JSON_MAX_VALUES, &err), &err);
    assert_int_equal(
        secrets_take(&secrets, &doc, 0, SECRETS_CONFIG, &clean, &arena, &err), E_LIMIT);
    assert_int_equal(err.api, DLF_3051);
    assert_true(arena.bytes < 2 * SECRET_PATHS_MAX);
    err_clear(&err);
    json_release(&doc);
    secrets_release(&secrets);
    arena_release(&arena);
    buf_release(&clean);
    buf_release(&json);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_what_is_taken_and_what_is_left),
    cmocka_unit_test(test_every_row_of_the_table_is_one),
    cmocka_unit_test(test_base64_in_base64),
    cmocka_unit_test(test_which_secrets_have_a_value),
    cmocka_unit_test(test_paths_have_a_limit),
};
T_MAIN(tests)
