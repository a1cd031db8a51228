#ifndef BASE_BANNED_H
#define BASE_BANNED_H

/*
 * Functions that this code base does without; using one does not compile.
 * Instead: struct buf for text that grows, snprintf() for fixed fields,
 * gmtime_r() for dates.
 */
#pragma GCC poison strcpy strcat sprintf vsprintf strncpy strncat strtok
#pragma GCC poison gmtime localtime ctime asctime atoi atol atof gets

#endif
