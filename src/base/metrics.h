#ifndef BASE_METRICS_H
#define BASE_METRICS_H

#include <stdatomic.h>
#include <stdint.h>

/*
 * Counters of the process, for GET /metrics; metrics.def has them.  Safe from any
 * thread.
 */
enum metric {
#define METRIC(symbol, type, name, divisor, help) METRIC_##symbol,
#include "base/metrics.def"
#undef METRIC
    METRICS
};

extern atomic_int_fast64_t metric_of[METRICS];

static inline void metric_add(enum metric metric, int64_t n)
{
    atomic_fetch_add_explicit(&metric_of[metric], n, memory_order_relaxed);
}

#endif
