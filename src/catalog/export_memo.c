#include "auth/refusal.h"
#include "catalog/export_int.h"

#include <stdlib.h>

#include "base/limits.h"
#include "catalog/object.h"

/* Outcomes of exports, by what they depend on: one that is remembered is not planned. */

/* Never the digest of an archive's ETag: those begin with another text. */
#define MEMO "opendlf-memo-1\n"

/* An outcome is that of the request, of all definitions that it depends on, and of what
 * the caller may read of them. */
static void memo_key(const uint8_t digest[SHA256_BYTES], const struct revisions *r,
                     struct rights rights, uint8_t key[SHA256_BYTES])
{
    uint8_t with_cdm = reads_cdm(rights);
    struct sha256_ctx c;

    sha256_init(&c);
    sha256_update(&c, strlen(MEMO), (const uint8_t *)MEMO);
    sha256_update(&c, SHA256_BYTES, digest);
    sha256_update(&c, sizeof(*r), (const uint8_t *)r);
    sha256_update(&c, sizeof(with_cdm), &with_cdm);
    sha256_digest(&c, SHA256_BYTES, key);
}

/* The outcome as the memo keeps it: the struct, then what is missing. */
struct memo_row {
    enum kind kind;
    size_t name, job; /* the lengths of the texts that follow */
};

static void write_memo(const struct export *e, struct buf *bytes)
{
    size_t size = sizeof(*e);

    for (size_t i = 0; i < e->n_shown; i++)
        size += sizeof(struct memo_row) + e->shown[i].name.n + e->shown[i].job.n;
    buf_reserve(bytes, size);
    buf_add(bytes, e, sizeof(*e));
    for (size_t i = 0; i < e->n_shown; i++) {
        const struct export_missing *m = &e->shown[i];
        struct memo_row row = { m->kind, m->name.n, m->job.n };

        buf_add(bytes, &row, sizeof(row));
        buf_addstr(bytes, m->name);
        buf_addstr(bytes, m->job);
    }
}

static struct str take_text(struct str *rest, size_t n)
{
    struct str text = { rest->p, n };

    *rest = str_from(*rest, n);
    return text;
}

/* The texts are the memo's. */
static int read_memo(struct export *e, struct str memo, struct arena *arena,
                     struct err *err)
{
    struct export_missing *shown;

    memcpy(e, take_text(&memo, sizeof(*e)).p, sizeof(*e));
    if (!e->n_shown)
        return 0;
    shown = arena_array(arena, e->n_shown, sizeof(*shown));
    e->shown = shown;
    for (size_t i = 0; shown && i < e->n_shown; i++) {
        struct memo_row row;

        memcpy(&row, take_text(&memo, sizeof(row)).p, sizeof(row));
        shown[i].kind = row.kind;
        shown[i].name = take_text(&memo, row.name);
        shown[i].job = take_text(&memo, row.job);
    }
    return shown ? 0 : err_nomem(err);
}

void export_remember(struct export_int *e, const uint8_t digest[SHA256_BYTES],
                     const struct revisions *r, struct rights rights)
{
    struct buf bytes = BUF_INIT(EXPORT_MEMO_MAX);
    uint8_t key[SHA256_BYTES];
    struct shared *memo;

    write_memo(&e->export, &bytes);
    memo = shared_new(&bytes);
    if (!memo)
        return;
    memo_key(digest, r, rights, key);
    cache_put(e->cache, key, memo);
    shared_release(memo);
}

/* Without authority there is nothing to judge, and all may be read. */
static int judge_and_read(struct catalog *c, const struct place *place,
                          struct revisions *r, struct rights *rights, struct err *err)
{
    if (place->authority)
        return refusal_judge(c->store, place->authority, rights, r, err);
    *rights = (struct rights){ ROLE_ADMINISTRATOR, ROLE_ADMINISTRATOR };
    return store_revisions(c->store, place->project, place->workspace, r, err);
}

int catalog_export_recall(struct catalog *c, const struct place *place,
                          const uint8_t digest[SHA256_BYTES], struct export **out,
                          struct err *err)
{
    uint8_t key[SHA256_BYTES];
    struct revisions r;
    struct rights rights;
    struct export_int *e;
    struct shared *memo;
    int rc = judge_and_read(c, place, &r, &rights, err);

    *out = NULL;
    if (rc || !r.workspace)
        return rc;
    memo_key(digest, &r, rights, key);
    memo = cache_get(c->cache, key);
    if (!memo)
        return 0;
    e = calloc(1, sizeof(*e));
    if (!e) {
        shared_release(memo);
        return err_nomem(err);
    }
    e->cache = c->cache;
    e->recalled = true;
    e->memo = memo;
    rc = read_memo(&e->export, buf_str(&memo->bytes), &e->arena, err);
    if (rc)
        catalog_export_free(&e->export);
    else
        *out = &e->export;
    return rc;
}
