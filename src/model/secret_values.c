#include "model/secrets_int.h"

#include <strings.h>

#include "base/limits.h"

/* What is a secret by its value, and name=value lines. */

/* ---- what is none ---- */

/* How long the reference is that the text begins with; 0: it begins with none. */
static size_t reference_length(struct str text)
{
    size_t depth = 0, max = text.n < SECRET_REFERENCE_MAX ? text.n : SECRET_REFERENCE_MAX;
    char open, close;

    if (!str_starts(text, "${") && !str_starts(text, "#{") && !str_starts(text, "$["))
        return 0;
    open = text.p[1];
    close = open == '{' ? '}' : ']';
    for (size_t i = 1; i < max; i++) {
        if (text.p[i] == open)
            depth++;
        else if (text.p[i] == close && --depth == 0)
            return i + 1;
    }
    return 0;
}

bool is_reference(struct str text)
{
    size_t n = 1;

    if (!text.n)
        return false;
    while (text.n && n) {
        n = reference_length(text);
        text = str_from(text, n);
    }
    return !text.n;
}

static bool is_mask(struct str text)
{
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] != '*')
            return false;
    return text.n >= 3;
}

bool is_placeholder(struct str text)
{
    return text.n == 0 || is_mask(text) || str_is(text, SECRET_LITERAL) ||
           str_is(text, SECRET_LITERAL ".");
}

static bool is_word(struct str text, const char *word)
{
    size_t n = strlen(word);

    return text.n == n && strncasecmp(text.p, word, n) == 0;
}

static bool is_switch(struct str text)
{
    return is_word(text, "true") || is_word(text, "false");
}

enum secret_switch secret_switch(const struct json_doc *doc, uint32_t at)
{
    enum json_type type = json_type(doc, at);
    struct str text = json_text(doc, at);

    if (type == JSON_NULL || type == JSON_FALSE)
        return SWITCH_OFF;
    if (type == JSON_TRUE)
        return SWITCH_ON;
    if (type != JSON_STRING && type != JSON_NUMBER)
        return SWITCH_UNKNOWN;
    if (is_word(text, "true") || str_is(text, "1"))
        return SWITCH_ON;
    return is_word(text, "false") || str_is(text, "0") || !text.n ? SWITCH_OFF
                                                                  : SWITCH_UNKNOWN;
}

static bool is_credential(struct str text)
{
    return !is_placeholder(text) && !is_reference(text) && !is_switch(text);
}

/* ---- parts of a text ---- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static bool is_alnum(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static bool is_one_of(char c, const char *set)
{
    return c && strchr(set, c);
}

static bool is_name_char(char c)
{
    return is_alnum(c) || is_one_of(c, "_.-");
}

static struct str trim(struct str text)
{
    while (text.n && is_blank(text.p[0]))
        text = str_from(text, 1);
    while (text.n && is_blank(text.p[text.n - 1]))
        text.n--;
    return text;
}

bool begins_json(struct str text)
{
    text = trim(text);
    return str_starts(text, "{") || str_starts(text, "[");
}

/* How many bytes come before the first of `set`; blanks end it, too, with `blanks`. */
static size_t span(struct str text, const char *set, bool blanks)
{
    size_t n = 0;

    while (n < text.n && !is_one_of(text.p[n], set) && !(blanks && is_blank(text.p[n])))
        n++;
    return n;
}

static bool begins(struct str text, const char *prefix)
{
    size_t n = strlen(prefix);

    return text.n >= n && strncasecmp(text.p, prefix, n) == 0;
}

/* ---- scheme://user:password@host ---- */

/* Behind host: digits, or a reference, and then what follows a port. */
static bool begins_with_port(struct str text)
{
    size_t n = reference_length(text);

    if (!n)
        while (n < text.n && text.p[n] >= '0' && text.p[n] <= '9')
            n++;
    return n == text.n || is_one_of(text.p[n], "/?#,;") || is_blank(text.p[n]);
}

/* `text` is what follows ://, up to a blank or a quote; a password that has /, ? or # as
 * they are counts, too. */
static bool has_userinfo(struct str text)
{
    struct str authority = { text.p, span(text, "/?#", false) }, rest;
    const char *at = authority.n ? memrchr(authority.p, '@', authority.n) : NULL;
    const char *colon;

    if (authority.n && authority.p[0] == '[') /* an address of IPv6 */
        return false;
    colon = authority.n ? memchr(authority.p, ':', authority.n) : NULL;
    if (!colon)
        return false;
    rest = str_from(text, (size_t)(colon - text.p) + 1);
    if (at)
        return at > colon && is_credential((struct str){ rest.p, (size_t)(at - rest.p) });
    if (begins_with_port(rest))
        return false;
    at = rest.n ? memchr(rest.p, '@', rest.n) : NULL;
    return at && is_credential((struct str){ rest.p, (size_t)(at - rest.p) });
}

static bool is_url_with_password(struct str word)
{
    const char *last = word.n ? memrchr(word.p, '@', word.n) : NULL, *url;

    while (last && (url = memmem(word.p, word.n, "://", 3)) && url < last) {
        bool scheme = url > word.p && is_alnum(url[-1]);

        word = str_from(word, (size_t)(url - word.p) + 3);
        if (scheme && has_userinfo(word))
            return true;
    }
    return false;
}

/* Word by word: what is looked for behind each of many :// is in the same word. */
static bool has_url_with_password(struct str text)
{
    if (!str_has(text, "://"))
        return false;
    while (text.n) {
        struct str word = { text.p, span(text, "\"'<>", true) };

        if (is_url_with_password(word))
            return true;
        text = str_from(text, word.n + (word.n < text.n));
    }
    return false;
}

/* jdbc:oracle:thin:scott/tiger@//host:1521/service */
static bool has_oracle_password(struct str text)
{
    const char *at, *slash;

    if (!begins(text, "jdbc:oracle:"))
        return false;
    at = memchr(text.p, '@', text.n);
    slash = at ? memchr(text.p, '/', (size_t)(at - text.p)) : NULL;
    return slash && is_credential((struct str){ slash + 1, (size_t)(at - slash) - 1 });
}

/* ---- name=value ---- */

/* The value that begins the text, without its quotes. */
static struct str parameter_value(struct str text)
{
    size_t n;

    while (text.n && (text.p[0] == ' ' || text.p[0] == '\t'))
        text = str_from(text, 1);
    if (text.n && is_one_of(text.p[0], "\"'")) {
        const char quote[] = { text.p[0], '\0' };

        text = str_from(text, 1);
        return (struct str){ text.p, span(text, quote, false) };
    }
    n = reference_length(text);
    return (struct str){ text.p, n + span(str_from(text, n), "&;,\"')}", true) };
}

/* The name that stands before `end`. */
static struct str parameter_name(struct str text, size_t end)
{
    size_t from;

    while (end && (text.p[end - 1] == ' ' || text.p[end - 1] == '\t'))
        end--;
    for (from = end; from && end - from < SECRET_PARAMETER_MAX; from--)
        if (!is_name_char(text.p[from - 1]))
            break;
    return (struct str){ text.p + from, end - from };
}

/* A file of keys is none. */
static bool is_secret_parameter(struct str name)
{
    return is_secret_key(name) &&
           !(name.n >= 6 && begins(str_from(name, name.n - 6), "keytab"));
}

static bool has_secret_parameter(struct str text)
{
    struct str rest = text, value;
    const char *equals;

    while (rest.n && (equals = memchr(rest.p, '=', rest.n))) {
        rest = str_from(rest, (size_t)(equals - rest.p) + 1);
        if (!is_secret_parameter(parameter_name(text, (size_t)(equals - text.p))))
            continue;
        value = parameter_value(rest);
        if (is_credential(value))
            return true;
    }
    return false;
}

/* Server=h;User Id=u;Pwd=p, host=h password=p */
static bool begins_with_name(struct str text)
{
    size_t n = 0, blanks = 0;

    while (n < text.n && (is_name_char(text.p[n]) || text.p[n] == ' '))
        blanks += text.p[n++] == ' ';
    return n && n < text.n && text.p[n] == '=' &&
           (!blanks || (blanks == 1 && memchr(text.p, ';', text.n)));
}

/* Whether name=value in that text are parameters, and not, say, part of a formula. */
static bool has_parameters(struct str text)
{
    text = trim(text);
    return str_has(text, "://") || begins(text, "jdbc:") || str_has(text, "=\"") ||
           str_has(text, "LoginModule") || begins_with_name(text);
}

/* ---- Authorization ---- */

/* What follows the name: Bearer x, Basic x, or a credential alone. */
static bool is_authorization_value(struct str text)
{
    size_t n;

    text = trim(text);
    n = span(text, "", true);
    return is_credential(n < text.n ? trim(str_from(text, n)) : text);
}

/* Authorization: x, or Authorization=x, wherever it stands in the text. */
static bool has_authorization(struct str text)
{
    static const char name[] = "authorization";

    for (size_t i = 0; i + sizeof(name) <= text.n; i++) {
        size_t end = i + sizeof(name) - 1;
        struct str rest;

        if ((text.p[i] | 0x20) != 'a' || !begins(str_from(text, i), name) ||
            !is_authorization(parameter_name(text, end)))
            continue;
        rest = str_from(text, end);
        while (rest.n && is_one_of(rest.p[0], " \t\"'"))
            rest = str_from(rest, 1);
        if (!rest.n || !is_one_of(rest.p[0], ":="))
            continue;
        rest = str_from(rest, 1);
        rest.n = span(rest, "\r\n", false);
        if (is_authorization_value(rest))
            return true;
    }
    return false;
}

/* ---- all of it ---- */

static bool holds_credential(struct str text)
{
    return has_url_with_password(text) || has_oracle_password(text) ||
           has_authorization(text) ||
           (has_parameters(text) && has_secret_parameter(text));
}

enum verdict secret_verdict(struct str name, struct str text)
{
    struct str last = name_behind_dot(name);

    if (is_secret_key(name)) {
        if (is_placeholder(text))
            return VERDICT_STORED;
        if (is_reference(text) || (is_switch(text) && !is_secret_name(last)))
            return VERDICT_PLAIN;
        return VERDICT_SECRET;
    }
    if (is_mask(text))
        return VERDICT_STORED;
    if (is_authorization(last) && memchr(text.p, ' ', text.n) &&
        is_authorization_value(text))
        return VERDICT_SECRET;
    return !is_prose(last) && holds_credential(text) ? VERDICT_SECRET : VERDICT_PLAIN;
}

/* ---- lines ---- */

static struct str whole_line(struct str text)
{
    return (struct str){ text.p, span(text, "\n", false) };
}

/* Quotes may hold blanks, where they are closed. */
static struct str whole_argument(struct str text)
{
    size_t n = 0;
    char quote = '\0';

    for (; n < text.n && (quote || !is_blank(text.p[n])); n++) {
        char c = text.p[n];

        if (quote)
            quote = c == quote ? '\0' : quote;
        else if (is_one_of(c, "\"'"))
            quote = c;
    }
    return (struct str){ text.p, quote ? span(text, "", true) : n };
}

static struct str unquoted(struct str text)
{
    if (text.n >= 2 && is_one_of(text.p[0], "\"'") && text.p[text.n - 1] == text.p[0])
        return (struct str){ text.p + 1, text.n - 2 };
    return text;
}

/* Splits name=value, or name: value, but not a URL; without a name all is value. */
static void split_line(struct str text, struct line *out)
{
    size_t from = 0, n, sign;

    while (from < text.n && is_one_of(text.p[from], "- \t"))
        from++;
    for (n = from; n < text.n && is_name_char(text.p[n]); n++)
        ;
    for (sign = n; sign < text.n && is_one_of(text.p[sign], " \t"); sign++)
        ;
    out->name = STR("");
    out->value = trim(text);
    if (n == from || sign == text.n || !is_one_of(text.p[sign], "=:") ||
        str_starts(str_from(text, sign), "://"))
        return;
    out->name = (struct str){ text.p + from, n - from };
    out->value = trim(str_from(text, sign + 1));
}

/* --password x: the value is the next argument. */
static void take_next(struct str *rest, struct str argument, struct line *out)
{
    struct str name = argument, next = *rest;

    while (name.n && name.p[0] == '-')
        name = str_from(name, 1);
    while (next.n && is_blank(next.p[0]))
        next = str_from(next, 1);
    if (name.n == argument.n || !is_secret_key(name) || !next.n || next.p[0] == '-')
        return;
    out->name = name;
    out->value = whole_argument(next);
    out->apart = true;
    *rest = str_from(next, out->value.n);
}

static bool is_scheme(struct str text)
{
    static const char *const schemes[] = { "basic",     "bearer", "digest",
                                           "negotiate", "token",  "sdk-hmac-sha256",
                                           "apikey",    "hmac",   "aws4-hmac-sha256" };

    for (size_t i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++)
        if (is_word(text, schemes[i]))
            return true;
    return false;
}

/* Whether another argument stands on the same line. */
static bool goes_on(struct str rest)
{
    while (rest.n && is_one_of(rest.p[0], " \t\r"))
        rest = str_from(rest, 1);
    return rest.n && rest.p[0] != '\n';
}

/* Authorization: Bearer x, as several arguments; the first may end with the scheme.  A
 * value that others follow leaves a mask, so that these are not taken in its place. */
static void take_rest(struct str *rest, struct str argument, struct line *out)
{
    bool ends = out->value.n && out->value.p + out->value.n == rest->p;
    bool scheme = ends && is_scheme(out->value);
    struct str line;

    if (!is_authorization(out->name) || !goes_on(*rest))
        return;
    out->apart = !scheme && (ends || is_one_of(argument.p[argument.n - 1], ":="));
    if (!scheme && (out->value.n || !out->apart))
        return;
    line = trim(whole_line(*rest));
    if (scheme)
        out->value.n = (size_t)(line.p - out->value.p) + line.n;
    else
        out->value = line;
    *rest = str_from(*rest, (size_t)(line.p - rest->p) + line.n);
}

static enum line_kind kind_of(const struct line *line)
{
    struct str value = unquoted(line->value);

    if (!line->name.n)
        return holds_credential(value) ? LINE_WHOLE : LINE_PLAIN;
    if (is_placeholder(value))
        return LINE_PLACEHOLDER;
    if (is_authorization(line->name))
        return is_authorization_value(value) ? LINE_SECRET : LINE_PLAIN;
    return secret_verdict(line->name, value) == VERDICT_SECRET ? LINE_SECRET : LINE_PLAIN;
}

bool line_next(struct str *rest, bool arguments, struct line *out)
{
    struct str text;

    *out = (struct line){ .kind = LINE_PLAIN };
    while (rest->n && (arguments ? is_blank(rest->p[0]) : rest->p[0] == '\n'))
        *rest = str_from(*rest, 1);
    if (!rest->n)
        return false;
    text = arguments ? whole_argument(*rest) : whole_line(*rest);
    *rest = str_from(*rest, text.n);
    split_line(arguments ? unquoted(text) : text, out);
    if (arguments && !out->name.n)
        take_next(rest, text, out);
    else if (arguments)
        take_rest(rest, text, out);
    out->kind = kind_of(out);
    return true;
}
