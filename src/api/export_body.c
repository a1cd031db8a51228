#include "api/export_body.h"

#include "base/limits.h"
#include "model/rules.h"

static int rule_job_list(const struct rule_at *at)
{
    struct rule_at item = *at;
    int rc;

    JSON_EACH (i, at->doc, at->at) {
        item.at = i;
        rc = rule_name(&item, &name_job);
        if (rc)
            return rc;
    }
    return 0;
}

static const char *const export_status[] = { "DEVELOP", "SUBMIT", NULL };
static const char *const missing_depend[] = { "report", "fail", NULL };

/* clang-format off */
#define SHARED_FIELDS \
    { "exportDepend", .type = F_BOOL }, \
    { "obsPath", .type = F_STRING }, \
    { "exportStatus", .type = F_STRING, .one_of = export_status }, \
    { "missingDepend", .type = F_STRING, .one_of = missing_depend }, \
    { .name = NULL }

static const struct field single_fields[] = { SHARED_FIELDS };
static const struct form single_form = { single_fields, DLF_3051 };

static const struct field batch_fields[] = {
    { "jobList", .type = F_ARRAY, .required = true, .min = 1, .max = EXPORT_MAX_JOBS,
      .item = F_STRING, .rule = rule_job_list },
    SHARED_FIELDS
};
static const struct form batch_form = { batch_fields, DLF_3051 };
/* clang-format on */

static bool text_is(const struct form *form, const struct json_doc *doc, const char *name,
                    const char *text)
{
    uint32_t at = form_member(form, doc, 0, name);

    return at && str_is(json_text(doc, at), text);
}

static int read_shared(struct export_body *out, const struct form *form,
                       const struct json_doc *doc, struct arena *arena, struct err *err)
{
    uint32_t depend = form_member(form, doc, 0, "exportDepend");
    struct rule_at path = { .doc = doc, .code = DLF_0803, .err = err };

    out->depend = !depend || json_type(doc, depend) == JSON_TRUE;
    out->submitted = text_is(form, doc, "exportStatus", "SUBMIT");
    out->fail_missing = text_is(form, doc, "missingDepend", "fail");
    path.at = form_member(form, doc, 0, "obsPath");
    if (!path.at)
        return 0;
    if (!obs_path_ok(json_text(doc, path.at), false, NULL))
        return rule_fail(&path, DET_OBS_PATH, "obs://bucket/folder", NULL, NULL);
    out->obs_path = arena_str(arena, json_text(doc, path.at));
    return out->obs_path.p ? 0 : err_nomem(err);
}

int export_body_read(struct export_body *out, const struct json_doc *doc,
                     struct arena *arena, struct err *err)
{
    int rc;

    *out = (struct export_body){ .depend = true };
    if (!doc)
        return 0;
    rc = form_check(&single_form, doc, 0, false, err);
    return rc ? rc : read_shared(out, &single_form, doc, arena, err);
}

static bool stands_before(const struct str *names, size_t n, struct str name)
{
    for (size_t i = 0; i < n; i++)
        if (str_eq(names[i], name))
            return true;
    return false;
}

size_t export_unique_names(struct str *names, size_t n)
{
    size_t kept = 0;

    for (size_t i = 0; i < n; i++)
        if (!stands_before(names, kept, names[i]))
            names[kept++] = names[i];
    return kept;
}

int export_body_read_batch(struct export_body *out, const struct json_doc *doc,
                           struct arena *arena, struct err *err)
{
    struct str *names = arena_array(arena, EXPORT_MAX_JOBS, sizeof(*names));
    uint32_t list;
    int rc;

    *out = (struct export_body){ .names = names };
    if (!names)
        return err_nomem(err);
    rc = form_check(&batch_form, doc, 0, false, err);
    if (rc)
        return rc;
    list = form_member(&batch_form, doc, 0, "jobList");
    JSON_EACH (i, doc, list) {
        names[out->n] = arena_str(arena, json_text(doc, i));
        if (!names[out->n++].p)
            return err_nomem(err);
    }
    out->n = export_unique_names(names, out->n);
    return read_shared(out, &batch_form, doc, arena, err);
}

struct export_request export_request_of(const struct export_body *body,
                                        enum export_layout layout)
{
    return (struct export_request){ .names = body->names,
                                    .n = body->n,
                                    .depend = body->depend,
                                    .submitted = body->submitted,
                                    .fail_missing = body->fail_missing,
                                    .layout = layout };
}
