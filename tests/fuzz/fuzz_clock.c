/* SPDX-License-Identifier: Apache-2.0 */
/* What parses as a time prints as a time that parses as the same instant.
 * Covers: core/clock */
#include "core/clock.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_str s = hy_str_n((const char *)data, size);
    char out[HY_TIME_SIZE];
    int64_t ms;
    hy_wall t, again;

    (void)hy_duration_parse(s, &ms);
    if (!hy_wall_parse(s, &t))
        return 0;
    struct hy_civil c = hy_civil_of(t, HY_CST);
    if (hy_wall_of(&c, HY_CST).ms != t.ms)
        abort();
    if (c.year < 0 || c.year > 9999)
        return 0; /* the zone pushed it out of what four digits can say */
    if (!hy_wall_parse(hy_str(hy_wall_format(t, HY_CST, out)), &again) || again.ms != t.ms)
        abort();
    return 0;
}
