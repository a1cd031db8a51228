#include "http/judge.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "http/judge_int.h"
#include "base/limits.h"
#include "base/banned.h"

/* ---- bytes ---- */

/* RFC 9110, 5.6.2 and 5.5.  A target may have any byte but controls and blanks. */
static const uint8_t class_of[256] = {
    ['\t'] = IN_VALUE | BLANK,
    [' '] = IN_VALUE | BLANK,
    ['!'] = IN_TARGET | IN_VALUE | TOKEN,
    ['"'] = IN_TARGET | IN_VALUE,
    ['#' ... '\''] = IN_TARGET | IN_VALUE | TOKEN,
    ['(' ... ')'] = IN_TARGET | IN_VALUE,
    ['*' ... '+'] = IN_TARGET | IN_VALUE | TOKEN,
    [','] = IN_TARGET | IN_VALUE,
    ['-' ... '.'] = IN_TARGET | IN_VALUE | TOKEN,
    ['/'] = IN_TARGET | IN_VALUE,
    ['0' ... '9'] = IN_TARGET | IN_VALUE | TOKEN,
    [':' ... '@'] = IN_TARGET | IN_VALUE,
    ['A' ... 'Z'] = IN_TARGET | IN_VALUE | TOKEN,
    ['[' ... ']'] = IN_TARGET | IN_VALUE,
    ['^' ... 'z'] = IN_TARGET | IN_VALUE | TOKEN,
    ['{'] = IN_TARGET | IN_VALUE,
    ['|'] = IN_TARGET | IN_VALUE | TOKEN,
    ['}'] = IN_TARGET | IN_VALUE,
    ['~'] = IN_TARGET | IN_VALUE | TOKEN,
    [0x80 ... 0xff] = IN_TARGET | IN_VALUE,
};

static bool is(char c, uint8_t class)
{
    return class_of[(unsigned char)c] & class;
}

/* ---- what goes in and out ---- */

/* Chunks are written anew, and trailers are not passed on. */
static void put(struct feed *f, const char *bytes, size_t n)
{
    if (f->j->in_chunks)
        return;
    memcpy(f->out, bytes, n);
    f->out += n;
}

void judge_put(struct feed *f, const char *text)
{
    size_t n = strlen(text);

    memcpy(f->out, text, n);
    f->out += n;
}

/* What makes a head of the part that was passed on.  A value that has not begun becomes
 * 0, which is a sound length. */
static const char *rest_of_head(const struct judge *j)
{
    static const char line[] = "GET / HTTP/1.1\r\n\r\n";

    switch (j->state) {
    case START:
    case START_LF:
        return line;
    case METHOD:
        return line + 3;
    case TARGET:
        return j->bytes ? line + 5 : line + 4;
    case VERSION:
        return line + 6 + j->version_at;
    case NAME:
        return ":0\r\n\r\n";
    case BLANKS:
        return "0\r\n\r\n";
    case VALUE:
        return j->value_n ? "\r\n\r\n" : "0\r\n\r\n";
    case VALUE_LF:
        return "\n\r\n";
    case HEAD_LF:
        return "\n";
    default:
        return "\r\n";
    }
}

void judge_fail(struct feed *f, enum http_fault fault)
{
    struct judge *j = f->j;

    if (j->state == START || j->state == START_LF)
        j->requests++;
    j->fault = fault;
    if (j->in_chunks)
        judge_end_chunks(f);
    else
        judge_put(f, rest_of_head(j));
    j->state = DEAD;
    f->at = f->end;
}

bool judge_pass(struct feed *f, uint8_t class, size_t max, enum http_fault beyond)
{
    struct judge *j = f->j;
    size_t most = (size_t)(f->end - f->at), room = max - j->bytes, n = 0;

    while (n < most && is(f->at[n], class))
        n++;
    if (n > room) {
        put(f, f->at, room);
        j->bytes += room;
        j->value_n += room;
        judge_fail(f, beyond);
        return false;
    }
    put(f, f->at, n);
    j->bytes += n;
    j->value_n += n;
    f->at += n;
    return f->at < f->end;
}

/* How many bytes header lines may have: fewer when the library's pool has no room for
 * them beside the target, and what it keeps for each header. */
static size_t lines_max(const struct judge *j)
{
    size_t left = HEAD_COST_MAX - j->target - j->kept;

    return j->in_trailers || left > HEADERS_MAX_BYTES ? HEADERS_MAX_BYTES : left;
}

static enum http_fault beyond_lines(const struct judge *j)
{
    return lines_max(j) == HEADERS_MAX_BYTES ? HTTP_HEADERS_TOO_LARGE
                                             : HTTP_TOO_MANY_HEADERS;
}

/* judge_pass() of a header line. */
static bool pass_class(struct feed *f, uint8_t class)
{
    return judge_pass(f, class, lines_max(f->j), beyond_lines(f->j));
}

/* Passes the next byte, of a header line. */
static bool pass_one(struct feed *f)
{
    struct judge *j = f->j;

    if (j->bytes == lines_max(j)) {
        judge_fail(f, beyond_lines(j));
        return false;
    }
    put(f, f->at++, 1);
    j->bytes++;
    return true;
}

/* ---- the request line ---- */

static void start(struct feed *f)
{
    struct judge *j = f->j;
    unsigned n = j->requests;

    if (*f->at == '\r') {
        j->state = START_LF; /* an empty line before a request is none's */
        f->at++;
    } else if (!is(*f->at, TOKEN)) {
        judge_fail(f, HTTP_BAD_LINE);
    } else {
        *j = (struct judge){ .requests = n + 1, .state = METHOD };
    }
}

static void start_lf(struct feed *f)
{
    if (*f->at != '\n') {
        judge_fail(f, HTTP_BAD_BYTE);
        return;
    }
    f->j->state = START;
    f->at++;
}

static void method(struct feed *f)
{
    if (!judge_pass(f, TOKEN, METHOD_MAX_BYTES, HTTP_BAD_LINE))
        return;
    if (*f->at != ' ') {
        judge_fail(f, HTTP_BAD_LINE);
        return;
    }
    put(f, f->at++, 1);
    f->j->bytes = 0;
    f->j->state = TARGET;
}

/* What is too much of a target is thrown away, and the refusal waits for the headers:
 * they say who asks, and in which language. */
static bool pass_target(struct feed *f)
{
    struct judge *j = f->j;
    size_t room = TARGET_MAX_BYTES - j->bytes, n = 0;

    while (f->at + n < f->end && is(f->at[n], IN_TARGET))
        n++;
    j->too_long |= n > room;
    put(f, f->at, n < room ? n : room);
    j->bytes += n < room ? n : room;
    f->at += n;
    return f->at < f->end;
}

static void target(struct feed *f)
{
    struct judge *j = f->j;

    if (!pass_target(f))
        return;
    if (*f->at != ' ' || !j->bytes) {
        judge_fail(f, *f->at == ' ' || *f->at == '\r' ? HTTP_BAD_LINE : HTTP_BAD_BYTE);
        return;
    }
    put(f, f->at++, 1);
    j->target = j->bytes;
    j->state = VERSION;
}

static void version(struct feed *f)
{
    static const char line[] = "HTTP/1.1\r\n";
    struct judge *j = f->j;
    bool old = j->version_at == 7 && *f->at == '0';

    if (*f->at != line[j->version_at] && !old) {
        judge_fail(f, j->version_at < 8 ? HTTP_BAD_VERSION : HTTP_BAD_BYTE);
        return;
    }
    j->http_1_0 |= old;
    put(f, f->at++, 1);
    if (!line[++j->version_at]) {
        j->state = FIELD;
        j->bytes = 0;
    }
}

/* ---- header lines, and trailers ---- */

/* What the library keeps for a header, or for a cookie, beside the lines themselves. */
static bool charge(struct feed *f, size_t bytes)
{
    struct judge *j = f->j;
    size_t kept = j->kept + bytes;

    if (j->in_trailers)
        return true;
    if (kept <= HEAD_KEPT_MAX && j->target + kept + j->bytes <= HEAD_COST_MAX) {
        j->kept = kept;
        return true;
    }
    judge_fail(f, HTTP_TOO_MANY_HEADERS);
    return false;
}

static void field(struct feed *f)
{
    struct judge *j = f->j;

    j->name_n = 0;
    if (*f->at == '\r') {
        put(f, f->at++, 1);
        j->state = HEAD_LF;
    } else if (!is(*f->at, TOKEN)) {
        judge_fail(f, HTTP_BAD_NAME); /* a blank: it would go on with the line before */
    } else if (charge(f, HEADER_COST)) {
        j->state = NAME;
    }
}

static enum judge_header kind_of(const struct judge *j)
{
    static const char *const names[] = {
        [LENGTH] = "content-length", [CODING] = "transfer-encoding", [COOKIE] = "cookie"
    };

    for (enum judge_header k = LENGTH; !j->in_trailers && k <= COOKIE; k++)
        if (strlen(names[k]) == j->name_n && memcmp(names[k], j->name, j->name_n) == 0)
            return k;
    return OTHER;
}

static void begin_value(struct judge *j)
{
    j->kind = kind_of(j);
    j->value_n = 0;
    j->lengths += j->kind == LENGTH;
    j->codings += j->kind == CODING;
    if (j->kind == LENGTH)
        j->length = 0;
    if (j->kind == CODING)
        j->coding_at = 0;
    j->state = BLANKS;
}

static void name(struct feed *f)
{
    struct judge *j = f->j;
    const char *c = f->at;

    for (; c < f->end && is(*c, TOKEN) && j->name_n < sizeof(j->name); c++)
        j->name[j->name_n++] = (char)tolower((unsigned char)*c);
    if (!pass_class(f, TOKEN))
        return;
    if (*f->at != ':')
        judge_fail(f, HTTP_BAD_NAME);
    else if (pass_one(f))
        begin_value(j);
}

static void blanks(struct feed *f)
{
    if (!pass_class(f, BLANK))
        return;
    f->j->value_n = 0;
    f->j->state = VALUE;
}

/* The digits of a length; false: it is none. */
static bool read_length(struct feed *f)
{
    struct judge *j = f->j;
    uint64_t digit;

    for (; f->at < f->end && *f->at != '\r'; j->value_n++) {
        digit = (uint64_t)(unsigned char)*f->at - '0';
        if (digit > 9 || j->length > (INT64_MAX - digit) / 10) {
            judge_fail(f, HTTP_BAD_LENGTH);
            return false;
        }
        if (!pass_one(f))
            return false;
        j->length = 10 * j->length + digit;
    }
    if (f->at < f->end && !j->value_n)
        judge_fail(f, HTTP_BAD_LENGTH);
    return f->at < f->end;
}

static void read_coding(struct judge *j, const char *from, const char *to)
{
    static const char chunked[] = "chunked";

    for (; from < to; from++)
        if (j->coding_at < sizeof(chunked) &&
            tolower((unsigned char)*from) == chunked[j->coding_at])
            j->coding_at++;
        else
            j->coding_at = sizeof(chunked);
}

/* The library copies cookies and keeps each as a header. */
static bool charge_cookies(struct feed *f)
{
    size_t bytes = 0;

    for (const char *c = f->at; c < f->end && is(*c, IN_VALUE); c++)
        bytes += *c == ';' || *c == ',' ? 1 + HEADER_COST : 1;
    return charge(f, bytes);
}

static bool read_value(struct feed *f)
{
    struct judge *j = f->j;
    const char *from = f->at;
    bool more;

    if (j->kind == COOKIE && !charge_cookies(f))
        return false;
    more = pass_class(f, IN_VALUE);
    if (j->kind == CODING && !j->fault)
        read_coding(j, from, f->at);
    return more;
}

static void value(struct feed *f)
{
    bool more = f->j->kind == LENGTH ? read_length(f) : read_value(f);

    if (!more)
        return;
    if (*f->at != '\r')
        judge_fail(f, HTTP_BAD_BYTE);
    else if (pass_one(f))
        f->j->state = VALUE_LF;
}

static void value_lf(struct feed *f)
{
    if (*f->at != '\n')
        judge_fail(f, HTTP_BAD_BYTE);
    else if (pass_one(f))
        f->j->state = FIELD;
}

static void head_lf(struct feed *f)
{
    struct judge *j = f->j;

    if (*f->at != '\n') {
        judge_fail(f, HTTP_BAD_BYTE);
        return;
    }
    put(f, f->at++, 1);
    if (j->in_trailers) {
        judge_end_chunks(f);
        j->in_trailers = j->in_chunks = false;
        j->state = START;
    } else {
        judge_begin_body(f);
    }
}

static void dead(struct feed *f)
{
    f->at = f->end;
}

size_t judge_feed(struct judge *j, const char *in, size_t n, char *out)
{
    static void (*const step[])(struct feed * f) = {
        [START] = start,
        [START_LF] = start_lf,
        [METHOD] = method,
        [TARGET] = target,
        [VERSION] = version,
        [FIELD] = field,
        [NAME] = name,
        [BLANKS] = blanks,
        [VALUE] = value,
        [VALUE_LF] = value_lf,
        [HEAD_LF] = head_lf,
        [BODY] = judge_content_step,
        [CHUNK_SIZE] = judge_chunk_size,
        [CHUNK_EXTENSION] = judge_chunk_extension,
        [CHUNK_LF] = judge_chunk_lf,
        [CHUNK_DATA] = judge_content_step,
        [DATA_CR] = judge_data_cr,
        [DATA_LF] = judge_data_lf,
        [DEAD] = dead,
    };
    struct feed f = { j, in, in + n, out };

    while (f.at < f.end)
        step[j->state](&f);
    return (size_t)(f.out - out);
}
