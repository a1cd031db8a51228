#ifndef DLFD_FIRST_ACCOUNT_H
#define DLFD_FIRST_ACCOUNT_H

#include "store/store.h"

/*
 * The first account of a data folder that has none: the domain and user `admin`, an
 * access key, and a project named like the region; projects that are there already,
 * written without sign-in, become the domain's.  What a person needs to sign in is
 * written to DATA/credentials.csv, mode 0600, before the account holds, so that there
 * is never an account that nobody can use.  *made tells whether one was made.  Where
 * a user was made before, such projects become the oldest domain's.  Projects are adopted
 * at the folder's first sign-in only: what is written without sign-in later is nobody's,
 * and a server with sign-in does not serve it.
 */
int first_account(struct store *store, const char *data, const char *region, bool *made,
                  struct err *err) MUST_CHECK;

#endif
