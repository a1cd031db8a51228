#ifndef DLFD_OBS_SETUP_H
#define DLFD_OBS_SETUP_H

#include "dlfd/options.h"
#include "obs/obs.h"

/*
 * The storage of obs://, by the options: the service of --obs-endpoint, else the folder
 * obs in the data folder.
 */

/* Adds a sentence for each of its options that is wrong, or lacks another. */
void obs_setup_check(const struct options *o, struct buf *text);

/* Opens the storage; the caller closes it with obs_close().  The error's first text says
 * what is wrong, also with the file of the secret key. */
int obs_setup_open(struct obs **out, const struct options *o, struct err *err) MUST_CHECK;

#endif
