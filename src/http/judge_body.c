#include "http/judge_int.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "base/banned.h"

void judge_end_chunks(struct feed *f)
{
    judge_put(f, f->j->after_data ? "\r\n0\r\n\r\n" : "0\r\n\r\n");
}

/* ---- the body ---- */

static enum http_fault judge_framing(const struct judge *j)
{
    bool chunked = j->coding_at == strlen("chunked");

    if (j->too_long)
        return HTTP_TARGET_TOO_LONG;
    if (j->lengths > 1)
        return HTTP_TWO_LENGTHS;
    if (j->lengths && j->codings)
        return HTTP_LENGTH_AND_CODING;
    if (j->codings > 1 || (j->codings && (j->http_1_0 || !chunked)))
        return HTTP_BAD_CODING;
    return HTTP_SOUND;
}

static void begin_chunk_line(struct judge *j)
{
    j->state = CHUNK_SIZE;
    j->left = 0;
    j->digits = 0;
    j->bytes = 0;
}

void judge_begin_body(struct feed *f)
{
    struct judge *j = f->j;

    j->fault = judge_framing(j);
    j->in_chunks = j->codings > 0;
    j->left = j->length;
    if (j->fault) {
        j->state = DEAD;
        f->at = f->end;
    } else if (j->in_chunks) {
        begin_chunk_line(j);
    } else {
        j->state = j->left ? BODY : START;
    }
}

uint64_t judge_content(const struct judge *j)
{
    return j->state == BODY || j->state == CHUNK_DATA ? j->left : 0;
}

void judge_skip(struct judge *j, uint64_t n)
{
    j->left -= n;
    if (!j->left)
        j->state = j->state == BODY ? START : DATA_CR;
}

void judge_content_step(struct feed *f)
{
    struct judge *j = f->j;
    size_t n = (size_t)(f->end - f->at);

    n = n < j->left ? n : (size_t)j->left;
    memcpy(f->out, f->at, n);
    f->out += n;
    f->at += n;
    judge_skip(j, n);
}

static int hex(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Nothing of the line is passed on before its end is there, so that a fault can still
 * end the body. */
void judge_chunk_size(struct feed *f)
{
    struct judge *j = f->j;

    for (; f->at < f->end && hex(*f->at) >= 0 && j->digits < 16; f->at++, j->digits++)
        j->left = j->left << 4 | (uint64_t)hex(*f->at);
    if (f->at == f->end)
        return;
    if (!j->digits || j->left > INT64_MAX || (*f->at != ';' && *f->at != '\r')) {
        judge_fail(f, HTTP_BAD_CHUNK);
        return;
    }
    j->state = *f->at++ == ';' ? CHUNK_EXTENSION : CHUNK_LF;
}

void judge_chunk_extension(struct feed *f)
{
    if (!judge_pass(f, IN_VALUE, CHUNK_EXTENSION_MAX, HTTP_BAD_CHUNK))
        return;
    if (*f->at != '\r') {
        judge_fail(f, HTTP_BAD_CHUNK);
        return;
    }
    f->at++;
    f->j->state = CHUNK_LF;
}

static void begin_chunk(struct feed *f)
{
    struct judge *j = f->j;
    char line[JUDGE_MORE];

    if (!j->left) {
        j->in_trailers = true;
        j->bytes = 0;
        j->state = FIELD;
        return;
    }
    snprintf(line, sizeof(line), "%s%llx\r\n", j->after_data ? "\r\n" : "",
             (unsigned long long)j->left);
    judge_put(f, line);
    j->after_data = true;
    j->state = CHUNK_DATA;
}

void judge_chunk_lf(struct feed *f)
{
    if (*f->at != '\n') {
        judge_fail(f, HTTP_BAD_CHUNK);
        return;
    }
    f->at++;
    begin_chunk(f);
}

void judge_data_cr(struct feed *f)
{
    if (*f->at != '\r') {
        judge_fail(f, HTTP_BAD_CHUNK);
        return;
    }
    f->at++;
    f->j->state = DATA_LF;
}

void judge_data_lf(struct feed *f)
{
    if (*f->at != '\n') {
        judge_fail(f, HTTP_BAD_CHUNK);
        return;
    }
    f->at++;
    begin_chunk_line(f->j);
}
