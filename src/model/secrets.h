#ifndef MODEL_SECRETS_H
#define MODEL_SECRETS_H

#include "base/arena.h"
#include "json/json.h"

/*
 * The server takes the secrets out of a body before it makes anything from it, so that
 * definitions, and with them blobs, archives, answers and logs, never have one.
 */

/* Where to look for secrets. */
enum secret_rule {
    /* Members, and inputs {"name", "value"}, that are texts: by their name, as
     * model/secret_keys.def has it, or because they hold a credential, such as a URL with
     * a password; also inside objects, texts that are JSON, and extended-configs.  They
     * are left out. */
    SECRETS_CONFIG,
    /* Properties of nodes whose value_is_sensitive is on; their value becomes
     * the empty text.  Of headers, scriptArgs and arguments each line name=value that is
     * a secret in the same way; the line then is name=. */
    SECRETS_NODES
};

/* Answers show this in place of a connection's stored secret.  In an update the mask, the
 * literal below, or a missing member keeps the stored secret. */
#define SECRET_MASK "*********"
#define SECRET_LITERAL "Add password here"

struct secret {
    struct str path;  /* identifies it within its object, the same in every version */
    struct str value; /* a string's text, or JSON; .p is NULL: the stored one stays */
};

struct secrets {
    struct secret *items; /* in the arena; values are in `values` */
    size_t n;
    struct buf values;
    const struct secret **by_path; /* those that have a value, sorted */
    size_t n_values;
    size_t path_bytes;
    bool may_lack; /* a connection may lack a required secret: archives have none */
};

/*
 * Writes the value `at` of `doc` as JSON, without its secrets, to `clean`, and adds the
 * secrets to `out` (which begins as { 0 }).  E_LIMIT, DLF_3051: the paths of all secrets
 * together exceed SECRET_PATHS_MAX (a path has the names of everything around the
 * secret); E_NOMEM.  secrets_release() wipes and frees them.
 */
int secrets_take(struct secrets *out, const struct json_doc *doc, uint32_t at,
                 enum secret_rule rule, struct buf *clean, struct arena *arena,
                 struct err *err) MUST_CHECK;
void secrets_release(struct secrets *s);

/* Reads the value of value_is_sensitive.  On: true, "true" (in any case), "1", 1.  Off:
 * false, "false", "0", 0, "", null.  Any other value counts as on where secrets are taken
 * out, and the form of a job refuses it. */
enum secret_switch { SWITCH_OFF, SWITCH_ON, SWITCH_UNKNOWN };
enum secret_switch secret_switch(const struct json_doc *doc, uint32_t at);

/* Whether a text in a member or input of that name is a secret, by SECRETS_CONFIG. */
bool is_secret_key(struct str key);

/*
 * A path is one line: the keys of members and the names of items, with dots between them;
 * in each part \. \\ and \n stand for a dot, \ and a line feed.  Items without a name
 * are \#0, \#1; of several of one name the second is name\#1.  No two members of a
 * document have the same path.
 */
/* Appends a part, the key of a member or the name of an item. */
void secret_path_add(struct buf *path, struct str part);
/* Removes the first part from `rest` and gives it without escapes; false at the end. */
bool secret_path_next(struct str *rest, struct buf *part);

/* Appends those of the paths `stored` (one a line) at which `doc`, a body without its
 * secrets, still has a value: that replaces the stored secret.  Neither null nor a
 * placeholder counts as a value.  E_NOMEM. */
int secrets_replaced(const struct json_doc *doc, struct str stored, struct buf *out,
                     struct err *err) MUST_CHECK;

/* Whether the secrets have one at `path` with a value of its own, not a placeholder. */
bool secrets_has_value(const struct secrets *s, struct str path);

#endif
