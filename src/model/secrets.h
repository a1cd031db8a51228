#ifndef MODEL_SECRETS_H
#define MODEL_SECRETS_H

#include "base/arena.h"
#include "json/json.h"

/*
 * Secrets are taken out of a body before anything is made of it: definitions,
 * and so blobs, archives, answers and logs, never hold one.
 */

/* Where secrets stand. */
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

/* Stands in answers where a connection's secret is stored; in an update it, the
 * literal below, or nothing at all means: what is stored stays. */
#define SECRET_MASK "*********"
#define SECRET_LITERAL "Add password here"

struct secret {
    struct str path;  /* names it within its object, the same in every version */
    struct str value; /* a string's text, or JSON; .p is NULL: what is stored stays */
};

struct secrets {
    struct secret *items; /* in the arena; values are in `values` */
    size_t n;
    struct buf values;
    const struct secret **by_path; /* those that have a value, sorted */
    size_t n_values;
    size_t path_bytes;
    bool
        may_lack; /* one that a connection must have may be missing: archives have none */
};

/*
 * Writes the value `at` of `doc` without its secrets to `clean`, as JSON, and adds them
 * to `out` (which begins as { 0 }).  E_LIMIT, DLF_3051: their paths, each of which has
 * the names of all that it is in, are larger than SECRET_PATHS_MAX together; E_NOMEM.
 * secrets_release() wipes them.
 */
int secrets_take(struct secrets *out, const struct json_doc *doc, uint32_t at,
                 enum secret_rule rule, struct buf *clean, struct arena *arena,
                 struct err *err) MUST_CHECK;
void secrets_release(struct secrets *s);

/* What the value of value_is_sensitive says: true, "true" (in any case), "1", 1; or
 * false, "false", "0", 0, "", null.  What says neither counts as true where secrets are
 * taken, and the form of a job refuses it. */
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
/* Takes the first part off `rest`, as it is called; false: there is none. */
bool secret_path_next(struct str *rest, struct buf *part);

/* Appends those of `stored`, paths one a line, at which `doc` has a value of its own:
 * what is stored there has been replaced.  E_NOMEM. */
int secrets_replaced(const struct json_doc *doc, struct str stored, struct buf *out,
                     struct err *err) MUST_CHECK;

/* Whether a value, not a placeholder, came at `path`. */
bool secrets_has_value(const struct secrets *s, struct str path);

#endif
