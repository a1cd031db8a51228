#ifndef STORE_IMPORTS_H
#define STORE_IMPORTS_H

#include "store/save.h"
#include "store/tasks.h"

/* What became of one object, or would. */
enum import_action {
    IMPORT_CREATE,
    IMPORT_OVERWRITE,
    IMPORT_SKIP, /* one of that name is held, and stays */
    IMPORT_SAME, /* what is held is the same already, and no secret comes with it */
    IMPORT_ERROR,
    IMPORT_ACTIONS
};

/* One object of an import, with a blob that was staged; old, blob, project, workspace
 * and user of the save are the store's. */
struct import_one {
    struct save save; /* its write has what went wrong */
    struct facts facts;
    int64_t blob;
    int64_t
        moves_of; /* the blob that the moves of the save start from; else none holds */
    enum import_action action; /* out */
};

/*
 * Writes the objects of an import and the end of its task, in one transaction: all or,
 * with `carry_on`, those that can be written.  What a name means is looked up in it, so
 * nobody can come in between.  Makes CDM clusters that are not there.  Objects that
 * have an error already are left out.  Fails with what went wrong with the last object
 * when others than carry_on have errors: all of them have theirs.
 */
struct import_all {
    struct write write;
    struct str project, workspace, user;
    struct import_one *const *items;
    size_t n;
    bool overwrite, carry_on;
    struct task_end end; /* its id; `finish` fills the rest when the rows are written */
    int (*finish)(struct import_all *a, struct err *err);
};
void import_all_init(struct import_all *a);

#endif
