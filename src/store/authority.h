#ifndef STORE_AUTHORITY_H
#define STORE_AUTHORITY_H

#include "store/workspaces.h"

/*
 * The authority by which a caller acts, and whether it is still valid.  A request is
 * judged when its head has arrived; but its body may take a minute, and an import may
 * wait for hours.  So every read or write of the catalogue for a caller carries their
 * authority, and this file judges it again, in the snapshot or transaction of that read
 * or write.
 */

/* Each role may do all that the ones before it may. */
enum role { ROLE_NONE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_DEVELOPER, ROLE_ADMINISTRATOR };
extern const char *const role_names[]; /* of ROLE_VIEWER and up; NULL at the end */

struct authority {
    struct str token;      /* the hash of the token that was shown; or else: */
    struct str access_key; /* the id of the key that signed */
    struct str project;    /* these two as in snapshot_workspace() */
    struct str workspace;
    enum role role;     /* needed there; ROLE_NONE: being signed in is enough */
    enum role cdm_role; /* needed, besides, for CDM objects */
};

/* The caller's role in the workspace, and their role for CDM objects, which is the one
 * that they have in the workspace `default`. */
struct rights {
    enum role role, cdm_role;
};

/*
 * Checks that the token or access key is still valid and that its account has the roles.
 * Sets *rights to the roles it has and *revisions to what exports depend on, unless they
 * are NULL.  Without authority (NULL: administration, or --auth off) everything is
 * allowed, and *revisions stays as it is.  It takes one statement.
 *
 * A workspace that does not exist is no failure here for a caller with a role in another
 * workspace of the project: the catalogue reports it.  E_DENIED with one of
 * STORE_TOKEN_, STORE_KEY_UNKNOWN, STORE_OTHER_PROJECT and STORE_NO_ROLE.
 */
int snapshot_judge(struct snapshot *s, const struct authority *a, struct rights *rights,
                   struct err *err) MUST_CHECK;
int store_judge(struct store *s, const struct authority *a, struct rights *rights,
                struct revisions *revisions, struct err *err) MUST_CHECK;

/* Judges a token alone, without roles.  E_DENIED, STORE_TOKEN_REVOKED or
 * STORE_TOKEN_EXPIRED. */
int token_judge(bool revoked, int64_t expires_ms, struct err *err) MUST_CHECK;
int token_unknown(struct err *err);
int access_key_unknown(struct str id, struct err *err);

#endif
