/* SPDX-License-Identifier: Apache-2.0 */
/* Dates as feeds, HTTP headers and JSON lists write them.  Pure. */
#pragma once
#include "core/clock.h"
#include "core/item.h"

struct hy_stamp {
    hy_wall at; /* HY_WALL_NONE when absent or senseless */
    int offset_min;
    enum hy_precision precision;
};

/* One date of a feed: RFC 822/2822 with all its zones and sloppiness, W3C/ISO 8601, asctime,
 * "2026/11/23 09:12", 2026年11月23日.  Without a zone it is taken in `zone_min`.  "CST" is US
 * central time as RFC 822 says, unless `china`. */
struct hy_stamp hy_stamp_parse(struct hy_str s, int zone_min, bool china);
