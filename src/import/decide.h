#ifndef IMPORT_DECIDE_H
#define IMPORT_DECIDE_H

#include "store/objects.h"

/*
 * What becomes of each object of an import, and the only place that decides it.  Nothing
 * is looked up or written here.  The plan decides by what a snapshot holds; the
 * transaction decides again by what is held then, and is given up when an answer differs.
 */
enum import_action {
    IMPORT_CREATE,
    IMPORT_OVERWRITE,
    IMPORT_SKIP, /* an object of that name is held, and stays */
    IMPORT_SAME, /* the object that is held is the same already, and no secret comes */
    IMPORT_ERROR,
    IMPORT_ACTIONS
};

/* What the catalogue holds when an item's turn comes. */
struct import_held {
    const struct object *object; /* of the item's kind, scope and name; id 0: none */
    /* Of the workspace, and of the items before this one. */
    int64_t jobs, scripts;
    bool dli; /* a connection of the type DLI */
};

struct import_item;
struct import_options;

struct import_decision {
    enum import_action action;
    bool writes; /* its rows are to be written: a version may be new where all else is
                    the same */
    /* Of IMPORT_ERROR why, as err_set() takes it; ec is 0 when the item had an error of
     * its own before. */
    int ec, api, detail;
};

/* Only held, item->save with its facts, item->sha256 and options->overwrite matter. */
struct import_decision import_decide(const struct import_held *held,
                                     const struct import_item *item,
                                     const struct import_options *options);

/* Counts an item with the decision that was taken, for the items after it. */
void import_count(struct import_held *held, const struct import_item *item,
                  const struct import_decision *decision);

#endif
