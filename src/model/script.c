#include "model/rules.h"

#include "base/count.h"
#include "base/limits.h"

static int rule_script_name(const struct rule_at *at)
{
    return rule_name(at, &name_job);
}

/* The limit of the content counts bytes. */
static int rule_content(const struct rule_at *at)
{
    size_t n = json_text(at->doc, at->at).n;

    if (n <= SCRIPT_CONTENT_MAX_BYTES)
        return 0;
    return rule_fail(at, DET_TOO_LARGE, NUM(SCRIPT_CONTENT_MAX_BYTES), NUM(n), NULL);
}

/* Types; all but FlinkSQL need a connection. */
static const char *const script_type[] = {
    "DLISQL", "RDSSQL",        "SparkSQL",      "HiveSQL",   "DWSSQL",
    "PRESTO", "ClickHouseSQL", "HetuEngineSQL", "ImpalaSQL", "Shell",
    "PYTHON", "Spark Python",  "SparkPython",   "FlinkSQL",  NULL,
};

/* clang-format off */
static const struct field script_fields[] = {
    { "name", .type = F_STRING, .required = true, .keep = true, .rule = rule_script_name },
    { "type", .type = F_STRING, .required = true, .keep = true, .min = 1, .missing = DLF_6247,
      .wrong = DLF_0201, .one_of = script_type },
    { "content", .type = F_STRING, .required = true, .keep = true, .missing = DLF_0201,
      .wrong = DLF_0201, .rule = rule_content },
    { "directory", .type = F_STRING, .keep = true, .rule = rule_directory, .shown = "\"/\"" },
    { "connectionName", .type = F_STRING, .keep = true, .shown = "\"\"" },
    { "database", .type = F_STRING, .keep = true, .shown = "\"\"" },
    { "queueName", .type = F_STRING, .keep = true, .shown = "\"\"" },
    { "configuration", .type = F_OBJECT, .keep = true, .shown = "{}" },
    { "description", .type = F_STRING, .keep = true, .max = DESCRIPTION_MAX, .wrong = DLF_0201,
      .shown = "\"\"" },
    { "currentDatabase", .type = F_STRING, .keep = true },
    { "targetStatus", .type = F_STRING, .server = true, .one_of = target_status },
    { "approvers", .type = F_ARRAY, .server = true, .item = F_OBJECT, .form = &approver_form },
    { "owner", .type = F_STRING, .server = true },
    { "id", .type = F_ANY, .server = true },
    { "version", .type = F_ANY, .server = true },
    { "createUser", .type = F_ANY, .server = true },
    { "autoAcquireLock", .type = F_ANY, .server = true },
    { .name = NULL }
};
/* clang-format on */
static const struct form script_form = { script_fields, DLF_3051 };

/* The contract has one code for creating and one for modifying. */
static int as_modified(const struct making *m, int rc)
{
    if (rc && m->stored && m->err->api == DLF_0201)
        m->err->api = DLF_0203;
    return rc;
}

static int script_check(const struct making *m)
{
    int rc = m->stored ? same_member(m, &script_form, "name", DLF_0203) : 0;

    if (!rc && m->stored)
        rc = same_member(m, &script_form, "type", DLF_0203);
    if (!rc)
        rc = form_check(&script_form, m->body, 0, m->stored != NULL, m->err);
    return as_modified(m, rc);
}

static struct member *find(struct member *members, size_t n, const char *key)
{
    for (size_t i = 0; i < n; i++)
        if (str_is(members[i].key, key))
            return &members[i];
    return NULL;
}

/* `to` gets the value of `from`; added at the end when it is missing. */
static size_t set_same(struct member *members, size_t n, const char *to,
                       const struct member *from)
{
    struct member *m = find(members, n, to);

    if (!m)
        m = &members[n++];
    *m = (struct member){ str_of(to), from->doc, from->at };
    return n;
}

/* database and currentDatabase keep each other filled. */
static size_t script_adjust(const struct making *m, struct member *members, size_t n)
{
    const struct member *database = find(members, n, "database");
    const struct member *current = find(members, n, "currentDatabase");

    if (database && !form_member(&script_form, m->body, 0, "currentDatabase"))
        return set_same(members, n, "currentDatabase", database);
    if (current && !database)
        return set_same(members, n, "database", current);
    return n;
}

static int script_finish(const struct making *m, const struct json_doc *doc)
{
    struct str type = json_member_text(doc, 0, "type");

    if (!str_is(type, "FlinkSQL") && !json_member_text(doc, 0, "connectionName").n) {
        err_set(m->err, E_INVALID, DLF_0201, DET_REQUIRED, "connectionName");
        return as_modified(m, E_INVALID);
    }
    m->d->facts.owner = copy_text(m, m->body, 0, "owner");
    return 0;
}

int definition_show_v2(struct jw *jw, struct str text, struct err *err)
{
    static const struct {
        const char *member, *name, *absent;
    } rows[] = {
        { "name", "name", "\"\"" },
        { "type", "type", "\"\"" },
        { "directory", "directory", "\"/\"" },
        { "connectionName", "connection_name", "\"\"" },
        { "database", "database", "\"\"" },
        { "queueName", "queue_name", "\"\"" },
        { "configuration", "configuration", "{}" },
        { "description", "description", "\"\"" },
    };
    struct json_doc doc;
    int rc = json_read(&doc, text, JSON_STORED_MAX_VALUES, err);

    COUNT(COUNT_PARSE);
    for (size_t i = 0; !rc && i < sizeof(rows) / sizeof(rows[0]); i++) {
        uint32_t at = json_member(&doc, 0, rows[i].member);

        if (at)
            jw_value(jw, str_of(rows[i].name), &doc, at);
        else
            jw_literal(jw, str_of(rows[i].name), rows[i].absent);
    }
    json_release(&doc);
    return rc;
}

const struct kind_rules script_rules = {
    .form = &script_form,
    .check = script_check,
    .adjust = script_adjust,
    .finish = script_finish,
};

bool definition_submits(enum kind kind, const struct json_doc *body, uint32_t at)
{
    struct str status = json_member_text(body, at, "targetStatus");

    return kind_row(kind)->has_versions &&
           (str_is(status, "SUBMITTED") || str_is(status, "PRODUCTION"));
}
