/* SPDX-License-Identifier: Apache-2.0 */
/* Any text as the dates of a page and as the date of a feed: what is found lies in the text, exists
 * in the calendar, is found again from where it began, and the search comes to an end.
 * Covers: crawler/page/when crawler/page/stamp */
#include "core/utf8.h"
#include "crawler/page/stamp.h"
#include "crawler/page/when.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_when(const struct hy_when *w, size_t before, size_t at)
{
    if (w->begin < before && !w->relative)
        abort();
    if (w->end <= w->begin || w->end > w->length || at <= before)
        abort();
    if (w->precision >= HY_PREC_MINUTE && (w->hour < 0 || w->hour > 24 || w->minute > 59))
        abort();
    if (w->year && !w->relative && !hy_date_exists(w->year, w->month, w->day))
        abort();
}

static void read_dates(struct hy_str s, struct hy_when_how how)
{
    static const hy_wall now = {INT64_C(1795417200000)};
    struct hy_when w;

    for (size_t at = 0, before = 0; hy_when_next(s, &at, how, &w); before = at) {
        check_when(&w, before, at);
        hy_wall t = hy_when_wall(&w, now, HY_CST);
        if (w.year == 0 && hy_wall_known(t) && t.ms > now.ms + HY_DAY_MS)
            abort(); /* without a year it is the latest one that is not to come */
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct hy_str s = hy_str_n((const char *)data, size);

    for (int i = 0; i < 4; i++)
        read_dates(s, (struct hy_when_how){.day_first = i & 1, .compact = i & 2});
    struct hy_stamp stamp = hy_stamp_parse(s, HY_CST, size % 2);
    if (hy_wall_known(stamp.at) != (stamp.precision != HY_PREC_NONE))
        abort();
    return 0;
}
