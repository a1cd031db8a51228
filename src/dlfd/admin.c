#include "dlfd/admin.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/wipe.h"
#include "dlfd/admin_int.h"
#include "dlfd/options.h"
#include "model/names.h"
#include "obs/obs.h"

int admin_failed(const struct err *err, const char *otherwise)
{
    fprintf(stderr, "dlfd admin: %s\n", err->arg[0] ? err->arg[0] : otherwise);
    return 1;
}

int admin_write(struct folder *f, struct write *w, const char *not_found,
                const char *taken, const char *denied)
{
    int rc = store_write(f->store, w);
    const char *why = rc == E_NOTFOUND                  ? not_found
                      : rc == E_EXISTS                  ? taken
                      : rc == E_DENIED || rc == E_LIMIT ? denied
                      : rc == E_BUSY
                          ? "the key for secrets was changed meanwhile: try again"
                          : "out of memory";

    if (rc)
        rc = admin_failed(&w->err, why);
    err_clear(&w->err);
    return rc;
}

static const struct row {
    const char *noun, *verb;
    /* What may follow: the argument's word, when it takes one, and the options, those
     * that it can do without in brackets.  No others are accepted. */
    const char *usage;
    int (*run)(struct folder *f, const struct admin_call *call);
    const struct name_rule *name; /* of the argument; NULL: it is a file */
    bool alone;                   /* not while a server runs */
    bool bare;                    /* the catalogue is not opened */
    bool reads;                   /* see folder.h */
    bool makes;                   /* see folder.h */
    bool bucket;                  /* the argument is a bucket */
} rows[] = {
    /* clang-format off */
    { "workspace", "create", "NAME --project ID", admin_workspace_create, .name = &name_workspace },
    { "workspace", "list", "--project ID", admin_workspace_list, .name = NULL },
    { "workspace", "delete", "NAME [--force] --project ID", admin_workspace_delete, .name = &name_workspace },
    { "cdm-cluster", "create", "NAME --project ID", admin_cluster_create, .name = &name_cluster },
    { "cdm-cluster", "list", "--project ID", admin_cluster_list, .name = NULL },
    { "cdm-cluster", "delete", "NAME [--force] --project ID", admin_cluster_delete, .name = &name_cluster },
    { "user", "create", "NAME [--admin] [--password-stdin] [--domain NAME]", admin_user_create, .name = &name_account },
    { "user", "password", "NAME [--password-stdin] [--domain NAME]", admin_user_password, .name = &name_account },
    { "user", "list", "[--domain NAME]", admin_user_list, .name = NULL },
    { "user", "delete", "NAME [--domain NAME]", admin_user_delete, .name = &name_account },
    { "key", "create", "USER [--domain NAME]", admin_key_create, .name = &name_account },
    { "key", "list", "[--domain NAME]", admin_key_list, .name = NULL },
    { "key", "delete", "KEY_ID", admin_key_delete, .name = &name_project },
    { "key", "rotate", "", admin_key_rotate, .alone = true },
    { "project", "create", "NAME [--domain NAME]", admin_project_create, .name = &name_project },
    { "project", "list", "[--domain NAME]", admin_project_list, .name = NULL },
    { "project", "delete", "ID [--force]", admin_project_delete, .name = &name_project },
    { "role", "grant", "ROLE --user NAME --project ID [--workspace NAME] [--domain NAME]", admin_role_grant, .name = &name_cluster },
    { "role", "revoke", "--user NAME --project ID [--workspace NAME] [--domain NAME]", admin_role_revoke, .name = NULL },
    { "role", "list", "--project ID", admin_role_list, .name = NULL },
    { "bucket", "create", "NAME", admin_bucket_create, .bare = true, .bucket = true },
    { "bucket", "list", "", admin_bucket_list, .bare = true },
    { "bucket", "delete", "NAME [--force]", admin_bucket_delete, .bare = true, .bucket = true },
    { "backup", "", "FILE [--without-key]", admin_backup, .reads = true },
    { "restore", "", "FILE [--force]", admin_restore, .alone = true, .bare = true, .makes = true },
    { "check", "", "", admin_check, .bare = true },
    { "reindex", "", "", admin_reindex, .alone = true },
    /* clang-format on */
};
#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool is(const char *given, const char *word)
{
    return given && strcmp(given, word) == 0;
}

/* ---- usage ---- */

static bool is_noun(const char *word)
{
    for (size_t i = 0; i < ROWS; i++)
        if (is(word, rows[i].noun))
            return true;
    return false;
}

/* The usage of a noun, or of all. */
static void print_usage(FILE *out, const char *noun)
{
    const char *head = "usage:";

    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];

        if (noun && !is(noun, row->noun))
            continue;
        fprintf(out, "%-6s dlfd admin %s%s%s%s%s\n", head, row->noun,
                *row->verb ? " " : "", row->verb, *row->usage ? " " : "", row->usage);
        head = "";
    }
    fputs("each with [--data DIR], and with [--secret-key-file FILE] when the key is not "
          "in the data folder\n",
          out);
}

/* Says what is wrong, and how its noun is used. */
static int refuse(const struct admin_call *call, struct buf *wrong)
{
    const char *text = buf_cstr(wrong);

    fprintf(stderr, "dlfd admin: %s\n", text ? text : "out of memory");
    if (is_noun(call->noun))
        print_usage(stderr, call->noun);
    else
        fputs("usage: dlfd admin COMMAND ... (`dlfd admin --help` shows the commands)\n",
              stderr);
    return 2;
}

/* ---- the call ---- */

/* The options that take a value, with its rule (NULL: it is a path), and those that do
 * not, by their place in the call. */
static const struct {
    const char *name;
    size_t value, flag;
    const struct name_rule *rule;
} admin_options[] = {
    { "--project", offsetof(struct admin_call, project), 0, &name_project },
    { "--data", offsetof(struct admin_call, data), 0, NULL },
    { "--secret-key-file", offsetof(struct admin_call, key_file), 0, NULL },
    { "--domain", offsetof(struct admin_call, domain), 0, &name_account },
    { "--user", offsetof(struct admin_call, user), 0, &name_account },
    { "--workspace", offsetof(struct admin_call, workspace), 0, &name_workspace },
    { "--force", 0, offsetof(struct admin_call, force), NULL },
    { "--without-key", 0, offsetof(struct admin_call, without_key), NULL },
    { "--admin", 0, offsetof(struct admin_call, admin), NULL },
    { "--password-stdin", 0, offsetof(struct admin_call, password_stdin), NULL },
    { "--help", 0, offsetof(struct admin_call, help), NULL },
};
#define ADMIN_OPTIONS (sizeof(admin_options) / sizeof(admin_options[0]))

/* Reads the option `arg`, whose value may follow at *i. */
static void read_option(struct admin_call *call, const char *arg, int argc, char **argv,
                        int *i, struct buf *wrong)
{
    for (size_t k = 0; k < ADMIN_OPTIONS; k++) {
        if (strcmp(arg, admin_options[k].name) != 0)
            continue;
        if (admin_options[k].flag)
            *(bool *)((char *)call + admin_options[k].flag) = true;
        else if (*i < argc)
            *(const char **)((char *)call + admin_options[k].value) = argv[(*i)++];
        else
            buf_addf(wrong, "%s: a value is missing", arg);
        return;
    }
    buf_addf(wrong, "%.100s: no such option", arg);
}

/* Reads one argument at *i. */
static void read_argument(struct admin_call *call, int argc, char **argv, int *i,
                          struct buf *wrong)
{
    const char *arg = argv[(*i)++];
    const char **word[] = { &call->noun, &call->verb, &call->name };

    if (arg[0] == '-') {
        read_option(call, arg, argc, argv, i, wrong);
        return;
    }
    for (size_t w = 0; w < sizeof(word) / sizeof(word[0]); w++)
        if (!*word[w]) {
            *word[w] = arg;
            return;
        }
    buf_addf(wrong, "%.100s: one word too many", arg);
}

/* The row of the words; where there is no verb, what stands in its place is the
 * argument. */
static const struct row *find(struct admin_call *call)
{
    for (size_t i = 0; i < ROWS; i++) {
        if (!is(call->noun, rows[i].noun))
            continue;
        if (*rows[i].verb && is(call->verb, rows[i].verb))
            return &rows[i];
        if (!*rows[i].verb && !call->name) {
            call->name = call->verb;
            return &rows[i];
        }
    }
    return NULL;
}

static void no_such_command(const struct admin_call *call, struct buf *wrong)
{
    if (!call->noun)
        buf_adds(wrong, "which command?");
    else if (!is_noun(call->noun))
        buf_addf(wrong, "%.100s: no such command", call->noun);
    else if (!call->verb)
        buf_addf(wrong, "%s: which command?", call->noun);
    else
        buf_addf(wrong, "%s %.100s: no such command", call->noun, call->verb);
}

static bool path_ok(const char *path)
{
    size_t n = 0;

    while ((unsigned char)path[n] >= 0x20 && path[n] != 0x7f && n < ADMIN_PATH_MAX)
        n++;
    return n > 0 && !path[n];
}

/* Holds a text against its rule; one without a rule is a path. */
static void check_text(const char *name, int n, const struct name_rule *rule,
                       const char *text, struct buf *wrong)
{
    if (rule ? name_follows(rule, str_of(text)) : path_ok(text))
        return;
    buf_addf(wrong, "%.*s: %s expected", n, name,
             !rule ? "a path of 1 to 4095 bytes without control characters"
             : rule == &name_account
                 ? "1 to 64 letters, digits, Chinese characters, - _ . and @"
             : rule->cjk ? "1 to 128 letters, digits, Chinese characters, - and _"
                         : "1 to 64 letters, digits, - and _");
}

/* What was given, against the row's usage and the rules. */
static void check_options(const struct admin_call *call, const struct row *row,
                          struct buf *wrong)
{
    for (size_t k = 0; k < ADMIN_OPTIONS && !wrong->len; k++) {
        const char *name = admin_options[k].name, *place = strstr(row->usage, name);
        const char *const *value =
            (const void *)((const char *)call + admin_options[k].value);
        bool given = admin_options[k].flag
                         ? *(const bool *)((const char *)call + admin_options[k].flag)
                         : *value != NULL;

        if (is("--data", name) || is("--secret-key-file", name))
            place = name; /* each command takes them */
        else if (!given && place && (place == row->usage || place[-1] != '['))
            buf_addf(wrong, "%s is required", name);
        if (given && !place)
            buf_addf(wrong, "this command takes no %s", name);
        else if (given && !admin_options[k].flag)
            check_text(name, (int)strlen(name), admin_options[k].rule, *value, wrong);
    }
}

/* The name of the argument is the first word of the usage, in capitals. */
static void check_name(const struct admin_call *call, const struct row *row,
                       struct buf *wrong)
{
    int n = (int)strspn(row->usage, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_");

    if (n && !call->name)
        buf_addf(wrong, "%.*s is required", n, row->usage);
    else if (!n && call->name)
        buf_addf(wrong, "%.100s: one word too many", call->name);
    else if (row->bucket && !obs_bucket_ok(str_of(call->name)))
        buf_addf(wrong,
                 "%.*s: 3 to 63 of a-z, 0-9, - and . expected, no two dots in a "
                 "row, and a letter or digit at both ends",
                 n, row->usage);
    else if (n && !row->bucket)
        check_text(row->usage, n, row->name, call->name, wrong);
}

static void check(const struct admin_call *call, const struct row *row, struct buf *wrong)
{
    check_options(call, row, wrong);
    if (!wrong->len)
        check_name(call, row, wrong);
}

static int run(struct admin_call *call, const struct row *row)
{
    struct folder_options options = { .path = call->data,
                                      .key_path = call->key_file,
                                      .alone = row->alone,
                                      .bare = row->bare,
                                      .reads = row->reads,
                                      .makes = row->makes,
                                      .readers = 1,
                                      .sweep_age_ms = SWEEP_NEVER };
    struct err err = ERR_INIT;
    struct folder folder;
    int rc = 0;

    if (call->password_stdin) { /* nobody waits for the folder while somebody types */
        rc = folder_find(call->data, &err);
        if (!rc && admin_read_password(call))
            return 1;
    }
    if (!rc)
        rc = folder_open(&folder, &options, &err);
    if (rc) {
        rc = admin_failed(&err, "out of memory");
        err_clear(&err);
        return rc;
    }
    rc = call->project ? admin_check_project(&folder, call->project) : 0;
    if (!rc)
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
    struct buf wrong = BUF_INIT(KIB);
    const struct row *row;
    int i = 0, rc = 0;

    umask(077); /* as dlfd itself: what is made is nobody else's */
    while (!wrong.len && i < argc)
        read_argument(&call, argc, argv, &i, &wrong);
    row = find(&call);
    if (!wrong.len && !row && !call.help)
        no_such_command(&call, &wrong);
    if (!wrong.len && !call.help)
        check(&call, row, &wrong);
    complete(&call, &arena);
    if (!wrong.len && !call.data)
        buf_adds(&wrong, "--data DIR is required");
    if (wrong.len)
        rc = refuse(&call, &wrong);
    else if (call.help)
        print_usage(stdout, is_noun(call.noun) ? call.noun : NULL);
    else
        rc = run(&call, row);
    wipe(call.password, sizeof(call.password));
    buf_release(&wrong);
    arena_release(&arena);
    return rc;
}
