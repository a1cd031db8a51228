/* What is a secret: by its name, by its value, and in lines; and what is none. */
#include <time.h>

#include "base/limits.h"
#include "model/secrets.h"
#include "unit/t.h"

struct taken {
    struct arena arena;
    struct secrets secrets;
    struct buf clean;
};

static void take(struct taken *t, enum secret_rule rule, struct str json)
{
    struct err err = ERR_INIT;
    struct json_doc doc;

    *t = (struct taken){ .arena = ARENA_INIT, .clean = BUF_INIT(MIB) };
    assert_ok(json_read(&doc, json, JSON_MAX_VALUES, &err), &err);
    assert_ok(secrets_take(&t->secrets, &doc, 0, rule, &t->clean, &t->arena, &err), &err);
    json_release(&doc);
}

static void release(struct taken *t)
{
    secrets_release(&t->secrets);
    buf_release(&t->clean);
    arena_release(&t->arena);
}

/* {"config": {NAME: VALUE}} */
static void write_config(struct buf *out, const char *name, const char *value)
{
    struct jw jw = JW_INIT(out, false);

    jw_object(&jw, STR_NONE);
    jw_object(&jw, STR("config"));
    jw_string(&jw, str_of(name), str_of(value));
    jw_end(&jw, '}');
    jw_end(&jw, '}');
}

/* The same as an input of CDM. */
static void write_input(struct buf *out, const char *name, const char *value)
{
    struct jw jw = JW_INIT(out, false);

    jw_object(&jw, STR_NONE);
    jw_array(&jw, STR("inputs"));
    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("name"), str_of(name));
    jw_string(&jw, STR("value"), str_of(value));
    jw_end(&jw, '}');
    jw_end(&jw, ']');
    jw_end(&jw, '}');
}

/* Whether the value is taken, as a member and as an input; if so it is nowhere else. */
static bool is_taken(const char *name, const char *value)
{
    void (*const write[])(struct buf *, const char *, const char *) = { write_config,
                                                                        write_input };
    bool taken[COUNT_OF(write)];

    for (size_t i = 0; i < COUNT_OF(write); i++) {
        struct buf json = BUF_INIT(MIB);
        struct taken t;

        write[i](&json, name, value);
        take(&t, SECRETS_CONFIG, buf_str(&json));
        taken[i] = t.secrets.n == 1;
        if (taken[i]) {
            assert_str(t.secrets.items[0].value, value);
            assert_str(buf_str(&t.clean), i ? "{\"inputs\":[]}" : "{\"config\":{}}");
        } else {
            assert_int_equal(t.secrets.n, 0);
            assert_bytes(buf_str(&t.clean), buf_str(&json));
        }
        buf_release(&json);
        release(&t);
    }
    assert_int_equal(taken[0], taken[1]);
    return taken[0];
}

/* ---- by name ---- */

/* clang-format off */
static const char *const secret_names[] = {
    /* whole names, as ever */
    "password", "Passwd", "PWD", "secret", "sk", "ak", "AK", "dek", "secretKey",
    "SECRET_KEY", "securityKey", "access-key", "token", "keytab", "passphrase",
    "private_key", "p_a_s_s_w_o_r_d",
    /* words */
    "dbPassword", "userPassword", "db_password", "DB_PASSWORD", "db-password",
    "db password", "adminPwd", "newPasswd", "passwordAgain", "password2",
    "oldPassword1", "DBPassword", "truststorePassword", "keyStorePassword",
    "keyPassphrase", "pem_passphrase", "clientSecret", "client_secret", "appSecret",
    "secretAccessKey", "AWSSecretAccessKey", "aws_secret_access_key",
    "AWS_SECRET_ACCESS_KEY", "accessKeySecret", "webhook-secret", "authToken",
    "auth_token", "accessToken", "access_token", "refreshToken", "idToken",
    "sessionToken", "oauth2Token", "bearerTokenValue", "X-Auth-Token",
    "x-security-token", "apiKey", "api_key", "API-KEY", "x-api-key", "myAPIKey",
    "myAPIkey", "sshPrivateKey", "obsAccessKey", "storageAccountKey", "sharedAccessKey",
    "kerberosKeytab", "userPass", "key-pass", "STORE_PASS", "tokenSecret", "credential",
    "awsCredentials", "secretString", "passWord", "userPassWord", "secret_id",
    /* what a word ends with, and plurals */
    "dbpassword", "userpassword", "authtoken", "mysqlpwd", "clientsecret",
    "googleapikey", "PGPASSWORD", "MYSQLPASSWORD", "passwords", "tokens", "apiKeys",
    "clientSecrets", "dbpasswords", "awssecretkey",
    /* Kafka, Hadoop, S3, Spark, JDBC, OAuth, CDM */
    "ssl.truststore.password", "ssl.keystore.password", "ssl.key.password",
    "sasl.oauthbearer.client.secret", "producer.override.ssl.key.password",
    "schema.registry.basic.auth.password", "fs.s3a.secret.key", "fs.s3a.access.key",
    "fs.s3a.session.token", "fs.obs.secret.key", "spark.hadoop.fs.obs.access.key",
    "fs.s3a.proxy.password", "hadoop.http.authentication.signature.secret",
    "javax.jdo.option.ConnectionPassword", "hive.server2.keystore.password",
    "spark.ssl.keyStorePassword", "spark.authenticate.secret",
    "dfs.web.authentication.simple.token", "javax.net.ssl.trustStorePassword",
    "linkConfig.password", "linkConfig.accessKey", "linkConfig.securityKey",
    "linkConfig.sk", "linkConfig.ak", "linkConfig.keytab", "toJobConfig.dek",
    "llinkConfig.dbPassword", "spring.datasource.password",
    "es.net.http.auth.pass.password", "connection.password", "sslpassword",
};

static const char *const plain_names[] = {
    /* words that only look like it */
    "date_sk", "customer_sk", "ak_id", "dekCount", "sku", "task", "tokenizer",
    "tokenized", "secretary", "passenger", "password.x", "compass", "bypass",
    "passThrough", "nopwdx", "key", "primaryKey", "publicKey", "rowKeyColumn",
    "keyPrefix", "keySeparator", "partitionKey", "kmsKey", "keyLocation", "foreign_key",
    "keyspace", "monkey",
    /* exceptions */
    "passwordEncrypted", "tokenType", "token_type", "tokenUrl", "tokenURL", "TOKEN_URI",
    "secretName", "secret-name", "secretsManager", "accessKeyId", "access_key_id",
    "credentialsId", "credentialType", "credentialsProvider", "passwordPolicy",
    "passwordFile", "privateKeyPath", "keytabPath", "keytab_file", "tokenExpires",
    "token_endpoint", "tokenTimeout", "secretArn", "secretVersion", "passwordLength",
    "pageToken", "nextToken", "continuation_token", "maxTokens", "apiKeyName",
    "privateKeyAlias", "fs.s3a.aws.credentials.provider", "secretRef", "tokenIssuer",
    "hadoop.security.credential.provider.path", "sasl.oauthbearer.token.endpoint.url",
    "ssl.truststore.location", "ssl.keystore.type", "spark.kerberos.keytab.path",
    /* CDM, connections, jobs */
    "linkConfig.host", "linkConfig.port", "linkConfig.username", "linkConfig.principal",
    "linkConfig.authType", "linkConfig.iamAuth", "linkConfig.useSSL",
    "linkConfig.properties", "fromJobConfig.columnList", "fromJobConfig.tableName",
    "fromJobConfig.keyPrefix", "fromJobConfig.sql", "toJobConfig.valueStoreType",
    "toJobConfig.iv", "toJobConfig.kmsID", "throttlingConfig.numExtractors",
    "schedulerConfig.runAt", "userName", "agentName", "clusterName", "driverPath",
    "connectionMethod", "", ".",
};

/* clang-format on */

static void test_names_of_secrets(void **state)
{
    (void)state;
    assert_true(COUNT_OF(secret_names) >= 80);
    for (size_t i = 0; i < COUNT_OF(secret_names); i++) {
        t_row("%s", secret_names[i]);
        assert_true(is_secret_key(str_of(secret_names[i])));
        assert_int_equal(is_taken(secret_names[i], "x7"), true);
    }
    t_rows_end();
}

static void test_names_that_are_none(void **state)
{
    (void)state;
    assert_true(COUNT_OF(plain_names) >= 80);
    for (size_t i = 0; i < COUNT_OF(plain_names); i++) {
        t_row("%s", plain_names[i]);
        assert_int_equal(is_secret_key(str_of(plain_names[i])), false);
        assert_int_equal(is_taken(plain_names[i], "x7"), false);
    }
    t_rows_end();
}

/* Booleans, also as the consoles write them, and what is only named. */
static void test_values_that_are_no_secrets_under_any_name(void **state)
{
    static const struct {
        const char *json;
    } rows[] = {
        { "{'dbPassword':5,'apiKeys':[1,2.5,true,null,''],'token':{'a':false}}" },
        { "{'usePassword':'true','useKeyTab':'FALSE','dbPassword':'${db_password}'}" },
        { "{'dbPassword':'#{Env.get(\\'x\\')}','authToken':'$[token]${b}','a':null}" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(rows); i++) {
        struct buf json = BUF_INIT(MIB);
        struct taken t;

        for (const char *c = rows[i].json; *c; c++)
            if (*c == '\\')
                buf_adds(&json, *++c == '\'' ? "'" : "\\");
            else
                buf_addc(&json, *c == '\'' ? '"' : *c);
        t_row("%s", rows[i].json);
        take(&t, SECRETS_CONFIG, buf_str(&json));
        assert_int_equal(t.secrets.n, 0);
        assert_bytes(buf_str(&t.clean), buf_str(&json));
        buf_release(&json);
        release(&t);
    }
    t_rows_end();
}

/* ---- by value ---- */

/* clang-format off */
static const char *const secret_values[] = {
    /* a userinfo with a password */
    "https://user:pass@host/path", "mongodb://u:p@h1:27017,h2:27017/db?replicaSet=r",
    "redis://:p@host:6379/0", "amqps://u:p%40ss@host",
    "s3a://AKIAEXAMPLE:se/cret@bucket/path", "jdbc:mysql://root:pw@localhost:3306/db",
    "see http://u:p@h for more", "postgresql://u:p@ss@host/db", "ftp://a:b@[::1]/x",
    "http://h/ and http://u:p@h/", "jdbc:oracle:thin:scott/tiger@//host:1521/service",
    "jdbc:oracle:oci:scott/tiger@tns", "svn+ssh://u:12ab@h",
    "https://${user}:pass@host/", "https://u:${a}b@host/",
    /* parameters of URLs */
    "jdbc:mysql://h:3306/db?user=a&password=b",
    "jdbc:mysql://h/db?user=a&Password=b&x=y",
    "jdbc:sqlserver://h:1433;databaseName=d;user=a;password=b;encrypt=true",
    "jdbc:postgresql://h/db?user=a&sslpassword=b",
    "jdbc:db2://h:50000/d:user=a;password=b;",
    "jdbc:hive2://h:10000/d;user=a;password=b", "https://h/hook?token=abc123",
    "https://h/hook?a=b&access_token=abc", "https://h/api?secret=s#top",
    "https://h/?pwd=x", "jdbc:snowflake://h/?private_key_pwd=x&user=u",
    "jdbc:oracle:thin:@h?password=x",
    "jdbc:mysql://address=(host=h)(user=u)(password=p)/db", "https://h/?api_key=k",
    "jdbc:redshift://h/d?UID=u&PWD=p", "jdbc:mysql://h/d?trustStorePassword=p",
    "jdbc:mysql://h/d?user=${u}&password=real", "jdbc:x://h?password='quoted'",
    /* connection strings */
    "Server=h;Database=d;User Id=u;Password=p;", "Data Source=h;Pwd=p",
    "host=h user=u password=p",
    "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc==;EndpointSuffix=x",
    "Endpoint=sb://h/;SharedAccessKeyName=n;SharedAccessKey=k", "user=a\npassword=b",
    "password=b", "DRIVER={x};UID=u;PWD=p", "user=a&password=b",
    /* JAAS */
    "org.apache.kafka.x.PlainLoginModule required username=\"a\" password=\"b\";",
    "org.apache.kafka.x.ScramLoginModule required\n  username=\"a\"\n  password=\"b\";",
    "username=\"a\" password=\"b\"",
    "x.OAuthBearerLoginModule required clientSecret='s' ;",
    "com.sun.security.auth.module.Krb5LoginModule required password = \"b\";",
    /* Authorization */
    "Authorization: Bearer abc", "authorization=Basic dTpw",
    "Proxy-Authorization: Basic x", "Accept: */*\nAuthorization: Bearer abc",
    "Authorization=abc123", "-H 'Authorization: Bearer abc'",
};

static const char *const plain_values[] = {
    "", "x", "a:b@c", "user@host", "git@github.com:org/repo.git", "https://host/path",
    "https://user@host/path", "https://user:@host/path",
    "http://host:8080/a?mail=x@y.z", "http://h:80", "http://h:${port}/x?mail=a@b",
    "https://[::1]:8430/a@b", "://a:b@c", "http://h/a:b@c", "https://user:${pass}@host",
    "https://${user}:${pass}@host/", "https://u:#{Env.get(\"p\")}@host", "mailto:a@b.c",
    "obs://bucket/a:b@c", "12:30 @ noon", "jdbc:mysql://h1:3306,h2:3306/db?useSSL=true",
    "jdbc:oracle:thin:@//host:1521/service", "jdbc:oracle:thin:@host:1521:sid",
    "jdbc:mysql://h/db?user=a&password=", "jdbc:mysql://h/db?user=a&password=${p}",
    "jdbc:mysql://h/db?password=********",
    "jdbc:mysql://h/d?allowPublicKeyRetrieval=true&useToken=false",
    "jdbc:sqlserver://h;user=a;password=${pw};encrypt=true",
    "https://h/?token=#{Env.get(\"t\")}", "https://h/?nextToken=abc&token_type=bearer",
    "https://h/?tokenUrl=x", "https://h/?key=value",
    "Server=h;Database=d;Trusted_Connection=True", "host=h user=u password=", "a=b",
    "password", "the password = is set elsewhere", "select * from t where token = 5",
    "x.PlainLoginModule required username=\"a\" password=\"${p}\";",
    "x.Krb5LoginModule required useKeyTab=true keyTab=\"/etc/u.keytab\" principal=\"a@B\";",
    "Authorization: Bearer ${token}", "Authorization:", "authorization",
    "authorization=false", "hadoop.security.authorization=true",
    "an authorization is needed: see below", "Accept: application/json", "Bearer",
    "{\"a\":\"b\"}", "[1,2]", "${password}",
};

/* clang-format on */

static void test_values_with_credentials(void **state)
{
    (void)state;
    assert_true(COUNT_OF(secret_values) >= 40);
    for (size_t i = 0; i < COUNT_OF(secret_values); i++) {
        t_row("%s", secret_values[i]);
        assert_int_equal(is_taken("linkConfig.x", secret_values[i]), true);
    }
    t_rows_end();
}

static void test_values_without_credentials(void **state)
{
    (void)state;
    assert_true(COUNT_OF(plain_values) >= 40);
    for (size_t i = 0; i < COUNT_OF(plain_values); i++) {
        t_row("%s", plain_values[i]);
        assert_int_equal(is_taken("linkConfig.x", plain_values[i]), false);
    }
    t_rows_end();
}

/* What people write is theirs: it would be lost from exports. */
static void test_prose_is_never_taken(void **state)
{
    static const char *const names[] = {
        "description", "content",           "statement",
        "parameters",  "fromJobConfig.sql", "fromJobConfig.whereClause"
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        t_row("%s", names[i]);
        assert_int_equal(is_taken(names[i], "see https://u:p@h, password=x"), false);
    }
    t_rows_end();
}

/* An Authorization key is one where its value has a scheme. */
static void test_authorization_by_key(void **state)
{
    (void)state;
    assert_int_equal(is_taken("linkConfig.authorization", "Bearer abc"), true);
    assert_int_equal(is_taken("Authorization", "Basic dTpw"), true);
    assert_int_equal(is_taken("authorization", "IAM"), false);
    assert_int_equal(is_taken("authorization", "Bearer ${token}"), false);
}

/* Texts that are JSON, and what is left of them. */
static const char *const json_texts[][2] = {
    { "{\"ssl.key.password\":\"p\",\"b\":[{\"sk\":\"q\"}]}", "{\"b\":[{}]}" },
    { " {\"password\":\"p\",\"b\":[{\"sk\":\"q\"}]}", "{\"b\":[{}]}" },
    { "\r\n\t[{\"password\":\"p\"},{\"sk\":\"q\"}]", "[{},{}]" },
};

/* They lose only their secrets. */
static void test_json_in_texts(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(json_texts); i++) {
        struct buf json = BUF_INIT(KIB), clean = BUF_INIT(KIB);
        struct taken t;

        t_row("%s", json_texts[i][0]);
        write_config(&json, "properties", json_texts[i][0]);
        write_config(&clean, "properties", json_texts[i][1]);
        take(&t, SECRETS_CONFIG, buf_str(&json));
        assert_int_equal(t.secrets.n, 2);
        assert_bytes(buf_str(&t.clean), buf_str(&clean));
        buf_release(&json);
        buf_release(&clean);
        release(&t);
    }
    t_rows_end();
}

/* Past the deepest that is opened the rest is sealed as it is. */
static void test_json_in_json(void **state)
{
    struct buf text = BUF_INIT(MIB), json = BUF_INIT(MIB);
    struct taken t;

    (void)state;
    buf_adds(&text, "{\"a\":{\"sk\":\"hidden\"}}");
    for (int i = 0; i <= SECRET_DEPTH_MAX; i++) {
        buf_clear(&json);
        write_config(&json, "a", buf_cstr(&text));
        buf_clear(&text);
        buf_addbuf(&text, &json);
    }
    take(&t, SECRETS_CONFIG, buf_str(&text));
    assert_int_equal(t.secrets.n, 1);
    assert_str(t.secrets.items[0].value, "{\"a\":{\"sk\":\"hidden\"}}");
    assert_false(str_has(buf_str(&t.clean), "hidden"));
    buf_release(&text);
    buf_release(&json);
    release(&t);
}

/* ---- lines of a node's property ---- */

static const struct {
    const char *property, *value, *clean, *taken;
} lines[] = {
    { "headers", "Authorization=Bearer abc",
      "Authorization=", "Authorization=Bearer abc" },
    { "headers", "Accept=*/*\nAuthorization: Bearer abc\nX-Trace=1",
      "Accept=*/*\nAuthorization: \nX-Trace=1", "Authorization=Bearer abc" },
    { "headers", "X-Auth-Token=a=b\nX-Api-Key=c",
      "X-Auth-Token=\nX-Api-Key=", "X-Auth-Token=a=b X-Api-Key=c" },
    { "headers", "Authorization=Bearer ${token}\nX-Auth-Token=#{Env.get(\"t\")}",
      "Authorization=Bearer ${token}\nX-Auth-Token=#{Env.get(\"t\")}", "" },
    { "headers", "Authorization=\nX-Auth-Token=*********",
      "Authorization=\nX-Auth-Token=", "Authorization=? X-Auth-Token=?" },
    { "headers", "a=1\r\nAuthorization=Basic x\r\n", "a=1\r\nAuthorization=\r\n",
      "Authorization=Basic x" },
    { "headers", "", "", "=?" },
    { "headers", "Content-Type=application/json", "Content-Type=application/json", "" },
    { "scriptArgs", "dt=20240101\ndb_password=p\nurl=jdbc:mysql://h/d?user=a&password=b",
      "dt=20240101\ndb_password=\nurl=",
      "db_password=p url=jdbc:mysql://h/d?user=a&password=b" },
    { "scriptArgs", "tokenType=x\npwd=${p}", "tokenType=x\npwd=${p}", "" },
    { "scriptArgs", "https://u:p@h/", "", "=https://u:p@h/" },
    { "scriptArgs", "a=b c password=d", "a=b c password=d", "" },
    { "arguments", "--user a --password=abc --x", "--user a --password= --x",
      "password=abc" },
    { "arguments", "--user a --password abc in.txt",
      "--user a --password ********* in.txt", "password=abc" },
    { "arguments", "--password ********* in.txt", "--password ********* in.txt",
      "password=?" },
    { "arguments", "--token -x", "--token -x", "" },
    { "arguments", "user=a password='b c' d", "user=a password= d", "password='b c'" },
    { "arguments", "don't --password=x", "don't --password=", "password=x" },
    { "arguments", "-H \"Authorization: Bearer x\" u", "-H \"Authorization: \" u",
      "Authorization=Bearer x" },
    { "arguments", "-H Authorization: Bearer x", "-H Authorization: *********",
      "Authorization=Bearer x" },
    { "arguments", "u Authorization=Bearer x y",
      "u Authorization=", "Authorization=Bearer x y" },
    { "arguments", "load https://u:p@h/ now", "", "=load https://u:p@h/ now" },
    { "arguments", "20240101 obs://b/x 5", "20240101 obs://b/x 5", "" },
    { "headers", "\n {\"token\":\"p\"}", "{\"token\":\"\"}", "token=p" },
    { "headers", "[{\"name\":\"token\",\"value\":\"p\",\"password\":\"q\"}]",
      "[{\"name\":\"token\",\"value\":\"\",\"password\":\"\"}]",
      "token=p token.password=q" },
    { "headers", "[{\"name\":\"url\",\"value\":\"https://u:p@h/\"}]",
      "[{\"name\":\"url\",\"value\":\"\"}]", "url=https://u:p@h/" },
    { "headers", "{\"Authorization\": \"Bearer x\",}", "",
      "={\"Authorization\": \"Bearer x\",}" },
    { "arguments", "[a] --password p", "[a] --password *********", "password=p" },
    { "body", "password=p&token=q", "password=p&token=q", "" },
    { "statement", "password=p\nAuthorization: Bearer x",
      "password=p\nAuthorization: Bearer x", "" },
};

static void write_job(struct buf *out, const char *property, const char *value)
{
    struct jw jw = JW_INIT(out, false);

    jw_object(&jw, STR_NONE);
    jw_array(&jw, STR("nodes"));
    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("name"), STR("n"));
    jw_array(&jw, STR("properties"));
    jw_object(&jw, STR_NONE);
    jw_string(&jw, STR("name"), str_of(property));
    jw_string(&jw, STR("value"), str_of(value));
    jw_end(&jw, '}');
    jw_end(&jw, ']');
    jw_end(&jw, '}');
    jw_end(&jw, ']');
    jw_end(&jw, '}');
}

/* "name=value name=value" of what was taken, by the part of the path behind `value`. */
static void list_lines(const struct taken *t, const char *property, struct buf *out)
{
    struct buf path = BUF_INIT(KIB);

    buf_addf(&path, "nodes.n.properties.%s.value", property);
    for (size_t i = 0; i < t->secrets.n; i++) {
        const struct secret *s = &t->secrets.items[i];

        assert_true(str_starts(s->path, buf_cstr(&path)));
        if (i)
            buf_addc(out, ' ');
        buf_addstr(out, str_from(s->path, path.len + (s->path.n > path.len)));
        buf_addc(out, '=');
        buf_addstr(out, s->value.p ? s->value : STR("?"));
    }
    buf_release(&path);
}

static void test_lines(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(lines); i++) {
        struct buf json = BUF_INIT(MIB), clean = BUF_INIT(MIB), taken = BUF_INIT(MIB);
        struct taken t, again;

        t_row("%zu: %s", i, lines[i].value);
        write_job(&json, lines[i].property, lines[i].value);
        write_job(&clean, lines[i].property, lines[i].clean);
        take(&t, SECRETS_NODES, buf_str(&json));
        assert_bytes(buf_str(&t.clean), buf_str(&clean));
        list_lines(&t, lines[i].property, &taken);
        assert_str(buf_str(&taken), lines[i].taken);
        /* what is left names the same places, and has nothing more */
        take(&again, SECRETS_NODES, buf_str(&t.clean));
        assert_bytes(buf_str(&again.clean), buf_str(&t.clean));
        assert_int_equal(again.secrets.n, t.secrets.n);
        for (size_t k = 0; k < again.secrets.n; k++) {
            assert_bytes(again.secrets.items[k].path, t.secrets.items[k].path);
            assert_null(again.secrets.items[k].value.p);
        }
        buf_release(&json);
        buf_release(&clean);
        buf_release(&taken);
        release(&t);
        release(&again);
    }
    t_rows_end();
}

/* Past so many lines the whole is sealed. */
static void test_very_many_lines(void **state)
{
    struct buf json = BUF_INIT(MIB), text = BUF_INIT(MIB);
    struct taken t;

    (void)state;
    for (int i = 0; i <= SECRET_LINES_MAX; i++)
        buf_addf(&text, "p%c%c_password=x\n", 'a' + i % 26, 'a' + i / 26 % 26);
    write_job(&json, "headers", buf_cstr(&text));
    take(&t, SECRETS_NODES, buf_str(&json));
    assert_int_equal(t.secrets.n, 1);
    assert_str(t.secrets.items[0].path, "nodes.n.properties.headers.value");
    assert_bytes(t.secrets.items[0].value, buf_str(&text));
    buf_release(&json);
    buf_release(&text);
    release(&t);
}

/* Texts that have very many beginnings of a credential, and none. */
static const struct {
    const char *property; /* NULL: a member of a config */
    const char *part, *end;
} long_texts[] = {
    { NULL, "a://b:c/", " @" }, { NULL, "a://b:${", " @" },
    { NULL, "a://b:1/", "@" },  { "arguments", "a: ", "" },
    { "arguments", "a' ", "" }, { "arguments", "Authorization=a ", "" },
    { "headers", "a:\n", "" },
};

/* A byte more is not more work for each that is there. */
static void test_a_long_text_takes_no_long_time(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT_OF(long_texts); i++) {
        struct buf json = BUF_INIT(4 * MIB), text = BUF_INIT(MIB);
        clock_t began = clock();
        struct taken t;

        while (text.len < MIB / 2)
            buf_adds(&text, long_texts[i].part);
        buf_adds(&text, long_texts[i].end);
        t_row("%s %s", long_texts[i].property ? long_texts[i].property : "config",
              long_texts[i].part);
        if (long_texts[i].property)
            write_job(&json, long_texts[i].property, buf_cstr(&text));
        else
            write_config(&json, "u", buf_cstr(&text));
        take(&t, long_texts[i].property ? SECRETS_NODES : SECRETS_CONFIG, buf_str(&json));
        assert_true(clock() - began < 5 * CLOCKS_PER_SEC);
        buf_release(&json);
        buf_release(&text);
        release(&t);
    }
    t_rows_end();
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_names_of_secrets),
    cmocka_unit_test(test_names_that_are_none),
    cmocka_unit_test(test_values_that_are_no_secrets_under_any_name),
    cmocka_unit_test(test_values_with_credentials),
    cmocka_unit_test(test_values_without_credentials),
    cmocka_unit_test(test_prose_is_never_taken),
    cmocka_unit_test(test_authorization_by_key),
    cmocka_unit_test(test_json_in_texts),
    cmocka_unit_test(test_json_in_json),
    cmocka_unit_test(test_lines),
    cmocka_unit_test(test_very_many_lines),
    cmocka_unit_test(test_a_long_text_takes_no_long_time),
};
T_MAIN(tests)
