#ifndef MODEL_SECRETS_INT_H
#define MODEL_SECRETS_INT_H

#include "model/secrets.h"

/*
 * Private to model/secrets*.c: what is a secret by its name, by its value, and in lines.
 */

/* ---- items ---- */

/* The items of an array: their names, and which one of its name each is. */
struct item_name {
    struct str name; /* empty: it has none */
    uint32_t nth;
};
struct item_names {
    struct item_name *items;
};

/* False: no memory.  The names are borrowed from `doc`. */
bool item_names_init(struct item_names *names, const struct json_doc *doc,
                     uint32_t array);
void item_names_release(struct item_names *names);

/* Appends the part of a path that stands for item `k`. */
void item_names_add(const struct item_names *names, size_t k, struct buf *path);

/* ---- names (model/secret_keys.def) ---- */

/* What follows the last dot of a name, or all of it. */
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
 * What the text of a member or input of that name is.  It is a secret by its name, or
 * because it holds a credential: a URL with a password, a parameter of a URL, of a
 * connection string or of JAAS that is a secret, or an Authorization header.  References
 * (${...}, $[...], #{...}) alone are none.
 */
enum verdict secret_verdict(struct str name, struct str text);

/* Whether a text may be JSON of an object or an array, which white space may precede. */
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

/* Takes the next line off `rest`; with `arguments` blanks end one, too.  False: there is
 * none. */
bool line_next(struct str *rest, bool arguments, struct line *out);

#endif
