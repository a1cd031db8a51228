#include "cli/output.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static bool write_all(struct str text)
{
    while (text.n) {
        ssize_t n = write(STDOUT_FILENO, text.p, text.n);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        text = str_from(text, (size_t)n);
    }
    /* Some file systems find out only now that there is no room; what is no file cannot
     * be asked. */
    return fsync(STDOUT_FILENO) == 0 || errno == EINVAL || errno == EROFS;
}

int output_once(const char *who, struct str text)
{
    if (fflush(stdout) == 0 && write_all(text))
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
