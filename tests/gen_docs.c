/*
 * Prints the pages of docs/ that are made of the tables in src/:
 * `gen_docs options`, `gen_docs errors`.
 */
#include <stdbool.h>
#include <stdio.h>
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
        "header `X-Request-Id`.\n"
        "\n"
        "| code | status | text | Chinese | cause | what to do |\n"
        "| --- | --- | --- | --- | --- | --- |");
#define ERROR(symbol, code, status, en, zh, cause, todo)                                 \
    printf("| `%s` | %d | %s | %s | %s | %s |\n", code, status, en, zh, cause, todo);
#include "model/errors.def"
#undef ERROR
}

int main(int argc, char **argv)
{
    bool one = argc > 1 && strcmp(argv[1], "options") == 0;

    if (!one && (argc < 2 || strcmp(argv[1], "errors") != 0)) {
        fprintf(stderr, "usage: gen_docs options|errors\n");
        return 2;
    }
    if (one)
        options();
    else
        errors();
    return 0;
}
