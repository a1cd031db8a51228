#ifndef MODEL_FORM_H
#define MODEL_FORM_H

#include "json/json.h"

/*
 * The members that the contract names, as tables.  One `struct form` lists the
 * members of one kind of object; the same rows check a body, normalise it for
 * storing, and fill in what is shown.
 *
 * Normalising: aliases get their canonical name where they
 * stand, the canonical one wins where both stand; a known member that is null
 * is dropped; the server's own members are dropped at the top level; members
 * with `stored` are added at the end of their object where they are missing.
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
    bool keep;                    /* absent in an update: the stored value stays */
    bool server;                  /* the server's: never stored (top level only) */
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

/* What a rule gets to see. */
struct rule_at {
    const struct json_doc *doc;
    uint32_t at;     /* the value */
    uint32_t parent; /* the object or array that it stands in */
    int code;        /* the code for a value that breaks its rule */
    struct err *err;
};

/* Fails: E_INVALID, at->code, and `detail` with the path of at->at as its first
 * text and up to three more (NULL: none). */
int rule_fail(const struct rule_at *at, int detail, const char *a, const char *b,
              const char *c);

/*
 * Checks the object `at` by `form`, members in the table's order, and all
 * below.  With `update`, members of the top level that an update keeps may be
 * absent.  E_INVALID with the row's code and the path of the first fault.
 */
int form_check(const struct form *form, const struct json_doc *doc, uint32_t at,
               bool update, struct err *err) MUST_CHECK;

/* The row of a member's name or alias, or NULL when it is not known. */
const struct field *form_field(const struct form *form, struct str key);

/* The known member `name`, by its canonical name or alias; 0 when it is absent
 * or null. */
uint32_t form_member(const struct form *form, const struct json_doc *doc, uint32_t at,
                     const char *name);

/*
 * One member of a definition that is being put together of several documents:
 * `at` is the value in `doc`, under the name `key`.
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

/* Writes those additions of `form` that `members` lacks. */
void form_write_additions(struct jw *jw, const struct form *form,
                          const struct member *members, size_t n, enum form_mode mode);

#endif
