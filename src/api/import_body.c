#include "api/import_body.h"

#include "base/limits.h"
#include "model/definition.h"
#include "model/names.h"

/* ---- rules ---- */

static int rule_path(const struct rule_at *at)
{
    struct rule_at here = *at;

    here.code = DLF_0803;
    if (obs_path_ok(json_text(at->doc, at->at), false, NULL))
        return 0;
    return rule_fail(&here, DET_OBS_PATH, "obs://bucket/key", NULL, NULL);
}

static int rule_texts(const struct rule_at *at)
{
    struct rule_at member = *at;

    JSON_EACH (i, at->doc, at->at) {
        member.at = i;
        if (json_type(at->doc, i) != JSON_STRING)
            return rule_fail(&member, DET_TYPE, "string",
                             json_type_name(json_type(at->doc, i)), NULL);
    }
    return 0;
}

/* The new names of a mapping must not be empty. */
static int rule_names(const struct rule_at *at)
{
    struct rule_at member = *at;
    int rc = rule_texts(at);

    JSON_EACH (i, at->doc, at->at) {
        member.at = i;
        if (!rc && !json_text(at->doc, i).n)
            rc = rule_fail(&member, DET_EMPTY, NULL, NULL, NULL);
    }
    return rc;
}

static int rule_directories(const struct rule_at *at)
{
    struct rule_at member = *at;
    int rc = rule_names(at);

    JSON_EACH (i, at->doc, at->at) {
        member.at = i;
        if (!rc && !(directory_ok(json_key(at->doc, i), DIRECTORY_MAX_SEGMENT) &&
                     directory_ok(json_text(at->doc, i), DIRECTORY_MAX_SEGMENT)))
            rc = rule_fail(&member, DET_DIRECTORY, "64", NULL, NULL);
    }
    return rc;
}

/* What each member of a mapping renames. */
static const struct {
    const char *member;
    enum env what;
} mappings[] = {
    { "connections", ENV_CONNECTION }, { "databases", ENV_DATABASE },
    { "queues", ENV_QUEUE },           { "clusters", ENV_DWS_CLUSTER },
    { "clusters", ENV_MRS_CLUSTER },   { "clusters", ENV_CDM_CLUSTER },
    { "directories", ENV_DIRECTORY },  { "streams", ENV_STREAM },
};
#define MAPPINGS (sizeof(mappings) / sizeof(mappings[0]))

/* A misspelt member would silently rename nothing, so it is an error. */
static int rule_mapping(const struct rule_at *at)
{
    struct rule_at member = *at;

    JSON_EACH (i, at->doc, at->at) {
        size_t k = 0;

        while (k < MAPPINGS && !str_is(json_key(at->doc, i), mappings[k].member))
            k++;
        member.at = i;
        if (k == MAPPINGS)
            return rule_fail(&member, DET_UNKNOWN_MEMBER,
                             "connections, databases, queues, clusters, streams, "
                             "directories",
                             NULL, NULL);
    }
    return 0;
}

/* ---- tables ---- */

static const char *const same_name_policy[] = { "SKIP", "OVERWRITE", NULL };
static const char *const on_error[] = { "rollback", "continue", NULL };

/* clang-format off */
#define PATH_FIELD { "path", .type = F_STRING, .required = true, .rule = rule_path }
#define POLICY_FIELD { "sameNamePolicy", .type = F_STRING, .one_of = same_name_policy }

static const struct field job_params_fields[] = {
    { "name", .type = F_STRING, .required = true, .min = 1 },
    { "params", .type = F_OBJECT, .rule = rule_texts },
    { .name = NULL }
};
static const struct form job_params_form = { job_params_fields, DLF_3051 };

static const struct field resource_fields[] = {
    { "name", .type = F_STRING, .required = true, .min = 1 },
    { "type", .type = F_STRING, .required = true, .min = 1 },
    { "replace", .type = F_STRING },
    { .name = NULL }
};
static const struct form resource_form = { resource_fields, DLF_3051 };

static const struct field mapping_fields[] = {
    { "connections", .type = F_OBJECT, .rule = rule_names },
    { "databases", .type = F_OBJECT, .rule = rule_names },
    { "queues", .type = F_OBJECT, .rule = rule_names },
    { "clusters", .type = F_OBJECT, .rule = rule_names },
    { "streams", .type = F_OBJECT, .rule = rule_names },
    { "directories", .type = F_OBJECT, .rule = rule_directories },
    { .name = NULL }
};
static const struct form mapping_form = { mapping_fields, DLF_3051 };

static const struct field import_fields[] = {
    PATH_FIELD,
    { "params", .type = F_OBJECT, .rule = rule_texts },
    POLICY_FIELD,
    { "jobsParam", .type = F_ARRAY, .item = F_OBJECT, .form = &job_params_form },
    { "executeUser", .type = F_STRING },
    { "targetStatus", .type = F_STRING, .one_of = target_status },
    { "approvers", .type = F_ARRAY, .item = F_OBJECT, .form = &approver_form },
    { "resources", .type = F_ARRAY, .item = F_OBJECT, .form = &resource_form },
    { "onError", .type = F_STRING, .one_of = on_error },
    { "dryRun", .type = F_BOOL },
    { "mapping", .type = F_OBJECT, .form = &mapping_form, .rule = rule_mapping },
    { .name = NULL }
};
static const struct form import_form = { import_fields, DLF_3051 };

static const struct field config_params_fields[] = {
    { "name", .type = F_STRING, .required = true, .min = 1 },
    { "type", "connectionType", .type = F_STRING, .required = true, .min = 1 },
    { "params", .type = F_OBJECT, .rule = rule_texts },
    { .name = NULL }
};
static const struct form config_params_form = { config_params_fields, DLF_3051 };

static const struct field connections_fields[] = {
    PATH_FIELD,
    POLICY_FIELD,
    { "params", .type = F_ARRAY, .item = F_OBJECT, .form = &config_params_form },
    { "onError", .type = F_STRING, .one_of = on_error },
    { "dryRun", .type = F_BOOL },
    { .name = NULL }
};
static const struct form connections_form = { connections_fields, DLF_3051 };

static const struct field check_fields[] = { PATH_FIELD, { .name = NULL } };
static const struct form check_form = { check_fields, DLF_3051 };
/* clang-format on */

/* Unknown members are ignored as elsewhere, except near-misspellings of known ones: a
 * dryRun that is misspelt would be an import. */
static int check_spelling(const struct form *form, const struct json_doc *doc,
                          struct err *err)
{
    struct rule_at member = { .doc = doc, .code = DLF_3051, .err = err };

    JSON_EACH (i, doc, 0) {
        const struct field *f = form->fields;

        member.at = i;
        while (f->name && !str_same_loosely(json_key(doc, i), f->name, "-_"))
            f++;
        if (f->name && !str_is(json_key(doc, i), f->name))
            return rule_fail(&member, DET_MISSPELT, f->name, NULL, NULL);
    }
    return 0;
}

static int check_body(const struct form *form, const struct json_doc *doc,
                      struct err *err)
{
    int rc = check_spelling(form, doc, err);

    return rc ? rc : form_check(form, doc, 0, false, err);
}

/* ---- copying ---- */

/* A body that is copied into the arena, in two passes: the first only counts. */
struct body_copy {
    const struct json_doc *doc;
    struct arena *arena;
    struct setting *settings; /* NULL in the first pass */
    struct renaming *renamings;
    size_t n_settings, n_renamings;
    bool failed;
};

static struct str keep_text(struct body_copy *r, struct str text)
{
    struct str kept = arena_str(r->arena, text);

    r->failed |= !kept.p;
    return kept;
}

static struct str keep_member(struct body_copy *r, const char *name)
{
    return keep_text(r, json_text(r->doc, json_member(r->doc, 0, name)));
}

static bool member_is(const struct json_doc *doc, const char *name, const char *text)
{
    return str_is(json_member_text(doc, 0, name), text);
}

static uint32_t given(const struct body_copy *r, uint32_t at, const char *name)
{
    uint32_t member = json_member(r->doc, at, name);

    return member && json_type(r->doc, member) != JSON_NULL ? member : 0;
}

/* Adds the members of the object `map`, which are of one job or connection, or of all. */
static void add_settings(struct body_copy *r, struct str of, struct str type,
                         uint32_t map)
{
    if (!map)
        return;
    JSON_EACH (i, r->doc, map) {
        size_t n = r->n_settings++;

        if (r->settings)
            r->settings[n] =
                (struct setting){ .of = of,
                                  .type = type,
                                  .name = keep_text(r, json_key(r->doc, i)),
                                  .value = keep_text(r, json_text(r->doc, i)) };
    }
}

/* Keeps a text that several rows share, in the second pass. */
static struct str keep_shared(struct body_copy *r, struct str text)
{
    return r->settings && text.p ? keep_text(r, text) : text;
}

static struct str type_of(struct body_copy *r, uint32_t at)
{
    struct str type = json_member_text(r->doc, at, "type");

    return type.p ? type : json_member_text(r->doc, at, "connectionType");
}

/* Adds those of a list of {"name", "params"}; with `typed` each has a type as well. */
static void add_settings_of_each(struct body_copy *r, uint32_t list, bool typed)
{
    if (!list)
        return;
    JSON_EACH (i, r->doc, list)
        add_settings(r, keep_shared(r, json_member_text(r->doc, i, "name")),
                     typed ? keep_shared(r, type_of(r, i)) : STR_NONE,
                     given(r, i, "params"));
}

static void add_renaming(struct body_copy *r, enum env what, struct str from,
                         struct str to)
{
    bool is_directory = what == ENV_DIRECTORY;
    size_t n = r->n_renamings++;

    if (r->renamings)
        r->renamings[n] = (struct renaming){
            .what = what,
            .from = keep_text(r, is_directory ? directory_key(from) : from),
            .to = keep_text(r, is_directory ? directory_key(to) : to)
        };
}

/* The types of `resources` that stand for names in definitions; others are ignored. */
static const struct {
    const char *type;
    enum env what;
} resource_types[] = {
    { "DWS_CONNECTION", ENV_CONNECTION },
    { "DLI_CONNECTION", ENV_CONNECTION },
    { "MRS_HIVE_CONNECTION", ENV_CONNECTION },
    { "MRS_SPARK_CONNECTION", ENV_CONNECTION },
    { "DWS_CLUSTER", ENV_DWS_CLUSTER },
    { "MRS_CLUSTER", ENV_MRS_CLUSTER },
    { "CDM_CLUSTER", ENV_CDM_CLUSTER },
    { "DLI_QUEUE", ENV_QUEUE },
    { "DIS_STREAM", ENV_STREAM },
};

static void add_resource(struct body_copy *r, uint32_t at)
{
    struct str to = json_member_text(r->doc, at, "replace");

    for (size_t i = 0; to.n && i < sizeof(resource_types) / sizeof(resource_types[0]);
         i++)
        if (str_is(json_member_text(r->doc, at, "type"), resource_types[i].type))
            add_renaming(r, resource_types[i].what, json_member_text(r->doc, at, "name"),
                         to);
}

static void add_mappings(struct body_copy *r, uint32_t mapping)
{
    for (size_t i = 0; mapping && i < MAPPINGS; i++) {
        uint32_t map = given(r, mapping, mappings[i].member);

        if (map)
            JSON_EACH (k, r->doc, map)
                add_renaming(r, mappings[i].what, json_key(r->doc, k),
                             json_text(r->doc, k));
    }
}

/* Calls `add` for each of the two passes. */
static int add_all(struct body_copy *r, void (*add)(struct body_copy *r), struct err *err)
{
    add(r);
    r->settings = arena_array(r->arena, r->n_settings, sizeof(*r->settings));
    r->renamings = arena_array(r->arena, r->n_renamings, sizeof(*r->renamings));
    if (!r->settings || !r->renamings)
        return err_nomem(err);
    r->n_settings = r->n_renamings = 0;
    add(r);
    return 0;
}

static int end_copy(struct body_copy *r, struct import_options *out, struct err *err)
{
    const struct json_doc *doc = r->doc;
    uint32_t dry = json_member(doc, 0, "dryRun");

    out->path = keep_member(r, "path");
    out->overwrite = member_is(doc, "sameNamePolicy", "OVERWRITE");
    out->carry_on = member_is(doc, "onError", "continue");
    out->dry_run = dry && json_type(doc, dry) == JSON_TRUE;
    edits_sort_settings(r->settings, &r->n_settings);
    edits_sort_renamings(r->renamings, &r->n_renamings);
    out->edits.settings = r->settings;
    out->edits.n_settings = r->n_settings;
    out->edits.renamings = r->renamings;
    out->edits.n_renamings = r->n_renamings;
    return r->failed ? err_nomem(err) : 0;
}

static void add_of_jobs(struct body_copy *r)
{
    uint32_t list = given(r, 0, "resources");

    add_settings(r, STR_NONE, STR_NONE, given(r, 0, "params"));
    add_settings_of_each(r, given(r, 0, "jobsParam"), false);
    if (list)
        JSON_EACH (i, r->doc, list)
            add_resource(r, i);
    add_mappings(r, given(r, 0, "mapping"));
}

static void add_of_connections(struct body_copy *r)
{
    add_settings_of_each(r, given(r, 0, "params"), true);
}

int import_body_read(struct import_options *out, const struct json_doc *doc,
                     struct arena *arena, struct err *err)
{
    struct body_copy r = { .doc = doc, .arena = arena };
    int rc = check_body(&import_form, doc, err);

    *out = (struct import_options){ .submit = true };
    if (!rc)
        rc = add_all(&r, add_of_jobs, err);
    if (rc)
        return rc;
    out->submit = !member_is(doc, "targetStatus", "SAVED");
    if (json_member_text(doc, 0, "executeUser").n)
        out->edits.execute_user = keep_member(&r, "executeUser");
    return end_copy(&r, out, err);
}

int import_body_read_connections(struct import_options *out, const struct json_doc *doc,
                                 struct arena *arena, struct err *err)
{
    struct body_copy r = { .doc = doc, .arena = arena };
    int rc = check_body(&connections_form, doc, err);

    *out = (struct import_options){ .submit = false };
    if (!rc)
        rc = add_all(&r, add_of_connections, err);
    return rc ? rc : end_copy(&r, out, err);
}

int check_file_body_read(struct str *path, const struct json_doc *doc,
                         struct arena *arena, struct err *err)
{
    struct body_copy r = { .doc = doc, .arena = arena };
    int rc = form_check(&check_form, doc, 0, false, err);

    if (rc)
        return rc;
    *path = keep_member(&r, "path");
    return r.failed ? err_nomem(err) : 0;
}
