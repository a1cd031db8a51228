#ifndef MODEL_FORM_H
#define MODEL_FORM_H

#include "json/json.h"

/*
 * The documented members of JSON objects, as tables.  A `struct form` lists the members
 * of one kind of object.  The same rows check a body, normalise it for storing, and add
 * defaults when it is shown.
 *
 * Normalising gives aliases their canonical name in place (if both are there, the
 * canonical one wins), drops known members that are null, drops the server's own members
 * at the top level, and adds missing members with `stored` at the end of their object.
 * Everything else, unknown members too, stays as it came.
 */
enum field_type { F_ANY, F_STRING, F_INT, F_BOOL, F_OBJECT, F_ARRAY, F_NUMERIC };

struct rule_at;
struct form;

struct field {
    const char *name;
    const char *alias;    /* another name that bodies may use, or NULL */
    enum field_type type; /* F_NUMERIC: a number, or a string that is one */
    bool required;
    bool keep;                    /* when an update lacks it, the stored value stays */
    bool server;                  /* set by the server: never stored (top level only) */
    long min, max;                /* an integer's range; a string's code points and
                                     an array's items at most `max`; both 0: any */
    enum field_type item;         /* the type of an array's items; F_ANY: any */
    const char *const *one_of;    /* the values of a string or of items, or NULL */
    const struct form *form;      /* the members of an object or of items, or NULL */
    int missing, mistyped, wrong; /* error codes; 0: the form's */
    const char *stored;           /* JSON, added when saved */
    const char *shown;            /* JSON, added when shown */
    /* A further rule for values of the right type, or NULL. */
    int (*rule)(const struct rule_at *at);
};

struct form {
    const struct field *fields; /* ends with a row without a name */
    int code;                   /* the usual error code, such as DLF_3051 */
};

/* The arguments of a rule. */
struct rule_at {
    const struct json_doc *doc;
    uint32_t at;     /* the value */
    uint32_t parent; /* the object or array that contains it */
    int code;        /* the code for a value that breaks its rule */
    struct err *err;
};

/* Sets and returns E_INVALID with at->code and the sentence `detail`, whose first
 * argument is the path of the value; a, b and c are further ones, or NULL. */
int rule_fail(const struct rule_at *at, int detail, const char *a, const char *b,
              const char *c);

/*
 * Checks the object `at` and everything below it by `form`, members in the table's order.
 * With `update` members of the top level that have `keep` may be missing.  E_INVALID with
 * the row's code and the path of the first fault.
 */
int form_check(const struct form *form, const struct json_doc *doc, uint32_t at,
               bool update, struct err *err) MUST_CHECK;

/* Returns the row of a member by its name or alias; NULL for an unknown member. */
const struct field *form_field(const struct form *form, struct str key);

/* Finds the member `name` under its canonical name or its alias; 0 when it is missing or
 * null. */
uint32_t form_member(const struct form *form, const struct json_doc *doc, uint32_t at,
                     const char *name);

/*
 * One member of a definition that is put together from several documents: its name is
 * `key`, its value is `at` of `doc`.
 */
struct member {
    struct str key;
    const struct json_doc *doc;
    uint32_t at;
};

enum form_mode { FORM_STORED, FORM_SHOWN };

/* Writes one member, normalised (FORM_STORED) or with the documented defaults
 * (FORM_SHOWN). */
void form_write_member(struct jw *jw, const struct form *form, const struct member *m,
                       enum form_mode mode);

/* Writes the members that `form` adds by default and that are not among `members`. */
void form_write_additions(struct jw *jw, const struct form *form,
                          const struct member *members, size_t n, enum form_mode mode);

#endif
