#include "base/count.h"

#ifdef DLF_COUNT
atomic_long count_of[COUNTS];
#else
typedef int count_is_off; /* a file is never empty */
#endif
