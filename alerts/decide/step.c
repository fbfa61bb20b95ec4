/* SPDX-License-Identifier: Apache-2.0 */
/* Steps: what waits in a document for its time, is marked when it fires, and how such times are put into
 * words. */
#include "alerts/decide/parts.h"

void hy_step_fire(const struct hy_decide *d, json_t *step, hy_wall due)
{
    int64_t every = hy_json_int(step, "every_ms", 0);

    json_object_set_new(step, "fired", hy_now_json(d));
    if (every <= 0)
        return;
    int64_t missed = (d->now.ms - due.ms) / every;
    hy_json_set_time(step, "due", hy_wall_add_ms(due, (missed + 1) * every), HY_CST);
    hy_json_set_int(step, "n", hy_json_int(step, "n", 1) + 1);
}

hy_wall hy_alarm_at(const json_t *doc)
{
    hy_wall at = HY_WALL_NONE;
    size_t i;
    json_t *n;

    json_array_foreach (json_object_get(doc, "notices"), i, n)
        if (hy_str_is(hy_json_str(n, "step"), "open") ||
            hy_str_starts(hy_json_str(n, "step"), HY_STR("ack-expired-")))
            at = hy_json_time(n, "at");
    return at;
}

void hy_add_left(struct hy_buf *b, int64_t ms)
{
    int64_t minutes = ms / HY_MINUTE_MS;

    if (minutes >= 60 * 48)
        hy_buf_printf(b, "%lld 天", (long long)(minutes / 1440));
    else if (minutes >= 60 && minutes % 60)
        hy_buf_printf(b, "%lld 小时 %lld 分", (long long)(minutes / 60), (long long)(minutes % 60));
    else if (minutes >= 60)
        hy_buf_printf(b, "%lld 小时", (long long)(minutes / 60));
    else
        hy_buf_printf(b, "%lld 分钟", (long long)minutes);
}

void hy_add_moment(struct hy_buf *b, hy_wall t)
{
    struct hy_civil c = hy_civil_of(t, HY_CST);

    hy_buf_printf(b, "%d月%d日 %02d:%02d", c.month, c.day, c.hour, c.minute);
}
