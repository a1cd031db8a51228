#include "model/rules.h"

#include "base/limits.h"
#include "base/utf8.h"

static int rule_resource_name(const struct rule_at *at)
{
    return rule_name(at, &name_resource);
}

static int rule_location(const struct rule_at *at)
{
    if (obs_path_ok(json_text(at->doc, at->at), true, NULL))
        return 0;
    return rule_fail(at, DET_OBS_PATH, "obs://bucket/key, hdfs://path", NULL, NULL);
}

static int rule_resource_directory(const struct rule_at *at)
{
    if (directory_ok(json_text(at->doc, at->at), NAME_MAX_RESOURCE))
        return 0;
    return rule_fail(at, DET_DIRECTORY, "32", NULL, NULL);
}

static int too_long(const struct rule_at *at, size_t n)
{
    if (n <= RESOURCE_DEPENDS_MAX)
        return 0;
    return rule_fail(at, DET_MAX_LENGTH, NUM(RESOURCE_DEPENDS_MAX), NUM(n), NULL);
}

static int rule_depend_files(const struct rule_at *at)
{
    size_t n = 0;

    JSON_EACH (i, at->doc, at->at)
        n += utf8_count(json_text(at->doc, i));
    return too_long(at, n);
}

static int rule_depend_packages(const struct rule_at *at)
{
    size_t n = 0;

    JSON_EACH (i, at->doc, at->at)
        n += utf8_count(json_member_text(at->doc, i, "location"));
    return too_long(at, n);
}

static const char *const resource_type[] = { "archive", "file", "jar", "pyFile", NULL };
static const char *const package_type[] = { "file", "jar", "pyFile", NULL };

/* clang-format off */
static const struct field package_fields[] = {
    { "type", .type = F_STRING, .required = true, .one_of = package_type },
    { "location", .type = F_STRING, .required = true, .rule = rule_location },
    { .name = NULL }
};
static const struct form package_form = { package_fields, DLF_3051 };

static const struct field resource_fields[] = {
    { "name", .type = F_STRING, .required = true, .keep = true, .rule = rule_resource_name },
    { "type", .type = F_STRING, .required = true, .keep = true, .min = 1, .missing = DLF_6263,
      .wrong = DLF_6263, .one_of = resource_type },
    { "location", .type = F_STRING, .required = true, .keep = true, .missing = DLF_6264,
      .wrong = DLF_6264, .max = RESOURCE_LOCATION_MAX, .rule = rule_location },
    { "dependFiles", .type = F_ARRAY, .keep = true, .item = F_STRING,
      .rule = rule_depend_files, .shown = "[]" },
    { "dependPackages", "depend_packages", .type = F_ARRAY, .keep = true, .item = F_OBJECT,
      .form = &package_form, .rule = rule_depend_packages, .shown = "[]" },
    { "desc", .type = F_STRING, .keep = true, .max = DESCRIPTION_MAX, .wrong = DLF_6265,
      .shown = "\"\"" },
    { "directory", .type = F_STRING, .keep = true, .rule = rule_resource_directory,
      .shown = "\"/\"" },
    { "id", .type = F_ANY, .server = true },
    { "resourceId", .type = F_ANY, .server = true },
    { "jobRelation", .type = F_ANY, .server = true },
    { .name = NULL }
};
/* clang-format on */
static const struct form resource_form = { resource_fields, DLF_3051 };

static int resource_check(const struct making *m)
{
    int rc = form_check(&resource_form, m->body, 0, m->stored != NULL, m->err);

    return rc || !m->stored ? rc : same_member(m, &resource_form, "type", DLF_6263);
}

/* Whether a stored member no longer holds after the update. */
static bool outdated(const struct making *m, const struct member *member)
{
    bool files = form_member(&resource_form, m->body, 0, "dependFiles") != 0;
    bool packages = form_member(&resource_form, m->body, 0, "dependPackages") != 0;

    if (member->doc != m->stored)
        return false;
    return (str_is(member->key, "dependPackages") && files && !packages) ||
           (str_is(member->key, "dependFiles") && packages && !files);
}

/* The directory stays as it was; of dependFiles and dependPackages the one that
 * an update sends holds. */
static size_t resource_adjust(const struct making *m, struct member *members, size_t n)
{
    size_t kept = 0;

    if (!m->stored)
        return n;
    for (size_t i = 0; i < n; i++) {
        struct member *one = &members[i];

        if (str_is(one->key, "directory")) {
            one->at = json_member(m->stored, 0, "directory");
            one->doc = m->stored;
            if (!one->at)
                continue;
        }
        if (!outdated(m, one))
            members[kept++] = *one;
    }
    return kept;
}

static int resource_finish(const struct making *m, const struct json_doc *doc)
{
    struct facts *f = &m->d->facts;

    f->scope = directory_key(f->directory);
    f->location = copy_text(m, doc, 0, "location");
    return 0;
}

/* ---- showing ---- */

/* A resource's dependPackages win over its dependFiles: its files
 * are shown as the packages' locations. */
static bool shows_packages(const struct json_doc *doc)
{
    uint32_t packages = json_member(doc, 0, "dependPackages");

    return packages && doc->value[packages].len > 0;
}

static void show_depend_files(struct jw *jw, const struct json_doc *doc)
{
    uint32_t packages = json_member(doc, 0, "dependPackages");

    jw_array(jw, STR("dependFiles"));
    JSON_EACH (i, doc, packages)
        jw_string(jw, STR_NONE, json_member_text(doc, i, "location"));
    jw_end(jw, ']');
}

static bool resource_show_member(struct jw *jw, const struct member *member,
                                 struct str secrets)
{
    (void)jw;
    (void)secrets;
    return str_is(member->key, "dependFiles") && shows_packages(member->doc);
}

static size_t resource_show_computed(struct jw *jw, const struct json_doc *doc,
                                     struct member *members, size_t n)
{
    if (!shows_packages(doc))
        return n;
    show_depend_files(jw, doc);
    members[n++] = (struct member){ .key = STR("dependFiles") };
    return n;
}

const struct kind_rules resource_rules = {
    .form = &resource_form,
    .check = resource_check,
    .adjust = resource_adjust,
    .finish = resource_finish,
    .show_member = resource_show_member,
    .show_computed = resource_show_computed,
};
