#include "base/clock.h"

#include <assert.h>
#include <ctype.h>
#include <stdio.h>
#include "base/banned.h"

#define SECOND_NS 1000000000

static int64_t now_ns(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * SECOND_NS + t.tv_nsec;
}

int64_t clock_ms(void)
{
    return now_ns(CLOCK_REALTIME) / 1000000;
}

int64_t clock_mono_ns(void)
{
    return now_ns(CLOCK_MONOTONIC);
}

void clock_cond_init(pthread_cond_t *cond)
{
    pthread_condattr_t attributes;
    int failed = pthread_condattr_init(&attributes);

    failed |= pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    failed |= pthread_cond_init(cond, &attributes);
    assert(!failed); /* glibc allocates nothing here */
    pthread_condattr_destroy(&attributes);
}

struct timespec clock_mono_until(int64_t ns)
{
    return (struct timespec){ .tv_sec = ns / SECOND_NS, .tv_nsec = ns % SECOND_NS };
}

void clock_text(int64_t ms, char out[CLOCK_TEXT_BYTES])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm tm;
    size_t n;

    gmtime_r(&seconds, &tm);
    n = strftime(out, CLOCK_TEXT_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, CLOCK_TEXT_BYTES - n, ".%03dZ", (int)(ms % 1000));
}

/* Reads a part of two digits; -1 when they are none. */
static int read_pair(struct str *s)
{
    int value = -1;

    if (s->n >= 2 && isdigit((unsigned char)s->p[0]) && isdigit((unsigned char)s->p[1])) {
        value = (s->p[0] - '0') * 10 + s->p[1] - '0';
        *s = str_from(*s, 2);
    }
    return value;
}

/* Reads what is left of the text as an offset. */
static bool read_offset(struct str s, int *minutes)
{
    int sign = str_starts(s, "-") ? -1 : 1, h, m = 0;

    *minutes = 0;
    if (str_is(s, "Z"))
        return true;
    if (sign > 0 && !str_starts(s, "+"))
        return false;
    s = str_from(s, 1);
    h = read_pair(&s);
    if (s.n) {
        s = str_from(s, s.p[0] == ':');
        m = read_pair(&s);
    }
    *minutes = sign * (h * 60 + m);
    return h >= 0 && h <= 18 && m >= 0 && m < 60 && !s.n;
}

/* timegm() puts what is beyond the calendar into it: a time that it changes is none. */
static bool calendar_ms(const int part[6], int64_t *ms)
{
    struct tm given = { .tm_year = part[0] - 1900,
                        .tm_mon = part[1] - 1,
                        .tm_mday = part[2],
                        .tm_hour = part[3],
                        .tm_min = part[4],
                        .tm_sec = part[5] };
    struct tm is = given;

    *ms = (int64_t)timegm(&is) * 1000;
    return is.tm_mon == given.tm_mon && is.tm_mday == given.tm_mday &&
           is.tm_hour == given.tm_hour && is.tm_min == given.tm_min &&
           is.tm_sec == given.tm_sec;
}

bool clock_parse(struct str text, const char *form, int64_t *ms)
{
    static const char letters[] = "YMDhms";
    int part[6] = { 0 }, minutes = 0;

    for (; *form && *form != 'z'; form++) {
        const char *letter = strchr(letters, *form);
        char c = text.n ? text.p[0] : '\0';

        if (letter ? !isdigit((unsigned char)c) : c != *form)
            return false;
        if (letter)
            part[letter - letters] = part[letter - letters] * 10 + c - '0';
        text = str_from(text, 1);
    }
    if (*form ? !part[0] || !read_offset(text, &minutes) : text.n > 0)
        return false;
    if (!calendar_ms(part, ms))
        return false;
    *ms -= minutes * 60000LL;
    return true;
}
