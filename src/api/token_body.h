#ifndef API_TOKEN_BODY_H
#define API_TOKEN_BODY_H

#include "json/json.h"

/*
 * The body of POST /v3/auth/tokens: who wants a token, how they
 * show that they are it, and what it is to be for.  Texts are borrowed from the
 * document; what is not given is "".
 */
enum token_method { TOKEN_BY_PASSWORD, TOKEN_BY_TOKEN, TOKEN_BY_ACCESS_KEY };

struct token_body {
    enum token_method method;
    const char *methods; /* a JSON list of the one */
    /* The user: an id, or else a name with its domain's id, or else name.  What is
     * not needed beside them is "": one user is not to be asked for in many ways. */
    struct str id, name, domain, domain_name;
    struct str access_key;
    struct str secret; /* the password, or the secret key */
    struct str token;  /* the token to show; "" is the header's */
    /* For a project, by id or name; else for the domain. */
    bool wants_project;
    struct str project, project_name;
};

/* Ignores unknown members.  E_INVALID, IAM_400: a member is missing, the method is not
 * supported, or there is more than one. */
int token_body_read(struct token_body *out, const struct json_doc *doc,
                    struct err *err) MUST_CHECK;

#endif
