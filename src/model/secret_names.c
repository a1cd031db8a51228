#include "model/secrets_int.h"

#include <strings.h>

/* What is a secret by its name: model/secret_keys.def. */

enum how { WHOLE, WORD, ENDING };
static const struct {
    struct str name;
    enum how how;
} secret_keys[] = {
#define SECRET_KEY(key, how) { STR(key), how },
#define NOT_SECRET(end, why)
#include "model/secret_keys.def"
#undef SECRET_KEY
#undef NOT_SECRET
};
static const struct str not_secret[] = {
#define SECRET_KEY(key, how)
#define NOT_SECRET(end, why) STR(end),
#include "model/secret_keys.def"
#undef SECRET_KEY
#undef NOT_SECRET
};
#define SHORTEST 3 /* pwd; a text can have very many names of one letter */
#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

/* Letters, and all that is not ASCII. */
static bool is_letter(char c)
{
    return (lower(c) >= 'a' && lower(c) <= 'z') || (unsigned char)c >= 0x80;
}

/* ---- whole names ---- */

bool is_secret_name(struct str key)
{
    for (size_t i = 0; i < COUNT(secret_keys); i++)
        if (str_same_loosely(key, secret_keys[i].name.p, "-_"))
            return true;
    return false;
}

/* ---- words ---- */

/* Whether a new word begins at `i`: userPassword; with `acronyms` also DBPassword, where
 * otherwise a word is DBPassword, and in APIkey one is APIkey and not Ikey. */
static bool begins_word(struct str s, size_t i, bool acronyms)
{
    if (!is_upper(s.p[i]))
        return false;
    if (!is_upper(s.p[i - 1]))
        return true;
    return acronyms && i + 1 < s.n && is_letter(s.p[i + 1]) && !is_upper(s.p[i + 1]);
}

/* The next word of `rest`; empty when there is none. */
static struct str next_word(struct str *rest, bool acronyms)
{
    size_t from = 0, to;
    struct str word;

    while (from < rest->n && !is_letter(rest->p[from]))
        from++;
    for (to = from; to < rest->n && is_letter(rest->p[to]); to++)
        if (to > from && begins_word(*rest, to, acronyms))
            break;
    word = str_from(*rest, from);
    word.n = to - from;
    *rest = str_from(*rest, to);
    return word;
}

static bool same_text(struct str a, struct str b)
{
    return a.n == b.n && (!a.n || strncasecmp(a.p, b.p, a.n) == 0);
}

/* Whether the one behind the other are the row, or its plural. */
static bool are_row(struct str a, struct str b, struct str row)
{
    size_t n = a.n + b.n;

    if (n == row.n + 1 && lower(b.p[b.n - 1]) == 's')
        b.n--;
    else if (n != row.n)
        return false;
    return a.n <= row.n && same_text(a, (struct str){ row.p, a.n }) &&
           same_text(b, str_from(row, a.n));
}

static bool ends_with(struct str word, struct str row)
{
    if (word.n && lower(word.p[word.n - 1]) == 's')
        word.n--;
    return word.n >= row.n && same_text(str_from(word, word.n - row.n), row);
}

/* `before` is the word before it, or empty. */
static bool is_secret_word(struct str before, struct str word)
{
    if (before.n + word.n < SHORTEST)
        return false;
    for (size_t i = 0; i < COUNT(secret_keys); i++) {
        struct str row = secret_keys[i].name;

        if (secret_keys[i].how == WHOLE)
            continue;
        if (are_row(STR(""), word, row) || (before.n && are_row(before, word, row)) ||
            (secret_keys[i].how == ENDING && ends_with(word, row)))
            return true;
    }
    return false;
}

static bool is_exception(struct str before, struct str last)
{
    for (size_t i = 0; i < COUNT(not_secret); i++)
        if (are_row(STR(""), last, not_secret[i]) ||
            (before.n && are_row(before, last, not_secret[i])))
            return true;
    return false;
}

/* The last word of a name. */
static struct str last_word(struct str name)
{
    struct str word, last = STR("");

    while ((word = next_word(&name, true)).n)
        last = word;
    return last;
}

/* `above` is what stands before the last dot: fs.obs.secret.key is a secret key. */
static bool has_secret_word(struct str above, struct str key, bool acronyms)
{
    struct str before = last_word(above), last = STR(""), word;
    bool found = false;

    while ((word = next_word(&key, acronyms)).n) {
        if (last.n)
            before = last;
        found = found || is_secret_word(before, word);
        last = word;
    }
    return found && !is_exception(before, last);
}

/* ---- names ---- */

struct str name_behind_dot(struct str name)
{
    const char *dot = name.n ? memrchr(name.p, '.', name.n) : NULL;

    return dot ? str_from(name, (size_t)(dot - name.p) + 1) : name;
}

bool is_secret_key(struct str key)
{
    struct str last = name_behind_dot(key);
    struct str above = { key.p, key.n - last.n };

    return is_secret_name(last) || has_secret_word(above, last, true) ||
           has_secret_word(above, last, false);
}

bool is_authorization(struct str name)
{
    return str_same_loosely(name, "authorization", "-_") ||
           str_same_loosely(name, "proxyauthorization", "-_");
}

bool is_prose(struct str name)
{
    static const char *const rows[] = { "content", "statement",   "description",
                                        "sql",     "whereclause", "parameters",
                                        "params",  "querystring", "filters" };

    for (size_t i = 0; i < COUNT(rows); i++)
        if (str_same_loosely(name, rows[i], "-_"))
            return true;
    return false;
}
