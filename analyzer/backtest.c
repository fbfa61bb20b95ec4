/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/backtest.h"

#include "core/map.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"
#include "rules/names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_WORDS = 6, TITLE_CHARS = 60 };

static const char *const told_label[HY_TOLD_COUNT] = {"不报", "日报", "清单", "叫醒"};
static const char *const verdict_label[HY_VERDICT_COUNT] = {"未研判", "属实", "已排除"};
static const char *const list_name[HY_BACKTEST_KINDS] = {"raised", "missed", "other"};
static const char *const list_label[HY_BACKTEST_KINDS] = {"报得更急（原来不报或报得缓）",
                                                          "报得更缓（原来报，现在不报或报得缓）",
                                                          "报法不变，级别或主管单位有变"};

/* One rule set with what it makes of the stream. */
struct side {
    const struct hy_rules *rules; /* NULL: the scores in the lines */
    struct hy_scorer *scorer;
    struct hy_group *group;
    struct hy_map *alerted; /* incidents that have alerted; values are not used */
    struct hy_tally tally;
    int64_t incidents;
};
struct hy_backtest {
    struct side before, after;
    struct hy_arena *arena;
    struct hy_span_days span;
    int64_t items, skipped;
    json_t *rows[HY_BACKTEST_KINDS];
};

static struct side side_new(const struct hy_rules *rules)
{
    return (struct side){.rules = rules,
                         .scorer = rules ? hy_scorer_new(rules) : NULL,
                         .group = hy_group_new(rules),
                         .alerted = hy_map_new(NULL)};
}

static void side_free(struct side *s)
{
    hy_scorer_free(s->scorer);
    hy_group_free(s->group);
    hy_map_free(s->alerted);
}

struct hy_backtest *hy_backtest_new(const struct hy_rules *after, const struct hy_rules *before)
{
    struct hy_backtest *b = hy_xcalloc(1, sizeof(*b));

    b->before = side_new(before);
    b->after = side_new(after);
    b->arena = hy_arena_new();
    for (int k = 0; k < HY_BACKTEST_KINDS; k++)
        b->rows[k] = json_array();
    return b;
}

void hy_backtest_free(struct hy_backtest *b)
{
    if (b == NULL)
        return;
    side_free(&b->before);
    side_free(&b->after);
    hy_arena_free(b->arena);
    for (int k = 0; k < HY_BACKTEST_KINDS; k++)
        json_decref(b->rows[k]);
    free(b);
}

/* ---- judging ---- */

/* The score under one side's rules, with its explanation.  New reference. */
static int score_of(struct hy_backtest *b, const struct side *s, const json_t *line, json_t **ret,
                    struct hy_err *err)
{
    struct hy_item item;

    if (s->scorer == NULL) {
        *ret = json_incref(json_object_get(line, "score"));
        return HY_OK;
    }
    if (hy_item_from_json(line, &item, err) < 0)
        return err->code;
    hy_arena_reset(b->arena);
    struct hy_score *score = hy_score_item(s->scorer, &item, b->arena);
    *ret = hy_score_to_json(score, true);
    hy_item_release(&item);
    return HY_OK;
}

static enum hy_told told_of(const json_t *score)
{
    int told = hy_name_index(hy_told_name, hy_json_str(score, "alert"));

    return told < 0 ? HY_TOLD_NONE : (enum hy_told)told;
}

/* Incidents that alert for the first time, as the keeper would group them. */
static void count_incident(struct side *s, const json_t *line, const json_t *score)
{
    HY_CLEANUP(hy_json_freep) json_t *scored = json_copy((json_t *)line);
    char name[32];

    if (told_of(score) == HY_TOLD_NONE)
        return;
    json_object_set(scored, "score", (json_t *)score);
    HY_CLEANUP(hy_json_freep) json_t *trace = hy_trace_of(scored);
    struct hy_group_verdict v = hy_group_place(s->group, trace, HY_WALL_NONE);
    if (v.incident == NULL)
        snprintf(name, sizeof(name), "%lld", (long long)++s->incidents);
    HY_CLEANUP(hy_freep) char *incident = hy_xstrdup(v.incident ? v.incident : name);
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(line, "id"));
    hy_group_join(s->group, incident, id, trace);
    if (told_of(score) < HY_TOLD_ALERT || hy_map_get(s->alerted, hy_str(incident)))
        return;
    hy_map_set(s->alerted, hy_str(incident), s);
    s->tally.incidents++;
}

/* ---- differences ---- */

static bool has_hit(const json_t *hits, const json_t *hit)
{
    const json_t *h;
    size_t i;

    json_array_foreach (hits, i, h)
        if (hy_str_eq(hy_json_str(h, "rule"), hy_json_str(hit, "rule")) &&
            hy_str_eq(hy_json_str(h, "text"), hy_json_str(hit, "text")) &&
            fabs(hy_json_num(h, "weight", 0) - hy_json_num(hit, "weight", 0)) < 0.01)
            return true;
    return false;
}

/* Only what decides who is told: the sums of urgency and of need. */
static bool decides(const json_t *hit)
{
    struct hy_str sum = hy_json_str(hit, "to");

    return hy_json_num(hit, "weight", 0) != 0 &&
           (sum.n == 0 || hy_str_is(sum, hy_sum_name[HY_SUM_EMERGENCY]) ||
            hy_str_is(sum, hy_sum_name[HY_SUM_HARDSHIP]));
}

/* Words that count in `a` and not, or otherwise, in `b`. */
static json_t *words_only_in(const json_t *a, const json_t *b)
{
    const json_t *hits = json_object_get(a, "hits"), *h;
    json_t *words = json_array();
    size_t i;

    json_array_foreach (hits, i, h) {
        struct hy_str text = hy_json_str(h, "text"), rule = hy_json_str(h, "rule");
        if (!decides(h) || has_hit(json_object_get(b, "hits"), h) ||
            json_array_size(words) == MAX_WORDS)
            continue;
        json_array_append_new(words,
                              json_sprintf("%.*s（%.*s %+.0f）", (int)text.n, text.p, (int)rule.n,
                                           rule.p, hy_json_num(h, "weight", 0)));
    }
    return words;
}

static json_t *pair_of(const json_t *before, const json_t *after, const char *key)
{
    json_t *a = json_object_get(before, key), *b = json_object_get(after, key);
    json_t *pair = json_array();

    json_array_append(pair, a ? a : json_null());
    json_array_append(pair, b ? b : json_null());
    return pair;
}

static bool lead_unit_differs(const json_t *before, const json_t *after)
{
    const json_t *a = json_array_get(json_object_get(before, "units"), 0);
    const json_t *b = json_array_get(json_object_get(after, "units"), 0);

    return !hy_str_eq(hy_json_str(a, "id"), hy_json_str(b, "id"));
}

static int kind_of(const json_t *before, const json_t *after)
{
    enum hy_told a = told_of(before), b = told_of(after);

    if (a != b)
        return b > a ? HY_BACKTEST_RAISED : HY_BACKTEST_MISSED;
    if (a == HY_TOLD_NONE)
        return -1;
    return hy_json_int(before, "level", 0) != hy_json_int(after, "level", 0) ||
                   lead_unit_differs(before, after)
               ? HY_BACKTEST_OTHER
               : -1;
}

static void note_difference(struct hy_backtest *b, const json_t *line, const json_t *before,
                            const json_t *after)
{
    static const char *const kept[] = {"id", "title", "published", "url"};
    int kind = kind_of(before, after);
    json_t *row;

    if (kind < 0)
        return;
    row = json_object();
    for (size_t i = 0; i < HY_COUNT(kept); i++)
        if (json_object_get(line, kept[i]))
            json_object_set(row, kept[i], json_object_get(line, kept[i]));
    hy_json_set_str(row, "verdict", hy_str(hy_verdict_name[hy_verdict_of(line)]));
    hy_json_set_str(row, "before", hy_str(hy_told_name[told_of(before)]));
    hy_json_set_str(row, "after", hy_str(hy_told_name[told_of(after)]));
    json_object_set_new(row, "emergency", pair_of(before, after, "emergency"));
    json_object_set_new(row, "hardship", pair_of(before, after, "hardship"));
    json_object_set_new(row, "level", pair_of(before, after, "level"));
    json_object_set_new(row, "gained", words_only_in(after, before));
    json_object_set_new(row, "lost", words_only_in(before, after));
    json_array_append_new(b->rows[kind], row);
}

int hy_backtest_item(struct hy_backtest *b, const json_t *line, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *before = NULL;
    HY_CLEANUP(hy_json_freep) json_t *after = NULL;
    enum hy_verdict v = hy_verdict_of(line);

    if (hy_verdict_check(line, err) < 0 || score_of(b, &b->before, line, &before, err) < 0 ||
        score_of(b, &b->after, line, &after, err) < 0)
        return err->code;
    if (!json_is_object(before)) {
        b->skipped++;
        return HY_OK;
    }
    b->items++;
    hy_span_add(&b->span, hy_json_time(line, "published"));
    hy_tally_add(&b->before.tally, v, told_of(before));
    hy_tally_add(&b->after.tally, v, told_of(after));
    hy_tally_compare(&b->before.tally, line, before);
    hy_tally_compare(&b->after.tally, line, after);
    count_incident(&b->before, line, before);
    count_incident(&b->after, line, after);
    note_difference(b, line, before, after);
    return HY_OK;
}

/* ---- the report ---- */

json_t *hy_backtest_json(const struct hy_backtest *b)
{
    double days = hy_span_days(&b->span);
    json_t *o = json_object();

    hy_json_set_int(o, "items", b->items);
    hy_json_set_int(o, "skipped", b->skipped);
    json_object_set_new(o, "days", json_real(days));
    json_object_set_new(o, "before", hy_tally_json(&b->before.tally, days));
    json_object_set_new(o, "after", hy_tally_json(&b->after.tally, days));
    for (int k = 0; k < HY_BACKTEST_KINDS; k++)
        json_object_set(o, list_name[k], b->rows[k]);
    return o;
}

static void put_share(struct hy_buf *out, const char *label, double before, double after)
{
    char text[2][16];
    double v[] = {before, after};

    for (int i = 0; i < 2; i++)
        if (v[i] < 0)
            snprintf(text[i], sizeof(text[i]), "—");
        else
            snprintf(text[i], sizeof(text[i]), "%.1f%%", v[i] * 100);
    hy_buf_printf(out, "  %s  %s → %s\n", label, text[0], text[1]);
}

/* What people decided otherwise is said only where they decided anything. */
static void put_agreement(struct hy_buf *out, const char *what, const struct hy_agreement *before,
                          const struct hy_agreement *after)
{
    if (before->said)
        hy_buf_printf(out, "  %s与研判一致的  %lld 条 → %lld 条，共 %lld 条\n", what,
                      (long long)before->same, (long long)after->same, (long long)before->said);
}

static void put_tallies(const struct hy_backtest *b, struct hy_buf *out)
{
    const struct hy_tally *x = &b->before.tally, *y = &b->after.tally;
    double days = hy_span_days(&b->span);
    int64_t judged[2] = {0};

    for (int k = HY_TOLD_COUNT - 1; k >= 0; k--) {
        int64_t a = 0, c = 0;
        for (int v = 0; v < HY_VERDICT_COUNT; v++) {
            a += x->told[v][k];
            c += y->told[v][k];
        }
        hy_buf_printf(out, "  %s  %lld 条 → %lld 条\n", told_label[k], (long long)a, (long long)c);
    }
    hy_buf_printf(out, "  每天叫醒（按事件）  %.2f 次 → %.2f 次\n", (double)x->incidents / days,
                  (double)y->incidents / days);
    for (int k = 0; k < HY_TOLD_COUNT; k++) {
        judged[0] += x->told[HY_VERDICT_CONFIRMED][k];
        judged[1] += x->told[HY_VERDICT_DISMISSED][k];
    }
    if (judged[0] + judged[1] == 0) {
        hy_buf_str(out, HY_STR("  没有研判结论（label），算不出准确率和查全率\n"));
        return;
    }
    put_share(out, "准确率（清单以上中属实的）", hy_tally_precision(x), hy_tally_precision(y));
    put_share(out, "查全率（属实的中进了清单的）", hy_tally_recall(x), hy_tally_recall(y));
    put_agreement(out, "级别", &x->level, &y->level);
    put_agreement(out, "主管单位", &x->unit, &y->unit);
    hy_buf_printf(out, "  依据：属实 %lld 条，已排除 %lld 条\n", (long long)judged[0],
                  (long long)judged[1]);
}

static void put_words(struct hy_buf *out, const char *label, const json_t *words)
{
    const json_t *w;
    size_t i;

    if (json_array_size(words) == 0)
        return;
    hy_buf_printf(out, "      %s：", label);
    json_array_foreach (words, i, w)
        hy_buf_printf(out, "%s%s", i ? "、" : "", json_string_value(w));
    hy_buf_char(out, '\n');
}

static void put_row(struct hy_buf *out, const json_t *row)
{
    int from = hy_name_index(hy_told_name, hy_json_str(row, "before"));
    int to = hy_name_index(hy_told_name, hy_json_str(row, "after"));
    int verdict = hy_name_index(hy_verdict_name, hy_json_str(row, "verdict"));
    struct hy_str title = hy_utf8_head(hy_json_str(row, "title"), TITLE_CHARS);
    const json_t *e = json_object_get(row, "emergency");

    hy_buf_printf(out, "  [%s] %s → %s  " HY_STR_FMT "  （突发分 %.0f → %.0f）\n",
                  verdict_label[verdict], told_label[from], told_label[to], HY_STR_ARG(title),
                  json_number_value(json_array_get(e, 0)), json_number_value(json_array_get(e, 1)));
    put_words(out, "新计入", json_object_get(row, "gained"));
    put_words(out, "不再计", json_object_get(row, "lost"));
    if (json_array_size(json_object_get(row, "gained")) +
            json_array_size(json_object_get(row, "lost")) ==
        0)
        hy_buf_str(out, HY_STR("      词没有变，变的是门槛\n"));
}

static void put_list(const struct hy_backtest *b, int kind, size_t most, struct hy_buf *out)
{
    static const enum hy_verdict order[] = {HY_VERDICT_CONFIRMED, HY_VERDICT_DISMISSED,
                                            HY_VERDICT_NONE};
    size_t n = json_array_size(b->rows[kind]), shown = 0, i;
    const json_t *row;

    hy_buf_printf(out, "\n%s：%zu 条\n", list_label[kind], n);
    for (size_t k = 0; k < HY_COUNT(order); k++)
        json_array_foreach (b->rows[kind], i, row)
            if (shown < most && hy_str_is(hy_json_str(row, "verdict"), hy_verdict_name[order[k]])) {
                put_row(out, row);
                shown++;
            }
    if (shown < n)
        hy_buf_printf(out, "  …… 另有 %zu 条（用 --most 多列，或用 --json 看全部）\n", n - shown);
}

void hy_backtest_text(const struct hy_backtest *b, size_t most, struct hy_buf *out)
{
    hy_buf_printf(out, "回测：%lld 条信息，%.0f 天", (long long)b->items, hy_span_days(&b->span));
    if (b->skipped)
        hy_buf_printf(out, "（另有 %lld 条没有当时的评分，未计；可用 --against 指定原来的规则）",
                      (long long)b->skipped);
    hy_buf_str(out, HY_STR("\n\n原来 → 现在\n"));
    put_tallies(b, out);
    for (int k = 0; k < HY_BACKTEST_KINDS; k++)
        put_list(b, k, most, out);
}
