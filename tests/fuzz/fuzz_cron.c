/* Cron expressions and times: any text is judged, none is read past its end. */
#include <string.h>

#include "fuzz/fuzz.h"
#include "base/clock.h"
#include "model/cron.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct str text = { (const char *)data, n }, part;
    const char *fault;
    int64_t ms;
    int fields;

    fault = cron_fault(text, &part, &fields);
    MUST(fault || fields == 6);
    MUST(part.n <= n);
    if (clock_parse(text, CLOCK_ISO, &ms))
        MUST(n >= strlen("2024-03-01T00:00:00Z") && ms > -63000000000000 &&
             ms < 253500000000000);
    return 0;
}
