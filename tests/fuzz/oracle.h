#ifndef FUZZ_ORACLE_H
#define FUZZ_ORACLE_H

#include <stddef.h>

/*
 * What jansson makes of a JSON text: the text that it prints of it, without
 * white space and in the order of the input, free() it; NULL when it refuses.
 * In a file of its own, because its names are ours, too.
 */
char *oracle(const char *text, size_t n);

#endif
