#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/banned.h"

#define LINE_MAX_BYTES 8192

static bool as_json; /* set before there are threads */

void log_as_json(bool json)
{
    as_json = json;
}

bool log_is_json(void)
{
    return as_json;
}

void log_line(struct buf *line)
{
    ssize_t n = line->bad ? 0 : write(STDERR_FILENO, line->ptr, line->len);

    (void)n; /* a log that cannot be written has nowhere to say so */
    buf_release(line);
}

static void write_line(const char *level, const char *format, va_list list)
{
    struct buf line = BUF_INIT(LINE_MAX_BYTES);
    char time[CLOCK_TEXT_BYTES];
    char *text = NULL;

    if (vasprintf(&text, format, list) < 0)
        return;
    clock_text(clock_ms(), time);
    if (as_json) {
        buf_addf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"message\":", time, level);
        buf_add_quoted(&line, str_of(text));
        buf_adds(&line, "}\n");
    } else {
        buf_addf(&line, "%s %s %s\n", time, level, text);
    }
    free(text);
    log_line(&line);
}

void log_info(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    write_line("info", format, list);
    va_end(list);
}

void log_error(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    write_line("error", format, list);
    va_end(list);
}
