#include "dlfd/admin.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/limits.h"
#include "base/wipe.h"
#include "cli/command.h"
#include "dlfd/admin_int.h"
#include "dlfd/options.h"
#include "model/names.h"
#include "obs/obs.h"

/* ---- rules ---- */

static bool name_ok(const struct text_rule *rule, const char *text)
{
    return name_follows(rule->by, str_of(text));
}

static bool bucket_ok(const struct text_rule *rule, const char *text)
{
    (void)rule;
    return obs_bucket_ok(str_of(text));
}

static bool path_ok(const struct text_rule *rule, const char *text)
{
    size_t n = 0;

    (void)rule;
    while ((unsigned char)text[n] >= 0x20 && text[n] != 0x7f && n < ADMIN_PATH_MAX)
        n++;
    return n > 0 && !text[n];
}

#define SHORT_NAME "1 to 64 letters, digits, - and _ expected"

static const struct text_rule
    rule_account = { name_ok, &name_account,
                     "1 to 64 letters, digits, Chinese characters, - _ . and @ expected" },
    rule_project = { name_ok, &name_project, SHORT_NAME },
    rule_cluster = { name_ok, &name_cluster, SHORT_NAME },
    rule_workspace = { name_ok, &name_workspace,
                       "1 to 128 letters, digits, Chinese characters, - and _ expected" },
    rule_bucket = { bucket_ok, NULL,
                    "3 to 63 of a-z, 0-9, - and . expected, no two dots in a row, and a "
                    "letter or digit at both ends" },
    rule_path = { path_ok, NULL,
                  "a path of 1 to 4095 bytes without control characters expected" };

/* ---- the table ---- */

enum {
#define OPTION(member, value, rule) AT_##member,
#include "dlfd/admin.def"
    ADMIN_OPTIONS
};

#define O(member) (1u << AT_##member)

static const struct command_option options[] = {
#define OPTION(member, value, rule) { #member, value, rule },
#include "dlfd/admin.def"
};

static const struct command commands[] = {
#define COMMAND(noun, verb, run, argument, rule, needs, may, ...)                        \
    { noun, verb, argument, rule, needs, may },
#include "dlfd/admin.def"
};

/* How each command is carried out, and with what of the data folder. */
static const struct {
    int (*run)(struct folder *f, const struct admin_call *call, struct err *err);
    struct folder_options folder;
} runs[] = {
#define COMMAND(noun, verb, run, argument, rule, needs, may, ...)                        \
    { run, { __VA_ARGS__ } },
#include "dlfd/admin.def"
};

static const struct command_table table = {
    .program = "dlfd admin",
    .command = commands,
    .n = sizeof(commands) / sizeof(commands[0]),
    .option = options,
    .n_options = ADMIN_OPTIONS,
    .all_may = O(data) | O(secret_key_file),
    .footer = "each with [--data DIR], and with [--secret-key-file FILE] when the key is "
              "not in the data folder",
};

/* ---- the call ---- */

/* What is not given comes from the variables, else from the defaults. */
static struct admin_call call_of(const struct command_call *given, struct arena *arena)
{
    struct admin_call call = {
        .name = given->arg,
#define OPTION(member, value, rule) .member = given->option[AT_##member],
#include "dlfd/admin.def"
    };

    if (!call.data)
        call.data = getenv("DLFD_DATA");
    if (!call.data)
        call.data = options_default_data(arena);
    if (!call.secret_key_file)
        call.secret_key_file = getenv("DLFD_SECRET_KEY_FILE");
    if (!call.secret_key_file)
        call.secret_key_file = "";
    return call;
}

static int carry_out(int command, struct admin_call *call, struct err *err)
{
    struct folder_options folder_options = runs[command].folder;
    struct folder folder;
    int rc = 0;

    folder_options.path = call->data;
    folder_options.key_path = call->secret_key_file;
    folder_options.readers = 1;
    folder_options.sweep_age_ms = SWEEP_NEVER;
    if (call->password_stdin) { /* nobody waits for the folder while somebody types */
        rc = folder_find(call->data, err);
        if (!rc)
            rc = admin_read_password(call, err);
    }
    if (!rc)
        rc = folder_open(&folder, &folder_options, err);
    if (rc)
        return rc;
    if (call->project)
        rc = admin_check_project(&folder, call->project, err);
    if (!rc)
        rc = runs[command].run(&folder, call, err);
    folder_close(&folder);
    return rc;
}

int admin_main(int argc, char **argv)
{
    struct arena arena = ARENA_INIT;
    struct err err = ERR_INIT;
    struct command_call given;
    struct admin_call call;
    int status;

    umask(077); /* as dlfd itself: what is made is nobody else's */
    if (!command_read(&table, argc, argv, &given, &status))
        return status;
    call = call_of(&given, &arena);
    if (!call.data)
        return command_refuse(&table, &given, "--data DIR is required");
    status = carry_out(given.command, &call, &err);
    if (status < 0) {
        fprintf(stderr, "dlfd admin: %s\n", err.arg[0] ? err.arg[0] : "out of memory");
        status = 1;
    }
    wipe(call.password, sizeof(call.password));
    err_clear(&err);
    arena_release(&arena);
    return status;
}
