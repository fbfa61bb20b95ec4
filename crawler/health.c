/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/health.h"

#include "core/mem.h"

#include <math.h>
#include <stdio.h>

enum {
    PATIENCE = 3,       /* failures in a row before a source that worked counts as blind */
    SILENCE_MIN_H = 12, /* shorter silences say nothing (nights) */
};
#define UNLIKELY 0.001 /* chance of the present silence at the source's own rate */

const char *const hy_health_name[] = {
    [HY_NEW] = "new", [HY_HEALTHY] = "healthy", [HY_QUIET] = "quiet", [HY_BLIND] = "blind"};
_Static_assert(HY_COUNT(hy_health_name) == HY_HEALTH_COUNT, "name every state");

static const struct {
    const char *why; /* why we cannot see; NULL: we can */
    bool at_once;    /* no patience: the next visit will not be different */
} ends[] = {
    [HY_VISIT_FRESH] = {NULL, false},
    [HY_VISIT_SAME] = {NULL, false},
    [HY_VISIT_EMPTY] = {"页面可以打开，但没有找到任何条目（版式可能已改变）", false},
    [HY_VISIT_WALL] = {"打开的是登录、验证或拦截页面", true},
    [HY_VISIT_ROBOTS] = {"网站的 robots.txt 不允许访问", true},
    [HY_VISIT_REFUSED] = {"网站拒绝访问", true},
    [HY_VISIT_FAILED] = {"无法读取", false},
};
_Static_assert(HY_COUNT(ends) == HY_VISIT_END_COUNT, "judge every end");

static void say(struct hy_health *h, enum hy_health_state state, const char *why,
                const char *detail)
{
    h->state = state;
    snprintf(h->why, sizeof(h->why), "%s%s%s", why, detail[0] ? "：" : "", detail);
}

static void note_bad(struct hy_health *h, enum hy_visit_end end, const char *detail, hy_wall now)
{
    if (h->failures++ == 0)
        h->first_bad = now;
    bool never_worked = h->last_ok.ms == 0;
    if (ends[end].at_once || h->failures >= PATIENCE || h->state == HY_BLIND)
        say(h, HY_BLIND, ends[end].why, detail);
    else if (never_worked)
        say(h, HY_NEW, ends[end].why, detail);
    else
        say(h, h->state, ends[end].why, detail); /* coped once or twice: the state stays */
}

/* A Poisson source of this rate is silent for so long with probability exp(-rate * time). */
static bool silence_is_odd(const struct hy_health *h, double per_day, hy_wall now)
{
    double days = (double)(now.ms - h->last_new.ms) / (double)HY_DAY_MS;

    return h->last_new.ms != 0 && days * 24 >= SILENCE_MIN_H && exp(-per_day * days) < UNLIKELY;
}

static void note_good(struct hy_health *h, enum hy_visit_end end, double per_day, hy_wall now)
{
    char text[64];

    h->failures = 0;
    h->last_ok = now;
    if (end == HY_VISIT_FRESH)
        h->last_new = now;
    if (end == HY_VISIT_FRESH) {
        say(h, HY_HEALTHY, "正常", "");
    } else if (silence_is_odd(h, per_day, now)) {
        snprintf(text, sizeof(text), "按以往频率每天约 %.0f 条", per_day);
        say(h, HY_BLIND, "久无新内容，不合常情", text);
    } else {
        say(h, HY_QUIET, "没有新内容，属正常", "");
    }
}

bool hy_health_note(struct hy_health *h, enum hy_visit_end end, const char *detail, double per_day,
                    hy_wall now)
{
    enum hy_health_state before = h->state;

    if (ends[end].why)
        note_bad(h, end, detail, now);
    else
        note_good(h, end, per_day, now);
    return h->state != before;
}
