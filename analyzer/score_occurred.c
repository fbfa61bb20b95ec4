/* SPDX-License-Identifier: Apache-2.0 */
/* When the event happened, as the item says it (昨日22时许), against the time it was published.
 *
 * A report names several times: when it was written (新华社10月5日电), when somebody was told (记者
 * 昨日从应急局获悉), what happened before.  The time that counts stands in a sentence with a word
 * of the event; else it is the first one that is not the writer's own.  A time of day without a
 * date is of the day of publication.  Nothing lies after the publication. */
#include "analyzer/score_parts.h"

#include "analyzer/read_parts.h"

enum fit { FIT_NONE, FIT_WRITERS, FIT_ELSEWHERE, FIT_EVENT };

/* 电, 讯, 消息 behind a date; 记者, 本报 before it; 获悉, 介绍 further on in its clause. */
static bool is_writers_own(const struct hy_chars *t, const struct hy_reading *r)
{
    static struct hy_wordlist behind = {
        .list = {"电", "讯", "消息", "发布", "通报", "从", "获悉", "了解到", "介绍", "表示", NULL}};
    static struct hy_wordlist before = {.list = {"记者", "本报", "新华社", "中新网", "本报讯",
                                                 "发布时间", "来源", "更新时间", "截至", "截止",
                                                 NULL}};
    enum { REACH = 8 };
    size_t at = hy_skip_spaces(t, r->end);

    if (at < t->n && t->c[at] == ')')
        return true; /* 中新网10月5日电 (记者 张三) 10月5日) */
    if (hy_wordlist_at(t, at, &behind, NULL))
        return true;
    for (size_t i = r->start; i > 0 && r->start - i < REACH && !hy_is_clause_end(t->c[i - 1]); i--)
        if (hy_wordlist_before(t, i, &before, NULL))
            return true;
    return false;
}

/* A word of an event stands in the sentence and is not denied. */
static bool speaks_of_event(const struct scoring *g, int field, const struct hy_reading *r)
{
    const struct hy_chars *t = &g->doc.field[field];
    size_t from = hy_sentence_start(t, r->start), to = hy_sentence_end(t, r->end);

    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        if ((h->field == HY_LEXIS_TITLE) != (field == HY_TITLE) || h->negated ||
            h->purpose != HY_PURPOSE_EMERGENCY)
            continue;
        size_t at = score_code_point(g, h->field, h->start);
        if (at >= from && at < to)
            return true;
    }
    return false;
}

/* A day without a year that lies months back is one to come (发布会定于3月5日). */
static bool is_to_come(const struct hy_chars *t, const struct hy_reading *r, hy_wall when,
                       hy_wall at)
{
    enum { MONTHS_DAYS = 180 };

    if (!hy_wall_known(at) || at.ms - when.ms < MONTHS_DAYS * HY_DAY_MS)
        return false;
    for (size_t i = r->start; i < r->end; i++)
        if (t->c[i] == 0x5E74 /* 年 */ || t->c[i] == '-' || t->c[i] == '/' || t->c[i] == '.')
            return false;
    return true;
}

/* A time of day is of the day of publication. */
static bool moment_of(const struct hy_chars *t, const struct hy_reading *r, hy_wall at,
                      struct hy_score_time *ret)
{
    struct hy_civil when = r->when;

    if (!r->resolved || (r->kind != HY_READ_DATE && r->kind != HY_READ_DATETIME &&
                         (r->kind != HY_READ_TIME || !hy_wall_known(at))))
        return false;
    if (r->kind == HY_READ_TIME) {
        struct hy_civil day = hy_civil_of(at, HY_CST);
        when.year = day.year;
        when.month = day.month;
        when.day = day.day;
    }
    ret->at = hy_wall_of(&when, HY_CST);
    ret->to_the_minute = r->kind != HY_READ_DATE;
    return !hy_wall_known(at) || (ret->at.ms <= at.ms && !is_to_come(t, r, ret->at, at));
}

static enum fit fit_of(const struct scoring *g, int field, const struct hy_reading *r)
{
    if (is_writers_own(&g->doc.field[field], r))
        return FIT_WRITERS;
    return speaks_of_event(g, field, r) ? FIT_EVENT : FIT_ELSEWHERE;
}

static bool same_day(hy_wall a, hy_wall b)
{
    struct hy_civil x = hy_civil_of(a, HY_CST), y = hy_civil_of(b, HY_CST);

    return x.year == y.year && x.month == y.month && x.day == y.day;
}

static enum fit best_of_field(const struct scoring *g, int field, hy_wall at,
                              struct hy_score_time *ret)
{
    hy_reading_vec all = {0};
    enum fit best = FIT_NONE;

    hy_read_dates(&g->doc.field[field], at, HY_CST, &all);
    for (size_t i = 0; i < all.n && best != FIT_EVENT; i++) {
        struct hy_score_time t = {.known = true,
                                  .span = {(enum hy_field)field, all.v[i].start, all.v[i].end}};
        enum fit fit = moment_of(&g->doc.field[field], &all.v[i], at, &t)
                           ? fit_of(g, field, &all.v[i])
                           : FIT_NONE;
        if (fit > best || (fit == best && fit != FIT_NONE && t.to_the_minute &&
                           !ret->to_the_minute && same_day(t.at, ret->at))) {
            best = fit;
            *ret = t;
        }
    }
    hy_vec_release(&all);
    return best;
}

/* Only of what looks like an event at all: reading dates costs as much as the rest of a title. */
void score_occurred(struct scoring *g)
{
    hy_wall at = hy_wall_known(g->item->published) ? g->item->published : g->item->fetched;
    struct hy_score_time in[HY_FIELD_COUNT] = {{0}};
    enum fit fit[HY_FIELD_COUNT];

    if (g->out->emergency < g->s->rules->lexicon->limits.digest)
        return;
    for (int f = 0; f < HY_FIELD_COUNT; f++)
        fit[f] = best_of_field(g, f, at, &in[f]);
    int from = fit[HY_TITLE] >= fit[HY_TEXT] ? HY_TITLE : HY_TEXT;
    /* The title says the day, the text the hour. */
    if (from == HY_TITLE && fit[HY_TEXT] == FIT_EVENT && !in[HY_TITLE].to_the_minute &&
        in[HY_TEXT].to_the_minute && same_day(in[HY_TITLE].at, in[HY_TEXT].at))
        from = HY_TEXT;
    g->out->occurred = in[from];
    for (int f = 0; f < HY_FIELD_COUNT; f++)
        if (fit[f] == FIT_EVENT)
            g->out->said[f] = in[f];
}
