/* SPDX-License-Identifier: Apache-2.0 */
/* What people at work hear of a change of clocks: which ends moved, and what began. */
#include "alerts/decide/clocks.h"
#include "alerts/decide/parts.h"
#include "core/mem.h"

#include <stdlib.h>

enum { HALF_DAY_MS = 12 * 60 * 60 * 1000 };

/* Whoever planned by the old time has to hear of the new one; at once when it is earlier. */
void hy_clocks_tell_moved(const struct hy_clocks_news *r, struct hy_str incident,
                          const struct hy_clock_moved *m)
{
    const json_t *o =
        hy_incident_obligation(hy_state_incident(r->d->state, incident), hy_str(m->clock));
    hy_wall due = hy_json_time(o, "due");
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    if (!hy_clock_is(o, "open"))
        return;
    HY_CLEANUP(hy_freep) char *clock = hy_str_dup(hy_obligation_suffix(o));
    hy_buf_str(&b, hy_json_str(o, "label"));
    hy_buf_puts(&b, "：到期时间由 ");
    hy_add_moment(&b, m->due);
    hy_buf_puts(&b, " 改为 ");
    hy_add_moment(&b, due);
    hy_buf_printf(&b, "（%s）。%s", r->why ? r->why : "情况更新",
                  due.ms < r->d->now.ms ? "新的时间已经过去，请立即处理" : "请按新的时间安排");
    hy_notice(r->d, incident,
              &(struct hy_notice_spec){.clock = hy_str(clock),
                                       .step = "moved",
                                       .posts = 1u << HY_POST_DUTY | 1u << HY_POST_UNIT_LEAD,
                                       .urgency = due.ms < m->due.ms ? HY_URGENT : HY_NORMAL,
                                       .body = b.p,
                                       .due = r->d->now});
    hy_buf_release(&b);
}

static const json_t *first_begun(const struct hy_clocks_news *r)
{
    const json_t *first = NULL;
    size_t i;
    json_t *o;

    json_array_foreach (r->begun, i, o)
        if (first == NULL || hy_json_time(o, "due").ms < hy_json_time(first, "due").ms)
            first = o;
    return first;
}

/* The end people had in mind until now; where nothing ran, half a day from now. */
static hy_wall known_end(const struct hy_clocks_news *r)
{
    hy_wall known = HY_WALL_NONE;
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(r->doc, "obligations"), i, o) {
        bool dropped = hy_clock_is(o, "superseded") && hy_list_find(r->changed, hy_json_str(o, "id"));
        hy_wall due = hy_json_time(o, "due");
        if ((hy_clock_is(o, "open") || dropped) && !hy_list_find(r->begun, hy_json_str(o, "id")) &&
            (!hy_wall_known(known) || due.ms < known.ms))
            known = due;
    }
    return hy_wall_known(known) ? known : hy_wall_add_ms(r->d->now, HALF_DAY_MS);
}

static void begun_text(const struct hy_clocks_news *r, struct hy_buf *b)
{
    bool late = false;
    size_t i;
    json_t *o;

    hy_buf_printf(b, "%s，开始计时：", r->why);
    json_array_foreach (r->begun, i, o) {
        late |= hy_json_time(o, "due").ms < r->d->now.ms;
        hy_buf_puts(b, i ? "；" : "");
        hy_add_clock(r->d->now, b, o);
    }
    hy_buf_puts(b, late ? "。请立即办理" : "。请按此安排");
}

/* A clock that begins when people have long been at work - the level was raised, the matter opened
 * again - has no page that shows it, and its reminders may all lie in the past: it is told, at once
 * when it ends before all they knew of. */
void hy_clocks_tell_begun(const struct hy_clocks_news *r, struct hy_str incident)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    const json_t *first = first_begun(r);

    if (first == NULL)
        return;
    HY_CLEANUP(hy_freep) char *clock = hy_str_dup(hy_obligation_suffix(first));
    bool sooner = hy_json_time(first, "due").ms < known_end(r).ms;
    begun_text(r, &b);
    hy_notice(r->d, incident,
              &(struct hy_notice_spec){.clock = hy_str(clock),
                                       .step = "begun",
                                       .posts = 1u << HY_POST_DUTY | 1u << HY_POST_UNIT_LEAD,
                                       .urgency = sooner ? HY_URGENT : HY_NORMAL,
                                       .body = b.p,
                                       .due = r->d->now});
    hy_buf_release(&b);
}
