#ifndef HTTP_JUDGE_INT_H
#define HTTP_JUDGE_INT_H

#include "http/judge.h"

/* Private to judge.c (request lines and header lines) and judge_body.c. */

enum judge_state {
    START,
    START_LF,
    METHOD,
    TARGET,
    VERSION, /* and the line's end */
    FIELD,   /* a header line begins, or the head ends */
    NAME,
    BLANKS, /* before a value */
    VALUE,
    VALUE_LF,
    HEAD_LF,
    BODY,
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_LF,
    CHUNK_DATA,
    DATA_CR,
    DATA_LF,
    DEAD, /* behind a fault */
};

/* Headers that matter. */
enum judge_header { OTHER, LENGTH, CODING, COOKIE };

/* Classes of bytes. */
enum { TOKEN = 1, IN_TARGET = 2, IN_VALUE = 4, BLANK = 8 };

/* What goes in and out of one call; a step takes a byte at least, or changes the state.
 */
struct feed {
    struct judge *j;
    const char *at, *end; /* at < end when a step is called */
    char *out;
};

typedef void judge_step(struct feed *f);

/* Passes bytes on, whatever they are. */
void judge_put(struct feed *f, const char *text);

/* The fault of the next byte: ends the request, and all that follows is thrown away. */
void judge_fail(struct feed *f, enum http_fault fault);

/* Passes the bytes of a class that come next, `max` of them at most in all, and counts
 * them; whether there is another byte behind them. */
bool judge_pass(struct feed *f, uint8_t class, size_t max, enum http_fault beyond);

/* The head has ended; so have the trailers, and the body with them. */
void judge_begin_body(struct feed *f);
void judge_end_chunks(struct feed *f);

judge_step judge_content_step, judge_chunk_size, judge_chunk_extension, judge_chunk_lf,
    judge_data_cr, judge_data_lf;

#endif
