#include "dlfd/admin.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "dlfd/admin_int.h"
#include "dlfd/options.h"
#include "model/names.h"
#include "obs/obs.h"

static int usage(const char *what)
{
    fprintf(
        stderr,
        "dlfd admin: %s\n"
        "usage: dlfd admin workspace create NAME --project ID [--data DIR]\n"
        "       dlfd admin workspace list --project ID [--data DIR]\n"
        "       dlfd admin workspace delete NAME [--force] --project ID [--data DIR]\n"
        "       dlfd admin cdm-cluster create|list|delete [NAME] --project ID [--data DIR]\n"
        "       dlfd admin user create NAME [--admin] [--password-stdin] [--domain NAME] [--data DIR]\n"
        "       dlfd admin user password NAME [--password-stdin] [--domain NAME] [--data DIR]\n"
        "       dlfd admin user list|delete [NAME] [--domain NAME] [--data DIR]\n"
        "       dlfd admin key create USER [--domain NAME] [--data DIR]\n"
        "       dlfd admin key list|delete [ACCESS_KEY] [--data DIR]\n"
        "       dlfd admin key rotate [--data DIR]\n"
        "       dlfd admin project create NAME [--domain NAME] [--data DIR]\n"
        "       dlfd admin project list|delete [ID] [--force] [--data DIR]\n"
        "       dlfd admin role grant ROLE --user NAME --project ID [--workspace NAME]\n"
        "                             [--domain NAME] [--data DIR]\n"
        "       dlfd admin role revoke --user NAME --project ID [--workspace NAME]\n"
        "                             [--domain NAME] [--data DIR]\n"
        "       dlfd admin role list --project ID [--data DIR]\n"
        "       dlfd admin bucket create NAME [--data DIR]\n"
        "       dlfd admin bucket list [--data DIR]\n"
        "       dlfd admin bucket delete NAME [--force] [--data DIR]\n"
        "       dlfd admin backup FILE [--without-key] [--data DIR]\n"
        "       dlfd admin restore FILE [--force] [--data DIR]\n"
        "       dlfd admin check [--data DIR]\n"
        "       dlfd admin reindex [--data DIR]\n"
        "each with [--secret-key-file FILE] when the key is not in the data folder\n",
        what);
    return 2;
}

int admin_failed(const struct err *err, const char *otherwise)
{
    fprintf(stderr, "dlfd admin: %s\n", err->arg[0] ? err->arg[0] : otherwise);
    return 1;
}

static const struct row {
    const char *noun, *verb; /* without a verb a FILE may follow */
    int (*run)(struct folder *f, const struct admin_call *call);
    const struct name_rule *name;                 /* of its NAME; NULL: it takes none */
    bool takes_project, takes_user, takes_bucket; /* a bucket: as NAME */
    bool alone;                                   /* not while a server runs */
    bool bare;                                    /* the catalogue is not opened */
    bool takes_file, existing;                    /* see folder.h */
} rows[] = {
    /* clang-format off */
    { "workspace", "create", admin_workspace_create, .name = &name_workspace, .takes_project = true },
    { "workspace", "list", admin_workspace_list, .takes_project = true },
    { "workspace", "delete", admin_workspace_delete, .name = &name_workspace, .takes_project = true },
    { "cdm-cluster", "create", admin_cluster_create, .name = &name_cluster, .takes_project = true },
    { "cdm-cluster", "list", admin_cluster_list, .takes_project = true },
    { "cdm-cluster", "delete", admin_cluster_delete, .name = &name_cluster, .takes_project = true },
    { "user", "create", admin_user_create, .name = &name_account, .existing = true },
    { "user", "password", admin_user_password, .name = &name_account, .existing = true },
    { "user", "list", admin_user_list, .existing = true },
    { "user", "delete", admin_user_delete, .name = &name_account, .existing = true },
    { "key", "create", admin_key_create, .name = &name_account, .existing = true },
    { "key", "list", admin_key_list, .existing = true },
    { "key", "delete", admin_key_delete, .name = &name_project, .existing = true },
    { "key", "rotate", admin_key_rotate, .alone = true, .existing = true },
    { "project", "create", admin_project_create, .name = &name_project, .existing = true },
    { "project", "list", admin_project_list, .existing = true },
    { "project", "delete", admin_project_delete, .name = &name_project, .existing = true },
    { "role", "grant", admin_role_grant, .name = &name_cluster, .takes_project = true, .takes_user = true, .existing = true },
    { "role", "revoke", admin_role_revoke, .takes_project = true, .takes_user = true, .existing = true },
    { "role", "list", admin_role_list, .takes_project = true, .existing = true },
    { "bucket", "create", admin_bucket_create, .takes_bucket = true, .bare = true },
    { "bucket", "list", admin_bucket_list, .bare = true },
    { "bucket", "delete", admin_bucket_delete, .takes_bucket = true, .bare = true },
    { "backup", NULL, admin_backup, .takes_file = true, .existing = true },
    { "restore", NULL, admin_restore, .takes_file = true, .alone = true, .bare = true },
    { "check", NULL, admin_check, .bare = true, .existing = true },
    { "reindex", NULL, admin_reindex, .alone = true, .existing = true },
    /* clang-format on */
};

/* The options that take a value, and those that do not, by their place in the call. */
static const struct {
    const char *name;
    size_t value, flag;
} admin_options[] = {
    { "--project", offsetof(struct admin_call, project), 0 },
    { "--data", offsetof(struct admin_call, data), 0 },
    { "--secret-key-file", offsetof(struct admin_call, key_file), 0 },
    { "--domain", offsetof(struct admin_call, domain), 0 },
    { "--user", offsetof(struct admin_call, user), 0 },
    { "--workspace", offsetof(struct admin_call, workspace), 0 },
    { "--force", 0, offsetof(struct admin_call, force) },
    { "--without-key", 0, offsetof(struct admin_call, without_key) },
    { "--admin", 0, offsetof(struct admin_call, admin) },
    { "--password-stdin", 0, offsetof(struct admin_call, password_stdin) },
};

/* Reads the option `arg`, whose value may follow at *i. */
static const char *read_option(struct admin_call *call, const char *arg, int argc,
                               char **argv, int *i)
{
    for (size_t k = 0; k < sizeof(admin_options) / sizeof(admin_options[0]); k++) {
        if (strcmp(arg, admin_options[k].name) != 0)
            continue;
        if (admin_options[k].flag) {
            *(bool *)((char *)call + admin_options[k].flag) = true;
            return NULL;
        }
        if (*i == argc)
            return "a value is missing";
        *(const char **)((char *)call + admin_options[k].value) = argv[(*i)++];
        return NULL;
    }
    return "no such option; see dlfd --help";
}

/* Reads one argument at *i; NULL, or what is wrong. */
static const char *read_argument(struct admin_call *call, int argc, char **argv, int *i)
{
    const char *arg = argv[(*i)++];
    const char **word[] = { &call->noun, &call->verb, &call->name };

    if (arg[0] == '-')
        return read_option(call, arg, argc, argv, i);
    for (size_t w = 0; w < sizeof(word) / sizeof(word[0]); w++)
        if (!*word[w]) {
            *word[w] = arg;
            return NULL;
        }
    return "too many names";
}

static bool is(const char *given, const char *word)
{
    return given && strcmp(given, word) == 0;
}

/* The row of the words; what stands where a verb would is a FILE, where there is
 * no verb. */
static const struct row *find(struct admin_call *call)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (!is(call->noun, rows[i].noun))
            continue;
        if (rows[i].verb && is(call->verb, rows[i].verb))
            return &rows[i];
        if (!rows[i].verb && !call->name) {
            call->name = call->verb;
            return &rows[i];
        }
    }
    return NULL;
}

static const char *check(const struct admin_call *call, const struct row *row)
{
    if (!row)
        return "no such command";
    if (row->takes_project &&
        (!call->project || !name_follows(&name_project, str_of(call->project))))
        return "--project ID is required: 1 to 64 letters, digits, - and _";
    if (row->takes_user && !call->user)
        return "--user NAME is required";
    if (call->domain && !name_follows(&name_account, str_of(call->domain)))
        return "a domain has 1 to 64 letters, digits, - _ . and @";
    if ((row->name || row->takes_bucket) && !call->name)
        return "a NAME is required";
    if (row->takes_bucket)
        return obs_bucket_ok(str_of(call->name))
                   ? NULL
                   : "a NAME has 3 to 63 of a-z, 0-9, - and ., no two dots in a row, and a "
                     "letter or digit at both ends";
    if (row->name && !name_follows(row->name, str_of(call->name)))
        return row->name == &name_account
                   ? "a NAME has 1 to 64 letters, digits, Chinese characters, - _ . and @"
               : row->name->cjk
                   ? "a NAME has 1 to 128 letters, digits, Chinese characters, - and _"
                   : "a NAME has 1 to 64 letters, digits, - and _";
    if (row->takes_file)
        return call->name ? NULL : "a FILE is required";
    return !row->name && call->name ? "this command takes no NAME" : NULL;
}

static int run(const struct admin_call *call, const struct row *row)
{
    struct folder_options options = { .path = call->data,
                                      .key_path = call->key_file,
                                      .alone = row->alone,
                                      .bare = row->bare,
                                      .existing = row->existing,
                                      .readers = 1,
                                      .sweep_age_ms = INT64_MAX / 2 };
    struct err err = ERR_INIT;
    struct folder folder;
    int rc = folder_open(&folder, &options, &err);

    if (rc) {
        rc = admin_failed(&err, "out of memory");
        err_clear(&err);
        return rc;
    }
    rc = row->run(&folder, call);
    folder_close(&folder);
    return rc;
}

/* What is not given comes from the variables, else from the defaults. */
static void complete(struct admin_call *call, struct arena *arena)
{
    if (!call->data)
        call->data = getenv("DLFD_DATA");
    if (!call->data)
        call->data = options_default_data(arena);
    if (!call->key_file)
        call->key_file = getenv("DLFD_SECRET_KEY_FILE");
    if (!call->key_file)
        call->key_file = "";
}

int admin_main(int argc, char **argv)
{
    struct admin_call call = { 0 };
    struct arena arena = ARENA_INIT;
    const char *wrong = NULL;
    const struct row *row;
    int i = 0, rc;

    while (!wrong && i < argc)
        wrong = read_argument(&call, argc, argv, &i);
    row = find(&call);
    if (!wrong)
        wrong = check(&call, row);
    complete(&call, &arena);
    if (!wrong && !call.data)
        wrong = "--data DIR is required";
    rc = wrong ? usage(wrong) : run(&call, row);
    arena_release(&arena);
    return rc;
}
