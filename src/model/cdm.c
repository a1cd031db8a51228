#include "model/rules.h"

#include "base/limits.h"
#include "base/utf8.h"

/* Links and jobs of CDM. */

/* ---- rules ---- */

static int rule_cdm_name(const struct rule_at *at)
{
    return rule_name(at, &name_cdm);
}

static const char *const connectors[] = {
#define CONNECTOR(name) name,
#include "model/cdm_connectors.def"
#undef CONNECTOR
};

static int rule_connector(const struct rule_at *at)
{
    struct str name = json_text(at->doc, at->at);

    for (size_t i = 0; i < sizeof(connectors) / sizeof(connectors[0]); i++)
        if (str_is(name, connectors[i]))
            return 0;
    return err_set(at->err, E_INVALID, CDM_0102, DET_NONE, CSTR(utf8_cut(name, 200)));
}

/* {} and [] both stand for no inputs. */
static int rule_inputs(const struct rule_at *at)
{
    enum json_type type = json_type(at->doc, at->at);
    struct rule_at item = *at;
    int rc;

    if (type == JSON_OBJECT && !at->doc->value[at->at].len)
        return 0;
    if (type != JSON_ARRAY)
        return rule_fail(at, DET_TYPE, "array", json_type_name(type), NULL);
    JSON_EACH (i, at->doc, at->at) {
        item.at = i;
        if (json_type(at->doc, i) != JSON_OBJECT)
            return rule_fail(&item, DET_TYPE, "object",
                             json_type_name(json_type(at->doc, i)), NULL);
        rc = form_check(&cdm_input_form, at->doc, i, false, at->err);
        if (rc)
            return rc;
    }
    return 0;
}

/* ---- tables ---- */

static const char *const job_type[] = { "NORMAL_JOB", "BATCH_JOB", "SCENARIO_JOB", NULL };

/* clang-format off */
static const struct field input_fields[] = {
    { "name", .type = F_STRING, .required = true },
    { "value", .type = F_ANY },
    { "type", .type = F_STRING },
    { .name = NULL }
};
const struct form cdm_input_form = { input_fields, CDM_0014 };

static const struct field config_fields[] = {
    { "name", .type = F_STRING, .required = true },
    { "inputs", .type = F_ANY, .rule = rule_inputs },
    { .name = NULL }
};
static const struct form config_form = { config_fields, CDM_0014 };

static const struct field extended_fields[] = {
    { "name", .type = F_STRING },
    { "value", .type = F_STRING },
    { .name = NULL }
};
static const struct form extended_form = { extended_fields, CDM_0014 };

static const struct field values_fields[] = {
    { "configs", .type = F_ARRAY, .required = true, .item = F_OBJECT, .form = &config_form },
    { "extended-configs", .type = F_OBJECT, .form = &extended_form },
    { "validators", .type = F_ARRAY },
    { .name = NULL }
};
static const struct form values_form = { values_fields, CDM_0014 };

static const struct field link_fields[] = {
    { "name", .type = F_STRING, .required = true, .keep = true, .rule = rule_cdm_name },
    { "connector-name", .type = F_STRING, .required = true, .rule = rule_connector },
    { "link-config-values", .type = F_OBJECT, .required = true, .form = &values_form },
    { "enabled", .type = F_BOOL, .shown = "true" },
    { "id", .type = F_ANY, .server = true },
    { "creation-user", .type = F_ANY, .server = true },
    { "creation-date", .type = F_ANY, .server = true },
    { "update-user", .type = F_ANY, .server = true },
    { "update-date", .type = F_ANY, .server = true },
    { .name = NULL }
};
static const struct form link_form = { link_fields, CDM_0014 };

static const struct field job_fields[] = {
    { "job_type", .type = F_STRING, .one_of = job_type, .shown = "\"NORMAL_JOB\"" },
    { "name", .type = F_STRING, .required = true, .keep = true, .rule = rule_cdm_name },
    { "from-connector-name", .type = F_STRING, .required = true, .rule = rule_connector },
    { "to-connector-name", .type = F_STRING, .rule = rule_connector },
    { "from-link-name", .type = F_STRING },
    { "to-link-name", .type = F_STRING },
    { "from-config-values", .type = F_OBJECT, .required = true, .form = &values_form },
    { "to-config-values", .type = F_OBJECT, .required = true, .form = &values_form },
    { "driver-config-values", .type = F_OBJECT, .required = true, .form = &values_form },
    { "id", .type = F_ANY, .server = true },
    { "creation-user", .type = F_ANY, .server = true },
    { "creation-date", .type = F_ANY, .server = true },
    { "update-user", .type = F_ANY, .server = true },
    { "update-date", .type = F_ANY, .server = true },
    { "enabled", .type = F_ANY, .server = true },
    { "is_incre_job", .type = F_ANY, .server = true },
    { "is_incrementing", .type = F_ANY, .server = true },
    { "is_use_sql", .type = F_ANY, .server = true },
    { "flag", .type = F_ANY, .server = true },
    { "type", .type = F_ANY, .server = true },
    { "external_id", .type = F_ANY, .server = true },
    { "group_name", .type = F_ANY, .server = true },
    { "status", .type = F_ANY, .server = true },
    { "execute_create_date", .type = F_ANY, .server = true },
    { "execute_start_date", .type = F_ANY, .server = true },
    { "execute_update_date", .type = F_ANY, .server = true },
    { "files_read", .type = F_ANY, .server = true },
    { "files_written", .type = F_ANY, .server = true },
    { "rows_read", .type = F_ANY, .server = true },
    { "rows_written", .type = F_ANY, .server = true },
    { "bytes_read", .type = F_ANY, .server = true },
    { "bytes_written", .type = F_ANY, .server = true },
    { "delete_rows", .type = F_ANY, .server = true },
    { "update_rows", .type = F_ANY, .server = true },
    { "write_rows", .type = F_ANY, .server = true },
    { .name = NULL }
};
/* clang-format on */
static const struct form job_form = { job_fields, CDM_0014 };

static int check(const struct making *m, const struct form *form)
{
    int rc = form_check(form, m->body, 0, m->stored != NULL, m->err);

    return rc || !m->stored ? rc : same_member(m, form, "name", CDM_0014);
}

static int link_check(const struct making *m)
{
    return check(m, &link_form);
}

static int job_check(const struct making *m)
{
    return check(m, &job_form);
}

static int link_finish(const struct making *m, const struct json_doc *doc)
{
    (void)doc;
    m->d->facts.directory = STR("");
    return 0;
}

/* The links that a job uses; one that is both source and target counts once. */
static int read_links(const struct making *m, const struct json_doc *doc)
{
    struct str from = copy_text(m, doc, 0, "from-link-name");
    struct str to = copy_text(m, doc, 0, "to-link-name");
    struct ref *refs = arena_array(m->arena, 2, sizeof(*refs));
    size_t n = 0;

    if (!refs || !from.p || !to.p)
        return err_nomem(m->err);
    if (from.n)
        refs[n++] = (struct ref){ REF_LINK, STR(""), from };
    if (to.n && !str_eq(from, to))
        refs[n++] = (struct ref){ REF_LINK, STR(""), to };
    m->d->refs = refs;
    m->d->n_refs = n;
    return 0;
}

/* Its job type; the catalogue knows the cluster. */
static int job_finish(const struct making *m, const struct json_doc *doc)
{
    m->d->facts.process_type = copy_text(m, doc, 0, "job_type");
    if (!m->d->facts.process_type.n)
        m->d->facts.process_type = STR("NORMAL_JOB");
    m->d->facts.directory = STR("");
    return read_links(m, doc);
}

/* ---- showing: values are texts, and clients take % for an escape ---- */

/* Inputs of the driver that clients unescape; of links, from and to all. */
static bool is_unescaped(struct str section, struct str input)
{
    return !str_is(section, "driver-config-values") ||
           str_is(input, "throttlingConfig.dirtyDataDirectory") ||
           str_is(input, "schedulerConfig.startDate") ||
           str_is(input, "schedulerConfig.stopDate");
}

static void write_text(struct jw *jw, struct str key, struct str text, bool escape)
{
    struct buf out = BUF_INIT(3 * DEFINITION_MAX);

    if (!escape || !str_has(text, "%")) {
        jw_string(jw, key, text);
        return;
    }
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] == '%')
            buf_adds(&out, "%25");
        else
            buf_addc(&out, text.p[i]);
    jw_buf(jw, key, &out);
    buf_release(&out);
}

static void show_input(struct jw *jw, struct str section, const struct json_doc *doc,
                       uint32_t input)
{
    bool escape = is_unescaped(section, json_member_text(doc, input, "name"));

    jw_object(jw, STR_NONE);
    JSON_EACH (i, doc, input) {
        struct str key = json_key(doc, i);
        enum json_type type = json_type(doc, i);

        if (!str_is(key, "value") || type == JSON_OBJECT || type == JSON_ARRAY)
            jw_value(jw, key, doc, i);
        else if (type == JSON_TRUE || type == JSON_FALSE)
            jw_string(jw, key, type == JSON_TRUE ? STR("true") : STR("false"));
        else if (type != JSON_NULL)
            write_text(jw, key, json_text(doc, i), escape);
    }
    jw_end(jw, '}');
}

static void show_config(struct jw *jw, struct str section, const struct json_doc *doc,
                        uint32_t config)
{
    jw_object(jw, STR_NONE);
    JSON_EACH (i, doc, config) {
        if (!str_is(json_key(doc, i), "inputs")) {
            jw_value(jw, json_key(doc, i), doc, i);
            continue;
        }
        jw_array(jw, STR("inputs"));
        JSON_EACH (k, doc, i)
            show_input(jw, section, doc, k);
        jw_end(jw, ']');
    }
    jw_end(jw, '}');
}

static bool is_values(struct str key)
{
    static const char *const sections[] = { "link-config-values", "from-config-values",
                                            "to-config-values", "driver-config-values" };

    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        if (str_is(key, sections[i]))
            return true;
    return false;
}

static bool cdm_show_member(struct jw *jw, const struct member *member,
                            struct str secrets)
{
    const struct json_doc *doc = member->doc;
    struct str key = member->key;
    uint32_t at = member->at;

    (void)secrets;
    if (!is_values(key) || json_type(doc, at) != JSON_OBJECT)
        return false;
    jw_object(jw, key);
    JSON_EACH (i, doc, at) {
        if (!str_is(json_key(doc, i), "configs") || json_type(doc, i) != JSON_ARRAY) {
            jw_value(jw, json_key(doc, i), doc, i);
            continue;
        }
        jw_array(jw, STR("configs"));
        JSON_EACH (k, doc, i)
            show_config(jw, key, doc, k);
        jw_end(jw, ']');
    }
    jw_end(jw, '}');
    return true;
}

const struct kind_rules link_rules = {
    .form = &link_form,
    .replaces = true,
    .check = link_check,
    .finish = link_finish,
    .show_member = cdm_show_member,
};
const struct kind_rules cdm_job_rules = {
    .form = &job_form,
    .replaces = true,
    .wrapper = "jobs",
    .check = job_check,
    .finish = job_finish,
    .show_member = cdm_show_member,
};

int definition_body(struct str text, enum kind kind, struct json_doc *doc,
                    struct buf *one, struct err *err)
{
    struct jw jw = JW_INIT(one, false);
    int rc = json_read(doc, text, JSON_STORED_MAX_VALUES, err);
    uint32_t list;

    if (rc || kind != KIND_CDM_JOB)
        return rc;
    list = json_member(doc, 0, "jobs");
    if (list && json_next(doc, list) > list + 1)
        jw_value(&jw, STR_NONE, doc, list + 1);
    json_release(doc);
    return one->bad ? err_nomem(err)
                    : json_read(doc, buf_str(one), JSON_STORED_MAX_VALUES, err);
}
