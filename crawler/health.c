/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/health.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <math.h>
#include <stdio.h>

enum {
    PATIENCE = 3,         /* failures in a row before a source that worked counts as blind */
    SILENCE_MIN_H = 3,    /* shorter silences say nothing: everybody has lunch */
    SILENCE_EARLY_H = 12, /* ... while its hours are not known yet */
    WATCHED_MIN_D = 2,    /* before that the rate is a guess */
    HOURS_KNOWN_D = 7,    /* before that its hours are */
    CLOCK_OFF_MIN = 10,   /* a server's clock that is worth a word */
    DATE_LEN = 10,        /* of "2026-11-24T07:10:22" */
    YEAR_LEN = 5,
};
/* Chance of the present silence at the source's own rate and hours. */
#define UNUSUAL 0.05
#define UNLIKELY 0.001
#define IMPOSSIBLE 1e-6

const char *const hy_health_name[] = {[HY_NEW] = "new",
                                      [HY_HEALTHY] = "healthy",
                                      [HY_QUIET] = "quiet",
                                      [HY_SUSPICIOUS] = "suspicious",
                                      [HY_BLIND] = "blind"};
_Static_assert(HY_COUNT(hy_health_name) == HY_HEALTH_COUNT, "name every state");

static const struct {
    const char *why; /* why we cannot see; NULL: we can */
    bool at_once;    /* no patience: the next visit will not be different */
} ends[] = {
    [HY_VISIT_FRESH] = {NULL, false},
    [HY_VISIT_SAME] = {NULL, false},
    [HY_VISIT_EMPTY] = {"页面可以打开，但没有找到任何条目（版式可能已改变）", false},
    [HY_VISIT_SHRUNK] = {"条目比平时少得多，又没有一条是见过的（版式可能已改变）", false},
    [HY_VISIT_WALL] = {"打开的是登录、验证或拦截页面", true},
    [HY_VISIT_ROBOTS] = {"网站的 robots.txt 不允许访问", true},
    [HY_VISIT_REFUSED] = {"网站拒绝访问", true},
    [HY_VISIT_FAILED] = {"无法读取", false},
};
_Static_assert(HY_COUNT(ends) == HY_VISIT_END_COUNT, "judge every end");

static void say(struct hy_health *h, enum hy_health_state state, const char *why,
                const char *detail)
{
    size_t room = sizeof(h->why) - 1 - strlen(why) - strlen("：");
    struct hy_str rest = hy_str_sub(hy_str(detail), 0, room);

    h->state = state;
    rest.n = hy_utf8_valid_prefix(rest, false); /* cut between characters */
    snprintf(h->why, sizeof(h->why), "%s%s" HY_STR_FMT, why, rest.n ? "：" : "", HY_STR_ARG(rest));
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

static void append(struct hy_health *h, const char *text)
{
    size_t n = strlen(h->why);

    if (n + strlen(text) < sizeof(h->why))
        memcpy(h->why + n, text, strlen(text) + 1);
}

/* Known to whoever reads the sources page for a day; the numbers stay in the source's record. */
static void say_gap(struct hy_health *h, hy_wall now)
{
    char from[HY_TIME_SIZE], to[HY_TIME_SIZE], text[128];

    if (h->gap_to.ms == 0 || now.ms - h->gap_to.ms > HY_DAY_MS)
        return;
    hy_wall_format(h->gap_from, HY_CST, from);
    hy_wall_format(h->gap_to, HY_CST, to);
    from[DATE_LEN] = to[DATE_LEN] = ' ';
    snprintf(text, sizeof(text), "；%.11s 至 %.11s 之间的条目可能有遗漏", from + YEAR_LEN,
             to + YEAR_LEN); /* "11-24 07:10" */
    append(h, text);
}

void hy_health_gap(struct hy_health *h, hy_wall from, hy_wall to)
{
    h->gap_from = from;
    h->gap_to = to;
    h->gaps++;
}

/* Visits work and yet nothing they bring can be trusted: why, or NULL. */
static const char *deceived(const struct hy_visit *v, hy_wall now, char text[64])
{
    int64_t off = hy_wall_known(v->server) ? v->server.ms - now.ms : 0;

    text[0] = '\0';
    if (v->alike >= HY_HEALTH_ALIKE)
        return "列表能读，但打开的文章页内容全都一样（可能是拦截页或错误页）";
    if (v->future)
        return "条目的时间大多在将来，不可信";
    if (off < -HY_DAY_MS) {
        snprintf(text, 64, "服务器给出的时间早了 %lld 天", (long long)(-off / HY_DAY_MS));
        return "网站给的可能是旧的缓存页面";
    }
    if (off > HY_DAY_MS) {
        snprintf(text, 64, "快了 %lld 天", (long long)(off / HY_DAY_MS));
        return "网站的时钟不可信，发布时间无法判断";
    }
    return NULL;
}

/* How long ago, as people say it. */
static void say_span(int64_t ms, char text[64])
{
    if (ms >= 2 * HY_DAY_MS)
        snprintf(text, 64, "已有 %d 天", (int)(ms / HY_DAY_MS));
    else
        snprintf(text, 64, "已有 %d 小时", (int)(ms / HY_HOUR_MS));
}

static void judge_silence(struct hy_health *h, const struct hy_visit *v, hy_wall now)
{
    int64_t silent_ms = now.ms - h->last_new.ms;
    double chance =
        exp(-hy_rate_expected_hits(v->rate, h->last_new, now)); /* of a Poisson source */
    int min_h = v->rate->days < HOURS_KNOWN_D ? SILENCE_EARLY_H : SILENCE_MIN_H;
    bool odd =
        v->rate->days >= WATCHED_MIN_D && chance < UNLIKELY && silent_ms > min_h * HY_HOUR_MS;
    char text[128], span[64];

    say_span(silent_ms, span);
    if (v->quiet_after_ms) {
        odd = silent_ms > v->quiet_after_ms;
        snprintf(text, sizeof(text), "%s", span);
    } else {
        snprintf(text, sizeof(text), "%s；以往每天约 %.0f 条", span,
                 HY_MAX(hy_rate_per_day(v->rate), 1.0));
    }
    if (odd && v->frozen && chance < IMPOSSIBLE && v->rate->days >= WATCHED_MIN_D)
        say(h, HY_BLIND, "每次返回的内容都一模一样，应当有新内容而没有", text);
    else if (odd)
        say(h, HY_SUSPICIOUS,
            v->quiet_after_ms ? "超过设定的时间没有新内容" : "这个时段通常有新内容，却一直没有",
            text);
    else if (chance < UNUSUAL || h->last_new.ms == 0)
        say(h, HY_QUIET, "没有新内容，这个时段属正常", "");
    else
        say(h, HY_HEALTHY, "正常", "");
}

/* A clock that is a little off spoils "3 分钟前" and nothing else. */
static void say_clock(struct hy_health *h, const struct hy_visit *v, hy_wall now)
{
    int64_t off = hy_wall_known(v->server) ? (v->server.ms - now.ms) / HY_MINUTE_MS : 0;
    char text[96];

    if (off <= CLOCK_OFF_MIN && off >= -CLOCK_OFF_MIN)
        return;
    snprintf(text, sizeof(text), "；网站的时钟%s %lld 分钟", off > 0 ? "快" : "慢",
             (long long)(off > 0 ? off : -off));
    append(h, text);
}

static void note_good(struct hy_health *h, const struct hy_visit *v, hy_wall now)
{
    bool first = h->last_ok.ms == 0;
    char text[64];

    h->failures = 0;
    h->last_ok = now;
    if (v->end == HY_VISIT_FRESH) /* what stood there at the first visit is as old as it says */
        h->last_new = first && hy_wall_known(v->newest) && v->newest.ms < now.ms ? v->newest : now;
    const char *lie = deceived(v, now, text);
    if (lie) {
        say(h, HY_BLIND, lie, text);
        return;
    }
    judge_silence(h, v, now);
    say_clock(h, v, now);
    say_gap(h, now);
}

/* A state begins when what it is about began, which may be before we noticed. */
static hy_wall beginning(const struct hy_health *h, hy_wall now)
{
    hy_wall t = h->failures ? h->first_bad : h->state == HY_SUSPICIOUS ? h->last_new : now;

    return t.ms && t.ms < now.ms ? t : now;
}

bool hy_health_note(struct hy_health *h, const struct hy_visit *v, hy_wall now)
{
    enum hy_health_state before = h->state;

    if (ends[v->end].why)
        note_bad(h, v, now);
    else
        note_good(h, v, now);
    if (h->state == before)
        return false;
    h->since = beginning(h, now);
    return true;
}
