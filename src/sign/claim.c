#include "sign/sign_int.h"

#include <strings.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/banned.h"

int sign_fail(struct err *err, enum ec ec)
{
    return err_set(err, ec, 0, 0);
}

int sign_buf_rc(const struct buf *b, struct err *err)
{
    return b->bad ? sign_fail(err, b->bad == E_NOMEM ? E_NOMEM : E_INVALID) : 0;
}

bool sign_is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct str sign_trim(struct str s)
{
    while (s.n && sign_is_blank(s.p[0]))
        s = str_from(s, 1);
    while (s.n && sign_is_blank(s.p[s.n - 1]))
        s.n--;
    return s;
}

bool sign_is_made_of(struct str s, const char *set)
{
    for (size_t i = 0; i < s.n; i++)
        if (!s.p[i] || !strchr(set, s.p[i]))
            return false;
    return s.n > 0;
}

bool sign_header_is(const struct sign_header *h, struct str name)
{
    return h->name.n == name.n && strncasecmp(h->name.p, name.p, name.n) == 0;
}

struct str sign_header_get(const struct sign_request *r, const char *name)
{
    struct str found = { NULL, 0 };
    int lines = 0;

    for (size_t i = 0; i < r->n_headers; i++) {
        if (!sign_header_is(&r->headers[i], str_of(name)))
            continue;
        found = r->headers[i].value;
        lines++;
    }
    return lines == 1 ? found : (struct str){ NULL, 0 };
}

int sign_time(const struct sign_request *r, int64_t *ms, struct err *err)
{
    if (!clock_parse(sign_header_get(r, "x-sdk-date"), CLOCK_BASIC, ms))
        return sign_fail(err, E_INVALID);
    return 0;
}

/* The members of the header, and which of them make which form. */
enum member { ACCESS, CREDENTIAL, SIGNED_HEADERS, SIGNATURE, MEMBERS };

static const char *const member_names[MEMBERS] = { "Access", "Credential",
                                                   "SignedHeaders", "Signature" };

static const struct {
    enum member key;
    int slashes; /* of the scope */
    const char *end;
} forms[SIGN_FORMS] = {
    [SIGN_SDK] = { ACCESS, 0, "" },
    [SIGN_SDK_SCOPED] = { CREDENTIAL, 3, "/sdk_request" },
    [SIGN_V11] = { CREDENTIAL, 2, "" },
};

const char *const sign_schemes[SIGN_FORMS] = {
    [SIGN_SDK] = "SDK-HMAC-SHA256",
    [SIGN_SDK_SCOPED] = "SDK-HMAC-SHA256",
    [SIGN_V11] = "V11-HMAC-SHA256",
};

static enum member member_of(struct str name)
{
    int i = 0;

    while (i < MEMBERS && !str_is(name, member_names[i]))
        i++;
    return (enum member)i;
}

/* Each member once at most, and none that is unknown. */
static bool read_members(struct str rest, struct str value[MEMBERS])
{
    struct str piece;

    while (str_next(&rest, ',', &piece)) {
        enum member i;

        piece = sign_trim(piece);
        i = member_of(str_cut(&piece, '='));
        if (i == MEMBERS || value[i].p)
            return false;
        value[i] = piece;
    }
    return true;
}

/* SIGN_FORMS when it is none. */
static enum sign_form form_of(struct str scheme, const struct str value[MEMBERS])
{
    int i = 0;

    if (value[ACCESS].p && value[CREDENTIAL].p)
        return SIGN_FORMS;
    while (i < SIGN_FORMS && !(str_is(scheme, sign_schemes[i]) && value[forms[i].key].p))
        i++;
    return (enum sign_form)i;
}

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz"
#define UPPER "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static bool ends_with(struct str s, const char *end)
{
    return s.n >= strlen(end) && str_is(str_from(s, s.n - strlen(end)), end);
}

static bool scope_ok(struct str scope, enum sign_form form)
{
    struct str rest = scope;
    int slashes = 0;
    int64_t ms;

    if (form == SIGN_SDK)
        return true;
    for (size_t i = 0; i < scope.n; i++) {
        if (scope.p[i] <= ' ' || scope.p[i] > '~')
            return false;
        slashes += scope.p[i] == '/';
    }
    return slashes == forms[form].slashes && ends_with(scope, forms[form].end) &&
           clock_parse(str_cut(&rest, '/'), CLOCK_BASIC_DAY, &ms);
}

bool sign_names(struct str names, struct str name)
{
    while (names.n)
        if (str_eq(str_cut(&names, ';'), name))
            return true;
    return false;
}

static bool names_ok(struct str names)
{
    struct str rest = names;

    if (ends_with(names, ";"))
        return false;
    for (int n = 0; rest.n; n++) {
        struct str name = str_cut(&rest, ';');

        if (n == SIGN_MAX_HEADERS || !sign_is_made_of(name, LOWER DIGITS "._-") ||
            sign_names(rest, name))
            return false;
    }
    return sign_names(names, STR("x-sdk-date"));
}

static bool claim_ok(const struct sign_claim *c)
{
    return c->access.n <= SIGN_ACCESS_MAX &&
           sign_is_made_of(c->access, LOWER UPPER DIGITS) &&
           scope_ok(c->scope, c->form) && names_ok(c->signed_headers) &&
           c->signature.n == SIGN_HEX_BYTES &&
           sign_is_made_of(c->signature, DIGITS "abcdef");
}

int sign_parse(struct sign_claim *out, struct str authorization, struct err *err)
{
    struct str rest = authorization, value[MEMBERS] = { { NULL, 0 } };
    struct str scheme = str_cut(&rest, ' ');
    struct sign_claim c;

    if (!read_members(rest, value))
        return sign_fail(err, E_INVALID);
    c.form = form_of(scheme, value);
    if (c.form == SIGN_FORMS)
        return sign_fail(err, E_INVALID);
    c.access = value[ACCESS];
    c.scope = value[CREDENTIAL];
    if (c.form != SIGN_SDK)
        c.access = str_cut(&c.scope, '/');
    c.signed_headers = value[SIGNED_HEADERS];
    c.signature = value[SIGNATURE];
    if (!claim_ok(&c))
        return sign_fail(err, E_INVALID);
    *out = c;
    return 0;
}
