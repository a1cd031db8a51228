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
        "`--config FILE` names (`name = value` a line, `#` begins a comment), else it has\n"
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
        "This page is made of `src/model/errors.def` by `make docs`.\n"
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
#include "model/errors.def"
#undef ERROR
}

/* ---- coverage ---- */

struct route {
    const char *name, *method, *path;
    bool served;
};

static const struct route routes[] = {
#define ROUTE(operation, method, path, handler, permission, body)                        \
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

        printf("| %s | %s `%s` | %d | %s | %s |\n", route->name, route->method,
               route->path, operations[i].status, operations[i].what,
               route->served ? "yes" : "not yet");
    }
}

static void coverage(void)
{
    size_t served = 0;

    for (size_t i = 0; i < OPERATIONS; i++)
        served += find_route(operations[i].name)->served;
    printf(
        "# Coverage\n"
        "\n"
        "This page is made of `src/api/routes.def` and `tests/operations.def` by\n"
        "`make docs`.  Of the API's %zu operations this version serves %zu.  The others\n"
        "answer 404, `APIGW.0101`, with `not served by this version` as `error_detail`.\n"
        "\n"
        "| operation | request | success | what it does | served |\n"
        "| --- | --- | --- | --- | --- |\n",
        OPERATIONS, served);
    print_operations();
    puts("\n## Beside the operations\n"
         "\n"
         "Forms that clients use or that OpenDLF adds:\n"
         "\n"
         "| name | request | served |\n"
         "| --- | --- | --- |");
    for (size_t i = 0; i < ROUTES; i++)
        if (!is_operation(routes[i].name))
            printf("| %s | %s `%s` | %s |\n", routes[i].name, routes[i].method,
                   routes[i].path, routes[i].served ? "yes" : "not yet");
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
