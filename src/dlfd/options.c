#include "dlfd/options.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/limits.h"
#include "cli/output.h"
#include "base/banned.h"

enum option_type { TEXT, ONE_OF, COUNT, SIZE, AGE };

static const struct option_row {
    enum option_type type;
    const char *name; /* with _ for - */
    const char *initial, *value;
    uint64_t min, max;
    const char *help, *help_zh;
    size_t offset; /* in struct options */
} table[] = {
#define OPTION(type, name, default, value, min, max, help, help_zh)                      \
    {                                                                                    \
        type,  #name,   default,                                                         \
        value, min,     max,                                                             \
        help,  help_zh, offsetof(struct options, name)                                   \
    },
#include "dlfd/options.def"
#undef OPTION
};

/* The options of o->args by number: first those of the table, then these. */
enum { OPTIONS = sizeof(table) / sizeof(table[0]), CONFIG = OPTIONS, CHECK_CONFIG };

static struct option_value *value_of(struct options *o, int i)
{
    return (struct option_value *)((char *)o + table[i].offset);
}

static int refuse_unknown(const struct options *o, const char *where, const char *name,
                          struct err *err)
{
    return err_say(err, E_INVALID, "%s%.100s: no such option; did you mean %s?", where,
                   name, args_nearest(&o->args, OPTIONS, name));
}

/* ---- values ---- */

static const struct unit {
    enum option_type type;
    const char *name;
    uint64_t factor;
} units[] = {
    { SIZE, "KiB", 1024 },
    { SIZE, "MiB", 1024 * 1024 },
    { SIZE, "GiB", 1024 * 1024 * 1024 },
    { AGE, "s", 1 },
    { AGE, "m", 60 },
    { AGE, "h", 3600 },
    { AGE, "d", 86400 },
};

static bool unit_factor(enum option_type type, const char *unit, uint64_t *factor)
{
    *factor = 1;
    if (!*unit)
        return true;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
        if (units[i].type == type && strcmp(units[i].name, unit) == 0) {
            *factor = units[i].factor;
            return true;
        }
    return false;
}

static int read_number(const struct option_row *row, const char *name, const char *text,
                       uint64_t *out, struct err *err)
{
    uint64_t factor, n;
    char *unit;

    errno = 0;
    n = strtoull(text, &unit, 10);
    if (errno || unit == text || *text == '-' || !unit_factor(row->type, unit, &factor) ||
        __builtin_mul_overflow(n, factor, out))
        return err_say(err, E_INVALID, "%s: %s expected, %.100s given", name, row->value,
                       text);
    if (*out < row->min || *out > row->max)
        return err_say(err, E_INVALID, "%s: %llu to %llu, %.100s given", name,
                       (unsigned long long)row->min, (unsigned long long)row->max, text);
    return 0;
}

/* Whether `text` is one of "a|b|c". */
static bool is_one_of(const char *values, const char *text)
{
    size_t n = strlen(text);

    for (;;) {
        if (strncmp(values, text, n) == 0 && (values[n] == '|' || !values[n]))
            return n > 0;
        values = strchr(values, '|');
        if (!values)
            return false;
        values++;
    }
}

static int set_option(struct options *o, int i, const char *text, const char *source,
                      struct err *err)
{
    struct option_value *v = value_of(o, i);
    const struct option_row *row = &table[i];
    const char *name = o->args.name[i];

    v->text = arena_str(&o->arena, str_of(text)).p;
    v->source = source;
    if (!v->text)
        return err_say(err, E_NOMEM, "out of memory");
    if (row->type == ONE_OF && !is_one_of(row->value, text))
        return err_say(err, E_INVALID, "%s: %s expected, %.100s given", name, row->value,
                       text);
    if (row->type == TEXT || row->type == ONE_OF)
        return 0;
    return read_number(row, name, text, &v->number, err);
}

/* ---- where values come from ---- */

static int read_defaults(struct options *o, struct err *err)
{
    int rc = 0;

    for (int i = 0; !rc && i < OPTIONS; i++)
        rc = set_option(o, i, table[i].initial, "default", err);
    return rc;
}

static char *trim_blanks(char *text)
{
    char *end = text + strlen(text);

    while (end > text && strchr(" \t\r\n", end[-1]))
        *--end = '\0';
    return text + strspn(text, " \t");
}

static int read_line(struct options *o, const char *path, int number, char *line,
                     struct err *err)
{
    char *text = trim_blanks(line), *equals = strchr(text, '=');
    char where[64];
    int i;

    if (!*text || *text == '#')
        return 0;
    if (!equals)
        return err_say(err, E_INVALID, "%.200s, line %d: name = value expected", path,
                       number);
    *equals = '\0';
    text = trim_blanks(text);
    i = args_find(&o->args, text, strlen(text));
    if (i >= 0 && i < OPTIONS)
        return set_option(o, i, trim_blanks(equals + 1), "file", err);
    snprintf(where, sizeof(where), "config file, line %d: ", number);
    return refuse_unknown(o, where, text, err);
}

/* The next line without its end.  *more is false at the end of the file. */
static int next_line(FILE *file, struct buf *line, bool *more)
{
    int byte = getc(file);

    buf_clear(line);
    *more = byte != EOF;
    for (; byte != EOF && byte != '\n'; byte = getc(file)) {
        if (byte == '\0' || line->len == CONFIG_LINE_MAX)
            return E_INVALID;
        buf_addc(line, (char)byte);
    }
    return ferror(file) ? E_IO : 0;
}

static int read_lines(struct options *o, const char *path, FILE *file, struct err *err)
{
    struct buf line = BUF_INIT(CONFIG_LINE_MAX + 1);
    bool more = true;
    int rc = 0;

    for (int n = 1; !rc && more; n++) {
        rc = next_line(file, &line, &more);
        if (rc == E_IO)
            err_say(err, E_INVALID, "config: cannot read %.200s: %s", path,
                    strerror(errno));
        else if (rc)
            err_say(err, E_INVALID,
                    "%.200s, line %d: a text line of at most %lu bytes expected", path, n,
                    CONFIG_LINE_MAX);
        else if (!buf_cstr(&line))
            rc = err_say(err, E_NOMEM, "out of memory");
        else if (more)
            rc = read_line(o, path, n, line.ptr, err);
    }
    buf_release(&line);
    return rc;
}

static int read_config(struct options *o, const char *path, struct err *err)
{
    FILE *file = fopen(path, "re");
    int rc;

    if (!file)
        return err_say(err, E_INVALID, "config: cannot read %.200s: %s", path,
                       strerror(errno));
    rc = read_lines(o, path, file, err);
    fclose(file);
    return rc;
}

static int read_environment(struct options *o, struct err *err)
{
    int rc = 0;

    for (int i = 0; !rc && i < OPTIONS; i++) {
        char name[sizeof("DLFD_") + ARGS_NAME_BYTES] = "DLFD_";
        size_t n = strlen(name);
        const char *text;

        for (const char *p = table[i].name; *p; p++)
            name[n++] = *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p;
        name[n] = '\0';
        text = getenv(name);
        if (text)
            rc = set_option(o, i, text, "variable", err);
    }
    return rc;
}

static int refuse_flag(const struct options *o, int found, struct err *err)
{
    const char *arg = o->args.text;
    size_t n = strcspn(arg, "=");
    char name[ARGS_NAME_BYTES] = "";

    if (found == ARGS_NO_VALUE)
        return err_say(err, E_INVALID, "%s: a value is required", arg);
    if (found == ARGS_WORD || strncmp(arg, "--", 2) != 0 || n - 2 >= sizeof(name))
        return err_say(err, E_INVALID,
                       "%.100s: an option begins with --; see dlfd --help", arg);
    memcpy(name, arg + 2, n - 2);
    return refuse_unknown(o, "--", name, err);
}

/* Goes through the flags: with `config` it reads the files of --config only, else it sets
 * all other options. */
static int read_flags(struct options *o, int argc, char **argv, bool config,
                      struct err *err)
{
    int rc = 0, i;

    args_start(&o->args, argc, argv);
    while (!rc && (i = args_next(&o->args)) != ARGS_END)
        if (i < 0)
            rc = refuse_flag(o, i, err);
        else if (i == CONFIG && config)
            rc = read_config(o, o->args.text, err);
        else if (i < OPTIONS && !config)
            rc = set_option(o, i, o->args.text, "flag", err);
    return rc;
}

static bool asks_for(int argc, char **argv, const char *flag)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], flag) == 0)
            return true;
    return false;
}

const char *options_default_data(struct arena *arena)
{
    struct buf path = BUF_INIT(4 * KIB);
    const char *base = getenv("XDG_DATA_HOME"), *home = getenv("HOME"), *text;

    if (base && *base)
        buf_addf(&path, "%s/opendlf", base);
    else if (home && *home)
        buf_addf(&path, "%s/.local/share/opendlf", home);
    text = path.len ? arena_buf(arena, &path).p : NULL;
    buf_release(&path);
    return text;
}

static int complete(struct options *o, struct err *err)
{
    if (!*o->data.text)
        o->data.text = options_default_data(&o->arena);
    if (!o->data.text)
        return err_say(err, E_INVALID,
                       "data: neither XDG_DATA_HOME nor HOME is set: use --data DIR");
    return 0;
}

static void name_options(struct args *args)
{
    for (int i = 0; i < OPTIONS; i++)
        args_add(args, table[i].name, true);
    args_add(args, "config", true);
    args_add(args, "check_config", false);
}

int options_read(struct options *o, int argc, char **argv, struct err *err)
{
    int rc;

    *o = (struct options){ .help = asks_for(argc, argv, "--help"),
                           .version = asks_for(argc, argv, "--version"),
                           .check = asks_for(argc, argv, "--check-config") };
    name_options(&o->args);
    if (o->help || o->version)
        return 0;
    rc = read_defaults(o, err);
    if (!rc)
        rc = read_flags(o, argc, argv, true, err);
    if (!rc)
        rc = read_environment(o, err);
    if (!rc)
        rc = read_flags(o, argc, argv, false, err);
    return rc ? rc : complete(o, err);
}

void options_print(const struct options *o)
{
    for (int i = 0; i < OPTIONS; i++) {
        const struct option_value *v = value_of((struct options *)o, i);

        printf("%s = %s  # %s\n", o->args.name[i], v->text, v->source);
    }
}

void options_release(struct options *o)
{
    arena_release(&o->arena);
}

/* ---- help ---- */

static const char usage_en[] =
    "usage: dlfd [options]\n"
    "       dlfd admin COMMAND ...\n"
    "\n"
    "Serves the DataArts Factory (DLF) v1 API: keeps jobs, scripts and resources,\n"
    "and exports them.  Each option is a flag, a variable DLFD_NAME, or a line\n"
    "name = value of the --config file; the first of these that is given holds.\n"
    "`dlfd admin --help` shows the commands for users, roles, access keys, projects,\n"
    "workspaces, CDM clusters and backups.\n"
    "\n"
    "options:";
static const char usage_zh[] =
    "用法：dlfd [选项]\n"
    "      dlfd admin 命令 ...\n"
    "\n"
    "提供数据开发（DLF）v1 API：保存作业、脚本和资源，并导出它们。\n"
    "每个选项可以是命令行参数、环境变量DLFD_NAME，或--config文件中的一行\n"
    "name = value；三者中先给出的有效。\n"
    "`dlfd admin --help`列出用户、角色、访问密钥、项目、工作空间、CDM集群和备份的命令。\n"
    "\n"
    "选项：";

void options_help(const struct options *o)
{
    bool chinese = output_chinese();

    puts(chinese ? usage_zh : usage_en);
    for (int i = 0; i < OPTIONS; i++) {
        printf("  --%s %s", o->args.name[i], table[i].value);
        printf(*table[i].initial ? "   (%s)\n" : "\n", table[i].initial);
        if (chinese)
            printf("      %s\n", table[i].help_zh);
        else
            output_wrapped(table[i].help);
    }
    puts(
        chinese
            ? "  --config FILE\n      选项文件：每行name = value，#开始注释。"
            : "  --config FILE\n      Options in a file: name = value a line, # begins a "
              "comment.");
    puts(
        chinese
            ? "  --check-config\n      打印生效的选项及其来源，然后退出。"
            : "  --check-config\n      Print the options that hold, and where each comes "
              "from, and exit.");
    puts("  --help\n  --version");
}
