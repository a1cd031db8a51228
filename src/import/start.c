#include <stdlib.h>

#include "base/limits.h"
#include "catalog/storage.h"
#include "import/import_int.h"
#include "base/banned.h"

/* Copies the authority by which the import acts: the request's ends before the import. */
static int keep_authority(struct import_task *t, const struct authority *from)
{
    struct authority *a = &t->authority;

    if (!from)
        return 0;
    *a = *from;
    a->token = arena_str(&t->arena, from->token);
    a->access_key = arena_str(&t->arena, from->access_key);
    a->project = t->place.project;
    a->workspace = t->place.workspace;
    t->place.authority = a;
    return a->token.p && a->access_key.p ? 0 : E_NOMEM;
}

static int keep_place(struct import_task *t, const struct place *from)
{
    struct place *p = &t->place;

    p->project = arena_str(&t->arena, from->project);
    p->workspace = arena_str(&t->arena, from->workspace);
    p->user = arena_str(&t->arena, from->user);
    p->cluster = STR("");
    return p->project.p && p->workspace.p && p->user.p
               ? keep_authority(t, from->authority)
               : E_NOMEM;
}

static void free_task(struct task *task)
{
    import_task_free((struct import_task *)task);
}

int import_task_new(struct import_task **out, struct imports *all,
                    const struct place *place, enum task_kind kind,
                    enum language language, struct err *err)
{
    struct import_task *t = calloc(1, sizeof(*t));

    if (!t)
        return err_nomem(err);
    task_init(&t->task, all->tasks);
    t->task.run = import_task_run;
    t->task.free = free_task;
    t->all = all;
    t->kind = kind;
    t->language = language;
    if (keep_place(t, place)) {
        import_task_free(t);
        return err_nomem(err);
    }
    *out = t;
    return 0;
}

void import_task_free(struct import_task *t)
{
    if (!t)
        return;
    atomic_fetch_sub(&t->all->memory, t->reserved);
    arena_wipe(&t->arena); /* keys of connections may be secrets */
    free(t);
}

/* The memory of the request's body was given back with the request; an import keeps what
 * it needs of it. */
int import_admit(struct import_task *t, struct err *err)
{
    t->reserved = sizeof(*t) + t->arena.bytes;
    if (atomic_fetch_add(&t->all->memory, t->reserved) + t->reserved <=
        IMPORTS_MEMORY_MAX)
        return 0;
    return err_set(err, E_BUSY, APIGW_0613, DET_IMPORTING);
}

static int begin_import(struct import_task *t, struct str audit, bool *begun,
                        struct err *err)
{
    int rc = catalog_check_workspace(t->all->catalog, &t->place, err);

    if (!rc)
        rc = storage_need(t->all->obs, "path", t->options.path, &t->path, err);
    if (!rc && !t->options.dry_run)
        rc = task_begin(&t->task, &t->place, t->kind, t->options.path, audit, err);
    *begun = !rc && !t->options.dry_run;
    return rc;
}

int import_start(struct import_task *t, struct str audit, bool *begun, struct err *err)
{
    int rc = begin_import(t, audit, begun, err);

    if (!rc)
        rc = task_queue(&t->task, err);
    if (!rc)
        return 0;
    if (*begun)
        task_give_up(&t->task, err);
    import_task_free(t);
    return rc;
}
