/*
 * Gives every file of a folder to a fuzz target: the corpus as a plain test.
 * Fewer than 50 files are an error.
 */
#include <dirent.h>
#include <string.h>

#include "fuzz/fuzz.h"

#define FILES_MIN 50
#define INPUT_MAX (1 << 20)

static int replay(const char *folder, const char *name)
{
    static uint8_t data[INPUT_MAX];
    char path[4096];
    FILE *file;
    uint8_t *input;
    size_t n;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    file = fopen(path, "rb");
    if (!file)
        return 0;
    n = fread(data, 1, sizeof(data), file);
    fclose(file);
    input = malloc(n ? n : 1); /* of its exact size, so that a sanitizer sees the end */
    MUST(input);
    memcpy(input, data, n);
    LLVMFuzzerTestOneInput(input, n);
    free(input);
    return 1;
}

int main(int argc, char **argv)
{
    DIR *folder = argc > 1 ? opendir(argv[1]) : NULL;
    struct dirent *entry;
    int files = 0;

    MUST(folder);
    while ((entry = readdir(folder)))
        if (entry->d_name[0] != '.')
            files += replay(argv[1], entry->d_name);
    closedir(folder);
    printf("%d files\n", files);
    MUST(files >= FILES_MIN);
    return 0;
}
