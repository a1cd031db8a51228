#include <stdio.h>
#include <stdlib.h>

#include "model/rules.h"

#include "base/limits.h"

static int rule_connection_name(const struct rule_at *at)
{
    return rule_name(at, &name_connection);
}

/* Values are texts, numbers and booleans. */
static int rule_config(const struct rule_at *at)
{
    struct rule_at value = *at;

    JSON_EACH (i, at->doc, at->at) {
        enum json_type type = json_type(at->doc, i);

        value.at = i;
        if (type == JSON_OBJECT || type == JSON_ARRAY)
            return rule_fail(&value, DET_TYPE, "string, number or boolean",
                             json_type_name(type), NULL);
    }
    return 0;
}

static const char *const connection_type[] = { "DWS", "DLI",        "SparkSQL", "HIVE",
                                               "RDS", "CloudTable", "HOST",     NULL };

/* clang-format off */
static const struct field connection_fields[] = {
    { "name", .type = F_STRING, .required = true, .keep = true, .rule = rule_connection_name },
    { "type", "connectionType", .type = F_STRING, .required = true, .keep = true,
      .one_of = connection_type },
    { "config", .type = F_OBJECT, .keep = true, .rule = rule_config, .shown = "{}" },
    { "description", .type = F_STRING, .keep = true, .max = DESCRIPTION_MAX, .shown = "\"\"" },
    { .name = NULL }
};

/* What a type's config must have: always, when its method is agent,
 * or when it has no keyLocation. */
static const struct {
    const char *type, *key;
    enum { ALWAYS, BY_AGENT, WITHOUT_KEY } when;
} required[] = {
    { "DWS", "userName", ALWAYS }, { "DWS", "password", ALWAYS },
    { "DWS", "sslEnable", ALWAYS }, { "DWS", "kmsKey", ALWAYS },
    { "DWS", "agentName", ALWAYS },
    { "SparkSQL", "clusterName", ALWAYS }, { "SparkSQL", "connectionMethod", ALWAYS },
    { "SparkSQL", "userName", BY_AGENT }, { "SparkSQL", "password", BY_AGENT },
    { "SparkSQL", "kmsKey", BY_AGENT }, { "SparkSQL", "agentName", BY_AGENT },
    { "HIVE", "clusterName", ALWAYS }, { "HIVE", "connectionMethod", ALWAYS },
    { "HIVE", "userName", BY_AGENT }, { "HIVE", "password", BY_AGENT },
    { "HIVE", "kmsKey", BY_AGENT }, { "HIVE", "agentName", BY_AGENT },
    { "RDS", "ip", ALWAYS }, { "RDS", "port", ALWAYS }, { "RDS", "userName", ALWAYS },
    { "RDS", "password", ALWAYS }, { "RDS", "kmsKey", ALWAYS },
    { "RDS", "agentName", ALWAYS }, { "RDS", "driverName", ALWAYS },
    { "RDS", "driverPath", ALWAYS },
    { "CloudTable", "clusterName", ALWAYS },
    { "HOST", "ip", ALWAYS }, { "HOST", "port", ALWAYS }, { "HOST", "userName", ALWAYS },
    { "HOST", "kmsKey", ALWAYS }, { "HOST", "agentName", ALWAYS },
    { "HOST", "password", WITHOUT_KEY },
};
/* clang-format on */
static const struct form connection_form = { connection_fields, DLF_3051 };

static int connection_check(const struct making *m)
{
    int rc = form_check(&connection_form, m->body, 0, m->stored != NULL, m->err);

    if (!rc && m->stored)
        rc = same_member(m, &connection_form, "type", DLF_6323);
    if (!rc && m->stored)
        rc = same_member(m, &connection_form, "name", DLF_3051);
    return rc;
}

/* Whether a key has a value: in the definition, or as a secret. */
static bool has(const struct making *m, const struct json_doc *doc, uint32_t config,
                const char *key)
{
    uint32_t at = config ? json_member(doc, config, key) : 0;
    char path[64];

    if (at && (json_type(doc, at) != JSON_STRING || json_text(doc, at).n))
        return true;
    snprintf(path, sizeof(path), "config.%s", key);
    return making_has_secret(m, path);
}

static int missing_key(const struct making *m, const char *key, int code)
{
    return err_set(m->err, E_INVALID, code, DET_REQUIRED_BELOW, "config", key);
}

static int check_required(const struct making *m, const struct json_doc *doc,
                          uint32_t config, struct str type)
{
    bool agent =
        config && str_is(json_member_text(doc, config, "connectionMethod"), "agent");
    bool has_key = has(m, doc, config, "keyLocation");

    for (size_t i = 0; i < sizeof(required) / sizeof(required[0]); i++) {
        if (!str_is(type, required[i].type) || (required[i].when == BY_AGENT && !agent) ||
            (required[i].when == WITHOUT_KEY && has_key))
            continue;
        if (!has(m, doc, config, required[i].key))
            return missing_key(m, required[i].key, DLF_3051);
    }
    return 0;
}

static int check_method(const struct making *m, const struct json_doc *doc,
                        uint32_t config)
{
    struct rule_at at = { .doc = doc, .code = DLF_3051, .err = m->err };
    struct str method;

    at.at = config ? json_member(doc, config, "connectionMethod") : 0;
    method = at.at ? json_text(doc, at.at) : STR("agent");
    if (str_is(method, "agent") || str_is(method, "direct"))
        return 0;
    return rule_fail(&at, DET_ONE_OF, "agent, direct", "another text", NULL);
}

static int connection_finish(const struct making *m, const struct json_doc *doc)
{
    uint32_t config = json_member(doc, 0, "config");
    struct str type = json_member_text(doc, 0, "type");
    int rc = 0;

    m->d->facts.location = copy_text(m, doc, 0, "type");
    if (str_is(type, "DWS") && !has(m, doc, config, "clusterName") &&
        !(has(m, doc, config, "ip") && has(m, doc, config, "port")))
        return missing_key(m, "clusterName", DLF_6418);
    if (str_is(type, "SparkSQL") || str_is(type, "HIVE"))
        rc = check_method(m, doc, config);
    return rc ? rc : check_required(m, doc, config, type);
}

/* ---- showing ---- */

/* Whether a stored path is that of a member of config, which `key` gets. */
static bool is_config_key(struct str path, struct buf *key)
{
    return secret_path_next(&path, key) && str_is(buf_str(key), "config") &&
           secret_path_next(&path, key) && !path.n;
}

static void show_masks(struct jw *jw, const struct member *members, size_t n,
                       struct str secrets)
{
    struct buf key = BUF_INIT(DEFINITION_MAX);
    struct str line;

    while (str_line(&secrets, &line))
        if (is_config_key(line, &key) && !find_indexed(members, n, buf_str(&key)))
            jw_string(jw, buf_str(&key), STR(SECRET_MASK));
    if (key.bad)
        jw->out->bad = E_NOMEM;
    buf_release(&key);
}

/* The config with a mask for each secret that is stored of it, and is not defined anew.
 */
static bool connection_show_member(struct jw *jw, const struct member *member,
                                   struct str secrets)
{
    const struct json_doc *doc = member->doc;
    uint32_t config = member->at;
    struct member *members;
    size_t n;

    if (!secrets.n || !str_is(member->key, "config") ||
        json_type(doc, config) != JSON_OBJECT)
        return false;
    jw_object(jw, STR("config"));
    JSON_EACH (i, doc, config)
        jw_value(jw, json_key(doc, i), doc, i);
    members = index_members(doc, config, &n);
    if (members)
        show_masks(jw, members, n, secrets);
    else
        jw->out->bad = E_NOMEM;
    free(members);
    jw_end(jw, '}');
    return true;
}

const struct kind_rules connection_rules = {
    .form = &connection_form,
    .merged = "config",
    .check = connection_check,
    .finish = connection_finish,
    .show_member = connection_show_member,
};
