/*
 * Prints the pages of docs/ that are made of the tables in src/:
 * `gen_docs options`, `gen_docs errors`, `gen_docs coverage`.
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_upper(const char *text)
{
    for (; *text; text++)
        putchar(*text >= 'a' && *text <= 'z' ? *text - 'a' + 'A' : *text);
}

static void print_spelled(const char *text)
{
    for (; *text; text++)
        putchar(*text == '_' ? '-' : *text);
}

static void print_option(const char *name, const char *initial, const char *value,
                         unsigned long long min, unsigned long long max, const char *help)
{
    printf("\n## `--");
    print_spelled(name);
    printf("`\n\n%s\n\n- variable: `DLFD_", help);
    print_upper(name);
    printf("`\n- in the file: `");
    print_spelled(name);
    printf(" = ...`\n- value: `%s`", value);
    if (max)
        printf(", %llu to %llu", min, max);
    printf("\n- default: ");
    printf(*initial ? "`%s`\n" : "see above%s\n", initial);
}

static void options(void)
{
    puts(
        "# Options of dlfd\n"
        "\n"
        "This page is made of `src/dlfd/options.def` by `make docs`.\n"
        "\n"
        "An option comes from its flag, else from its variable, else from the file that\n"
        "`--config FILE` names (`name = value` a line of at most 64 KiB, `#` begins a comment), else it has\n"
        "its default.  Sizes are bytes, or have `KiB`, `MiB` or `GiB` behind the number;\n"
        "ages are seconds, or have `s`, `m`, `h` or `d`.  A name that is not known is\n"
        "refused with the nearest one that is.");
#define OPTION(type, name, default, value, min, max, help, help_zh)                      \
    print_option(#name, default, value, min, max, help);
#include "dlfd/options.def"
#undef OPTION
}

static void errors(void)
{
    puts(
        "# Error codes\n"
        "\n"
        "This page is made of `src/errors/errors.def` by `make docs`.\n"
        "\n"
        "An error is a JSON object with `error_code` and `error_msg`, the texts of the API;\n"
        "`X-Language: zh_cn` gives the Chinese ones.  `error_detail` says what is wrong and\n"
        "where, such as `nodes[3].retryTimes: 0 to 5, 9 given`; by `--error-detail` it moves\n"
        "to the header `X-Dlf-Error-Detail` (percent-encoded, 3,000 bytes at most) or is\n"
        "left out.  `APIGW` errors have `request_id`, which every answer also has as the\n"
        "header `X-Request-Id`.  The calls of CDM answer 400 in CDM's own form: `code`,\n"
        "`errCode`, `message`, `externalMessage`, and `error_detail`; `%1` is what they name.\n"
        "\n"
        "| code | status | text | Chinese | cause | what to do |\n"
        "| --- | --- | --- | --- | --- | --- |");
#define ERROR(symbol, code, status, en, zh, cause, todo)                                 \
    printf("| `%s` | %d | %s | %s | %s | %s |\n", code, status, en, zh, cause, todo);
#include "errors/errors.def"
#undef ERROR
}

/* ---- coverage ---- */

struct route {
    const char *name, *method, *path;
    bool served;
};

static const struct route routes[] = {
#define ROUTE(operation, method, path, handler, kind, flags, permission, body)           \
    { #operation, #method, path, true },
#define LATER(operation, method, path) { #operation, #method, path, false },
#include "api/routes.def"
#undef ROUTE
#undef LATER
};
#define ROUTES (sizeof(routes) / sizeof(routes[0]))

static const struct {
    const char *name;
    int status;
    const char *what;
} operations[] = {
#define OPERATION(name, status, what) { #name, status, what },
#include "operations.def"
#undef OPERATION
};
#define OPERATIONS (sizeof(operations) / sizeof(operations[0]))

static const struct route *find_route(const char *operation)
{
    for (size_t i = 0; i < ROUTES; i++)
        if (strcmp(routes[i].name, operation) == 0)
            return &routes[i];
    fprintf(stderr, "gen_docs: routes.def has no row %s\n", operation);
    exit(1);
}

enum outcome { PASSED, NOT_SERVED, OTHER_MODEL, OUTCOMES };

static const struct {
    const char *client, *version, *operation;
    enum outcome outcome;
} results[] = {
#define RESULT(client, version, operation, outcome)                                      \
    { client, version, #operation, outcome },
#include "clients/results.def"
#undef RESULT
};
#define RESULTS (sizeof(results) / sizeof(results[0]))

/* Whether result `i` is the first of its client, or of its version. */
static bool begins_client(size_t i)
{
    return i == 0 || strcmp(results[i].client, results[i - 1].client) != 0;
}

static bool begins_version(size_t i)
{
    return begins_client(i) || strcmp(results[i].version, results[i - 1].version) != 0;
}

/* Prints "Python dgc 3.1.58 3.1.219, Go dgc 0.1.207". */
static void print_clients(const char *operation)
{
    const char *last = NULL;

    for (size_t i = 0; i < RESULTS; i++) {
        const char *client = results[i].client;

        if (results[i].outcome != PASSED || strcmp(results[i].operation, operation) != 0)
            continue;
        if (!last || strcmp(last, client) != 0)
            printf("%s%s", last ? ", " : "", client);
        printf(" %s", results[i].version);
        last = client;
    }
}

/* Prints a row of the table of clients: what the version that begins at `i` did. */
static void print_version(size_t i)
{
    size_t count[OUTCOMES] = { 0 };

    printf("| %s | %s |", results[i].client, results[i].version);
    do
        count[results[i].outcome]++;
    while (++i < RESULTS && !begins_version(i));
    for (int outcome = 0; outcome < OUTCOMES; outcome++)
        printf(" %zu |", count[outcome]);
    putchar('\n');
}

static bool is_operation(const char *name)
{
    for (size_t i = 0; i < OPERATIONS; i++)
        if (strcmp(operations[i].name, name) == 0)
            return true;
    return false;
}

static void print_operations(void)
{
    for (size_t i = 0; i < OPERATIONS; i++) {
        const struct route *route = find_route(operations[i].name);

        printf("| %s | %s `%s` | %d | %s | %s | ", route->name, route->method,
               route->path, operations[i].status, operations[i].what,
               route->served ? "yes" : "not yet");
        print_clients(route->name);
        puts(" |");
    }
}

static void print_forms(void)
{
    puts("\n## Beside the operations\n"
         "\n"
         "Forms that clients use or that OpenDLF adds:\n"
         "\n"
         "| name | request | served | clients that passed |\n"
         "| --- | --- | --- | --- |");
    for (size_t i = 0; i < ROUTES; i++) {
        if (is_operation(routes[i].name))
            continue;
        printf("| %s | %s `%s` | %s | ", routes[i].name, routes[i].method, routes[i].path,
               routes[i].served ? "yes" : "not yet");
        print_clients(routes[i].name);
        puts(" |");
    }
}

static void print_all_clients(void)
{
    puts(
        "\n## Clients\n"
        "\n"
        "`make check-clients` runs them, as they are, against the real binary.  Python dgc,\n"
        "dlf and cdm are the vendor's huaweicloudsdkdgc, huaweicloudsdkdlf and\n"
        "huaweicloudsdkcdm from PyPI; Go dgc and cdm are services of the vendor's\n"
        "huaweicloud-sdk-go-v3.  Every operation that a client has was tried: it passed; or\n"
        "it is not served, and got the 404 that says so; or it was refused, since the SDK's\n"
        "model of jobs is another: huaweicloudsdkdlf, and huaweicloudsdkdgc before 3.1.58,\n"
        "give a job's members names that no document of the API has.  The newest version of\n"
        "each did the same over TLS, with the server's certificate checked.\n"
        "\n"
        "| client | version | passed | not served | another model |\n"
        "| --- | --- | --- | --- | --- |");
    for (size_t i = 0; i < RESULTS; i++)
        if (begins_version(i))
            print_version(i);
}

static void coverage(void)
{
    size_t served = 0;

    for (size_t i = 0; i < OPERATIONS; i++)
        served += find_route(operations[i].name)->served;
    printf(
        "# Coverage\n"
        "\n"
        "This page is made of `src/api/routes.def`, `tests/operations.def` and\n"
        "`tests/clients/results.def` by `make docs`.  Of the API's %zu operations this\n"
        "version serves %zu.  The others answer 404, `APIGW.0101`, with `not served by this\n"
        "version` as `error_detail`.\n"
        "\n"
        "| operation | request | success | what it does | served | clients that passed |\n"
        "| --- | --- | --- | --- | --- | --- |\n",
        OPERATIONS, served);
    print_operations();
    print_forms();
    print_all_clients();
}

static const struct {
    const char *name;
    void (*print)(void);
} pages[] = { { "options", options }, { "errors", errors }, { "coverage", coverage } };

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof(pages) / sizeof(pages[0]); i++)
        if (strcmp(argv[1], pages[i].name) == 0) {
            pages[i].print();
            return 0;
        }
    fprintf(stderr, "usage: gen_docs options|errors|coverage\n");
    return 2;
}
