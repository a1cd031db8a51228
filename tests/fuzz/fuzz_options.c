/* The --config file of dlfd: any bytes give options, or an error that says what. */
#include <stdlib.h>
#include <sys/mman.h>
#include <stdio.h>
#include <unistd.h>

#include "dlfd/options.h"
#include "fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64], *argv[] = { "dlfd", "--config", path, "--data", "d", NULL };
    int file = memfd_create("config", MFD_CLOEXEC);
    struct err err = ERR_INIT;
    struct options o;

    if (file < 0 || write(file, data, size) != (ssize_t)size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
    if (options_read(&o, 5, argv, &err) && !err.arg[0])
        abort();
    options_release(&o);
    err_clear(&err);
    close(file);
    return 0;
}
