/*
 * For LD_PRELOAD: the wall clock of a program is ahead of the machine's by as many
 * seconds as the file that JUMPING_CLOCK names says, a 64 bit number that a test changes
 * while the program runs (api/test_wall_clock.py).  Other clocks stay as they are.
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static const volatile int64_t *ahead_s;

__attribute__((constructor)) static void map_file(void)
{
    const char *path = getenv("JUMPING_CLOCK");
    int file = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
    void *at = file < 0 ? MAP_FAILED
                        : mmap(NULL, sizeof(*ahead_s), PROT_READ, MAP_SHARED, file, 0);

    if (at == MAP_FAILED)
        abort();
    ahead_s = at;
    close(file);
}

int clock_gettime(clockid_t id, struct timespec *t)
{
    int rc = (int)syscall(SYS_clock_gettime, id, t);

    if (!rc && id == CLOCK_REALTIME && ahead_s)
        t->tv_sec += *ahead_s;
    return rc;
}

time_t time(time_t *out)
{
    struct timespec t = { 0 };

    clock_gettime(CLOCK_REALTIME, &t);
    if (out)
        *out = t.tv_sec;
    return t.tv_sec;
}
