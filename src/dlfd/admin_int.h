#ifndef DLFD_ADMIN_INT_H
#define DLFD_ADMIN_INT_H

#include "auth/password.h"
#include "dlfd/folder.h"

/*
 * Private to dlfd/: a call of `dlfd admin`, and what carries it out.
 *
 * admin.c reads the call, opens the folder as the command's row says, and closes it
 * afterwards.  A server may use the folder meanwhile, unless the row has `alone`.
 */
struct admin_call {
    const char *name; /* the argument; NULL when the command takes none */
    /* The options: a value, or "" of a flag; NULL when it was not given.  `data` and
     * `secret_key_file` are always there. */
#define OPTION(member, value, rule) const char *member;
#include "dlfd/admin.def"
    char password[PASSWORD_MAX_BYTES + 2]; /* with password_stdin: that was read there */
};

/*
 * A command gives 0 when it has done what was asked and printed what there is to print;
 * or one of enum ec, and the error's first text, where there is one, is what its user is
 * told; or the exit status, more than 0, when it has said itself what is wrong.
 */
#define COMMAND(noun, verb, run, ...)                                                    \
    int run(struct folder *f, const struct admin_call *call, struct err *err);
#include "dlfd/admin.def"

/* Reads call->password, a line of standard input.  E_INVALID when it is none, or does not
 * follow the rule of passwords; call->password is wiped by admin.c. */
int admin_read_password(struct admin_call *call, struct err *err) MUST_CHECK;

/* E_NOTFOUND when no project has the id; without sign-in any id may be used. */
int admin_check_project(struct folder *f, const char *id, struct err *err) MUST_CHECK;

#define ADMIN_NO_PROJECT                                                                 \
    "no project of that id is there: `dlfd admin project list` shows the ids"

/* Gives an error that has no text yet the text `why`; returns `rc`, its code. */
int admin_explain(struct err *err, int rc, const char *why);

/* Carries out a write of the store.  The error's first text says why it failed: what the
 * store says, else `not_found`, `taken` or `denied`. */
int admin_write(struct folder *f, struct write *w, const char *not_found,
                const char *taken, const char *denied, struct err *err) MUST_CHECK;

#endif
