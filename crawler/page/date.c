/* SPDX-License-Identifier: Apache-2.0 */
/* Which of all the times on a page is that of its publication: candidates from date_marks.c and
 * date_lines.c, the day with the best witnesses, of its witnesses the one that knows most. */
#include "crawler/page/date.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"
#include "crawler/page/date_parts.h"

#include <stdlib.h>
#include <string.h>

enum {
    MIN_WITNESS = 40, /* what a witness of the time of day must reach */
    EXPLAIN_CHARS = 60,
    MAX_REFUSED = 12,
};

static const char *const reason_name[REASON_COUNT] = {
    [BY_HEADING] = "标题旁边",
    [BEFORE_BODY] = "正文之前不远处",
    [IN_BODY_HEAD] = "正文开头",
    [AT_BODY_END] = "正文末尾（落款）",
    [IN_BODY] = "正文中间",
    [BEHIND_BODY] = "正文之后",
    [ELSEWHERE] = "离正文很远",
    [SAYS_PUBLISHED] = "写明是发布时间",
    [SAYS_WRITTEN] = "写明是成文日期，不是发布日期",
    [SAYS_ANSWERED] = "写明是答复时间",
    [CALLED_DATE] = "所在元素的名称是时间",
    [HAS_TIME] = "精确到分",
    [IN_TEXT] = "同一行还有别的文字",
    [IN_LINKS] = "在链接列表里",
    [IN_NOISE] = "在导航、页脚、推荐一类的框里",
    [IN_COMMENT] = "在读者评论里",
};

/* -- choice --------------------------------------------------------------------------------- */

/* Witnesses of one day: the best counts whole, others of another kind a fifth each. */
static int day_score(const struct hy_date_search *s, int64_t day)
{
    int best = 0, sum = 0;
    const char *from[8];
    size_t kinds = 0;

    for (size_t i = 0; i < s->n; i++)
        if (s->c[i].day == day)
            best = HY_MAX(best, s->c[i].score);
    for (size_t i = 0; i < s->n; i++) {
        bool known = false;
        if (s->c[i].day != day)
            continue;
        for (size_t k = 0; k < kinds; k++)
            known = known || strcmp(from[k], s->c[i].from) == 0;
        if (!known && kinds < HY_COUNT(from)) {
            from[kinds++] = s->c[i].from;
            sum += s->c[i].score / 5;
        }
    }
    return best + sum - best / 5;
}

static int64_t best_day(const struct hy_date_search *s, int *ret_score)
{
    int64_t day = 0;

    *ret_score = 0;
    for (size_t i = 0; i < s->n; i++) {
        int score = day_score(s, s->c[i].day);
        if (score > *ret_score || (score == *ret_score && s->c[i].day < day)) {
            *ret_score = score;
            day = s->c[i].day;
        }
    }
    return day;
}

/* Midnight to the second is a day in disguise: a field for a time that nobody filled in. */
static bool is_midnight(const struct hy_when *w)
{
    return w->hour == 0 && w->minute == 0 && w->second == 0 && !w->relative;
}

/* Of the day's witnesses: one that knows the minute before one that does not, then by worth. */
static const struct hy_date_candidate *best_witness(const struct hy_date_search *s, int64_t day)
{
    const struct hy_date_candidate *best = NULL;
    int best_score = 0, top = 0;

    for (size_t i = 0; i < s->n; i++)
        if (s->c[i].day == day)
            top = HY_MAX(top, s->c[i].score);

    for (size_t i = 0; i < s->n; i++) {
        const struct hy_date_candidate *c = &s->c[i];
        bool exact = c->when.precision >= HY_PREC_MINUTE && !is_midnight(&c->when);
        int score = c->score + (exact ? 40 : 0);
        if (s->chinese && c->score >= 80 && strcmp(c->from, "text") == 0)
            score += 15; /* what the page shows under its heading is what people go by */
        if (c->day != day || c->score < MIN_WITNESS || 2 * c->score < top)
            continue; /* a reader's comment of the same day */
        if (best == NULL || score > best_score) {
            best = c;
            best_score = score;
        }
    }
    return best;
}

static void set_why(json_t *o, const struct hy_date_candidate *c)
{
    struct hy_buf why = HY_BUF_INIT(1000);

    for (size_t i = 0; i < REASON_COUNT; i++)
        if (c->reasons & 1u << i)
            hy_buf_printf(&why, "%s%s", why.n ? "，" : "", reason_name[i]);
    if (c->key.n)
        hy_buf_printf(&why, "%.*s", (int)HY_MIN(c->key.n, (size_t)40), c->key.p);
    hy_json_set_str(o, "why", hy_buf_view(&why));
    hy_buf_release(&why);
}

static int by_day_and_score(const void *a, const void *b)
{
    const struct hy_date_candidate *const *x = a, *const *y = b;

    return (*y)->score - (*x)->score ? (*y)->score - (*x)->score : *x < *y ? -1 : 1;
}

/* All evidence, the best first; `chosen` may be NULL. */
static void explain(const struct hy_date_search *s, const struct hy_date_candidate *chosen,
                    json_t *out)
{
    const struct hy_date_candidate *order[HY_DATE_MAX];
    json_t *list = json_array();

    for (size_t i = 0; i < s->n; i++)
        order[i] = &s->c[i];
    qsort(order, s->n, sizeof(order[0]), by_day_and_score);
    for (size_t i = 0; i < s->n; i++) {
        const struct hy_date_candidate *c = order[i];
        char time[HY_TIME_SIZE];
        json_t *o = json_object();
        hy_json_set_str(o, "at", hy_str(hy_wall_format(c->at, c->offset_min, time)));
        hy_json_set_str(o, "precision", hy_str(hy_precision_name[c->when.precision]));
        hy_json_set_str(o, "from", hy_str(c->from));
        hy_json_set_int(o, "rank", (int64_t)i + 1);
        hy_json_set_int(o, "score", c->score);
        hy_json_set_int(o, "day_score", day_score(s, c->day));
        json_object_set_new(o, "chosen", json_boolean(c == chosen));
        set_why(o, c);
        hy_json_set_str(o, "text", hy_utf8_head(c->text, EXPLAIN_CHARS));
        json_array_append_new(list, o);
    }
    json_object_set_new(out, "dates", list);
    json_object_set(out, "no_dates", s->refused);
    hy_json_set_int(out, "date_needs", HY_DATE_MIN_SCORE);
}

static bool is_day_first(struct hy_str lang)
{
    return lang.n && !(hy_str_ieq(lang, HY_STR("en")) || hy_str_ieq(lang, HY_STR("en-us")) ||
                       hy_str_ieq(hy_str_sub(lang, 0, 2), HY_STR("zh")));
}

static bool is_chinese(const struct hy_meta *m)
{
    if (hy_str_ieq(hy_str_sub(m->lang, 0, 2), HY_STR("zh")))
        return true;
    for (size_t i = 0; i < m->title.n;)
        if (hy_is_han(hy_utf8_next(m->title, &i)))
            return true;
    return false;
}

struct hy_date hy_date_find(const struct hy_view *v, const struct hy_meta *m,
                            const struct hy_body *b, const struct hy_date_how *how)
{
    struct hy_date_search *s = hy_xcalloc(1, sizeof(*s));
    struct hy_date none = {.at = HY_WALL_NONE, .offset_min = how->offset_min}, found = none;
    int score;

    s->v = v;
    s->how = how;
    s->chinese = is_chinese(m);
    s->refused = how->explain ? json_array() : NULL;
    s->read.day_first = is_day_first(m->lang);
    hy_date_from_marks_(s, m);
    hy_date_from_lines_(s, b, how->title);
    int64_t day = best_day(s, &score);
    const struct hy_date_candidate *c = score >= HY_DATE_MIN_SCORE ? best_witness(s, day) : NULL;
    if (c)
        found = (struct hy_date){c->at, c->offset_min,
                                 is_midnight(&c->when) ? HY_PREC_DAY : c->when.precision, c->from};
    if (how->explain)
        explain(s, c, how->explain);
    json_decref(s->refused);
    free(s);
    return found;
}
