#ifndef MODEL_SECRETS_INT_H
#define MODEL_SECRETS_INT_H

#include "model/secrets.h"

/*
 * Private to model/secrets*.c: finds out what is a secret, by names, by values, and in
 * lines.
 */

/* ---- items ---- */

/* The names of an array's items; `nth` counts the items before with the same name. */
struct item_name {
    struct str name; /* empty when the item has none */
    uint32_t nth;
};
struct item_names {
    struct item_name *items;
};

/* False: no memory.  The names are borrowed from `doc`. */
bool item_names_init(struct item_names *names, const struct json_doc *doc,
                     uint32_t array);
void item_names_release(struct item_names *names);

/* Appends the part of a path that means item `k`. */
void item_names_add(const struct item_names *names, size_t k, struct buf *path);

/* ---- names (model/secret_keys.def) ---- */

/* Returns the part of a name after its last dot, or all of it when it has none. */
struct str name_behind_dot(struct str name);

/* Whether a name, without what its words say, is a row of the table. */
bool is_secret_name(struct str name);

bool is_authorization(struct str name);

/* Whether texts of that name are what people write, or programs run; they are never
 * searched for credentials. */
bool is_prose(struct str name);

/* ---- values ---- */

enum verdict {
    VERDICT_PLAIN,  /* no secret */
    VERDICT_SECRET, /* a secret */
    VERDICT_STORED  /* a placeholder: what is stored stays */
};

/*
 * Judges the text of a member or input of that name.  It is a secret because of its name,
 * or because it has a credential in it: a URL with a password; a secret parameter of a
 * URL, of a connection string or of JAAS; or an Authorization header.  A text that is
 * only a reference (${...}, $[...], #{...}) is no secret.
 */
enum verdict secret_verdict(struct str name, struct str text);

/* Whether a text begins like an object or an array of JSON, after any white space. */
bool begins_json(struct str text);

bool is_placeholder(struct str text);
bool is_reference(struct str text);

/* ---- lines ---- */

/*
 * One line of `name=value` lines, or one of several arguments.  `value` is borrowed from
 * the text.
 */
enum line_kind {
    LINE_PLAIN,       /* to be kept as it is */
    LINE_SECRET,      /* its value is a secret */
    LINE_PLACEHOLDER, /* its value is empty or a mask: what is stored stays */
    LINE_WHOLE        /* it holds a credential and has no name */
};
struct line {
    enum line_kind kind;
    struct str name, value;
    bool apart; /* name and value are two arguments */
};

/* Removes the next line from `rest`; with `arguments` a blank ends a line too.  False
 * when there is none. */
bool line_next(struct str *rest, bool arguments, struct line *out);

#endif
