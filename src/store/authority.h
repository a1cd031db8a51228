#ifndef STORE_AUTHORITY_H
#define STORE_AUTHORITY_H

#include "store/workspaces.h"

/*
 * By what somebody acts, and whether they still may.  A request is judged when its head
 * is here; but its body may take a minute, and an import may wait for hours.  So what
 * reads or writes the catalogue for somebody carries their authority, and this file
 * judges it again in the transaction or snapshot of the read or write itself.
 */

/* Each has all that the ones before it have. */
enum role { ROLE_NONE, ROLE_VIEWER, ROLE_OPERATOR, ROLE_DEVELOPER, ROLE_ADMINISTRATOR };
extern const char *const role_names[]; /* of ROLE_VIEWER and up; NULL at the end */

struct authority {
    struct str token;      /* the hash of the token that was shown; or else: */
    struct str access_key; /* the id of the key that signed */
    struct str project;    /* these two as in snapshot_workspace() */
    struct str workspace;
    enum role role; /* that is needed there; ROLE_NONE: it is enough to be signed in */
    enum role cdm_role; /* that is needed for what is CDM's, too */
};

/* What they are in the workspace, and for what is CDM's, which the roles in the workspace
 * `default` are for. */
struct rights {
    enum role role, cdm_role;
};

/*
 * Whether the token or access key still holds, and its account has the roles; what they
 * are goes to *rights, and what exports depend on to *revisions, unless NULL.  Without
 * authority (NULL: administration, or --auth off) everything is allowed, and *revisions
 * is left alone.  One statement.  A workspace that does not exist is for the catalogue
 * to tell, to whoever has a role in another one of the project.  E_DENIED with one of
 * STORE_TOKEN_, STORE_KEY_UNKNOWN, STORE_OTHER_PROJECT and STORE_NO_ROLE.
 */
int snapshot_judge(struct snapshot *s, const struct authority *a, struct rights *rights,
                   struct err *err) MUST_CHECK;
int store_judge(struct store *s, const struct authority *a, struct rights *rights,
                struct revisions *revisions, struct err *err) MUST_CHECK;

/* The part of it that is about credentials alone.  E_DENIED. */
int token_judge(bool revoked, int64_t expires_ms, struct err *err) MUST_CHECK;
int token_unknown(struct err *err);
int access_key_unknown(struct str id, struct err *err);

#endif
