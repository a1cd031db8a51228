#include "cli/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"

/* Some file systems notice only at fsync() that there is no room; pipes and terminals
 * have none. */
static bool write_out(struct str text)
{
    return file_write_all(STDOUT_FILENO, text) &&
           (fsync(STDOUT_FILENO) == 0 || errno == EINVAL || errno == EROFS);
}

int output_once(const char *who, struct str text)
{
    if (fflush(stdout) == 0 && write_out(text))
        return 0;
    fprintf(stderr, "%s: standard output: %s: nothing was changed\n", who,
            strerror(errno));
    return 1;
}

/* A standard output that was never open matters only to those who print; then the flush
 * has failed. */
int output_end(const char *who, int status)
{
    bool lost = ferror(stdout) != 0;

    errno = 0;
    if (fflush(stdout))
        lost = true;
    if (!lost && fclose(stdout) && errno != EBADF)
        lost = true;
    if (!lost)
        return status;
    fprintf(stderr, "%s: standard output: %s: not all of what it says was written%s\n",
            who, errno ? strerror(errno) : "an error",
            status ? "" : "; all else was done");
    return status ? status : 1;
}

void output_wrapped(const char *text)
{
    while (*text) {
        size_t n = strlen(text);

        if (n > 66) {
            n = 66;
            while (n > 0 && text[n] != ' ')
                n--;
        }
        printf("      %.*s\n", (int)n, text);
        text += n + (text[n] == ' ');
    }
}

bool output_chinese(void)
{
    static const char *const names[] = { "LC_ALL", "LC_MESSAGES", "LANG" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *value = getenv(names[i]);

        if (value && *value)
            return strncmp(value, "zh", 2) == 0;
    }
    return false;
}

void output_row(const struct str *column, int n)
{
    for (int i = 0; i < n; i++)
        printf("%s%.*s", i ? "  " : "", STR_ARG(column[i]));
    putchar('\n');
}
