#include "archive/zip_read_int.h"

#include <stdio.h>

#include "archive/deflate.h"
#include "base/utf8.h"
#include "errors/errors.h"

/* The upper half of CP437. */
static const uint16_t cp437[128] = {
    0x00c7, 0x00fc, 0x00e9, 0x00e2, 0x00e4, 0x00e0, 0x00e5, 0x00e7, 0x00ea, 0x00eb,
    0x00e8, 0x00ef, 0x00ee, 0x00ec, 0x00c4, 0x00c5, 0x00c9, 0x00e6, 0x00c6, 0x00f4,
    0x00f6, 0x00f2, 0x00fb, 0x00f9, 0x00ff, 0x00d6, 0x00dc, 0x00a2, 0x00a3, 0x00a5,
    0x20a7, 0x0192, 0x00e1, 0x00ed, 0x00f3, 0x00fa, 0x00f1, 0x00d1, 0x00aa, 0x00ba,
    0x00bf, 0x2310, 0x00ac, 0x00bd, 0x00bc, 0x00a1, 0x00ab, 0x00bb, 0x2591, 0x2592,
    0x2593, 0x2502, 0x2524, 0x2561, 0x2562, 0x2556, 0x2555, 0x2563, 0x2551, 0x2557,
    0x255d, 0x255c, 0x255b, 0x2510, 0x2514, 0x2534, 0x252c, 0x251c, 0x2500, 0x253c,
    0x255e, 0x255f, 0x255a, 0x2554, 0x2569, 0x2566, 0x2560, 0x2550, 0x256c, 0x2567,
    0x2568, 0x2564, 0x2565, 0x2559, 0x2558, 0x2552, 0x2553, 0x256b, 0x256a, 0x2518,
    0x250c, 0x2588, 0x2584, 0x258c, 0x2590, 0x2580, 0x03b1, 0x00df, 0x0393, 0x03c0,
    0x03a3, 0x03c3, 0x00b5, 0x03c4, 0x03a6, 0x0398, 0x03a9, 0x03b4, 0x221e, 0x03c6,
    0x03b5, 0x2229, 0x2261, 0x00b1, 0x2265, 0x2264, 0x2320, 0x2321, 0x00f7, 0x2248,
    0x00b0, 0x2219, 0x00b7, 0x221a, 0x207f, 0x00b2, 0x25a0, 0x00a0,
};
#define CP437_GROWTH 3 /* bytes of UTF-8 for one */

static struct str decode_cp437(struct arena *arena, struct str raw)
{
    char *p = arena_alloc(arena, raw.n * CP437_GROWTH + 1);
    struct str name = { p, 0 };

    if (!p)
        return name;
    for (size_t i = 0; i < raw.n; i++) {
        unsigned char c = (unsigned char)raw.p[i];

        name.n += (size_t)utf8_encode(c < 0x80 ? c : cp437[c - 0x80], p + name.n);
    }
    return name;
}

/* The field holds its version, the CRC of the name that it stands for, and the name. */
static bool is_unicode_of(struct str unicode, struct str raw)
{
    return unicode.n > 5 && unicode.p[0] == 1 &&
           zipr_number(unicode.p + 1, 4) == deflate_crc32(raw);
}

/* Both the C0 and the C1 controls. */
static bool has_controls(struct str name)
{
    uint32_t c;

    for (size_t i = 0; i < name.n;) {
        i += (size_t)utf8_decode(name.p + i, name.n - i, &c);
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            return true;
    }
    return false;
}

static bool is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* Names that would leave their folder, here or on Windows. */
static bool leads_out(struct str name)
{
    return name.n == 0 || memchr(name.p, '\\', name.n) ||
           (name.n > 1 && name.p[1] == ':' && is_letter(name.p[0]));
}

static bool is_bad_segment(struct str s)
{
    return s.n == 0 || str_is(s, ".") || str_is(s, "..");
}

/* Counts the segments; 0 when one is bad.  A last slash ends the name of a folder. */
static size_t count_segments(struct str name)
{
    size_t n = 0;

    while (name.n) {
        if (is_bad_segment(str_cut(&name, '/')))
            return 0;
        n++;
    }
    return n;
}

static int too_deep(const struct zipr *z, const struct zipr_entry *e, struct err *err)
{
    return err_set(err, E_LIMIT, API_OK, DET_ZIP_DEEP, e->name.p,
                   NUM(z->limits.max_depth));
}

static int too_long(const struct zipr *z, const struct zipr_entry *e, size_t n,
                    struct err *err)
{
    char number[24];

    snprintf(number, sizeof(number), "#%td", e - z->entries + 1);
    return err_set(err, E_LIMIT, API_OK, DET_ZIP_NAME_LONG, number,
                   NUM(z->limits.max_name_bytes), NUM(n));
}

int zipr_read_name(struct zipr *z, struct zipr_entry *e, struct str raw,
                   struct str unicode, struct err *err)
{
    bool utf8 = is_unicode_of(unicode, raw);
    struct str name = utf8 ? str_from(unicode, 5) : raw;
    size_t longer = name.n > raw.n ? name.n : raw.n, segments;

    if (longer > z->limits.max_name_bytes)
        return too_long(z, e, longer, err);
    if (utf8_valid(name))
        name = arena_str(&z->names, name);
    else if (utf8 || e->flags & FLAG_UTF8)
        return zipr_refuse(z, e, DET_ZIP_NAME_UTF8, err);
    else
        name = decode_cp437(&z->names, name);
    e->raw_name = name;
    if (name.p && !str_eq(name, raw))
        e->raw_name = arena_str(&z->names, raw);
    if (!name.p || !e->raw_name.p)
        return err_nomem(err);
    if (has_controls(name))
        return zipr_refuse(z, e, DET_ZIP_NAME_CONTROL, err);
    e->name = name;
    segments = leads_out(name) ? 0 : count_segments(name);
    if (segments == 0)
        return zipr_refuse(z, e, DET_ZIP_NAME, err);
    return segments > z->limits.max_depth ? too_deep(z, e, err) : 0;
}
