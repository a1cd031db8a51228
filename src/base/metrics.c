#include "base/metrics.h"

atomic_int_fast64_t metric_of[METRICS];
