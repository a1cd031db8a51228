#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stdarg.h>
#include <stdint.h>

#include "base/str.h"

/*
 * What went wrong, in a `struct err` of the caller.
 *
 * A function that can fail returns 0 or one of `enum ec`, and then has filled
 * `err` exactly once.  On success it leaves `err` alone, so calls chain.
 * `api` is a row of errors/errors.def, `detail` a row of errors/details.def and
 * `arg` the texts that the detail's sentence takes: base/ only carries them.
 */
enum ec {
    E_NOTFOUND = -1, /* the named object does not exist */
    E_EXISTS = -2,   /* the name is in use */
    E_INVALID = -3,  /* bad input; the detail says where */
    E_LIMIT = -4,    /* a quota or a size is reached */
    E_DENIED = -5,   /* not allowed */
    E_BUSY = -6,     /* somebody else changed it meanwhile: try again */
    E_IO = -7,       /* disk or database */
    E_NOMEM = -8,    /* out of memory */
    E_INTERNAL = -9  /* our own fault */
};

#define ERR_ARGS 4

struct err {
    enum ec ec;
    int api;
    int detail;
    int reason; /* instead of `api`: one that a room has a header for (store/reason.h) */
    char *arg[ERR_ARGS]; /* heap; NULL where there is none */
};

#define ERR_INIT ((struct err){ 0 })
#define MUST_CHECK __attribute__((warn_unused_result))

/*
 * Fills `err` and returns `ec`: return err_set(err, E_INVALID, DLF_3051,
 * DET_REQUIRED, path).  At most ERR_ARGS texts follow, each copied; they may be those
 * that `err` has already.
 */
#define err_set(err, ec, api, detail, ...)                                               \
    err_fill(err, ec, api, detail, (const char *[]){ "", ##__VA_ARGS__, NULL })

/* As err_set(); the texts are texts[1] up to a NULL. */
int err_fill(struct err *err, enum ec ec, int api, int detail, const char **texts);

/*
 * Two arguments for err_set() that are no C strings: a whole number in digits, and a text
 * of which the first ERR_TEXT_MAX bytes are taken.  Both live until the block ends.
 */
/* clang-format off */
#define NUM(v)                                                                           \
    _Generic((v), int: num_signed, long: num_signed, long long: num_signed,              \
             default: num_unsigned)((char[NUM_BYTES]){ 0 }, (v))
/* clang-format on */
#define CSTR(s) err_cstr((char[ERR_TEXT_MAX + 1]){ 0 }, (s))

#define NUM_BYTES 24
#define ERR_TEXT_MAX 4096

const char *num_signed(char out[NUM_BYTES], intmax_t v);
const char *num_unsigned(char out[NUM_BYTES], uintmax_t v);
const char *err_cstr(char out[ERR_TEXT_MAX + 1], struct str s);

/* The row of errors/details.def whose sentence is the first text and nothing else. */
#define ERR_TEXT 1

/*
 * Fills `err` with a sentence that printf's arguments make, and returns `ec`:
 * return err_say(err, E_IO, "%s: %s", path, strerror(errno)).  The error has no code of
 * the API.  The arguments may be the texts that `err` has already.
 */
__attribute__((format(printf, 3, 4))) int err_say(struct err *err, enum ec ec,
                                                  const char *format, ...);

/* As err_say(), with a code of the API. */
__attribute__((format(printf, 4, 0))) int err_vsay(struct err *err, enum ec ec, int api,
                                                   const char *format, va_list list);

/* Copies the error `from`, with its texts, to `to`; returns its code. */
int err_copy(struct err *to, const struct err *from);

/* Moves the error to `to`; `from` is then as after ERR_INIT.  Returns its code. */
int err_move(struct err *from, struct err *to);

/* Frees the texts; `err` is then as after ERR_INIT. */
void err_clear(struct err *err);

#endif
