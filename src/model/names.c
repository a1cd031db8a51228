#include "model/names.h"

#include "base/limits.h"
#include "base/utf8.h"

const struct name_rule name_job = { NAME_MAX_JOB, true, true, "_.-" };
const struct name_rule name_node = { NAME_MAX_JOB, true, false, "_.-/<>" };
const struct name_rule name_resource = { NAME_MAX_RESOURCE, true, false, "_-" };
const struct name_rule name_connection = { 100, false, false, "_-" };
const struct name_rule name_cdm = { 240, true, true, "_.-" };
const struct name_rule name_cluster = { 64, false, false, "_-" };
const struct name_rule name_param = { NAME_MAX_PARAM, false, false, "_.-" };
const struct name_rule name_workspace = { NAME_MAX_WORKSPACE, true, false, "_-" };
const struct name_rule name_project = { PROJECT_ID_MAX, false, false, "_-" };

const struct name_rule name_account = { ACCOUNT_NAME_MAX, true, true, "_.-@" };

static bool char_ok(const struct name_rule *rule, uint32_t c)
{
    if ((c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'))
        return true;
    if (c < 0x80)
        return c && strchr(rule->extra, (int)c);
    return rule->cjk && c >= 0x4e00 && c <= 0x9fff;
}

bool name_is_dots(struct str name)
{
    return str_is(name, ".") || str_is(name, "..");
}

bool name_follows(const struct name_rule *rule, struct str name)
{
    size_t count = 0;
    uint32_t c;

    for (size_t i = 0; i < name.n; count++) {
        int len = utf8_decode(name.p + i, name.n - i, &c);

        if (!len || count == rule->max || !char_ok(rule, c))
            return false;
        i += (size_t)len;
    }
    return count > 0 && !(rule->no_dots && name_is_dots(name));
}

bool directory_ok(struct str path, size_t max_segment)
{
    struct name_rule rule = { max_segment, true, false, "_-" };
    struct str name;
    int depth = 0;

    if (path.n <= 1)
        return path.n == 0 || path.p[0] == '/';
    path = directory_key(path);
    if (path.p[0] != '/')
        return false;
    path = str_from(path, 1);
    for (; str_next(&path, '/', &name); depth++)
        if (!name_follows(&rule, name))
            return false;
    return depth <= DIRECTORY_MAX_DEPTH;
}

struct str directory_key(struct str path)
{
    if (path.n == 0)
        return STR("/");
    if (path.n > 1 && path.p[path.n - 1] == '/')
        path.n--;
    return path;
}

bool obs_path_ok(struct str path, bool or_hdfs, struct str *bucket)
{
    struct str rest, name;

    if (or_hdfs && str_starts(path, "hdfs://"))
        return path.n > strlen("hdfs://");
    if (!str_starts(path, "obs://"))
        return false;
    rest = str_from(path, strlen("obs://"));
    name = str_cut(&rest, '/');
    if (bucket)
        *bucket = name;
    return name.n > 0;
}
