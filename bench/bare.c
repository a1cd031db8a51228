/*
 * A bare libmicrohttpd program, for bench/exports: sends one file from memory, with
 * the threads that dlfd has, and writes a line of log a request.
 *
 * usage: bare FILE PORT THREADS [CERTIFICATE KEY] 2>LOG
 */
#include <microhttpd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *body;
static size_t size;

static char *read_file(const char *path, size_t *n)
{
    FILE *file = fopen(path, "rb");
    char *bytes;

    if (!file)
        exit(2);
    fseek(file, 0, SEEK_END);
    *n = (size_t)ftell(file);
    rewind(file);
    bytes = calloc(1, *n + 1);
    if (!bytes || fread(bytes, 1, *n, file) != *n)
        exit(1);
    fclose(file);
    return bytes;
}

static void keep(void *unused)
{
    (void)unused;
}

static enum MHD_Result answer(void *self, struct MHD_Connection *connection,
                              const char *url, const char *method, const char *version,
                              const char *data, size_t *n, void **seen)
{
    struct MHD_Response *response;
    enum MHD_Result result;
    char line[200];

    (void)self, (void)version, (void)data;
    if (!*seen || *n) {
        *seen = &body;
        *n = 0;
        return MHD_YES;
    }
    response = MHD_create_response_from_buffer_with_free_callback_cls(size, body, keep, 0);
    MHD_add_response_header(response, "Content-Type", "application/octet-stream");
    result = MHD_queue_response(connection, 200, response);
    MHD_destroy_response(response);
    snprintf(line, sizeof(line), "%s %s 200 %zu\n", method, url, size);
    if (write(STDERR_FILENO, line, strlen(line)) < 0)
        return MHD_NO;
    return result;
}

int main(int argc, char **argv)
{
    struct MHD_OptionItem tls[] = { { MHD_OPTION_HTTPS_MEM_CERT, 0, NULL },
                                    { MHD_OPTION_HTTPS_MEM_KEY, 0, NULL },
                                    { MHD_OPTION_END, 0, NULL } };
    unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD;
    struct MHD_Daemon *daemon;
    size_t n;

    if (argc != 4 && argc != 6)
        return 2;
    body = read_file(argv[1], &size);
    if (argc == 6) {
        flags |= MHD_USE_TLS;
        tls[0].ptr_value = read_file(argv[4], &n);
        tls[1].ptr_value = read_file(argv[5], &n);
    } else {
        tls[0].option = MHD_OPTION_END;
    }
    daemon = MHD_start_daemon(flags, (unsigned short)atoi(argv[2]), NULL, NULL, answer,
                              NULL, MHD_OPTION_THREAD_POOL_SIZE, (unsigned)atoi(argv[3]),
                              MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)48 * 1024,
                              MHD_OPTION_ARRAY, tls, MHD_OPTION_END);
    if (!daemon)
        return 1;
    puts("ready");
    fflush(stdout);
    pause();
    return 0;
}
