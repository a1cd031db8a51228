#include "dlfd/admin.h"

#include <stdio.h>
#include <stdlib.h>

#include "dlfd/folder.h"
#include "dlfd/options.h"
#include "model/names.h"

struct admin_call {
    const char *verb, *name, *project, *data;
    bool force;
};

static int usage(const char *what)
{
    fprintf(
        stderr,
        "dlfd admin: %s\n"
        "usage: dlfd admin workspace create NAME --project ID [--data DIR]\n"
        "       dlfd admin workspace list --project ID [--data DIR]\n"
        "       dlfd admin workspace delete NAME [--force] --project ID [--data DIR]\n",
        what);
    return 2;
}

static int failed(const struct err *err, const char *otherwise)
{
    fprintf(stderr, "dlfd admin: %s\n", err->arg[0] ? err->arg[0] : otherwise);
    return 1;
}

static int create(struct store *store, const struct admin_call *call)
{
    struct workspace_new w;
    int rc;

    workspace_new_init(&w);
    w.project = str_of(call->project);
    w.name = str_of(call->name);
    rc = store_write(store, &w.write);
    if (rc)
        rc = failed(&w.write.err, "a workspace of that name is there already");
    else
        puts(w.uid);
    err_clear(&w.write.err);
    return rc;
}

static void print_row(void *arg, const struct workspace *w)
{
    (void)arg;
    printf("%s  %.*s  jobs=%lld scripts=%lld resources=%lld\n", w->uid.p,
           STR_ARG(w->name), (long long)w->jobs, (long long)w->scripts,
           (long long)w->resources);
}

static int list(struct store *store, const struct admin_call *call)
{
    struct err err = ERR_INIT;
    struct snapshot *s;
    int rc = store_snapshot(&s, store, &err);

    if (!rc) {
        rc = snapshot_workspaces(s, str_of(call->project), print_row, NULL, &err);
        snapshot_end(s);
    }
    if (rc)
        rc = failed(&err, "out of memory");
    err_clear(&err);
    return rc;
}

static int delete (struct store *store, const struct admin_call *call)
{
    struct workspace_delete w;
    int rc;

    workspace_delete_init(&w);
    w.project = str_of(call->project);
    w.name = str_of(call->name);
    w.force = call->force;
    rc = store_write(store, &w.write);
    if (rc == E_NOTFOUND)
        rc = failed(&w.write.err, "the project has no workspace of that name");
    else if (rc)
        rc = failed(
            &w.write.err,
            "it is the default workspace, or not empty: --force deletes it with all "
            "that it holds");
    err_clear(&w.write.err);
    return rc;
}

static const struct {
    const char *verb;
    int (*run)(struct store *store, const struct admin_call *call);
    bool takes_name;
} verbs[] = {
    { "create", create, true },
    { "list", list, false },
    { "delete", delete, true },
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* Reads one argument at *i; NULL, or what is wrong. */
static const char *read_argument(struct admin_call *call, int argc, char **argv, int *i)
{
    const char *arg = argv[(*i)++];
    const char **value = strcmp(arg, "--project") == 0 ? &call->project
                         : strcmp(arg, "--data") == 0  ? &call->data
                                                       : NULL;

    if (strcmp(arg, "--force") == 0) {
        call->force = true;
        return NULL;
    }
    if (value) {
        if (*i == argc)
            return "a value is missing";
        *value = argv[(*i)++];
        return NULL;
    }
    if (arg[0] == '-')
        return "no such option; see dlfd --help";
    if (!call->verb)
        call->verb = arg;
    else if (!call->name)
        call->name = arg;
    else
        return "too many names";
    return NULL;
}

static const char *check(const struct admin_call *call, bool takes_name)
{
    if (!call->project || !name_follows(&name_project, str_of(call->project)))
        return "--project ID is required: 1 to 64 letters, digits, - and _";
    if (takes_name && !call->name)
        return "a NAME is required";
    if (takes_name && !name_follows(&name_workspace, str_of(call->name)))
        return "a NAME has 1 to 128 letters, digits, Chinese characters, - and _";
    return !takes_name && call->name ? "list takes no NAME" : NULL;
}

static int run(const struct admin_call *call, size_t verb)
{
    struct err err = ERR_INIT;
    struct folder folder;
    int rc = folder_open(&folder, call->data, false, 1, INT64_MAX / 2, &err);

    if (rc) {
        rc = failed(&err, "out of memory");
        err_clear(&err);
        return rc;
    }
    rc = verbs[verb].run(folder.store, call);
    folder_close(&folder);
    return rc;
}

int admin_main(int argc, char **argv)
{
    struct admin_call call = { 0 };
    struct arena arena = ARENA_INIT;
    const char *wrong = NULL;
    int i = 1, rc;

    if (argc < 1 || strcmp(argv[0], "workspace") != 0)
        return usage("`workspace` expected");
    while (!wrong && i < argc)
        wrong = read_argument(&call, argc, argv, &i);
    for (size_t v = 0; !wrong && call.verb && v < VERBS; v++) {
        if (strcmp(verbs[v].verb, call.verb) != 0)
            continue;
        wrong = check(&call, verbs[v].takes_name);
        if (!call.data)
            call.data = getenv("DLFD_DATA");
        if (!call.data)
            call.data = options_default_data(&arena);
        if (!call.data)
            wrong = "--data DIR is required";
        rc = wrong ? usage(wrong) : run(&call, v);
        arena_release(&arena);
        return rc;
    }
    return usage(wrong ? wrong : "create, list or delete expected");
}
