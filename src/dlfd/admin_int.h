#ifndef DLFD_ADMIN_INT_H
#define DLFD_ADMIN_INT_H

#include "auth/password.h"
#include "dlfd/folder.h"

/* Private to dlfd/: one call of `dlfd admin`, and what carries it out. */
struct admin_call {
    const char *noun, *verb, *name, *project, *data, *key_file;
    const char *domain, *user, *workspace;
    bool force, without_key, admin, password_stdin, help;
    char password[PASSWORD_MAX_BYTES + 2]; /* with password_stdin: that was read there */
};

#define ADMIN_NO_PROJECT                                                                 \
    "no project of that id is there: `dlfd admin project list` shows the ids"

/* Reads call->password, a line of standard input; gives 1 when it is none, and says so.
 */
int admin_read_password(struct admin_call *call);

/* Says what went wrong, `otherwise` when the error does not; gives 1. */
int admin_failed(const struct err *err, const char *otherwise);

/* 0 when --project names one that is there; without sign-in any may.  Else says so,
 * and gives 1. */
int admin_check_project(struct folder *f, const char *id);

/* Writes; says `not_found`, `taken` or `denied` where that is why it does not hold; gives
 * the exit status. */
int admin_write(struct folder *f, struct write *w, const char *not_found,
                const char *taken, const char *denied);

/* Each gives the exit status. */
int admin_workspace_create(struct folder *f, const struct admin_call *call);
int admin_workspace_list(struct folder *f, const struct admin_call *call);
int admin_workspace_delete(struct folder *f, const struct admin_call *call);
int admin_cluster_create(struct folder *f, const struct admin_call *call);
int admin_cluster_list(struct folder *f, const struct admin_call *call);
int admin_cluster_delete(struct folder *f, const struct admin_call *call);
int admin_bucket_create(struct folder *f, const struct admin_call *call);
int admin_bucket_list(struct folder *f, const struct admin_call *call);
int admin_bucket_delete(struct folder *f, const struct admin_call *call);
int admin_backup(struct folder *f, const struct admin_call *call);
int admin_restore(struct folder *f, const struct admin_call *call);
int admin_check(struct folder *f, const struct admin_call *call);
int admin_reindex(struct folder *f, const struct admin_call *call);
int admin_key_rotate(struct folder *f, const struct admin_call *call);
int admin_key_create(struct folder *f, const struct admin_call *call);
int admin_key_list(struct folder *f, const struct admin_call *call);
int admin_key_delete(struct folder *f, const struct admin_call *call);
int admin_user_create(struct folder *f, const struct admin_call *call);
int admin_user_list(struct folder *f, const struct admin_call *call);
int admin_user_password(struct folder *f, const struct admin_call *call);
int admin_user_delete(struct folder *f, const struct admin_call *call);
int admin_project_create(struct folder *f, const struct admin_call *call);
int admin_project_list(struct folder *f, const struct admin_call *call);
int admin_project_delete(struct folder *f, const struct admin_call *call);
int admin_role_grant(struct folder *f, const struct admin_call *call);
int admin_role_revoke(struct folder *f, const struct admin_call *call);
int admin_role_list(struct folder *f, const struct admin_call *call);

#endif
