#ifndef DLFD_ADMIN_H
#define DLFD_ADMIN_H

/*
 * `dlfd admin ...`: administration on the data folder, also while a server
 * uses it.  argv[0] is "admin".  Gives the exit status: 0 done, 1 it
 * could not be done, 2 the call is wrong.
 */
int admin_main(int argc, char **argv);

#endif
