/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/health.h"

#include "core/mem.h"

#include <math.h>
#include <stdio.h>

enum {
    PATIENCE = 3,       /* failures in a row before a source that worked counts as blind */
    SILENCE_MIN_H = 12, /* shorter silences say nothing (nights) */
    WATCHED_MIN_D = 2,  /* before that the rate is a guess */
    DATE_LEN = 10,      /* of "2026-11-24T07:10:22" */
    YEAR_LEN = 5,
};
/* Chance of the present silence at the source's own rate. */
#define UNUSUAL 0.05
#define UNLIKELY 0.001

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

static void note_bad(struct hy_health *h, const struct hy_visit *v, hy_wall now)
{
    bool never_worked = h->last_ok.ms == 0;

    if (h->failures++ == 0)
        h->first_bad = now;
    if (ends[v->end].at_once || h->failures >= PATIENCE || h->state == HY_BLIND)
        say(h, HY_BLIND, ends[v->end].why, v->detail);
    else if (never_worked)
        say(h, HY_NEW, ends[v->end].why, v->detail);
    else
        say(h, h->state, ends[v->end].why, v->detail); /* coped once or twice: the state stays */
}

/* A Poisson source of this rate is silent for so long with probability exp(-rate * time). */
static double chance_of_silence(const struct hy_health *h, double per_day, hy_wall now)
{
    return exp(-per_day * (double)(now.ms - h->last_new.ms) / (double)HY_DAY_MS);
}

/* Known to whoever reads the sources page for a day; the numbers stay in the source's record. */
static void say_gap(struct hy_health *h, hy_wall now)
{
    char from[HY_TIME_SIZE], to[HY_TIME_SIZE], text[128];
    size_t n = strlen(h->why);

    if (h->gap_to.ms == 0 || now.ms - h->gap_to.ms > HY_DAY_MS)
        return;
    hy_wall_format(h->gap_from, HY_CST, from);
    hy_wall_format(h->gap_to, HY_CST, to);
    from[DATE_LEN] = to[DATE_LEN] = ' ';
    snprintf(text, sizeof(text), "；%.11s 至 %.11s 之间的条目可能有遗漏", from + YEAR_LEN,
             to + YEAR_LEN); /* "11-24 07:10" */
    if (n + strlen(text) < sizeof(h->why))
        memcpy(h->why + n, text, strlen(text) + 1);
}

void hy_health_gap(struct hy_health *h, hy_wall from, hy_wall to)
{
    h->gap_from = from;
    h->gap_to = to;
    h->gaps++;
}

static void judge_silence(struct hy_health *h, const struct hy_visit *v, hy_wall now)
{
    int64_t silent_ms = now.ms - h->last_new.ms;
    double chance = chance_of_silence(h, v->per_day, now);
    bool odd = v->watched_days >= WATCHED_MIN_D && chance < UNLIKELY &&
               silent_ms > SILENCE_MIN_H * HY_HOUR_MS;
    char text[64];

    if (v->quiet_after_ms && silent_ms > v->quiet_after_ms) {
        snprintf(text, sizeof(text), "已有 %d 天", (int)(silent_ms / HY_DAY_MS));
        say(h, HY_BLIND, "超过设定的时间没有新内容", text);
    } else if (!v->quiet_after_ms && odd) {
        snprintf(text, sizeof(text), "按以往频率每天约 %.0f 条", v->per_day);
        say(h, HY_BLIND, "久无新内容，不合常情", text);
    } else if (chance < UNUSUAL || h->last_new.ms == 0) {
        say(h, HY_QUIET, "没有新内容，属正常", "");
    } else {
        say(h, HY_HEALTHY, "正常", "");
    }
}

static void note_good(struct hy_health *h, const struct hy_visit *v, hy_wall now)
{
    bool first = h->last_ok.ms == 0;

    h->failures = 0;
    h->last_ok = now;
    if (v->end == HY_VISIT_FRESH) /* what stood there at the first visit is as old as it says */
        h->last_new = first && hy_wall_known(v->newest) && v->newest.ms < now.ms ? v->newest : now;
    judge_silence(h, v, now);
    say_gap(h, now);
}

bool hy_health_note(struct hy_health *h, const struct hy_visit *v, hy_wall now)
{
    enum hy_health_state before = h->state;

    if (ends[v->end].why)
        note_bad(h, v, now);
    else
        note_good(h, v, now);
    return h->state != before;
}
