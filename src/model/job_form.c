#include "model/job_form.h"

#include <stdio.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/utf8.h"
#include "model/cron.h"
#include "model/names.h"
#include "model/secrets.h"

/* ---- rules ---- */

int rule_name(const struct rule_at *at, const struct name_rule *rule)
{
    struct str name = json_text(at->doc, at->at);

    if (name_follows(rule, name))
        return 0;
    if (rule->no_dots && name_is_dots(name))
        return rule_fail(at, DET_DOTS, NULL, NULL, NULL);
    return rule_fail(at, rule->cjk ? DET_NAME : DET_NAME_ASCII, NUM(rule->max),
                     rule->extra, NULL);
}

static int rule_job_name(const struct rule_at *at)
{
    return rule_name(at, &name_job);
}

static int rule_node_name(const struct rule_at *at)
{
    return rule_name(at, &name_node);
}

static int rule_param_name(const struct rule_at *at)
{
    return rule_name(at, &name_param);
}

int rule_directory(const struct rule_at *at)
{
    if (directory_ok(json_text(at->doc, at->at), DIRECTORY_MAX_SEGMENT))
        return 0;
    return rule_fail(at, DET_DIRECTORY, "64", NULL, NULL);
}

static int rule_log_path(const struct rule_at *at)
{
    if (obs_path_ok(json_text(at->doc, at->at), false, NULL))
        return 0;
    return rule_fail(at, DET_OBS_PATH, "obs://bucket[/dir]", NULL, NULL);
}

static int rule_timeout(const struct rule_at *at)
{
    struct str given = json_text(at->doc, at->at);
    int64_t v = 0;

    if (json_int(at->doc, at->at, &v) && (v == 0 || (v >= 5 && v <= 1440)))
        return 0;
    return rule_fail(at, DET_TIMEOUT, CSTR(given), NULL, NULL);
}

/* Strings only, and at most 2048 characters, written without white space. */
static int rule_custom_fields(const struct rule_at *at)
{
    struct rule_at value = *at;
    struct buf text = BUF_INIT(4 * CUSTOM_FIELDS_MAX);
    struct jw jw = JW_INIT(&text, false);
    bool fits;

    JSON_EACH (i, at->doc, at->at) {
        enum json_type type = json_type(at->doc, i);

        value.at = i;
        if (type != JSON_STRING && type != JSON_NULL)
            return rule_fail(&value, DET_TYPE, "string", json_type_name(type), NULL);
    }
    jw_value(&jw, STR_NONE, at->doc, at->at);
    fits = !text.bad && utf8_count(buf_str(&text)) <= CUSTOM_FIELDS_MAX;
    buf_release(&text);
    return fits ? 0 : rule_fail(at, DET_LARGER, "2048", NULL, NULL);
}

static int rule_time(const struct rule_at *at)
{
    int64_t ms;

    if (clock_parse(json_text(at->doc, at->at), CLOCK_ISO, &ms))
        return 0;
    return rule_fail(at, DET_TIME, NULL, NULL, NULL);
}

static int rule_end_time(const struct rule_at *at)
{
    struct str start = json_member_text(at->doc, at->parent, "startTime");
    int64_t from, to;

    if (!clock_parse(json_text(at->doc, at->at), CLOCK_ISO, &to))
        return rule_fail(at, DET_TIME, NULL, NULL, NULL);
    if (start.p && clock_parse(start, CLOCK_ISO, &from) && to < from)
        return rule_fail(at, DET_TIME_ORDER, NULL, NULL, NULL);
    return 0;
}

static int rule_cron(const struct rule_at *at)
{
    struct str part;
    int fields;
    const char *fault = cron_fault(json_text(at->doc, at->at), &part, &fields);

    if (!fault)
        return 0;
    if (part.n)
        return rule_fail(at, DET_CRON, fault, CSTR(utf8_cut(part, 64)), NULL);
    if (fields == 6)
        return rule_fail(at, DET_CRON, fault, "\"\"", NULL);
    return rule_fail(at, DET_CRON_FIELDS, NUM(fields), "\"\"", NULL);
}

/* What says neither yes nor no would leave a secret to chance. */
static int rule_switch(const struct rule_at *at)
{
    enum json_type type = json_type(at->doc, at->at);
    struct str given = str_of(json_type_name(type));

    if (secret_switch(at->doc, at->at) != SWITCH_UNKNOWN)
        return 0;
    if (type == JSON_STRING || type == JSON_NUMBER)
        given = utf8_cut(json_text(at->doc, at->at), 64);
    return rule_fail(at, DET_ONE_OF, "true, false, 1, 0", CSTR(given), NULL);
}

/* DIS events name their channel. */
static int rule_event_type(const struct rule_at *at)
{
    struct rule_at parent = *at;

    if (!str_is(json_text(at->doc, at->at), "DIS") ||
        json_member_text(at->doc, at->parent, "channel").p)
        return 0;
    parent.at = at->parent;
    return rule_fail(&parent, DET_REQUIRED_BELOW, "channel", NULL, NULL);
}

static int check_depend_jobs(const struct rule_at *at)
{
    enum json_type type = json_type(at->doc, at->at);

    if (type != JSON_OBJECT)
        return rule_fail(at, DET_TYPE, "object", json_type_name(type), NULL);
    return form_check(&depend_jobs_form, at->doc, at->at, false, at->err);
}

/* A node's cronTrigger may have one dependJobs or an array of them. */
static int rule_depend_jobs(const struct rule_at *at)
{
    struct rule_at item = *at;
    int rc;

    if (json_type(at->doc, at->at) != JSON_ARRAY)
        return check_depend_jobs(at);
    JSON_EACH (i, at->doc, at->at) {
        item.at = i;
        rc = check_depend_jobs(&item);
        if (rc)
            return rc;
    }
    return 0;
}

/* ---- tables ---- */

#define END                                                                              \
    {                                                                                    \
        .name = NULL                                                                     \
    }

const char *const target_status[] = { "SAVED", "SUBMITTED", "PRODUCTION", NULL };
static const char *const process_type[] = { "REAL_TIME", "BATCH", NULL };
static const char *const schedule_type[] = { "EXECUTE_ONCE", "CRON", "EVENT", NULL };
static const char *const param_type[] = { "variable", "constants", NULL };
static const char *const node_fail_policy[] = { "FAIL",       "IGNORE", "SUSPEND",
                                                "FAIL_CHILD", "EXIT",   "CONTINUE",
                                                "EXIT_CHILD", NULL };
static const char *const event_type[] = { "DIS", "KAFKA", "OBS", NULL };
static const char *const event_fail_policy[] = { "SUSPEND", "IGNORE", "CONTINUE", NULL };
static const char *const read_policy[] = { "LAST", "NEW", NULL };
static const char *const depend_period[] = { "SAME_PERIOD", "PRE_PERIOD", NULL };
static const char *const depend_fail_policy[] = { "FAIL", "IGNORE", "SUSPEND", NULL };

/* clang-format off */
static const struct field approver_fields[] = {
    { "approverName", .type = F_STRING, .required = true },
    END
};
const struct form approver_form = { approver_fields, DLF_3051 };

static const struct field workspace_job_fields[] = {
    { "dependOnLastPeriod", .type = F_BOOL },
    { "jobName", .type = F_STRING },
    { "workSpaceId", .type = F_STRING },
    { "workSpace", .type = F_STRING },
    { "dependType", .type = F_STRING },
    { "dependOnLastNPeriodValue", .type = F_INT },
    END
};
static const struct form workspace_job_form = { workspace_job_fields, DLF_3025 };

static const struct field depend_jobs_fields[] = {
    { "jobs", .type = F_ARRAY, .item = F_STRING },
    { "dependPeriod", .type = F_STRING, .one_of = depend_period },
    { "dependFailPolicy", .type = F_STRING, .one_of = depend_fail_policy },
    { "sameWorkSpaceJobs", .type = F_ARRAY, .item = F_OBJECT, .form = &workspace_job_form },
    { "otherWorkSpaceJobs", .type = F_ARRAY, .item = F_OBJECT, .form = &workspace_job_form },
    END
};
const struct form depend_jobs_form = { depend_jobs_fields, DLF_3025 };

static const struct field cron_fields[] = {
    { "startTime", .type = F_STRING, .required = true, .rule = rule_time },
    { "endTime", .type = F_STRING, .rule = rule_end_time },
    { "expression", .type = F_STRING, .required = true, .rule = rule_cron },
    { "expressionTimeZone", .type = F_STRING },
    { "dependPrePeriod", .type = F_BOOL, .shown = "false" },
    { "dependJobs", .type = F_OBJECT, .form = &depend_jobs_form, .stored = "{\"jobs\":[]}" },
    { "intervalType", .type = F_STRING },
    END
};
static const struct form cron_form = { cron_fields, DLF_3025 };

static const struct field cron_trigger_fields[] = {
    { "startTime", .type = F_STRING, .required = true, .rule = rule_time },
    { "endTime", .type = F_STRING, .rule = rule_end_time },
    { "expression", .type = F_STRING, .required = true, .rule = rule_cron },
    { "expressionTimeZone", .type = F_STRING },
    { "dependPrePeriod", .type = F_BOOL, .shown = "false" },
    { "dependJobs", .type = F_ANY, .form = &depend_jobs_form, .rule = rule_depend_jobs },
    { "period", .type = F_STRING },
    { "concurrent", .type = F_INT },
    END
};
static const struct form cron_trigger_form = { cron_trigger_fields, DLF_3025 };

static const struct field event_fields[] = {
    { "eventType", .type = F_STRING, .required = true, .one_of = event_type,
      .rule = rule_event_type },
    { "channel", .type = F_STRING },
    { "failPolicy", .type = F_STRING, .one_of = event_fail_policy, .shown = "\"SUSPEND\"" },
    { "concurrent", .type = F_INT, .min = 1, .max = 128, .shown = "1" },
    { "readPolicy", .type = F_STRING, .one_of = read_policy, .shown = "\"LAST\"" },
    END
};
static const struct form event_form = { event_fields, DLF_3025 };

static const struct field schedule_fields[] = {
    { "type", .type = F_STRING, .required = true, .one_of = schedule_type },
    { "cron", .type = F_OBJECT, .form = &cron_form },
    { "event", .type = F_OBJECT, .form = &event_form },
    END
};
static const struct form schedule_form = { schedule_fields, DLF_3025 };

static const struct field param_fields[] = {
    { "name", .type = F_STRING, .required = true, .rule = rule_param_name },
    { "value", .type = F_STRING, .required = true, .max = 1024 },
    { "type", "paramType", .type = F_STRING, .one_of = param_type, .shown = "\"variable\"" },
    END
};
static const struct form param_form = { param_fields, DLF_3051 };

static const struct field basic_config_fields[] = {
    { "owner", .type = F_STRING, .max = 128 },
    { "priority", .type = F_INT, .min = 0, .max = 2, .shown = "0" },
    { "executeUser", .type = F_STRING },
    { "instanceTimeout", .type = F_INT, .rule = rule_timeout, .shown = "60" },
    { "customFields", .type = F_OBJECT, .rule = rule_custom_fields },
    { "agency", .type = F_STRING },
    { "isIgnoreWaiting", .type = F_INT, .min = 0, .max = 1 },
    { "taskPriority", .type = F_INT, .min = 0, .max = 2 },
    { "tags", .type = F_ANY, .shown = "[]" },
    END
};
static const struct form basic_config_form = { basic_config_fields, DLF_3051 };

static const struct field location_fields[] = {
    { "x", .type = F_NUMERIC },
    { "y", .type = F_NUMERIC },
    END
};
static const struct form location_form = { location_fields, DLF_3051 };

static const struct field condition_fields[] = {
    { "preNodeName", .type = F_STRING, .required = true },
    { "expression", .type = F_STRING, .required = true },
    END
};
static const struct form condition_form = { condition_fields, DLF_3051 };

static const struct field property_fields[] = {
    { "name", .type = F_STRING, .required = true },
    { "value", .type = F_ANY, .shown = "\"\"" },
    { "value_is_sensitive", .type = F_ANY, .rule = rule_switch },
    END
};
static const struct form property_form = { property_fields, DLF_3051 };

static const struct field node_fields[] = {
    { "name", .type = F_STRING, .required = true, .rule = rule_node_name },
    { "type", .type = F_STRING, .required = true, .min = 1 },
    { "location", .type = F_OBJECT, .form = &location_form },
    { "preNodeName", .type = F_ARRAY, .item = F_STRING, .shown = "[]" },
    { "conditions", .type = F_ARRAY, .item = F_OBJECT, .form = &condition_form },
    { "properties", .type = F_ARRAY, .item = F_OBJECT, .form = &property_form, .shown = "[]" },
    { "pollingInterval", .type = F_INT, .min = 1, .max = 60, .shown = "10" },
    { "maxExecutionTime", .type = F_INT, .min = 5, .max = 1440, .stored = "60" },
    { "retryTimes", .type = F_INT, .min = 0, .max = 5, .stored = "0" },
    { "retryInterval", .type = F_INT, .min = 5, .max = 120, .stored = "120" },
    { "failPolicy", .type = F_STRING, .one_of = node_fail_policy, .shown = "\"FAIL\"" },
    { "execTimeOutRetry", .type = F_STRING },
    { "eventTrigger", .type = F_OBJECT, .form = &event_form, .mistyped = DLF_3025 },
    { "cronTrigger", .type = F_OBJECT, .form = &cron_trigger_form, .mistyped = DLF_3025 },
    { "resources", .type = F_ARRAY, .item = F_ANY, .shown = "[]" },
    END
};
const struct form node_form = { node_fields, DLF_3051 };

static const struct field job_fields[] = {
    { "name", .type = F_STRING, .required = true, .keep = true, .min = 1, .missing = DLF_3004,
      .wrong = DLF_3018, .rule = rule_job_name },
    { "nodes", .type = F_ARRAY, .item = F_OBJECT, .form = &node_form, .stored = "[]" },
    { "schedule", .type = F_OBJECT, .required = true, .form = &schedule_form,
      .missing = DLF_3025, .mistyped = DLF_3025 },
    { "params", .type = F_ARRAY, .item = F_OBJECT, .form = &param_form, .shown = "[]" },
    { "directory", .type = F_STRING, .keep = true, .rule = rule_directory, .shown = "\"/\"" },
    { "processType", "jobType", .type = F_STRING, .required = true, .one_of = process_type },
    { "basicConfig", .type = F_OBJECT, .keep = true, .form = &basic_config_form },
    { "logPath", .type = F_STRING, .keep = true, .wrong = DLF_0803, .rule = rule_log_path },
    { "lastUpdateUser", .type = F_STRING, .server = true },
    { "targetStatus", .type = F_STRING, .server = true, .one_of = target_status },
    { "approvers", .type = F_ARRAY, .server = true, .item = F_OBJECT, .form = &approver_form },
    { "id", .type = F_INT, .server = true },
    { "version", .type = F_STRING, .shown = "\"1.0\"" },
    { "resources", .type = F_ARRAY, .item = F_ANY, .shown = "[]" },
    { "cleanOverdueDays", .type = F_INT },
    { "cleanWaitingJob", .type = F_STRING },
    { "emptyRunningJob", .type = F_STRING, .shown = "\"0\"" },
    { "singleNodeJobFlag", .type = F_BOOL, .shown = "false" },
    { "singleNodeJobType", .type = F_STRING },
    { "description", .type = F_STRING, .max = DESCRIPTION_MAX, .wrong = DLF_3050,
      .shown = "\"\"" },
    { "createTime", .type = F_ANY, .server = true },
    { "createUser", .type = F_ANY, .server = true },
    { "status", .type = F_ANY, .server = true },
    { "lastUpdateTime", .type = F_ANY, .server = true },
    { "downstreamJobs", .type = F_ANY, .server = true },
    END
};
const struct form job_form = { job_fields, DLF_3051 };
/* clang-format on */
