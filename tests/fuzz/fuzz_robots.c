/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as robots.txt: no crash, and the same answer twice.
 * Covers: crawler/fetch/robots */
#include "crawler/fetch/robots.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_str text = hy_str_n((const char *)data, size);
    struct hy_str url = hy_str_sub(text, 0, HY_MIN(size, (size_t)200));
    HY_CLEANUP(hy_robots_freep) struct hy_robots *r = hy_robots_parse(text, "huiying");

    if (hy_robots_allows(r, url) != hy_robots_allows(r, url) || hy_robots_delay_ms(r) < 0)
        abort();
    if (!hy_robots_allows(r, hy_str("http://h.example/robots.txt")))
        abort();
    return 0;
}
